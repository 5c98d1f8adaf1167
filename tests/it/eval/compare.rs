//! Two runs side by side: what is compared, what is left out, and what is said where nothing can be compared.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{eval, scores, write_rows};
use crate::cli::{Ended, ended, tgsand};

/// A row of `results.jsonl` with two samples, as far as it is compared.
fn row(id: &str, correct: u64) -> Json {
    json!({"id": id, "format": "mbpp", "correct": correct, "samples": [{}, {}], "pass_ratio": 0.5})
}

fn with(mut row: Json, key: &str, value: &str) -> Json {
    row[key] = value.into();
    row
}

/// A run's folder with these rows and settings.
fn run(folder: &Path, rows: &[Json], settings: &Json) {
    std::fs::create_dir_all(folder).unwrap();
    write_rows(&folder.join("results.jsonl"), rows);
    std::fs::write(
        folder.join("run.json"),
        json!({"answers": "small", "settings": settings}).to_string(),
    )
    .unwrap();
}

fn compared(folder: &Path, args: &[&str]) -> Json {
    let output = eval(folder, &[&["compare", "--json"], args].concat());
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

/// What the command says where it ends as a wrong use.
fn complaint(folder: &Path, args: &[&str]) -> String {
    let Ended { code, stdout, stderr, .. } = eval(folder, &[&["compare"], args].concat());
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    stderr
}

#[test]
fn two_runs_are_compared_problem_by_problem() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("a.jsonl"), &[row("p", 0), row("q", 2), row("only", 1)]);
    write_rows(&folder.path().join("b.jsonl"), &[row("p", 2), row("q", 2)]);
    let mut command = tgsand();
    // What the environment says of a model is none of its business.
    command.args(["eval", "compare", "a.jsonl", "b.jsonl", "--json"]).current_dir(folder.path());
    command.env("TGSAND_MODEL", "small").env("TGSAND_SEED", "3");
    let output = ended(command, "");
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let found: Json = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        (&found["problems"], &found["only_first"], &found["difference"]),
        (&json!(2), &json!(1), &json!(0.5))
    );
    assert_eq!((&found["first"], &found["second"]), (&json!("a.jsonl"), &json!("b.jsonl")));
    assert_eq!((&found["better_ids"], &found["worse_ids"]), (&json!(["p"]), &json!([])));
    assert_eq!((&found["measure"], &found["settings"]), (&json!("pass@1"), &Json::Null));
}

