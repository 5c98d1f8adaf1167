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
    assert_eq!(synth(folder.path(), &server, &[]).code, Some(1));
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
    assert_eq!(run.code, Some(1), "{}", run.stderr);
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

#[test]
fn a_stream_without_text_times_out_and_defers() {
    for event in [
        "data: {\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n",
        "data: {\"choices\":[],\"usage\":{}}\n\n",
        ": wait\n\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = ModelServer::start(move |_| Answer::Endless(event));
        let options = ["--stream", "--timeout", "1", "--max-retries", "0"];
        let ended = synth(folder.path(), &server, &options);
        assert_eq!(ended.code, Some(3), "{event}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("in.jsonl:1 deferred: ") && ended.stderr.contains("1 s"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_retry_that_is_put_off_to_a_date_is_left_to_a_rerun_if_it_is_far() {
    let folder = tempfile::tempdir().unwrap();
    let far = "retry-after: Wed, 21 Oct 2099 07:28:00 GMT\r\n";
    let server = ModelServer::start(move |_| Answer::Reply(503, far, "{}".into()));
    let ended = synth(folder.path(), &server, &[]);
    assert_eq!((ended.code, server.requests()), (Some(3), 1), "{}", ended.stderr);
}

#[test]
fn a_part_of_the_key_that_the_server_shows_is_redacted() {
    const KEY: &str = "sk-plainSECRETkey0123456789abcdef";
    for shown in [
        "sk-plainSECRETkey0123456789******",
        "*****SECRETkey0123456789abcdef",
        "***SECRETkey0123***",
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), KEY).unwrap();
        let message = format!("Incorrect API key provided: {shown}");
        let server = ModelServer::start(move |_| {
            Answer::Reply(401, "", json!({"error": {"message": message}}).to_string())
        });
        let ended = synth(folder.path(), &server, &["--api-key-file", "key"]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("Incorrect API key provided: ")
                && ended.stderr.contains("[redacted]"),
            "{}",
            ended.stderr
        );
        std::fs::remove_file(folder.path().join("key")).unwrap();
        let files = files_under(folder.path());
        assert!(!files.is_empty());
        for text in files.iter().chain([&ended.stderr, &ended.stdout]) {
            assert!(!text.contains("SECRETkey012"), "{text}");
        }
    }
}

/// The contents of all files under a folder.
fn files_under(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => texts.extend(files_under(&path)),
            false => {
                texts.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
            }
        }
    }
    texts
}
