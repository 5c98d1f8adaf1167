//! Servers that fail in every way there is, and what becomes of the records: none is lost, none is paid for twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, completion, good};

const FUNCTIONS: usize = 500;
/// A recorded reply, in the form that models give.
const REPLY: &str = r#"{"small": [{"value": 5, "low": 0, "high": 3}], "large": [{"value": -1, "low": 0, "high": 3}], "edge": [{"value": 2, "low": 0, "high": 3}]}"#;
/// In every round of so many requests, the first ones fail, each in its own way.
const ROUND: usize = 60;

/// A failure of the server, or `None` where it is the turn of a good reply.
fn failure(number: usize) -> Option<Answer> {
    let page = "<!DOCTYPE html><html><body>Bad gateway</body></html>";
    let error = |message: &str| json!({"error": {"message": message}}).to_string();
    Some(match number % ROUND {
        0 => Answer::Reply(429, "retry-after: 0.1\r\n", error("slow down")),
        5 => Answer::Reply(503, "retry-after: 0.1\r\n", error("overloaded")),
        10 => Answer::Reply(500, "", error("internal error")),
        15 => Answer::Silence(Duration::from_secs(3)),
        20 => Answer::Drop,
        25 => Answer::Half(completion(REPLY, "stop")),
        30 => Answer::Reply(200, "", "{\"choices\": [{\"message\"".to_owned()),
        35 => Answer::Reply(200, "", page.to_owned()),
        40 => Answer::Reply(502, "", page.to_owned()),
        45 => Answer::Reply(200, "", completion("```python\nexamples = [dict(val", "length")),
        50 => Answer::Reply(200, "", completion("I would rather not.", "stop")),
        _ => return None,
    })
}

fn write_functions(folder: &Path) {
    let row = |n: usize| {
        let code = format!(
            "def clamp_{n}(value, low, high):\n    if value < low + {n}:\n        return low\n    if value > high:\n        return high\n    return value\n"
        );
        json!({"id": format!("f{n}"), "content": code}).to_string()
    };
    let rows: Vec<String> = (0..FUNCTIONS).map(row).collect();
    std::fs::write(folder.join("in.jsonl"), rows.join("\n")).unwrap();
}

fn synth(folder: &Path, url: &str, more: &[&str]) -> Ended {
    crate::support::sandbox();
    let mut command = tgsand();
    command.args(["synth", "in.jsonl", "--model", "small", "--base-url", url, "--text", "none"]);
    command
        // The model's few calls give the same for most of the functions, which is not what is asked here.
        .args([
            "--rules",
            "all-inputs-failed,too-few-cases,nondeterministic,uses-entropy,address-in-output",
        ])
        .args(["--keep-duplicates", "--cases", "3", "--max-deferred", "500", "--timeout", "1"])
        .args(more);
    command.current_dir(folder);
    ended(command, "")
}

fn report(folder: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(folder.join("runs/in/run.json")).unwrap()).unwrap()
}

