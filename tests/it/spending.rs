//! What a run asks for, keeps and pays, seen from outside: caches, recordings, batches, budgets, estimates and endpoints.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::model_server::{Answer, ModelServer, completion, good, list};

const FUNCTIONS: usize = 6;
/// A recorded reply, in the form that is asked for.
const REPLY: &str = r#"{"small": [{"value": 5, "low": 0, "high": 3}], "large": [{"value": -1, "low": 0, "high": 3}], "edge": [{"value": 2, "low": 0, "high": 3}]}"#;
/// A server that nobody is at.
const NOBODY: &str = "http://127.0.0.1:9/v1";

fn scene() -> tempfile::TempDir {
    crate::support::sandbox();
    let folder = tempfile::tempdir().unwrap();
    let row = |n: usize| {
        let code = format!(
            "def clamp_{n}(value, low, high):\n    if value < low + {n}:\n        return low\n    if value > high:\n        return high\n    return value\n"
        );
        json!({"id": format!("f{n}"), "content": code}).to_string()
    };
    file(folder.path(), "in.jsonl", (0..FUNCTIONS).map(row).collect::<Vec<_>>().join("\n"));
    folder
}

fn server() -> ModelServer {
    ModelServer::start(|_| good(REPLY))
}

/// Runs `synth` with a cache in the folder.
fn synth(folder: &Path, url: &str, more: &[&str]) -> Ended {
    let mut command = tgsand();
    command.env_remove("TGSAND_NO_CACHE").env("TGSAND_REPLY_CACHE", "replies.sqlite");
    command.args(["synth", "in.jsonl", "--model", "small", "--base-url", url, "--keep-duplicates"]);
    // One at a time: what is spent before a budget ends does not depend on the order of replies.
    command
        .args(["--cases", "3", "--text", "none", "--max-retries", "0", "--max-concurrent", "1"])
        .args(more);
    command.current_dir(folder);
    ended(command, "")
}

fn accepted(folder: &Path, run: &str) -> u64 {
    let report = std::fs::read(folder.join(run).join("run.json")).unwrap();
    serde_json::from_slice::<Json>(&report).unwrap()["accepted"].as_u64().unwrap()
}

#[test]
fn another_run_over_the_same_functions_asks_nothing() {
    let (scene, server) = (scene(), server());
    let (first, second) = (
        synth(scene.path(), &server.url, &[]),
        synth(scene.path(), &server.url, &["--out", "again", "--seed", "1"]),
    );
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{}{}", first.stderr, second.stderr);
    assert_eq!(server.requests(), FUNCTIONS);
    assert_eq!(accepted(scene.path(), "again"), FUNCTIONS as u64);
    let usage =
        json_lines(&std::fs::read_to_string(scene.path().join("again/usage.jsonl")).unwrap());
    assert_eq!((&usage[0]["hits"], &usage[0]["attempts"]), (&json!(FUNCTIONS), &json!(0)));
    let report = std::fs::read(scene.path().join("again/run.json")).unwrap();
    let replies = &serde_json::from_slice::<Json>(&report).unwrap()["replies"];
    assert_eq!((&replies["cached"], &replies["reused"]), (&json!(FUNCTIONS), &Json::Null));
    assert!(second.stderr.contains("6 (oldest "), "{}", second.stderr);
}

#[test]
fn a_recording_gives_the_same_samples_without_a_server() {
    let (scene, server) = (scene(), server());
    assert_eq!(synth(scene.path(), &server.url, &["--record", "recorded"]).code, Some(0));
    let replayed = synth(scene.path(), NOBODY, &["--replay", "recorded", "--out", "again"]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
    let samples =
        |run: &str| std::fs::read(scene.path().join(run).join("samples/case2code.jsonl")).unwrap();
    assert_eq!(samples("runs/in"), samples("again"));
    let changed = synth(
        scene.path(),
        NOBODY,
        &["--replay", "recorded", "--out", "changed", "--temperature", "1"],
    );
    assert_eq!(changed.code, Some(1));
    assert!(changed.stderr.contains("recorded has no reply of \"small\""), "{}", changed.stderr);
}

#[test]
fn an_estimate_counts_and_leaves_no_trace() {
    let scene = scene();
    let options = ["--estimate", "--price", "1,2", "--max-reply-tokens", "100", "--text", "qa"];
    let mut command = tgsand();
    command
        .args(["synth", "in.jsonl", "--model", "small", "--keep-duplicates"])
        .args(options)
        .current_dir(scene.path());
    let run = ended(command, "");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let row = |name: &str| {
        let line = run
            .stdout
            .lines()
            .find(|line| line.contains(name))
            .unwrap_or_else(|| panic!("{}", run.stdout));
        line.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).collect::<Vec<_>>()
    };
    let (inputs, texts, together) = (row("inputs"), row("texts"), row("together"));
    assert_eq!((inputs[0], inputs[2]), (6.0, 600.0));
    assert_eq!((texts[0], texts[2]), (12.0, 1200.0));
    assert_eq!(together[0], 18.0);
    assert!((together[3] - (together[1] + 2.0 * together[2]) / 1e6).abs() < 1e-4, "{}", run.stdout);
    let left: Vec<_> =
        std::fs::read_dir(scene.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["in.jsonl"]);
}

