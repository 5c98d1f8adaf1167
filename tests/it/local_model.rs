//! A real model of 135 million parameters proposes inputs, where the schema makes up for what it does not understand, and is scored.
//!
//! Invariant: the server is `tests/local_model.py`, as the documentation tells users to start it, and ends with the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

const FUNCTIONS: usize = 20;

/// Two servers on two cores would keep each other waiting.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct LocalModel {
    child: Child,
    url: String,
    _turn: MutexGuard<'static, ()>,
}

impl LocalModel {
    /// Starts the server; the first time this fetches the model with pip.
    fn start() -> Self {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/local_model.py");
        let mut command = Command::new("python3");
        command.arg(script).args(["--port", "0"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 starts");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut url).expect("the address is text");
        let url = url.trim().to_owned();
        if url.is_empty() {
            panic!(
                "the model cannot be served: tests/local_model.py ended with {:?}",
                child.wait()
            );
        }
        Self { child, url, _turn: turn }
    }
}

impl Drop for LocalModel {
    fn drop(&mut self) {
        // It ends by itself when its input ends, but a server in the middle of a reply takes its time.
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rows(folder: &Path, name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(folder.join("runs/functions").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_small_model_proposes_inputs_for_nearly_all_functions() {
    let model = LocalModel::start();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("functions.py"), include_str!("../local_model.functions.py"))
        .unwrap();
    let mut command = crate::cli::tgsand();
    command.args([
        "synth",
        "functions.py",
        "--model",
        "smollm2",
        "--base-url",
        &model.url,
        "--max-concurrent",
        "1",
    ]);
    // Few short calls keep the test quick; a warm model repeats itself less.
    command.args([
        "--cases",
        "4",
        "--text",
        "none",
        "--max-reply-tokens",
        "400",
        "--temperature",
        "1",
        "--min-cases",
        "1",
        "--keep-duplicates",
    ]);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    let samples = rows(folder.path(), "samples/case2code.jsonl");
    let rejected = rows(folder.path(), "rejected.jsonl");
    assert_eq!(samples.len() + rejected.len(), FUNCTIONS);
    assert!(samples.iter().all(|sample| sample["provenance"]["proposer"] == "smollm2"));
    let malformed: Vec<&Json> =
        rejected.iter().filter(|row| row["reason"] == "malformed-reply").collect();
    assert!(FUNCTIONS - malformed.len() >= 18, "{malformed:#?}");
    // Inputs of the right types mostly run.
    assert!(samples.len() >= 15, "{rejected:#?}");
}

#[test]
fn a_small_model_is_scored() {
    let model = LocalModel::start();
    let folder = tempfile::tempdir().unwrap();
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/test.jsonl");
    let mut command = crate::cli::tgsand();
    command.arg("eval").arg(test).args([
        "--model",
        "smollm2",
        "--base-url",
        &model.url,
        "--max-concurrent",
        "1",
    ]);
    command.args([
        "--limit",
        "2",
        "--n",
        "2",
        "--k",
        "1,2",
        "--max-reply-tokens",
        "60",
        "--out",
        "run",
        "--json",
    ]);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let scores: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&scores["problems"], &scores["samples"]), (&Json::from(2), &Json::from(4)));
    assert!(
        scores["pass@2"].is_f64() && scores["tokens"]["prompt_tokens"].as_u64() > Some(100),
        "{scores}"
    );
    let results = std::fs::read_to_string(folder.path().join("run/results.jsonl")).unwrap();
    for row in crate::cli::json_lines(&results) {
        for sample in row["samples"].as_array().unwrap() {
            let taken = sample["usage"]["completion_tokens"].as_u64().unwrap();
            // A reply that is cut is asked for once more with twice the tokens.
            assert!((1..=180).contains(&taken), "{sample}");
            assert_eq!(sample["passed"] == true, sample["result"] == "passed");
        }
    }
}

#[test]
fn a_small_model_writes_questions_that_are_gated_and_every_function_is_accounted_for() {
    let model = LocalModel::start();
    let folder = tempfile::tempdir().unwrap();
    let functions = include_str!("../local_model.functions.py");
    // Three functions with variants enough: a question and a review take the model half a minute.
    let is_chosen = |text: &&str| {
        ["import", "def fahrenheit", "def running_max", "def grade"]
            .iter()
            .any(|it| text.contains(it))
    };
    let three: Vec<&str> = functions.split("\n\n\n").filter(is_chosen).collect();
    std::fs::write(folder.path().join("functions.py"), three.join("\n\n\n")).unwrap();
    let mut command = crate::cli::tgsand();
    command.args(["autocode", "functions.py", "--as-is", "--out", "runs/functions"]);
    command.args(["--model", "smollm2", "--base-url", &model.url, "--max-concurrent", "1"]);
    command.args(["--difficulty-model", "smollm2", "--samples", "1", "--keep-easy"]);
    command.args(["--max-reply-tokens", "300", "--temperature", "1", "--min-mutation", "0.5"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    // A model this small may write nothing that holds; there are no samples then.
    let is_empty = !folder.path().join("runs/functions/samples/problems.jsonl").exists();
    assert_eq!(output.status.code(), Some(i32::from(is_empty)), "{stderr}");
    let problems =
        if is_empty { Vec::new() } else { rows(folder.path(), "samples/problems.jsonl") };
    let rejected = rows(folder.path(), "rejected.jsonl");
    let of_functions = rejected.iter().filter(|row| !row["id"].as_str().unwrap().contains('/'));
    assert_eq!(problems.len() + of_functions.count(), 3, "{rejected:#?}");
    // Whatever it says, nothing ends for another reason than its replies.
    let gates = [
        "malformed-reply",
        "ungrounded",
        "leaked-solution",
        "failed-review",
        "contradictory",
        "toothless-tests",
    ];
    assert!(
        rejected.iter().all(|row| gates.contains(&row["reason"].as_str().unwrap())),
        "{rejected:#?}"
    );
    assert!(rejected.iter().any(|row| row["reason"] != "toothless-tests") || !problems.is_empty());
    let asked = rows(folder.path(), "usage.jsonl");
    assert!(asked[0]["requests"].as_u64() >= Some(3), "{asked:?}");
}

#[test]
fn a_small_model_is_asked_for_rows_and_none_is_added_whose_tests_were_not_run() {
    let model = LocalModel::start();
    let folder = tempfile::tempdir().unwrap();
    let set = [
        r#"{"id": "double", "question": "Double a number.", "solutions": "def double(x):\n    return 2 * x\n", "test_list": ["assert double(2) == 4", "assert double(0) == 0"]}"#,
        r#"{"id": "first", "question": "Give the first letter.", "solutions": "def first(text):\n    return text[0] if text else ''\n", "test_list": ["assert first('ab') == 'a'", "assert first('') == ''"]}"#,
    ];
    std::fs::write(folder.path().join("functions.jsonl"), set.join("\n")).unwrap();
    let mut command = crate::cli::tgsand();
    command.args(["optimize", "functions.jsonl", "--tech", "syn", "--tasks", "generation,summary"]);
    command.args(["--tries", "2", "--out", "runs/functions", "--model", "smollm2"]);
    command.args(["--base-url", &model.url, "--max-concurrent", "1"]);
    command.args(["--max-reply-tokens", "250", "--temperature", "1"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let added = rows(folder.path(), "samples/optimized.jsonl").len() - 2;
    let rejected = rows(folder.path(), "rejected.jsonl");
    assert_eq!(added + rejected.len(), 2, "{rejected:#?}");
    let gates = [
        "malformed-reply",
        "unparsable-source",
        "no-target-function",
        "test-failed",
        "toothless-tests",
        "ungrounded",
        "duplicate",
        "failed-review",
        "contradictory",
    ];
    assert!(
        rejected.iter().all(|row| gates.contains(&row["reason"].as_str().unwrap())),
        "{rejected:#?}"
    );
    assert!(rows(folder.path(), "usage.jsonl")[0]["requests"].as_u64() >= Some(2));
}
