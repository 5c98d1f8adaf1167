//! `ref --tool reference`: the study's four tools run in the sandbox, and what they change is proven like any other change.

use serde_json::{Value as Json, json};

use super::optimize;
use crate::cli::{file, run};
use crate::synth::Run;

/// A program that each of the tools changes; what the tools make of it natively is `TIDY`.
const UNTIDY: &str = "\
import os, sys
import math


def greet(name,greeting = None) :
    \"\"\"  return the greeting
    of a name\"\"\"
    unused = 1
    if greeting == None: greeting = \"Hello\"
    if not name in [\"\", \"it's\"]:
        greeting = greeting + \", \" + name
    return greeting
";
const TIDY: &str = "\n\ndef greet(name, greeting=None):
    \"\"\"Return the greeting of a name.\"\"\"
    if greeting is None:
        greeting = 'Hello'
    if name not in ['', \"it's\"]:
        greeting = greeting + ', ' + name
    return greeting
";
/// `autopep8 --aggressive` writes `is None`, which no `__eq__` can answer.
const OWN_EQUALITY: &str = "\
class Anything:
    def __eq__(self, other):
        return True


def is_equal(x):
    return Anything() == None
";

fn row(id: &str, code: &str, test: &str) -> String {
    json!({"task_id": id, "text": "Write a function.", "code": code, "test_list": [test]})
        .to_string()
}

#[test]
fn the_real_tools_tidy_programs_and_a_step_that_changes_results_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        row("1", UNTIDY, "assert greet('Ada') == 'Hello, Ada'"),
        row("2", OWN_EQUALITY, "assert is_equal(3)"),
    ];
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    let options = ["--tech", "ref", "--tool", "reference", "--inputs", "4"];
    let tidied = |name: &str, threads: &str| {
        let options = [&options[..], &["--threads", threads]].concat();
        let run: Run = optimize(&input, &folder.path().join(name), &options);
        let rows: Vec<Json> = run.lines("samples/optimized.jsonl");
        (run, rows)
    };
    let (run, rows) = tidied("one", "1");
    assert_eq!(rows[0]["code"], TIDY);
    assert_eq!(rows[0]["rules"], "[\"unused\",\"format\",\"docstrings\",\"quotes\"]");
    assert_eq!(rows[1]["code"], OWN_EQUALITY);
    assert_eq!(rows[1]["rules"], "[]");
    let report = run.report();
    let counts = &report["trials"]["ref"]["format"];
    assert_eq!((&counts["applied"], &counts["proven"]), (&json!(2), &json!(1)), "{report}");
    let tools = report["settings"]["tools"].as_str().unwrap();
    for tool in
        ["autoflake==2.4.0#sha256=", "autopep8==", "docformatter==", "unify==0.5#sha256=3c88b3cb"]
    {
        assert!(tools.contains(tool), "{tools}");
    }
    assert_eq!(tidied("two", "2").1, rows);

    // Ruff's steps are other settings.
    let ruff = optimize(&input, &folder.path().join("one"), &["--tech", "ref", "--inputs", "4"]);
    assert_eq!(ruff.report()["settings"]["tools"], Json::Null);
    assert_ne!(ruff.lines::<Json>("samples/optimized.jsonl")[0]["code"], TIDY);
}

#[test]
fn a_tool_without_ref_has_no_effect_and_is_refused() {
    let input = concat!(env!("CARGO_MANIFEST_DIR"), "/dataset/problems.jsonl");
    let ended = run(&["optimize", input, "--tech", "aug", "--tool", "reference"]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stderr, "tgsand: --tool has no effect without ref; add it to --tech\n");
    let ended = run(&["optimize", input, "--tech", "ref", "--tool", "black"]);
    assert!(ended.stderr.contains("choose from ruff, reference"), "{}", ended.stderr);
}
