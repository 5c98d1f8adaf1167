//! Whose replies a run takes: those of its own server and checkpoint, others' only if it is told to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::model_server::{Answer, ModelServer, good, list};

const RIGHT: &str = "```python\ndef inc(x):\n    return x + 1\n```";
const WRONG: &str = "```python\ndef inc(x):\n    return x\n```";
/// A server that nobody is at.
const NOBODY: &str = "http://127.0.0.1:9/v1";

fn scene() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let row = json!({
        "task_id": "inc/0", "prompt": "def inc(x):\n    \"\"\" Add one. \"\"\"\n", "entry_point": "inc",
        "canonical_solution": "    return x + 1\n", "test": "def check(candidate):\n    assert candidate(1) == 2\n",
    });
    file(folder.path(), "inc.jsonl", row.to_string());
    folder
}

/// Scores the model `m` with a cache in the folder.
fn eval(folder: &Path, url: &str, more: &[&str]) -> Ended {
    crate::support::sandbox();
    let mut command = tgsand();
    command.env_remove("TGSAND_NO_CACHE").env("TGSAND_REPLY_CACHE", "replies.sqlite");
    command.args(["eval", "inc.jsonl", "--model", "m", "--base-url", url, "--max-retries", "0"]);
    command.args(more).current_dir(folder);
    ended(command, "")
}

fn report(folder: &Path, run: &str) -> Json {
    serde_json::from_slice(&std::fs::read(folder.join(run).join("run.json")).unwrap()).unwrap()
}

/// The score of a run that ends well.
fn score(folder: &Path, url: &str, more: &[&str]) -> Json {
    let run = eval(folder, url, more);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    report(folder, more.get(1).unwrap_or(&"runs/inc-m"))["pass@1"].clone()
}

/// A server whose model is another one from each number to the next, and answers rightly from the second on.
fn checkpoints() -> (ModelServer, Arc<AtomicUsize>) {
    let number = Arc::new(AtomicUsize::new(1));
    let (listed, answering) = (Arc::clone(&number), Arc::clone(&number));
    let server = ModelServer::with_list(
        move || list(json!({"id": "m", "root": format!("/{}", listed.load(Ordering::SeqCst))})),
        move |_| good(if answering.load(Ordering::SeqCst) > 1 { RIGHT } else { WRONG }),
    );
    (server, number)
}

#[test]
fn two_servers_with_a_model_of_one_name_get_their_own_scores() {
    let scene = scene();
    let servers = [RIGHT, WRONG]
        .map(|reply| ModelServer::with_list(|| list(json!({"id": "m"})), move |_| good(reply)));
    for out in ["one", "another"] {
        // The same folder, so that neither the cache nor a journal may mix them up.
        let [right, wrong] =
            servers.each_ref().map(|server| score(scene.path(), &server.url, &["--out", out]));
        assert_eq!((right, wrong), (json!(1.0), json!(0.0)), "{out}");
    }
    assert_eq!(servers.each_ref().map(ModelServer::requests), [1, 1]);
}

