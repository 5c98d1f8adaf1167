//! `tgsand stats`: what it counts is what stands in the rows, and branches are those that cases run.

use serde_json::{Value as Json, json};

use crate::cli::{Ended, file, run};
use crate::support::install_default;

const PROGRAM: &str = "def sign(n):
    if n > 0:
        return 1
    if n < 0:
        return -1
    return 0
";

fn returned(arguments: &str, value: &str) -> Json {
    json!({"arguments": arguments, "end": "returned", "value": value, "repr": value})
}

/// A sample whose hidden cases alone reach the last line, and which is given a text as well as numbers.
fn sample() -> Json {
    let raised = json!({"arguments": "'a'", "end": "raised", "type": "TypeError", "message": "no"});
    json!({
        "schema": "tgsand/case2code/1", "id": "sign", "prompt": "Write it.", "completion": "",
        "entry": "sign", "program": PROGRAM,
        "visible_cases": [returned("5", "1"), returned("-5", "-1")],
        "hidden_cases": [returned("0", "0"), raised],
        "provenance": {
            "tgsand": "0.1.0", "source": {"file": "a.py", "line": 1}, "runtime": "python-3.15", "seed": 0,
            "limits": {"fuel": 200_000_000, "memory": 256 << 20, "output": 262_144}, "fuel": 1, "proposer": "builtin",
        },
    })
}

fn stats(rows: &str, options: &[&str]) -> Ended {
    install_default();
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "samples.jsonl", rows);
    run(&[&["stats", path.to_str().unwrap()], options].concat())
}

#[test]
fn figures_are_those_of_the_rows_and_of_what_their_cases_run() {
    let output = stats(&format!("{0}\n{0}\n", sample()), &["--json"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let figures: Json = serde_json::from_str(&output.stdout).unwrap();
    let expected = json!({
        "samples": 2, "repeated_programs": 1, "units": {"function": 2},
        "visible_cases": 4, "hidden_cases": 4, "with_two_results_visible": 2,
        "raising_cases": 2, "type_error_cases": 2, "trivial_cases": 2, "with_changing_kinds": 2,
        "lines": {"median": 6.0, "ninth_decile": 6.0}, "prompt_lengths": {"median": 9.0, "ninth_decile": 9.0},
    });
    assert_eq!(figures["case2code"], expected);
    let expected = json!({
        "programs": 2, "with_branches": 2, "sides": 8, "reached": 8, "reached_by_visible": 6,
        "with_hidden_branches": 2, "failed": 0,
    });
    assert_eq!(figures["coverage"], expected);
    assert_eq!(figures["unreadable"], json!([]));
}

#[test]
fn rows_that_cannot_be_read_are_named_and_the_others_are_counted() {
    let output = stats(&format!("{}\n{{\"a\": 1}}\nnot json\n", sample()), &["--no-run"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("samples.jsonl:2: "), "{}", output.stderr);
    assert!(output.stderr.contains("samples.jsonl:3: "), "{}", output.stderr);
    assert!(output.stdout.contains("two results or more visible"), "{}", output.stdout);
    assert!(!output.stdout.contains("branches"), "{}", output.stdout);
}

#[test]
fn a_file_without_samples_is_a_failure() {
    let output = stats("", &[]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    assert!(output.stderr.contains("has no samples"), "{}", output.stderr);
}

#[test]
fn a_run_of_synth_shows_what_became_of_its_input() {
    install_default();
    let folder = tempfile::tempdir().unwrap();
    let source = format!("{PROGRAM}\n\ndef broken():\n    return open('/nowhere')\n");
    let path = file(folder.path(), "code.py", source);
    let out = folder.path().join("out");
    let made = run(&["synth", path.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let output = run(&["stats", out.to_str().unwrap(), "--json"]);
    let figures: Json = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(figures["yield"]["accepted"], 1, "{}", output.stdout);
    let rejected = figures["yield"]["rejected"].as_object().unwrap();
    assert_eq!(rejected.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), 1);
    assert_eq!(figures["case2code"]["samples"], 1);
    let sides = (&figures["coverage"]["sides"], &figures["coverage"]["reached"]);
    assert_eq!(sides, (&json!(4), &json!(4)), "{}", output.stdout);
    assert_eq!(figures["qa"]["samples"].as_u64().map(|count| count > 0), Some(true));
}
