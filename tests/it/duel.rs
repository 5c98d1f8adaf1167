//! `tgsand duel`: king and challenger answer over HTTP, a panel judges, and the gate decides; every turn and every request is accounted for.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, json_lines, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, completion, good};

pub const TRAJECTORIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dataset/trajectories.jsonl");
pub const REQUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dataset/pull_requests.jsonl");
pub const METRICS: [&str; 5] = ["correctness", "grounding", "progress", "protocol", "efficiency"];

pub fn turn(thought: &str, command: &str) -> String {
    format!("THOUGHT: {thought}\n\n```bash\n{command}\n```")
}

/// A verdict that names one turn, or neither, on every metric.
pub fn verdict(winner: u8) -> String {
    let metrics = METRICS.iter().map(|metric| ((*metric).to_owned(), Json::from(winner)));
    Json::Object(metrics.collect()).to_string()
}

pub fn model(asked: &Asked) -> &str {
    asked.body["model"].as_str().unwrap()
}

/// Which turn is the challenger's, as a judge can tell by its thought.
pub fn challengers_place(asked: &Asked) -> u8 {
    let text = asked.text();
    let place = |words: &str| text.find(words).unwrap();
    if place("Carefully.") < place("Quickly.") { 1 } else { 2 }
}

/// Contestants that keep to the form, and judges that side with the challenger.
pub fn fair(asked: &Asked) -> Answer {
    good(&match model(asked) {
        "king" => turn("Quickly.", "pwd"),
        "challenger" => turn("Carefully.", "git log --oneline"),
        _ => verdict(challengers_place(asked)),
    })
}

/// Runs `tgsand duel run` in a folder, with more options.
fn duel(folder: &Path, server: &ModelServer, options: &[&str]) -> Ended {
    let mut command = tgsand();
    command.args(["duel", "run", TRAJECTORIES, "--pull-requests", REQUESTS]);
    command.args(["--challenger", "challenger", "--judge", "alpha,beta,gamma"]);
    if !options.contains(&"--model") {
        command.args(["--model", "king"]);
    }
    command.args([
        "--base-url",
        &server.url,
        "--max-retries",
        "0",
        "--patience",
        "0",
        "--out",
        "out",
    ]);
    command.args(["--reply-cache", "replies"]).args(options);
    command.current_dir(folder);
    ended(command, b"")
}

pub fn lines(folder: &Path, name: &str) -> Vec<Json> {
    json_lines(&std::fs::read_to_string(folder.join("out").join(name)).unwrap())
}

pub fn report(folder: &Path) -> Json {
    let text = std::fs::read_to_string(folder.join("out/run.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_challenger_that_wins_every_turn_meets_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let output = duel(folder.path(), &server, &[]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let turns = lines(folder.path(), "turns.jsonl");
    // Eight instances, two turns each.
    assert_eq!(turns.len(), 16);
    assert!(turns.iter().all(|turn| turn["score"] == 100.0 && turn["bucket"] == "final"));
    // Two answers, and three judges with both orders.
    assert_eq!(server.requests(), 16 * (2 + 3 * 2));
    let pairs = lines(folder.path(), "samples/preferences.jsonl");
    assert_eq!(pairs.len(), 16);
    let last = pairs[0]["prompt"].as_array().unwrap().last().unwrap();
    assert_eq!(last["role"], "user");
    assert_eq!(
        pairs[0]["chosen"],
        json!([{"role": "assistant", "content": turn("Carefully.", "git log --oneline")}])
    );
    assert_eq!(lines(folder.path(), "samples/sft.jsonl").len(), 16);
    let report = report(folder.path());
    assert_eq!(report["verdict"]["decision"]["accepted"], true, "{report}");
    assert!(folder.path().join("out/report.md").exists());
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert_eq!(page.matches("<details data-bucket").count(), 16);
    let row = "<tr><td>alpha</td><td>100.0</td><td>100.0</td><td>0</td><td>0</td><td>0</td></tr>";
    assert!(page.contains(row) && page.contains("<details id=\"legend\">"), "{page}");
    // A rerun asks nobody, and a single thread writes the same.
    let turns = std::fs::read_to_string(folder.path().join("out/turns.jsonl")).unwrap();
    let again = duel(folder.path(), &server, &["--threads", "1"]);
    assert_eq!((again.code, server.requests()), (Some(0), 16 * 8), "{}", again.stderr);
    assert!(turns == std::fs::read_to_string(folder.path().join("out/turns.jsonl")).unwrap());
}

#[test]
fn a_duel_may_end_as_soon_as_it_is_decided() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|asked| match model(asked) {
        "king" | "challenger" => fair(asked),
        // Judges that side with the king.
        _ => good(&verdict(3 - challengers_place(asked))),
    });
    let output = duel(folder.path(), &server, &["--until-decided"]);
    assert_eq!(output.code, Some(4), "{}", output.stderr);
    let report = report(folder.path());
    assert_eq!(report["verdict"]["ending"], "hopeless", "{report}");
    assert!(output.stderr.contains("lead (lower bound by betting)"), "{}", output.stderr);
    let judged = lines(folder.path(), "turns.jsonl").len();
    assert!((10..16).contains(&judged), "{judged}");
    // Asked again, it ends at the same turn and asks nobody.
    let requests = server.requests();
    let again = duel(folder.path(), &server, &["--until-decided", "--threads", "1"]);
    assert_eq!((again.code, server.requests()), (Some(4), requests), "{}", again.stderr);
    assert_eq!(lines(folder.path(), "turns.jsonl").len(), judged);
}