/// Requests that all runs so far say they have sent.
fn attempts(folder: &Path) -> u64 {
    let text = std::fs::read_to_string(folder.join("runs/in/usage.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap()["attempts"].as_u64().unwrap())
        .sum()
}

fn ids(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("runs/in").join(name)).unwrap();
    let row =
        |line: &str| serde_json::from_str::<Json>(line).unwrap()["id"].as_str().unwrap().to_owned();
    text.lines().map(row).collect()
}

#[test]
fn every_record_survives_every_failure_and_is_paid_for_once() {
    let folder = tempfile::tempdir().unwrap();
    write_functions(folder.path());
    // The replies that arrived whole, by what was asked.
    let paid = Arc::new(Mutex::new(BTreeMap::<String, usize>::new()));
    let book = Arc::clone(&paid);
    let server = ModelServer::start(move |asked: &Asked| {
        if asked.body.get("top_p").is_some() {
            let error = json!({"error": {"message": "Unrecognized request argument supplied: top_p", "param": "top_p"}});
            return Answer::Reply(400, "", error.to_string());
        }
        if let Some(answer) = failure(asked.number) {
            return answer;
        }
        *book.lock().unwrap().entry(asked.text()).or_default() += 1;
        good(REPLY)
    });

    let first = synth(folder.path(), &server.url, &["--max-retries", "0", "--top-p", "0.9"]);
    assert_eq!(first.code, Some(3), "{}", first.stderr);
    assert_eq!(first.stderr.matches("does not support `top_p`").count(), 1, "{}", first.stderr);
    let run = report(folder.path());
    assert_eq!(run["in"], FUNCTIONS);
    assert!(run["deferred"].as_u64().unwrap() > 10, "{run}");

    let second = synth(folder.path(), &server.url, &["--max-retries", "8", "--top-p", "0.9"]);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let run = report(folder.path());
    assert_eq!((&run["in"], &run["deferred"]), (&json!(FUNCTIONS), &json!(0)));
    assert_eq!(attempts(folder.path()), server.requests() as u64);

    let accepted = ids(folder.path(), "samples/case2code.jsonl");
    let rejected = ids(folder.path(), "rejected.jsonl");
    let all: BTreeSet<&String> = accepted.iter().chain(&rejected).collect();
    assert_eq!((accepted.len() + rejected.len(), all.len()), (FUNCTIONS, FUNCTIONS));
    assert_eq!(run["rejected"], json!({"malformed-reply": rejected.len()}));
    let paid = paid.lock().unwrap();
    assert_eq!(paid.len(), accepted.len());
    assert!(paid.values().all(|&times| times == 1), "{paid:?}");
    eprintln!(
        "{} requests for {FUNCTIONS} functions, {} of them good",
        server.requests(),
        paid.len()
    );
}

#[test]
fn a_wrong_key_stops_the_run_at_once_and_a_right_one_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    write_functions(folder.path());
    let server = ModelServer::start(|asked| {
        if asked.head.contains("Bearer sk-right") {
            return good(REPLY);
        }
        Answer::Reply(
            401,
            "",
            json!({"error": {"message": "Incorrect API key provided: sk-wrong"}}).to_string(),
        )
    });
    let key = folder.path().join("key");
    std::fs::write(&key, "sk-wrong\n").unwrap();
    let wrong =
        synth(folder.path(), &server.url, &["--api-key-file", "key", "--max-concurrent", "4"]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("401") && !wrong.stderr.contains("sk-wrong"), "{}", wrong.stderr);
    assert!(server.requests() <= 4, "{}", server.requests());
    std::fs::write(&key, "sk-right\n").unwrap();
    let right = synth(folder.path(), &server.url, &["--api-key-file", "key"]);
    assert_eq!(right.code, Some(0), "{}", right.stderr);
    assert_eq!(report(folder.path())["accepted"], FUNCTIONS);
}

#[test]
fn a_key_is_found_nowhere_but_in_its_header() {
    const KEY: &str = "sk-planted-0123456789";
    let folder = tempfile::tempdir().unwrap();
    write_functions(folder.path());
    // A server that repeats the key wherever it can.
    let server = ModelServer::start(|asked| {
        assert!(asked.head.contains(KEY));
        match asked.number % 4 {
            0 => Answer::Reply(503, "", format!("overloaded, {KEY}")),
            1 => good(&format!("your key is {KEY}")),
            2 => Answer::Reply(200, "", format!("<html>{KEY}</html>")),
            _ => good(&format!("# {KEY}\n{REPLY}")),
        }
    });
    let mut command = tgsand();
    command.args([
        "synth",
        "in.jsonl",
        "--model",
        "small",
        "--base-url",
        &server.url,
        "--text",
        "none",
    ]);
    command.args([
        "--keep-duplicates",
        "--cases",
        "3",
        "--max-deferred",
        "500",
        "--max-retries",
        "0",
    ]);
    command.args([
        "--reply-cache",
        "replies.sqlite",
        "--record",
        "recorded",
        "--api-key-env",
        "PLANTED_KEY",
    ]);
    command.env("PLANTED_KEY", KEY).env_remove("TGSAND_NO_CACHE").current_dir(folder.path());
    let run = ended(command, "");
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(!run.stderr.contains(KEY) && !run.stdout.contains(KEY), "{}", run.stderr);
    let mut files = 0;
    for entry in walkdir::WalkDir::new(folder.path()).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            assert!(
                !bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()),
                "{}",
                entry.path().display()
            );
            files += 1;
        }
    }
    assert!(files > 8, "{files}");
}

#[test]
fn ctrl_c_sends_no_further_request_and_a_rerun_asks_for_the_rest() {
    crate::support::sandbox();
    let folder = tempfile::tempdir().unwrap();
    write_functions(folder.path());
    let server = ModelServer::start(|_| {
        std::thread::sleep(Duration::from_millis(50));
        good(REPLY)
    });
    let command = || {
        let mut command = tgsand();
        command.args([
            "synth",
            "in.jsonl",
            "--model",
            "small",
            "--base-url",
            &server.url,
            "--text",
            "none",
        ]);
        command
            .args(["--keep-duplicates", "--cases", "3", "--max-concurrent", "2"])
            .current_dir(folder.path());
        command
    };
    let mut run = command().stderr(std::process::Stdio::null()).spawn().unwrap();
    while server.requests() < 5 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent =
        std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(run.wait().unwrap().code(), Some(130));
    // Far from all: what was in flight, and what was sent before the signal came through.
    assert!(server.requests() < FUNCTIONS / 2, "{}", server.requests());
    assert_eq!(ended(command(), "").code, Some(0));
    assert_eq!(server.requests(), FUNCTIONS);
}
