//! `tgsand duel programs`: tests decide between two programs, and a judge is asked about nothing else than ties.

use std::path::Path;

use serde_json::{Value as Json, json};
use tgsand::fences::fenced;
use tgsand::python::Module;
use tgsand::python::mutate::{Faults, mutants};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::model_server::{ModelServer, good};

const TEST_SET: &str = include_str!("../../dataset/test.jsonl");

/// A hundred problems of the test set with the right program and a mutant of it.
fn pairs() -> Vec<(Json, String, String)> {
    let rows = json_lines(TEST_SET).into_iter().enumerate().filter_map(|(place, row)| {
        let right = row["program"].as_str().unwrap().to_owned();
        let module = Module::parse(&right).unwrap();
        let mutants = mutants(&module, row["entry"].as_str().unwrap(), Faults::Plausible);
        let mutant = mutants.get(place % mutants.len().max(1))?.source.clone();
        Some((row, right, mutant))
    });
    let pairs: Vec<_> = rows.take(100).collect();
    assert_eq!(pairs.len(), 100);
    pairs
}

/// Writes a test set and two files of programs, and has them decided.
fn duel(folder: &Path, rows: &[(Json, String, String)], options: &[&str]) -> Ended {
    let lines = |of: &dyn Fn(&(Json, String, String)) -> Json| {
        rows.iter().map(|row| format!("{}\n", of(row))).collect::<String>()
    };
    file(folder, "test.jsonl", lines(&|(row, _, _)| row.clone()));
    let reply = |row: &Json, code: &str| json!({"id": row["id"], "completion": fenced(code)});
    file(folder, "challenger.jsonl", lines(&|(row, program, _)| reply(row, program)));
    file(folder, "king.jsonl", lines(&|(row, _, program)| reply(row, program)));
    let mut command = tgsand();
    command.args(["duel", "programs", "test.jsonl", "--king", "king.jsonl"]);
    command.args(["--challenger", "challenger.jsonl", "--out", "out", "--fuel", "500M"]);
    command.args(options).current_dir(folder);
    ended(command, b"")
}

fn lines(folder: &Path, name: &str) -> Vec<Json> {
    json_lines(&std::fs::read_to_string(folder.join("out").join(name)).unwrap())
}