#[test]
fn only_the_challenger_sees_the_pull_request_and_no_judge_knows_who_is_who() {
    let folder = tempfile::tempdir().unwrap();
    static LEAKED: AtomicBool = AtomicBool::new(false);
    let server = ModelServer::start(|asked| {
        let sees = asked.text().contains("+++ b/");
        if sees != (model(asked) == "challenger") || asked.text().contains("challenger") {
            LEAKED.store(true, Ordering::SeqCst);
        }
        fair(asked)
    });
    let output = duel(folder.path(), &server, &["--turns", "4"]);
    assert_eq!(lines(folder.path(), "turns.jsonl").len(), 4, "{}", output.stderr);
    assert!(!LEAKED.load(Ordering::SeqCst));
}

#[test]
fn judges_that_go_by_place_or_are_equal_open_no_gate() {
    let judges: [fn(&Asked) -> String; 4] = [
        |_| verdict(1),
        |_| verdict(0),
        |asked| verdict(3 - challengers_place(asked)),
        |_| "I like the first one.".to_owned(),
    ];
    for judge in judges {
        let folder = tempfile::tempdir().unwrap();
        let server = ModelServer::start(move |asked| match model(asked) {
            "king" | "challenger" => fair(asked),
            _ => good(&judge(asked)),
        });
        let output = duel(folder.path(), &server, &[]);
        assert_eq!(output.code, Some(4), "{}", output.stderr);
        let report = report(folder.path());
        assert_eq!(report["verdict"]["decision"]["accepted"], false);
        assert!(!report["verdict"]["decision"]["reasons"].as_array().unwrap().is_empty());
    }
}

