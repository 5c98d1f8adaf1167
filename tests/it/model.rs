//! A model that proposes inputs, asked over HTTP: the command is one process, the server another thread of this one.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, json_lines, tgsand};
use crate::model_server::{Answer, ModelServer, good};

const CLAMP: &str = "def clamp(value, low, high):\n    if value < low:\n        return low\n    if value > high:\n        return high\n    return value\n";
/// A recorded reply, in the form that models give.
const REPLY: &str = "Sure:\n```python\nexamples = [\n    dict(value=5, low=0, high=3),\n    dict(value=-1, low=0, high=3),\n    dict(value=2, low=0, high=3),\n    dict(value=__import__('os').system('touch broken'), low=0, high=3),\n    dict(value=1.5, low=1, high=2),\n]\n```\n";

/// The same in the form that is asked for.
const JSON_REPLY: &str = r#"{"small": [{"value": 5, "low": 0, "high": 3}], "large": [{"value": -1, "low": 0, "high": 3}], "edge": [{"value": 2, "low": 0, "high": 3}]}"#;

fn synth(folder: &Path, server: &ModelServer, more: &[&str]) -> Ended {
    crate::support::sandbox();
    let row = json!({"id": "clamp", "content": CLAMP}).to_string();
    std::fs::write(folder.join("in.jsonl"), row).unwrap();
    let mut command = tgsand();
    command
        .args([
            "synth",
            "in.jsonl",
            "--model",
            "small",
            "--base-url",
            &server.url,
            "--text",
            "none",
        ])
        .args(more);
    command.current_dir(folder);
    ended(command, "")
}

fn lines(folder: &Path, name: &str) -> Vec<Json> {
    json_lines(&std::fs::read_to_string(folder.join("runs/in").join(name)).unwrap())
}

#[test]
fn a_models_literals_become_cases_and_its_code_is_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|_| good(REPLY));
    let output = synth(folder.path(), &server, &[]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let sample = &lines(folder.path(), "samples/case2code.jsonl")[0];
    let cases = sample["visible_cases"]
        .as_array()
        .unwrap()
        .iter()
        .chain(sample["hidden_cases"].as_array().unwrap());
    let mut arguments: Vec<&str> = cases.map(|case| case["arguments"].as_str().unwrap()).collect();
    arguments.sort_unstable();
    let expected = [
        "value=-1, low=0, high=3",
        "value=1.5, low=1, high=2",
        "value=2, low=0, high=3",
        "value=5, low=0, high=3",
    ];
    assert_eq!(arguments, expected);
    assert_eq!(sample["provenance"]["proposer"], "small");
    assert!(!folder.path().join("broken").exists());
}

#[test]
fn what_the_model_has_not_thought_of_is_topped_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|_| good("examples = [dict(value=2, low=0, high=3)]"));
    assert_eq!(synth(folder.path(), &server, &["--top-up"]).code, Some(0));
    let sample = &lines(folder.path(), "samples/case2code.jsonl")[0];
    assert_eq!(sample["provenance"]["proposer"], "small+builtin");
    assert_eq!(sample["provenance"]["branch_coverage"], json!([4, 4]));
}

#[test]
fn a_reply_without_calls_is_a_rejection_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|_| good("I cannot help with that."));
    assert_eq!(synth(folder.path(), &server, &[]).code, Some(0));
    let row = &lines(folder.path(), "rejected.jsonl")[0];
    assert_eq!(row["reason"], "malformed-reply");
    assert_eq!(row["evidence"]["reply"], "I cannot help with that.");
}

#[test]
fn a_request_that_the_model_cannot_take_is_a_rejection_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let error = json!({"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}});
    let server = ModelServer::start(move |_| Answer::Reply(400, "", error.to_string()));
    let run = synth(folder.path(), &server, &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let row = &lines(folder.path(), "rejected.jsonl")[0];
    assert_eq!(row["reason"], "request-refused");
    assert!(
        row["detail"].as_str().unwrap().contains("maximum context length is 10 tokens"),
        "{row}"
    );
}

#[test]
fn a_server_that_is_down_defers_and_a_rerun_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|asked| match asked.number {
        0 => Answer::Reply(503, "", "busy".to_owned()),
        _ => good(JSON_REPLY),
    });
    let first = synth(folder.path(), &server, &["--max-retries", "0"]);
    assert_eq!(first.code, Some(3), "{}", first.stderr);
    let second = synth(folder.path(), &server, &["--max-retries", "0"]);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert_eq!(server.requests(), 2);
    // What has been paid for is not asked for again.
    assert_eq!(synth(folder.path(), &server, &[]).code, Some(0));
    assert_eq!(server.requests(), 2);
}