#[test]
fn replies_from_the_cache_are_told_with_their_age_and_by_a_repeated_run_too() {
    let scene = scene();
    let server = ModelServer::with_list(|| list(json!({"id": "m"})), |_| good(RIGHT));
    assert_eq!(score(scene.path(), &server.url, &["--out", "first"]), 1.0);
    assert_eq!(report(scene.path(), "first")["replies"], Json::Null);
    for _ in 0..2 {
        let run = eval(scene.path(), &server.url, &["--out", "second"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let row = run.stderr.lines().find(|line| line.contains("replies from the cache")).unwrap();
        assert!(row.contains("1 (oldest ") && row.contains(" ago)"), "{row}");
        let replies = &report(scene.path(), "second")["replies"];
        assert_eq!((&replies["cached"], &replies["identity"]["model"]), (&json!(1), &json!("m")));
        assert_eq!(replies["identity"]["server"], server.url);
        assert!(replies["oldest"].is_u64() && replies["oldest"] == replies["newest"], "{replies}");
        let page = std::fs::read_to_string(scene.path().join("second/report.md")).unwrap();
        assert!(page.contains("| replies from the cache | 1 |"), "{page}");
        assert!(page.contains("| - oldest | ") && page.contains(" GMT |"), "{page}");
    }
    assert_eq!(server.requests(), 1);
}

#[test]
fn the_next_checkpoint_is_asked_and_an_option_takes_what_the_last_one_said() {
    let scene = scene();
    let (server, number) = checkpoints();
    assert_eq!(score(scene.path(), &server.url, &["--out", "out"]), 0.0);
    number.store(2, Ordering::SeqCst);
    let reused = ["--out", "out", "--reuse-replies"];
    assert_eq!(score(scene.path(), &server.url, &reused), 0.0);
    assert_eq!(report(scene.path(), "out")["replies"]["reused"], 1);
    assert_eq!(server.requests(), 1);
    let asked = eval(scene.path(), &server.url, &["--out", "out"]);
    let told = "not used: 1 reply of the same name from another server or checkpoint; --reuse-replies uses them";
    assert!(asked.stderr.contains(told), "{}", asked.stderr);
    assert_eq!(report(scene.path(), "out")["pass@1"], 1.0);
    assert_eq!((server.requests(), &report(scene.path(), "out")["replies"]), (2, &Json::Null));
}

#[test]
fn a_server_that_is_down_is_served_from_the_cache_of_its_own_address_only() {
    let scene = scene();
    let is_down = Arc::new(AtomicBool::new(false));
    let (list_down, down) = (Arc::clone(&is_down), Arc::clone(&is_down));
    let server = ModelServer::with_list(
        move || match list_down.load(Ordering::SeqCst) {
            true => Answer::Drop,
            false => list(json!({"id": "m", "root": "/1"})),
        },
        move |_| if down.load(Ordering::SeqCst) { Answer::Drop } else { good(RIGHT) },
    );
    assert_eq!(score(scene.path(), &server.url, &["--out", "up"]), 1.0);
    is_down.store(true, Ordering::SeqCst);
    assert_eq!(score(scene.path(), &server.url, &["--out", "down"]), 1.0);
    // Without the cache, the run's own folder knows who answered it.
    assert_eq!(score(scene.path(), &server.url, &["--out", "up", "--no-cache"]), 1.0);
    let elsewhere = eval(scene.path(), NOBODY, &["--out", "elsewhere"]);
    assert_eq!(elsewhere.code, Some(3), "{}", elsewhere.stderr);
    assert_eq!(server.requests(), 1);
}

/// Turns a cache back into what an earlier version wrote.
fn make_earlier(path: &Path) {
    let cache = Connection::open(path).unwrap();
    cache
        .execute_batch(
            "CREATE TABLE earlier (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, model TEXT NOT NULL,
                 created INTEGER NOT NULL, used INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL,
                 completion_tokens INTEGER NOT NULL, completion TEXT NOT NULL) STRICT;
             INSERT INTO earlier SELECT id, key, model, created, used, prompt_tokens, completion_tokens, completion
                 FROM replies;
             DROP TABLE replies; DROP TABLE models; ALTER TABLE earlier RENAME TO replies;
             PRAGMA user_version = 1;",
        )
        .unwrap();
}

#[test]
fn a_cache_of_an_earlier_version_is_read_and_not_silently_used() {
    let scene = scene();
    let (server, number) = checkpoints();
    assert_eq!(score(scene.path(), &server.url, &["--out", "earlier"]), 0.0);
    make_earlier(&scene.path().join("replies.sqlite"));
    number.store(2, Ordering::SeqCst);
    let reused = ["--out", "reused", "--reuse-replies"];
    assert_eq!(score(scene.path(), &server.url, &reused), 0.0);
    assert_eq!(
        (server.requests(), score(scene.path(), &server.url, &["--out", "new"])),
        (1, json!(1.0))
    );
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_folder_of_an_earlier_version_resumes_for_its_own_server_only() {
    let scene = scene();
    let (server, number) = checkpoints();
    number.store(2, Ordering::SeqCst);
    // A recording's journals know the model by its name, as all did.
    assert_eq!(score(scene.path(), &server.url, &["--out", "a", "--record", "recorded"]), 1.0);
    let usage = scene.path().join("out/usage.jsonl");
    for out in ["out", "other"] {
        let replayed = ["--out", out, "--replay", "recorded"];
        assert_eq!(score(scene.path(), &server.url, &replayed), 1.0);
        let usage = scene.path().join(out).join("usage.jsonl");
        let mut row = json_lines(&std::fs::read_to_string(&usage).unwrap()).remove(0);
        assert_eq!(row["identity"], Json::Null);
        let later = ["identity", "replies", "check"];
        row.as_object_mut().unwrap().retain(|name, _| !later.contains(&name.as_str()));
        std::fs::write(&usage, format!("{row}\n")).unwrap();
    }
    let resumed = eval(scene.path(), &server.url, &["--out", "out", "--no-cache"]);
    assert!(resumed.stderr.contains("an earlier version started out"), "{}", resumed.stderr);
    assert_eq!((resumed.code, server.requests()), (Some(0), 1), "{}", resumed.stderr);
    assert_eq!(json_lines(&std::fs::read_to_string(&usage).unwrap()).len(), 2);
    // What is known by now differs from what answers.
    number.store(3, Ordering::SeqCst);
    let next = eval(scene.path(), &server.url, &["--out", "out", "--no-cache"]);
    assert_eq!((next.code, server.requests()), (Some(0), 2), "{}", next.stderr);
    let (elsewhere, _) = checkpoints();
    assert_eq!(score(scene.path(), &elsewhere.url, &["--out", "other", "--no-cache"]), 0.0);
    assert_eq!(elsewhere.requests(), 1);
}

#[test]
fn an_estimate_counts_the_replies_of_the_model_that_was_known_last() {
    let scene = scene();
    let (server, _) = checkpoints();
    score(scene.path(), &server.url, &["--out", "out"]);
    for (url, told) in [(server.url.as_str(), "1 requests are"), (NOBODY, "0 requests are")] {
        let estimate = eval(scene.path(), url, &["--estimate"]);
        assert!(estimate.stdout.contains(told), "{}{}", estimate.stdout, estimate.stderr);
    }
    let nobody = eval(scene.path(), NOBODY, &["--estimate"]);
    assert!(nobody.stderr.contains("not used: 1 reply of the same name"), "{}", nobody.stderr);
}