#[test]
fn turns_without_their_form_or_with_a_leak_are_rejected_after_one_repair() {
    let folder = tempfile::tempdir().unwrap();
    let leak = turn("Carefully. In the end it is TAGGED_ADDRESS.", "ls postbox");
    let padded = turn(&format!("Carefully. {}", "x\n".repeat(100_000)), "ls");
    let server = ModelServer::start(move |asked| {
        let text = asked.text();
        match model(asked) {
            "challenger" if text.contains("ledger") => good(&padded),
            "challenger" if text.contains("postbox") => good(&leak),
            "king" if text.contains("atlas") => good("```bash\nls\n```"),
            "king" if text.contains("keeper") && !text.contains("cannot be used") => {
                good("no form")
            }
            _ => fair(asked),
        }
    });
    let output = duel(folder.path(), &server, &[]);
    let rejected = lines(folder.path(), "rejected.jsonl");
    let of = |repo: &str| {
        let rows = rejected.iter().filter(|row| row["id"].as_str().unwrap().contains(repo));
        rows.map(|row| row["reason"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("postbox"), ["leaked-reference", "leaked-reference"], "{}", output.stderr);
    assert_eq!(of("atlas"), ["malformed-reply", "malformed-reply"]);
    assert_eq!(of("keeper"), Vec::<String>::new());
    assert_eq!(of("ledger"), ["malformed-reply", "malformed-reply"]);
    assert!(rejected[0]["detail"].as_str().unwrap().starts_with("the "), "{rejected:?}");
    assert_eq!(lines(folder.path(), "turns.jsonl").len() + rejected.len(), 16);
}

#[test]
fn a_panel_with_a_broken_and_a_dying_judge_loses_nothing_and_asks_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    static IS_WELL: AtomicBool = AtomicBool::new(false);
    let server = ModelServer::start(|asked| match model(asked) {
        "beta" => good("rubbish"),
        "gamma" if !IS_WELL.load(Ordering::SeqCst) && asked.number > 40 => {
            Answer::Reply(429, "", "too many".into())
        }
        _ => fair(asked),
    });
    let first = duel(folder.path(), &server, &["--max-concurrent", "1"]);
    assert_eq!(first.code, Some(3), "{}", first.stderr);
    let refused = server.requests();
    IS_WELL.store(true, Ordering::SeqCst);
    let second = duel(folder.path(), &server, &[]);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let disturbed = std::fs::read_to_string(folder.path().join("out/turns.jsonl")).unwrap();
    assert!(server.requests() > refused);
    // The same duel, undisturbed.
    let other = tempfile::tempdir().unwrap();
    let whole = ModelServer::start(|asked| match model(asked) {
        "beta" => good("rubbish"),
        _ => fair(asked),
    });
    let undisturbed = duel(other.path(), &whole, &[]);
    assert_eq!(undisturbed.code, Some(0), "{}", undisturbed.stderr);
    assert!(disturbed == std::fs::read_to_string(other.path().join("out/turns.jsonl")).unwrap());
    let report = report(folder.path());
    let judges = report["verdict"]["judges"].as_array().unwrap();
    assert_eq!((&judges[1]["unread"], &judges[2]["unread"]), (&json!(16), &json!(0)), "{report}");
}

#[test]
fn a_judge_of_a_contestants_family_is_refused_unless_it_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let run = |options: &[&str]| {
        let mut command = tgsand();
        command.args([
            "duel",
            "run",
            TRAJECTORIES,
            "--challenger",
            "qwen3-8b",
            "--judge",
            "org/Qwen2.5-72B",
        ]);
        command
            .args(["--base-url", &server.url, "--no-cache", "--out", "out", "--turns", "1"])
            .args(options);
        command.current_dir(folder.path());
        ended(command, b"")
    };
    let refused = run(&[]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("org/Qwen2.5-72B is of the same family as qwen3-8b"),
        "{}",
        refused.stderr
    );
    assert_eq!(server.requests(), 0);
}

#[test]
fn rows_that_give_no_turn_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        json!({"instance_id": "a", "repo": "r", "exit_status": "", "messages": [{"role": "user", "content": "x"}]}),
        json!({"instance_id": "b", "messages": 1}),
        json!({"instance_id": "c", "messages": [{"role": "user", "content": "x".repeat(500)}, {"role": "assistant", "content": "y"}]}),
        json!({"instance_id": "d", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}, {"role": "assistant", "content": "y"}]}),
        json!({"instance_id": "e", "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}),
    ];
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(folder.path().join("in.jsonl"), text).unwrap();
    std::fs::write(folder.path().join("excluded"), "e\n").unwrap();
    let server = ModelServer::start(|asked| match model(asked) {
        "challenger" => good(&turn("Carefully.", "ls")),
        _ => Answer::Reply(200, "", completion(&verdict(0), "stop")),
    });
    let mut command = tgsand();
    command.args([
        "duel",
        "run",
        "in.jsonl",
        "--challenger",
        "challenger",
        "--judge",
        "alpha",
        "--base-url",
        &server.url,
    ]);
    command.args(["--no-cache", "--out", "out", "--max-history", "100", "--exclude", "excluded"]);
    command.current_dir(folder.path());
    let output = ended(command, b"");
    assert_eq!(output.code, Some(4), "{}", output.stderr);
    let rejected = lines(folder.path(), "rejected.jsonl");
    let reasons: Vec<(&str, &str)> = rejected
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["reason"].as_str().unwrap()))
        .collect();
    let expected = [
        ("a", "unreadable-record"),
        ("b", "unreadable-record"),
        ("c", "size-out-of-range"),
        ("e", "excluded"),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(lines(folder.path(), "turns.jsonl")[0]["id"], "d:1");
}

