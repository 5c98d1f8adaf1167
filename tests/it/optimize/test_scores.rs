//! Selecting by what the rows' tests do: how much of a program they run, and how many faulty variants they reject.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{optimize, results};
use crate::cli::file;

const SIGN: &str = "def sign(x):\n    if x > 0:\n        return 1\n    return 0\n";
const CLAMP: &str = "def clamp(value, low, high):\n    if value < low:\n        return low\n    if value > high:\n        return high\n    return value\n";

/// Rows of programs with tests that reach all, half and none of their branches, and rows without a score.
fn rows(folder: &Path) -> PathBuf {
    let problem = |id: &str, program: &str, tests: &[&str]| json!({"id": id, "question": "Answer.", "solutions": program, "test_list": tests});
    let stdin = json!({
        "id": "stdin", "question": "Double.", "solutions": ["print(2 * int(input()))\n"],
        "input_output": {"inputs": ["1\n", "4\n"], "outputs": ["2\n", "8\n"]},
    });
    let rows = [
        json!({"id": "untested", "code": "def g(a, b):\n    return [a] * b if b else None\n"}),
        problem("failing", "def h(x):\n    return x - 1\n", &["assert h(1) == 1"]),
        problem("half", SIGN, &["assert sign(3) == 1", "assert sign(4) == 1"]),
        problem(
            "all",
            CLAMP,
            &[
                "assert clamp(5, 0, 3) == 3",
                "assert clamp(-1, 0, 3) == 0",
                "assert clamp(2, 0, 3) == 2",
            ],
        ),
        // What a test defines is no part of the program.
        problem(
            "straight",
            "def double(x):\n    y = x\n    y *= 2\n    return y\n",
            &["def t(n):\n    if n > 9:\n        return 1\n    return 4\nassert double(2) == t(2)"],
        ),
        stdin,
    ];
    file(folder, "in.jsonl", rows.map(|row| row.to_string()).join("\n"))
}

/// The ids and scores of the rows that are kept.
fn scores(rows: &[Json]) -> Vec<(&str, Option<f64>)> {
    rows.iter().map(|row| (row["id"].as_str().unwrap(), row["score"].as_f64())).collect()
}

#[test]
fn coverage_is_the_share_of_branch_sides_that_the_tests_reach() {
    let folder = tempfile::tempdir().unwrap();
    let input = rows(folder.path());
    let options = ["--tech", "sel", "--by", "coverage", "--ratio", "1", "--fuel", "200M"];
    let run = optimize(&input, &folder.path().join("out"), &options);
    let kept: Vec<Json> = run.lines("samples/optimized.jsonl");
    let expected = [
        ("untested", None),
        ("failing", None),
        ("half", Some(0.5)),
        ("all", Some(1.0)),
        ("straight", Some(1.0)),
        ("stdin", None),
    ];
    assert_eq!(scores(&kept), expected);
    let least = ["--tech", "sel", "--by", "coverage", "--threshold", "0.6", "--fuel", "200M"];
    let run = optimize(&input, &folder.path().join("least"), &least);
    let kept: Vec<Json> = run.lines("samples/optimized.jsonl");
    assert_eq!(scores(&kept), [("all", Some(1.0)), ("straight", Some(1.0))]);
    assert!(run.ended.stderr.contains("coverage (quartiles), before"), "{}", run.ended.stderr);
}

#[test]
fn the_mutation_score_is_the_share_of_faulty_variants_that_the_tests_reject() {
    let folder = tempfile::tempdir().unwrap();
    let input = rows(folder.path());
    let run = |name: &str, threads: &str, seed: &str| {
        let options = ["--tech", "sel", "--by", "mutation-score", "--ratio", "1", "--fuel", "200M"];
        let more = ["--threads", threads, "--seed", seed];
        let run = optimize(&input, &folder.path().join(name), &[&options[..], &more].concat());
        let kept: Vec<Json> = run.lines("samples/optimized.jsonl");
        let score = |id: &str| {
            let row = kept.iter().find(|row| row["id"] == id).unwrap();
            row["score"].as_f64()
        };
        ["untested", "failing", "half", "all", "stdin"].map(score)
    };
    let [untested, failing, half, all, stdin] = run("one", "1", "0");
    assert_eq!([untested, failing, stdin], [None; 3]);
    let (half, all) = (half.unwrap(), all.unwrap());
    assert!(0.0 < half && half < 0.7 && 0.7 < all && all <= 1.0, "{half} {all}");
    assert_eq!(run("two", "2", "0"), [None, None, Some(half), Some(all), None]);
    assert_eq!(results(&folder.path().join("two")), results(&folder.path().join("one")));
}

#[test]
fn a_program_that_another_technique_has_written_is_the_one_that_is_scored() {
    let folder = tempfile::tempdir().unwrap();
    let tests = ["assert sign(3) == 1", "assert sign(-4) == 0"];
    let row = json!({"id": "a", "question": "Answer.", "solutions": SIGN, "test_list": tests});
    let input = file(folder.path(), "in.jsonl", row.to_string());
    let options = ["--tech", "aug,sel", "--by", "coverage", "--ratio", "1", "--fuel", "200M"];
    let run = optimize(&input, &folder.path().join("out"), &options);
    let kept: Vec<Json> = run.lines("samples/optimized.jsonl");
    assert!(kept.len() > 1, "{kept:?}");
    assert!(kept.iter().all(|row| row["score"] == 1.0), "{:?}", scores(&kept));
}
