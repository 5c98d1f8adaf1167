//! The page of a duel in a real browser: two thousand turns, the filters, the keyboard and the marks of differences, without an error.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::cli::{ended, tgsand};
use crate::model_server::{ModelServer, good};

/// Browsers of one family, by the names that they are installed under.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Notes every error and everything that the page's policy forbids.
const LISTEN: &str = "window.faults=[];addEventListener('error',event=>faults.push(event.message));\
    document.addEventListener('securitypolicyviolation',event=>faults.push(event.violatedDirective));";

/// Uses the page as a reader does, and writes down what is seen.
const USE: &str = "\
const get=id=>document.getElementById(id),seen=()=>[...document.querySelectorAll('details[data-bucket]')].filter(turn=>turn.offsetParent!==null);\
const press=key=>document.dispatchEvent(new KeyboardEvent('keydown',{key,bubbles:true}));\
const choose=(id,value,event)=>{get(id).value=value;get(id).dispatchEvent(new Event(event))};\
const found={all:seen().length,count:get('count').textContent};\
choose('bucket','defeat','change');found.defeats=seen().length;found.others=seen().filter(turn=>turn.dataset.bucket!=='defeat').length;\
choose('bucket','','change');choose('text','Look at part 17 of','input');found.named=seen().length;found.count17=get('count').textContent;\
choose('text','','input');press('j');press('j');press('k');press('o');\
const open=document.querySelectorAll('details[open]');found.open=open.length;\
found.first=open[0]===document.querySelector('details[data-bucket]');found.focused=document.activeElement===open[0].querySelector('summary');\
const area=tag=>[...open[0].querySelectorAll(tag)].filter(mark=>mark.offsetHeight>0).length;\
found.deleted=area('del');found.inserted=area('ins');\
const [king,challenger]=open[0].querySelectorAll('.both>div');\
found.beside=king.getBoundingClientRect().right<=challenger.getBoundingClientRect().left&&king.getBoundingClientRect().top===challenger.getBoundingClientRect().top;\
found.wide=document.documentElement.scrollWidth<=innerWidth;\
press('/');found.searching=document.activeElement===get('text');\
found.faults=faults;const note=document.createElement('pre');note.id='found';note.textContent=JSON.stringify(found);document.body.append(note);";

/// The browser that is installed, if one is.
fn browser() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let paths = BROWSERS.iter().flat_map(|name| folders.iter().map(move |it| it.join(name)));
    paths.into_iter().find(|path| path.is_file())
}

/// A duel of two thousand turns, in which the judge sides with the challenger in two of three.
fn page(folder: &Path) -> String {
    let rows = (0..1000).map(|place| {
        let said = |text: &str| json!({"role": "assistant", "content": format!("THOUGHT: {text}\nFirst see what is there.\n\n```bash\nls part{place}\n```")});
        let user = |text: String| json!({"role": "user", "content": text});
        json!({"instance_id": format!("i{place}"), "repo": format!("r{}", place % 7), "messages": [
            user(format!("Fix part {place} & <b>all</b>.")), said("Look around."),
            user(format!("Observation: part{place}.py\n{}", "some output\n".repeat(20))), said("Read on."),
        ]})
    });
    let rows: String = rows.map(|row| format!("{row}\n")).collect();
    std::fs::write(folder.join("in.jsonl"), rows).unwrap();
    let server = ModelServer::start(|asked| {
        let text = asked.text();
        let place: usize = text
            .split("Fix part ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .and_then(|place| place.parse().ok())
            .unwrap_or_default();
        if asked.body["model"] == "challenger" {
            return good(&format!(
                "THOUGHT: Look at part {place} of it.\nFirst see what is there.\n\n```bash\ncat part{place}.py\n```"
            ));
        }
        // The last of both is in the second turn; earlier ones may be of the conversation.
        let is_first = text.rfind("Look at part") < text.rfind("ls part");
        let side = if place.is_multiple_of(3) == is_first { 2 } else { 1 };
        good(&json!({"correctness": side, "grounding": side, "progress": side, "protocol": 0, "efficiency": side}).to_string())
    });
    let mut command = tgsand();
    command.args(["duel", "run", "in.jsonl", "--challenger", "challenger", "--judge", "alpha"]);
    command.args(["--turns", "2000", "--base-url", &server.url, "--no-cache", "--out", "out"]);
    command.current_dir(folder);
    let ended = ended(command, b"");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    std::fs::read_to_string(folder.join("out/report.html")).unwrap()
}

/// The page with two scripts of the test, which its policy is told of; its own script and the rest of the policy stay.
fn observed(page: &str) -> String {
    let allowed = |script: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
    let policy = format!("script-src {} {} ", allowed(LISTEN), allowed(USE));
    let page = page.replacen("script-src ", &policy, 1);
    let page = page.replacen("<style>", &format!("<script>{LISTEN}</script><style>"), 1);
    page.replacen("</body>", &format!("<script>{USE}</script></body>"), 1)
}

#[test]
fn two_thousand_turns_are_filtered_compared_and_walked_through_in_a_browser() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no browser is installed under the names {}", BROWSERS.join(", "));
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = page(folder.path());
    assert_eq!(page.matches("<details data-bucket").count(), 2000);
    let observed = observed(&page);
    assert_eq!(observed.matches("<script>").count(), 3);
    let path = folder.path().join("observed.html");
    std::fs::write(&path, observed).unwrap();
    if let Some(kept) = std::env::var_os("TGSAND_KEEP_PAGE") {
        std::fs::write(kept, &page).unwrap();
    }
    let profile = folder.path().join("profile");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--window-size=1400,1000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let note = dom.split("<pre id=\"found\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let errors = String::from_utf8_lossy(&output.stderr);
    let note = note.unwrap_or_else(|| panic!("the page did not come to its end: {errors}"));
    let found: Json = serde_json::from_str(note).unwrap();
    let expected = json!({
        "all": 2000, "count": "2000 of 2000 turns", "defeats": 668, "others": 0, "named": 2, "count17": "2 of 2000 turns",
        "open": 1, "first": true, "focused": true, "deleted": 2, "inserted": 2, "beside": true, "wide": true,
        "searching": true, "faults": [],
    });
    assert_eq!(found, expected);
}