#[test]
fn a_budget_stops_the_run_and_a_higher_one_finishes_it() {
    let (scene, server) = (scene(), server());
    let estimate = synth(scene.path(), NOBODY, &["--max-reply-tokens", "100", "--estimate"]);
    let line = estimate.stdout.lines().find(|line| line.contains("inputs")).unwrap();
    let counts: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let one = counts[1].div_ceil(FUNCTIONS as u64) + 100;
    // Room for one request as it is estimated, and for some as the server counts them: 30 tokens each.
    let limit = (one + 75).to_string();
    let first =
        synth(scene.path(), &server.url, &["--max-reply-tokens", "100", "--max-tokens", &limit]);
    assert_eq!(first.code, Some(3), "{}", first.stderr);
    assert!(
        first.stderr.contains(&format!("deferred: the budget of {limit} tokens is too small")),
        "{}",
        first.stderr
    );
    let (asked, done) = (server.requests(), accepted(scene.path(), "runs/in"));
    assert!(0 < asked && asked < FUNCTIONS, "{asked}");
    assert_eq!(done, asked as u64);
    let second = synth(scene.path(), &server.url, &["--max-reply-tokens", "100"]);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert_eq!(
        (server.requests(), accepted(scene.path(), "runs/in")),
        (FUNCTIONS, FUNCTIONS as u64)
    );
}

#[test]
fn a_cost_without_a_price_is_a_usage_error_that_says_what_to_add() {
    let scene = scene();
    let run = synth(scene.path(), NOBODY, &["--max-cost", "1"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--price PROMPT,REPLY"), "{}", run.stderr);
}

#[test]
fn a_batch_goes_out_and_comes_back_in_any_order() {
    let scene = scene();
    let written = synth(scene.path(), NOBODY, &["--batch", "write", "batch"]);
    assert_eq!(written.code, Some(3), "{}", written.stderr);
    assert!(written.stderr.contains("6 requests are in batch"), "{}", written.stderr);
    let requests = json_lines(
        &std::fs::read_to_string(scene.path().join("batch/requests-00001.jsonl")).unwrap(),
    );
    assert_eq!(requests.len(), FUNCTIONS);
    assert!(
        requests.iter().all(|request| request["url"] == "/v1/chat/completions"
            && request["body"]["model"] == "small")
    );
    let reply = |(n, request): (usize, &Json)| {
        let response = match n {
            0 => json!({"status_code": 400, "body": {"error": {"message": "refused"}}}),
            1 => json!({"status_code": 500, "body": {"error": {"message": "later"}}}),
            _ => {
                json!({"status_code": 200, "body": serde_json::from_str::<Json>(&completion(REPLY, "stop")).unwrap()})
            }
        };
        json!({"id": "r", "custom_id": request["custom_id"], "response": response, "error": null})
            .to_string()
    };
    let mut replies: Vec<String> = requests.iter().enumerate().map(reply).collect();
    replies.reverse();
    replies.insert(2, "{broken".to_owned());
    file(&scene.path().join("batch"), "output.jsonl", replies.join("\n"));
    let read = synth(scene.path(), NOBODY, &["--batch", "read", "batch"]);
    assert_eq!(read.code, Some(3), "{}", read.stderr);
    assert!(read.stderr.contains("output.jsonl:3"), "{}", read.stderr);
    let report: Json =
        serde_json::from_slice(&std::fs::read(scene.path().join("runs/in/run.json")).unwrap())
            .unwrap();
    let fates = (&report["accepted"], &report["rejected"], &report["deferred"]);
    assert_eq!(fates, (&json!(4), &json!({"request-refused": 1}), &json!(1)));
    let server = server();
    // The batch went to another address: its replies count only if they are told to. What failed is asked for again.
    let finished = synth(scene.path(), &server.url, &["--reuse-replies"]);
    assert_eq!((finished.code, server.requests()), (Some(0), 2), "{}", finished.stderr);
}

#[test]
fn an_endpoint_of_the_settings_file_is_asked_by_its_name() {
    let scene = scene();
    let server = ModelServer::start(|asked| {
        let body = &asked.body;
        let is_right =
            body["model"] == "org/coder" && body["temperature"] == 0.7 && body["top_k"] == 20;
        if is_right && asked.head.contains("Bearer sk-endpoint") {
            return good(REPLY);
        }
        Answer::Reply(401, "", "no".to_owned())
    });
    let settings = format!(
        "[synth]\nmodel = 'fast'\ntext = 'none'\nkeep-duplicates = true\n[endpoints.fast]\nmodel = 'org/coder'\nbase_url = '{}'\n\
         api_key_env = 'ENDPOINT_KEY'\ntemperature = 0.7\nextra = {{ top_k = 20 }}\n",
        server.url
    );
    file(scene.path(), "tgsand.toml", settings);
    let mut command = tgsand();
    command
        .args(["synth", "in.jsonl"])
        .env("ENDPOINT_KEY", "sk-endpoint")
        .current_dir(scene.path());
    let run = ended(command, "");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(server.requests(), FUNCTIONS);
}

#[test]
fn the_doctor_tells_a_good_server_from_none() {
    crate::support::sandbox();
    let server =
        ModelServer::with_list(|| list(json!({"id": "small"})), |_| good(r#"{"digit": 7}"#));
    let doctor = |url: &str| {
        let mut command = tgsand();
        command.args(["doctor", "--model", "small", "--base-url", url]);
        ended(command, "")
    };
    let well = doctor(&server.url);
    assert_eq!(well.code, Some(0), "{}", well.stdout);
    for line in [
        "has the model small",
        "it answers in",
        "it enforces a JSON Schema on replies",
        "a program ran in it",
    ] {
        assert!(well.stdout.contains(line), "{}", well.stdout);
    }
    let ill = doctor(NOBODY);
    assert_eq!(ill.code, Some(1));
    assert!(ill.stdout.contains("FAIL  it does not answer"), "{}", ill.stdout);
    assert!(ill.stdout.contains("next: start the server"), "{}", ill.stdout);
}