#[test]
fn a_hundred_right_programs_against_mutants_are_decided_by_execution_without_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = pairs();
    let output = duel(folder.path(), &pairs, &[]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let rows = lines(folder.path(), "pairs.jsonl");
    assert_eq!(rows.len(), 100);
    let mut ties = 0;
    for (row, (_, right, _)) in rows.iter().zip(&pairs) {
        assert_eq!(row["challenger_passes"], row["tests"], "{}", row["id"]);
        let is_tie = row["king_passes"] == row["tests"];
        ties += usize::from(is_tie);
        let expected = if is_tie { ("tie", 50.0) } else { ("execution", 100.0) };
        assert_eq!((row["decided_by"].as_str().unwrap(), row["score"].as_f64().unwrap()), expected);
        assert_eq!(row["challenger"].as_str().unwrap().trim_end(), right.trim_end());
    }
    assert_eq!(ties, 17);
    let preferences = lines(folder.path(), "samples/preferences.jsonl");
    assert_eq!(preferences.len(), 100 - ties);
    let report = std::fs::read_to_string(folder.path().join("out/run.json")).unwrap();
    let report: Json = serde_json::from_str(&report).unwrap();
    assert_eq!(report["pairs"]["king_wins"], 0, "{report}");
    assert_eq!(report["decision"]["accepted"], true);
    // Once more, with one thread: nothing is run again, and the same is written.
    let written = std::fs::read(folder.path().join("out/pairs.jsonl")).unwrap();
    let again = duel(folder.path(), &pairs, &["--threads", "1"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(written == std::fs::read(folder.path().join("out/pairs.jsonl")).unwrap());
}

/// A problem of our own with two programs.
fn pair(id: &str, challenger: &str, king: &str) -> (Json, String, String) {
    let row = json!({"task_id": id, "text": "Write a function that doubles a number.", "code": "def double(n):\n    return 2 * n\n", "test_list": ["assert double(2) == 4", "assert double(3) == 6"]});
    let mut row = row;
    row["id"] = json!(id);
    (row, challenger.to_owned(), king.to_owned())
}

#[test]
fn judges_are_asked_about_ties_alone_and_a_reversal_is_a_draw() {
    let plain = "def double(n):\n    return n + n\n";
    let long = "def double(n):\n    # Twice.\n    result = n + n\n    return result\n";
    let rows = [
        pair("a", plain, long),
        pair("b", plain, "def double(n):\n    return 4\n"),
        pair("c", "def double(n):\n    return 6\n", plain),
        pair("d", plain, plain),
    ];
    // One judge likes what is short, the other what comes first.
    let server = ModelServer::start(move |asked| {
        let text = asked.text();
        let is_first_short =
            text.find("| def double(n):\n|     return n + n") < text.find("# Twice.");
        let side = match asked.body["model"].as_str().unwrap() {
            "short" => {
                if is_first_short {
                    1
                } else {
                    2
                }
            }
            _ => 1,
        };
        good(&json!({"better": side}).to_string())
    });
    let folder = tempfile::tempdir().unwrap();
    let options = ["--judge", "short,first", "--base-url", &server.url, "--no-cache"];
    let output = duel(folder.path(), &rows, &options);
    assert_eq!(output.code, Some(4), "{}", output.stderr);
    let found: Vec<(String, f64)> = lines(folder.path(), "pairs.jsonl")
        .iter()
        .map(|row| (row["decided_by"].as_str().unwrap().to_owned(), row["score"].as_f64().unwrap()))
        .collect();
    let expected = [("judges", 75.0), ("execution", 100.0), ("execution", 0.0), ("tie", 50.0)];
    assert_eq!(found, expected.map(|(by, score)| (by.to_owned(), score)));
    // Two judges with two orders, about the one pair that is a tie and not the same program.
    assert_eq!(server.requests(), 4);
    let preferences = lines(folder.path(), "samples/preferences.jsonl");
    assert_eq!(preferences.len(), 3);
    assert_eq!(preferences[2]["chosen"][0]["content"], fenced(plain));
    duel(folder.path(), &rows, &options);
    assert_eq!(server.requests(), 4);
}

#[test]
fn an_estimate_runs_the_programs_and_counts_the_questions_about_ties() {
    let plain = "def double(n):\n    return n + n\n";
    let long = "def double(n):\n    # Twice.\n    result = n + n\n    return result\n";
    let rows = [pair("a", plain, long), pair("b", plain, "def double(n):\n    return 4\n")];
    let server = ModelServer::start(|_| panic!("an estimate asks nobody"));
    let folder = tempfile::tempdir().unwrap();
    let options =
        ["--judge", "first,second", "--base-url", &server.url, "--no-cache", "--estimate"];
    let output = duel(folder.path(), &rows, &options);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    // One pair is a tie, which each judge is asked about in both orders.
    for judge in ["first", "second"] {
        let line = output.stdout.lines().find(|line| line.contains(judge)).unwrap();
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(cells[2], "2", "{}", output.stdout);
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_judge_that_is_named_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let plain = "def double(n):\n    return n + n\n";
    let options = ["--judge", "p,p", "--base-url", "http://127.0.0.1:9", "--no-cache"];
    let output = duel(folder.path(), &[pair("a", plain, plain)], &options);
    assert_eq!(output.code, Some(2), "{}", output.stderr);
    assert!(output.stderr.contains("the panel has p twice"), "{}", output.stderr);
}

#[test]
fn a_problem_that_a_contestant_leaves_out_is_named_and_the_run_is_incomplete() {
    let plain = "def double(n):\n    return n + n\n";
    let folder = tempfile::tempdir().unwrap();
    let rows = [pair("a", plain, "def double(n):\n    return 4\n"), pair("b", plain, plain)];
    duel(folder.path(), &rows, &[]);
    file(folder.path(), "king.jsonl", json!({"id": "a", "completion": plain}).to_string());
    let mut command = tgsand();
    command.args(["duel", "programs", "test.jsonl", "--king", "king.jsonl"]);
    command.args(["--challenger", "challenger.jsonl", "--out", "out"]).current_dir(folder.path());
    let output = ended(command, b"");
    assert_eq!(output.code, Some(3), "{}", output.stderr);
    let rejected = lines(folder.path(), "rejected.jsonl");
    assert_eq!(rejected[0]["reason"], "unanswered");
    assert_eq!(rejected[0]["detail"], "king has no reply to the problem");
}
