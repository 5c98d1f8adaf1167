//! What a model writes about a small tree: held against the index, and asked for once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use super::{repo, rows, run, tree};
use crate::cli::tgsand;
use crate::model_server::{Answer, Asked, ModelServer, good};

#[test]
fn records_that_are_left_for_a_rerun_are_told_by_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    let server = ModelServer::start(|asked| {
        let first = asked.body["messages"][0]["content"].as_str().unwrap();
        if first.contains("Here is `price`") {
            Answer::Reply(500, "", "{}".to_owned())
        } else {
            good(&reply(asked))
        }
    });
    let options = ["--emit", "qa", "--model", "author", "--base-url", &server.url];
    let options: Vec<&str> =
        options.into_iter().chain(["--max-retries", "0", "--no-cache"]).collect();
    let ended = run(folder.path(), "out", &options);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/run.json")).unwrap())
            .unwrap();
    assert_eq!(report["deferred"], 1);
}

/// The recorded reply to a request, told apart by the words of its prompt.
fn reply(asked: &Asked) -> String {
    let messages = asked.body["messages"].as_array().unwrap();
    let first = messages[0]["content"].as_str().unwrap();
    let has_repaired = messages.len() > 1;
    let qa = |question: &str, answer: &str, step: &str| {
        json!({"question": question, "answer": answer, "trace": [step]}).to_string()
    };
    if first.contains("about a code base that you cannot see") {
        return "I do not know.".into();
    }
    if first.contains("Does the other answer state") {
        return json!({"same": first.contains("shelf")}).to_string();
    }
    if first.contains("The requirement is:") {
        let design = if first.contains("structured log messages") && !has_repaired {
            "Replace the call in `total_price` by a logger and keep the rest as it is."
        } else if first.contains("Collect the settings") {
            "Give `nothing_like_it` a default and keep the rest as it is."
        } else {
            "Add `health` (new) to `shop/prices.py` and keep `price` as it is."
        };
        return json!({"design": design, "trace": ["`price` is in `shop/prices.py`."], "adds": []})
            .to_string();
    }
    match () {
        () if first.contains("Here is `price`") => qa(
            "Who relies on `price` in `shop/prices.py` when a basket is added up?",
            "`total` calls `price` at `shop/basket.py:11` for each item.",
            "`price` is called by `total` at `shop/basket.py:11`.",
        ),
        () if first.contains("Here is `shelf`") => qa(
            "What does `shelf` in `shop/prices.py` read from its surroundings?",
            "`shelf` reads the variable `SHOP_SHELF` at `shop/prices.py:14`.",
            "The key `SHOP_SHELF` stands at `shop/prices.py:14`.",
        ),
        () if first.contains("Here is `total`") => qa(
            "How does `total` in `shop/basket.py` find out what an item costs?",
            "`total` calls `lookup_price` for each item.",
            "`total` is defined at `shop/basket.py:4-11`.",
        ),
        () => "[ERROR] overloaded".into(),
    }
}

#[test]
fn a_model_writes_what_holds_and_nothing_that_needs_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    let server = ModelServer::start(|asked| good(&reply(asked)));
    let model =
        ["--model", "author", "--base-url", &server.url, "--max-retries", "0", "--no-cache"];
    repo(folder.path(), "out", &model);
    let out = folder.path().join("out");
    let qa = rows(&out, "samples/qa.jsonl");
    let by_model: Vec<&Json> = qa.iter().filter(|row| row["kind"] == "free-text").collect();
    let ids: Vec<&str> = by_model.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["shop/prices.py:price:6/free-text"]);
    assert_eq!(by_model[0]["provenance"]["model"], "author");
    let designs = rows(&out, "samples/design.jsonl");
    let given: Vec<&str> = designs
        .iter()
        .filter(|row| row["kind"] == "given")
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    let kept = ["requirement-1/design", "requirement-2/design", "requirement-3/design"];
    assert_eq!(given[..3], kept);
    assert_eq!(given[3..], ["requirement-4/design"]);
    let mut reasons: Vec<(String, String)> = rows(&out, "rejected.jsonl")
        .iter()
        .map(|row| {
            let field = |name: &str| row[name].as_str().unwrap().to_owned();
            (field("id"), field("reason"))
        })
        .collect();
    reasons.sort();
    let expected = [
        ("requirement-5/design", "ungrounded"),
        ("shop/basket.py:receipt:14/free-text", "malformed-reply"),
        ("shop/basket.py:total:4/free-text", "ungrounded"),
        ("shop/prices.py:shelf:13/free-text", "answerable-without-context"),
    ];
    let expected = expected.map(|(id, reason)| (id.to_owned(), reason.to_owned()));
    assert_eq!(reasons, expected);
    let texts = std::fs::read_to_string(out.join("samples/qa.jsonl")).unwrap();
    assert!(!texts.contains("[ERROR]"));
}

#[test]
fn what_a_model_has_written_before_a_kill_is_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    let whole = ModelServer::start(|asked| good(&reply(asked)));
    let options = |url: &str| -> Vec<String> {
        ["--emit", "qa", "--model", "author", "--base-url", url, "--no-cache", "--threads", "1"]
            .into_iter()
            .chain(["--max-retries", "0", "--max-concurrent", "4"])
            .map(str::to_owned)
            .collect()
    };
    let run_with = |out: &str, url: &str| {
        let options = options(url);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let ended = run(folder.path(), out, &options);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    };
    run_with("whole", &whole.url);
    // The first run ends when the questions about three functions are decided and the reply about the fourth is awaited.
    let (is_asked, is_killed) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let asked_again = Arc::new(Mutex::new(Vec::new()));
    let server = {
        let (is_asked, is_killed) = (is_asked.clone(), is_killed.clone());
        let asked_again = asked_again.clone();
        ModelServer::start(move |asked| {
            let first = asked.body["messages"][0]["content"].as_str().unwrap();
            if is_killed.load(Ordering::SeqCst) {
                asked_again.lock().unwrap().push(first.to_owned());
            } else if first.contains("Here is `shelf`") {
                is_asked.store(true, Ordering::SeqCst);
                return Answer::Silence(std::time::Duration::from_secs(600));
            }
            good(&reply(asked))
        })
    };
    let mut command = tgsand();
    command.arg("repo").arg(folder.path().join("project"));
    command.arg("--out").arg(folder.path().join("killed")).args(options(&server.url));
    command.stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let journal = folder.path().join("killed/journal/repo-ask.jsonl");
    let are_decided = || {
        let text = std::fs::read_to_string(&journal).unwrap_or_default();
        [":total:", ":receipt:", ":price:"].iter().all(|name| text.contains(name))
    };
    while !is_asked.load(Ordering::SeqCst) || !are_decided() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.path().join("killed/samples/qa.jsonl").exists());
    is_killed.store(true, Ordering::SeqCst);
    run_with("killed", &server.url);
    let asked = asked_again.lock().unwrap();
    let of = |name: &str| {
        asked.iter().filter(|text| text.contains(&format!("Here is `{name}`"))).count()
    };
    assert_eq!(["total", "receipt", "price", "shelf"].map(of), [0, 0, 0, 1], "{asked:#?}");
    for file in ["samples/qa.jsonl", "rejected.jsonl"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(file)).unwrap();
        assert!(read("whole") == read("killed"), "{file}");
    }
}
