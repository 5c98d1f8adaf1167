//! What a command takes as input, and what it says when it is done: several inputs, patterns that leave files out, `--json`, `--quiet`.

use std::path::Path;

use serde_json::Value as Json;

use crate::cli::{Ended, ended, file, tgsand};
use crate::synth::{CLAMP, DIGITS, row};

const SCALED: &str = "from shared_steps import clamp\n\n\ndef scaled(value: int) -> int:\n    return 10 * clamp(value, 0, 9)\n";

/// Runs `tgsand synth` in a folder, so that its results go where they go by default.
fn synth_in(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = tgsand();
    command.current_dir(folder).args(["synth", "--cases", "5", "--fuel", "50M"]).args(arguments);
    ended(command, "")
}

/// The ids of the samples of a run in this folder.
fn ids(run: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(run.join("samples/case2code.jsonl")).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn several_inputs_are_one_run_and_json_is_all_that_a_quiet_one_prints() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    file(folder, "clamp.py", CLAMP);
    file(folder, "rows.jsonl", row("digits of a number", DIGITS) + "\n");
    std::fs::create_dir(folder.join("more")).unwrap();
    file(&folder.join("more"), "again.py", CLAMP);

    let inputs = ["clamp.py", "rows.jsonl", "more"];
    let done = synth_in(folder, &[&inputs[..], &["--json", "--quiet"]].concat());
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let run = folder.join("runs/clamp-and-2-more");
    assert_eq!(ids(&run), ["clamp.py:clamp", "digits of a number"]);
    let report: Json = serde_json::from_str(&done.stdout).unwrap();
    let written = std::fs::read_to_string(run.join("run.json")).unwrap();
    assert_eq!(report, serde_json::from_str::<Json>(&written).unwrap());
    assert_eq!(done.stdout.lines().count(), 1);
    assert_eq!(report["input"], "clamp.py, rows.jsonl, more");
    assert_eq!(report["rejected"]["duplicate"], 1);

    // Other inputs in its folder would lose its results.
    let other = synth_in(folder, &["clamp.py", "more", "--out", "runs/clamp-and-2-more"]);
    assert_eq!(other.code, Some(2), "{}", other.stderr);
    // Without the two options, the table is on stderr and nothing on stdout.
    let shown = synth_in(folder, &inputs);
    assert!(shown.stdout.is_empty() && shown.stderr.contains("accepted"), "{}", shown.stderr);

    let twice = synth_in(folder, &["-", "clamp.py", "-"]);
    assert_eq!(twice.code, Some(2));
    assert!(twice.stderr.contains("stdin (`-`) can be read only once"), "{}", twice.stderr);
}

#[test]
fn what_a_pattern_names_is_left_out_but_can_be_imported() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("steps");
    std::fs::create_dir_all(input.join("more")).unwrap();
    file(&input, "shared_steps.py", CLAMP);
    file(&input, "scaled.py", SCALED);
    file(&input.join("more"), "digits.py", DIGITS);

    let all = synth_in(folder.path(), &["steps"]);
    assert_eq!(all.code, Some(0), "{}", all.stderr);
    let expected = ["more/digits.py:digits", "scaled.py:scaled", "shared_steps.py:clamp"];
    assert_eq!(ids(&folder.path().join("runs/steps")), expected);
    let arguments = ["steps", "--exclude", "more", "--exclude", "shared*.py", "--out", "some"];
    let some = synth_in(folder.path(), &arguments);
    assert_eq!(some.code, Some(0), "{}", some.stderr);
    assert_eq!(ids(&folder.path().join("some")), ["scaled.py:scaled"]);

    let wrong = synth_in(folder.path(), &["steps", "--exclude", "a{b"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("--exclude \"a{b\" is not a pattern"), "{}", wrong.stderr);
}
