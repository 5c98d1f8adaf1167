//! `tgsand duel programs`: tests decide between two programs, and a judge is asked about nothing else than ties.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tgsand::fences::fenced;
use tgsand::python::Module;
use tgsand::python::mutate::{Faults, mutants};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::duel::{TRAJECTORIES, fair};
use crate::duel_steps::{CONTESTANTS, JUDGES, asking};
use crate::model_server::{ModelServer, good};
use crate::preferences::assert_columns;

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
    ended(command(folder, rows, options), b"")
}

/// The command of a duel, with its files.
fn command(folder: &Path, rows: &[(Json, String, String)], options: &[&str]) -> Command {
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
    command
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
    assert_eq!(ties, 24);
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
        // Better than the other, and wrong all the same.
        pair("e", "def double(n):\n    return 4\n", "def double(n):\n    return 5\n"),
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
    let expected = [
        ("judges", 75.0),
        ("execution", 100.0),
        ("execution", 0.0),
        ("tie", 50.0),
        ("execution", 100.0),
    ];
    assert_eq!(found, expected.map(|(by, score)| (by.to_owned(), score)));
    // Two judges with two orders, about the one pair that is a tie and not the same program.
    assert_eq!(server.requests(), 4);
    let preferences = lines(folder.path(), "samples/preferences.jsonl");
    assert_eq!(preferences.len(), 3);
    assert_eq!(preferences[2]["chosen"][0]["content"], fenced(plain));
    assert!(output.stderr.contains("winners that fail a test"), "{}", output.stderr);
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
fn a_duel_of_programs_that_is_killed_goes_on_and_asks_about_no_tie_twice() {
    let pairs: Vec<_> = (0..12)
        .map(|at| {
            let king =
                format!("def double(n):\n    # {at}\n    result = n + n\n    return result\n");
            pair(&format!("p{at}"), "def double(n):\n    return n + n\n", &king)
        })
        .collect();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let bodies = Arc::clone(&asked);
    let server = ModelServer::start(move |asked| {
        // Slow enough to be killed in the midst of work.
        std::thread::sleep(Duration::from_millis(30));
        bodies.lock().unwrap().push(asked.body.to_string());
        let text = asked.text();
        let is_first_short = text.find("|     return n + n") < text.find("|     result = n + n");
        good(&json!({"better": if is_first_short { 1 } else { 2 }}).to_string())
    });
    let options = [
        "--judge",
        "p,q",
        "--base-url",
        &server.url,
        "--max-concurrent",
        "1",
        "--reply-cache",
        "replies",
    ];
    let keeping = |folder: &Path| {
        let mut command = command(folder, &pairs, &options);
        command.env_remove("TGSAND_NO_CACHE");
        command
    };
    let undisturbed = tempfile::tempdir().unwrap();
    let whole = ended(keeping(undisturbed.path()), b"");
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let sent = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(sent.len(), 12 * 2 * 2);
    let folder = tempfile::tempdir().unwrap();
    let entries = || {
        let text = std::fs::read(folder.path().join("out/journal/ties.jsonl")).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().filter(|line| line.starts_with("{\"key\"")).count()
    };
    for kill_after in [4, 12] {
        let mut command = keeping(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        while entries() < kill_after {
            assert_eq!(child.try_wait().unwrap(), None, "it was to be killed before its end");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
    let last = ended(keeping(folder.path()), b"");
    assert_eq!(last.code, whole.code, "{}", last.stderr);
    for name in ["pairs.jsonl", "samples/preferences.jsonl", "report.md", "rejected.jsonl"] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join("out").join(name)).unwrap();
        assert_eq!(read(folder.path()), read(undisturbed.path()), "{name}");
    }
    assert_eq!(entries(), 12 * 2);
    // Each of the two judges is sent one request at a time, so that each of the two kills costs it one reply at most.
    let repeated = asked.lock().unwrap().len() - sent.len();
    assert!(repeated <= 2 * 2, "{repeated} requests were sent again");
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

#[test]
fn a_test_set_without_problems_is_an_error_that_names_the_formats() {
    for (test_set, told) in [("", "test.jsonl has no problems"), (TRAJECTORIES, "known formats: ")]
    {
        let folder = tempfile::tempdir().unwrap();
        let command = command(folder.path(), &[], &[]);
        file(folder.path(), "test.jsonl", test_set);
        let output = ended(command, b"");
        assert_eq!(output.code, Some(1), "{}", output.stderr);
        assert!(output.stderr.contains(told), "{}", output.stderr);
        assert!(!output.stderr.contains("of 0 turns"), "{}", output.stderr);
    }
}

#[test]
fn preferences_of_programs_and_of_turns_have_the_columns_of_all_preferences() {
    let plain = "def double(n):\n    return n + n\n";
    let folder = tempfile::tempdir().unwrap();
    duel(folder.path(), &[pair("a", plain, "def double(n):\n    return 4\n")], &[]);
    let of_programs = lines(folder.path(), "samples/preferences.jsonl");
    let turns = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let args = ["run", TRAJECTORIES, "--out", "out", "--turns", "6"];
    let run = asking(turns.path(), &server, &[&args[..], &CONTESTANTS, &JUDGES].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let of_turns = lines(turns.path(), "samples/preferences.jsonl");
    assert_columns(&of_programs[0]);
    assert_columns(&of_turns[0]);
    assert_eq!(
        (&of_programs[0]["score"], &of_programs[0]["bucket"]),
        (&json!(100.0), &json!("final"))
    );
}
