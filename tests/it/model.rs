//! A model that proposes inputs, asked over HTTP: the command is one process, the server another thread of this one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

const CLAMP: &str = "def clamp(value, low, high):\n    if value < low:\n        return low\n    if value > high:\n        return high\n    return value\n";
/// A recorded reply, in the form that models give.
const REPLY: &str = "Sure:\n```python\nexamples = [\n    dict(value=5, low=0, high=3),\n    dict(value=-1, low=0, high=3),\n    dict(value=2, low=0, high=3),\n    dict(value=__import__('os').system('touch broken'), low=0, high=3),\n    dict(value=1.5, low=1, high=2),\n]\n```\n";

/// Serves chat completions; `answer` makes status and content of the n-th request, from 0.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(answer: fn(usize) -> (u16, String)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (status, content) = answer(count.fetch_add(1, Ordering::SeqCst));
                serve(stream.unwrap(), status, &content);
            }
        });
        Self { url, requests }
    }
}

fn serve(mut stream: TcpStream, status: u16, content: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut len = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            len = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).unwrap();
    let request: Json = serde_json::from_slice(&body).unwrap();
    assert_eq!(request["model"], "small");
    let reply = json!({
        "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20},
    })
    .to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", reply.len());
    stream.write_all(format!("{head}{reply}").as_bytes()).unwrap();
}

fn synth(folder: &Path, server: &Server, more: &[&str]) -> Output {
    crate::support::sandbox();
    let row = json!({"id": "clamp", "content": CLAMP}).to_string();
    std::fs::write(folder.join("in.jsonl"), row).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tgsand"));
    command.args(["synth", "in.jsonl", "--text", "none", "--model", "small", "--base-url", &server.url]).args(more);
    command.current_dir(folder).output().unwrap()
}

fn lines(folder: &Path, name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(folder.join("runs/in").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_models_literals_become_cases_and_its_code_is_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| (200, REPLY.to_owned()));
    let output = synth(folder.path(), &server, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let sample = &lines(folder.path(), "samples/case2code.jsonl")[0];
    let cases = sample["visible_cases"].as_array().unwrap().iter().chain(sample["hidden_cases"].as_array().unwrap());
    let mut arguments: Vec<&str> = cases.map(|case| case["arguments"].as_str().unwrap()).collect();
    arguments.sort_unstable();
    let expected =
        ["value=-1, low=0, high=3", "value=1.5, low=1, high=2", "value=2, low=0, high=3", "value=5, low=0, high=3"];
    assert_eq!(arguments, expected);
    assert_eq!(sample["provenance"]["proposer"], "small");
    assert!(!folder.path().join("broken").exists());
}

#[test]
fn what_the_model_has_not_thought_of_is_topped_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| (200, "examples = [dict(value=2, low=0, high=3)]".to_owned()));
    assert_eq!(synth(folder.path(), &server, &["--top-up"]).status.code(), Some(0));
    let sample = &lines(folder.path(), "samples/case2code.jsonl")[0];
    assert_eq!(sample["provenance"]["proposer"], "small+builtin");
    assert_eq!(sample["provenance"]["branch_coverage"], json!([4, 4]));
}

#[test]
fn a_reply_without_calls_is_a_rejection_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| (200, "I cannot help with that.".to_owned()));
    assert_eq!(synth(folder.path(), &server, &[]).status.code(), Some(0));
    let row = &lines(folder.path(), "rejected.jsonl")[0];
    assert_eq!(row["reason"], "malformed-reply");
    assert_eq!(row["evidence"]["reply"], "I cannot help with that.");
}

#[test]
fn a_server_that_is_down_defers_and_a_rerun_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|n| if n < 1 { (503, "busy".to_owned()) } else { (200, REPLY.to_owned()) });
    let first = synth(folder.path(), &server, &["--max-retries", "0"]);
    assert_eq!(first.status.code(), Some(3), "{}", String::from_utf8_lossy(&first.stderr));
    let second = synth(folder.path(), &server, &["--max-retries", "0"]);
    assert_eq!(second.status.code(), Some(0), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
    // What has been paid for is not asked for again.
    assert_eq!(synth(folder.path(), &server, &[]).status.code(), Some(0));
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}
