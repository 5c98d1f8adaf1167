//! A real model of 135 million parameters proposes inputs: the schema makes up for what it does not understand.
//!
//! Invariant: the server is `tests/local_model.py`, as the documentation tells users to start it, and ends with the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

const FUNCTIONS: usize = 20;

struct LocalModel {
    child: Child,
    url: String,
}

impl LocalModel {
    /// Starts the server; the first time this fetches the model with pip.
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/local_model.py");
        let mut command = Command::new("python3");
        command.arg(script).args(["--port", "0"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 starts");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut url).expect("the address is text");
        let url = url.trim().to_owned();
        if url.is_empty() {
            panic!("the model cannot be served: tests/local_model.py ended with {:?}", child.wait());
        }
        Self { child, url }
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
    crate::support::sandbox();
    let model = LocalModel::start();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("functions.py"), include_str!("../local_model.functions.py")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tgsand"));
    command.args(["synth", "functions.py", "--model", "smollm2", "--base-url", &model.url, "--max-concurrent", "1"]);
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
    let malformed: Vec<&Json> = rejected.iter().filter(|row| row["reason"] == "malformed-reply").collect();
    assert!(FUNCTIONS - malformed.len() >= 18, "{malformed:#?}");
    // Inputs of the right types mostly run.
    assert!(samples.len() >= 15, "{rejected:#?}");
}