#[test]
fn a_comparison_is_printed_as_a_markdown_table_that_names_both_runs() {
    let folder = tempfile::tempdir().unwrap();
    run(
        &folder.path().join("runs/a"),
        &[row("p", 2), row("q", 1), row("only", 1)],
        &json!({"n": 2, "match": "type"}),
    );
    run(
        &folder.path().join("runs/b"),
        &[row("p", 0), row("q", 1)],
        &json!({"n": 2, "match": "text"}),
    );
    let output = eval(folder.path(), &["compare", "runs/a", "runs/b/results.jsonl"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let expected = "\
# runs/a -> runs/b/results.jsonl

| | |
|---|---|
| first: runs/a | pass@1 0.7500 |
| second: runs/b/results.jsonl | pass@1 0.2500 |
| second minus first | -0.5000 (-1.0000 to +0.0000) |
| problems in both runs | 2 |
| left out: only in the first | 1 |
| left out: only in the second | 0 |
| left out: different problems with the same id | 0 |
| better in the second | 0 |
| worse in the second | 1: p |
| sign flips | p = 1.0000 (exact) |
| settings: match | \"type\" -> \"text\" |
";
    assert_eq!(output.stdout, expected);
    let output = eval(folder.path(), &["compare", "runs/a", "runs/b", "--pass-ratio"]);
    assert!(
        output.stdout.contains("| first: runs/a | AvgPassRatio 0.5000 |\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn runs_of_other_test_sets_have_no_problem_in_common_whatever_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("mbpp.jsonl"), &[row("0", 1), row("1", 1)]);
    write_rows(
        &folder.path().join("apps.jsonl"),
        &["0", "1"].map(|id| with(row(id, 1), "format", "apps")),
    );
    let why = "the ids that occur in both (2) belong to different problems";
    assert_eq!(
        complaint(folder.path(), &["mbpp.jsonl", "apps.jsonl"]),
        format!("tgsand: the two runs have no problem in common: {why}\n")
    );
    write_rows(&folder.path().join("ids.jsonl"), &[row("x", 1)]);
    let said = complaint(folder.path(), &["mbpp.jsonl", "ids.jsonl"]);
    assert_eq!(said, "tgsand: the two runs have no problem in common\n");
}

#[test]
fn problems_whose_digests_differ_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let digest = |id, digest| with(row(id, 2), "problem", digest);
    write_rows(
        &folder.path().join("a.jsonl"),
        &[digest("p", "1f"), digest("q", "2e"), digest("r", "3d")],
    );
    // The last row is an older version's.
    write_rows(
        &folder.path().join("b.jsonl"),
        &[digest("p", "1f"), digest("q", "77"), row("r", 1)],
    );
    let found = compared(folder.path(), &["a.jsonl", "b.jsonl"]);
    assert_eq!(
        (&found["problems"], &found["other_problems"], &found["only_first"]),
        (&json!(2), &json!(1), &json!(0))
    );
    assert_eq!((&found["better_ids"], &found["worse_ids"]), (&json!([]), &json!(["r"])));
}

#[test]
fn what_is_no_run_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_rows(&path.join("a.jsonl"), &[row("p", 1)]);
    std::fs::create_dir_all(path.join("begun")).unwrap();
    assert_eq!(
        complaint(path, &["a.jsonl", "nope"]),
        "tgsand: no run folder or results.jsonl at nope\n"
    );
    let begun = "tgsand: begun has no results.jsonl: it is not a finished run of eval that scored a problem\n";
    assert_eq!(complaint(path, &["begun", "a.jsonl"]), begun);
    write_rows(&path.join("twice.jsonl"), &[row("p", 1), row("p", 1)]);
    let twice = "tgsand: twice.jsonl:2: a second result for the same problem\n";
    assert_eq!(complaint(path, &["a.jsonl", "twice.jsonl"]), twice);
    run(&path.join("broken"), &[row("p", 1)], &Json::Null);
    std::fs::write(path.join("broken/run.json"), "{").unwrap();
    assert!(complaint(path, &["a.jsonl", "broken"]).starts_with("tgsand: broken/run.json: EOF"));
}

#[test]
fn a_run_that_scored_nothing_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let problem = json!({
        "id": "p", "func_name": "f", "code": "def f(x):\n    return x\n", "prompt": "Write f.", "example_str": "examples = [dict(x=1)]",
        "choosed_example_idx": [], "example_outputs": [{"return": "\"1\""}],
    });
    write_rows(&folder.path().join("test.jsonl"), &[problem]);
    write_rows(
        &folder.path().join("other.jsonl"),
        &[json!({"id": "another", "completion": "pass"})],
    );
    write_rows(
        &folder.path().join("answers.jsonl"),
        &[json!({"id": "p", "completion": "def f(x):\n    return x\n"})],
    );
    let none =
        eval(folder.path(), &["test.jsonl", "--completions", "other.jsonl", "--out", "none"]);
    assert_eq!(none.code, Some(1), "{}", none.stderr);
    assert!(
        none.stderr.contains(
            "replies for unknown problems: 1, such as another; a problem without replies is p\n"
        ),
        "{}",
        none.stderr
    );
    scores(folder.path(), &["test.jsonl", "--completions", "answers.jsonl", "--out", "one"], 0);
    assert_eq!(
        complaint(folder.path(), &["one", "none"]),
        "tgsand: none has no results.jsonl: it is not a finished run of eval that scored a problem\n"
    );
    // Earlier versions left an empty file.
    write_rows(&folder.path().join("none/results.jsonl"), &[]);
    assert_eq!(complaint(folder.path(), &["one", "none"]), "tgsand: none has no scored problems\n");
    let found = compared(folder.path(), &["one", "one/results.jsonl"]);
    assert_eq!(
        (&found["problems"], &found["first_mean"], &found["difference"]),
        (&json!(1), &json!(1.0), &json!(0.0))
    );
}

#[test]
fn a_row_that_contradicts_its_samples_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sample = |results: [&str; 2]| {
        let passed = results.iter().filter(|result| **result == "passed").count();
        json!({"passed": passed == 2, "passed_tests": passed, "results": results})
    };
    let samples = json!([sample(["passed", "passed"]), sample(["passed", "wrong-answer"])]);
    let whole = json!({"id": "p", "format": "mbpp", "tests": 2, "correct": 1, "pass_ratio": 0.75, "samples": samples});
    let names = ["whole.jsonl", "changed.jsonl"];
    let write = |name: &str, row: &Json| {
        write_rows(&folder.path().join(name), std::slice::from_ref(row));
    };
    write(names[0], &whole);
    write(names[1], &whole);
    assert_eq!(compared(folder.path(), &names)["difference"], 0.0);
    for (pointer, value, why) in [
        ("/correct", json!(2), "1 of its samples are correct"),
        ("/pass_ratio", json!(0.25), "3 of 4 tests are passed"),
        ("/samples/1/passed", json!(true), "sample 1 has other results"),
        ("/samples/0/results/0", json!("raised"), "sample 0 has another number of passed tests"),
    ] {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        write(names[1], &changed);
        let told = format!("changed.jsonl:1: the row has changed since it was written: {why}");
        assert!(complaint(folder.path(), &names).contains(&told), "{pointer}");
    }
}