#[test]
fn the_duel_of_others_in_the_same_folder_is_refused_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let first = duel(folder.path(), &server, &["--turns", "6"]);
    let turns = std::fs::read(folder.path().join("out/turns.jsonl")).unwrap();
    let requests = server.requests();
    let other = duel(folder.path(), &server, &["--turns", "6", "--model", "other"]);
    assert_eq!(other.code, Some(2), "{}", other.stderr);
    let told = "out has the duel of challenger against king, which that of challenger against other would replace; name another --out, or remove the folder";
    assert_eq!(other.stderr, format!("tgsand: {told}\n"));
    assert_eq!(server.requests(), requests);
    assert!(turns == std::fs::read(folder.path().join("out/turns.jsonl")).unwrap());
    // The same contestants go on, by another gate.
    let again = duel(folder.path(), &server, &["--turns", "6", "--win-margin", "5"]);
    assert_eq!(again.code, first.code, "{}", again.stderr);
}

#[test]
fn a_chance_of_0_or_1_is_no_chance_to_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    for alpha in ["0", "1", "NaN", "-0.1"] {
        let ended = duel(folder.path(), &server, &[&format!("--alpha={alpha}")]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains("use a number above 0 and below 1"), "{}", ended.stderr);
    }
}

#[test]
fn rollouts_of_one_instance_have_ids_of_their_own_and_a_repeated_one_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let said = |role: &str, content: &str| json!({"role": role, "content": content});
    let rollout = |first: &str, second: &str| {
        let messages = [
            said("user", "Fix it."),
            said("assistant", first),
            said("user", "Seen."),
            said("assistant", second),
        ];
        json!({"instance_id": "a", "repo": "r", "exit_status": "", "messages": messages})
            .to_string()
    };
    let (one, other) = (rollout("Look.", "Edit."), rollout("Search.", "Patch."));
    let mut rows = vec![one.clone(), one, other];
    let server = ModelServer::start(fair);
    let run = |rows: &[String]| {
        std::fs::write(folder.path().join("in.jsonl"), rows.join("\n")).unwrap();
        let mut command = tgsand();
        command.args(["duel", "run", "in.jsonl", "--model", "king", "--challenger", "challenger"]);
        command.args(["--judge", "alpha", "--base-url", &server.url, "--no-cache", "--out", "out"]);
        command.args(["--per-instance", "9", "--layout", "reference"]).current_dir(folder.path());
        let output = ended(command, b"");
        assert_eq!(output.code, Some(4), "{}", output.stderr);
    };
    let ids = |rows: &[Json]| {
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    run(&rows);
    // Both begin with the same conversation, which is answered once.
    let turns = lines(folder.path(), "turns.jsonl");
    assert_eq!(ids(&turns), ["a:1", "a:3", "a#3:3"]);
    assert!(turns.iter().all(|turn| turn["instance_id"] == "a"), "{turns:?}");
    assert_eq!(report(folder.path())["verdict"]["decision"]["instances"], 1);
    let rejected = lines(folder.path(), "rejected.jsonl");
    assert_eq!((&rejected[0]["id"], &rejected[0]["reason"]), (&json!("a#2"), &json!("duplicate")));
    assert_eq!(rejected[0]["detail"], "line 1 has the same conversations of a");
    assert_eq!(std::fs::read_dir(folder.path().join("out/answer")).unwrap().count(), 3);
    // Rows that come after them change no id, and nothing is judged again.
    let requests = server.requests();
    rows.push(rollout("Think.", "Test."));
    run(&rows);
    assert_eq!(ids(&lines(folder.path(), "turns.jsonl")), ["a:1", "a:3", "a#3:3", "a#4:3"]);
    assert_eq!(server.requests(), requests + 4);
}
