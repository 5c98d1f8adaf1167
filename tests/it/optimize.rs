//! `tgsand optimize`: what it writes does the same as what it was made from, keeps the rest of its row, and does not depend on threads
//! or interruptions.

mod embeddings;
mod proof;
mod select;
mod test_scores;
mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use crate::cli::{Ended, ended, file, tgsand};
use crate::synth::Run;

/// The project's own small problems.
const PROBLEMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dataset/problems.jsonl");

fn command(input: &Path, out: &Path, options: &[&str]) -> Command {
    let mut command = tgsand();
    command.arg("optimize").arg(input).arg("--out").arg(out).args(options);
    command
}

/// Runs `tgsand optimize` to its end.
fn optimize(input: &Path, out: &Path, options: &[&str]) -> Run {
    let run = Run { folder: out.to_owned(), ended: ended(command(input, out, options), b"") };
    assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
    run
}

/// Everything a run leaves for its user, by name.
fn results(out: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    let names =
        ["samples/optimized.jsonl", "rejected.jsonl", "run.json", "report.md", "report.html"];
    names.map(|name| (name, std::fs::read(out.join(name)).unwrap())).into()
}

/// How many outcomes the journals of a run have.
fn journalled(out: &Path) -> usize {
    let journals = std::fs::read_dir(out.join("journal")).into_iter().flatten();
    let texts = journals.map(|journal| std::fs::read(journal.unwrap().path()).unwrap_or_default());
    texts.map(|text| text.iter().filter(|byte| **byte == b'\n').count()).sum()
}

/// A chain of three techniques over the project's problems.
const CHAIN: [&str; 6] = ["--tech", "aug,ref,sel", "--ratio", "0.5", "--fuel", "50M"];

/// The project's problems in a folder of their own.
fn problems(folder: &Path) -> PathBuf {
    file(folder, "problems.jsonl", std::fs::read(PROBLEMS).unwrap())
}

#[test]
fn a_chain_gives_the_same_bytes_with_one_and_two_threads_and_after_kills() {
    let folder = tempfile::tempdir().unwrap();
    let input = problems(folder.path());
    let out = |name: &str| folder.path().join(name);
    optimize(&input, &out("one"), &[&CHAIN[..], &["--threads", "1"]].concat());
    let undisturbed = results(&out("one"));
    optimize(&input, &out("two"), &[&CHAIN[..], &["--threads", "2"]].concat());
    assert_eq!(results(&out("two")), undisturbed);
    let mut killed = 0;
    let all = journalled(&out("two"));
    for turn in 1..=6 {
        let mut run = command(&input, &out("killed"), &CHAIN);
        let run = run.args(["--threads", "2"]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = run.stderr(Stdio::null()).spawn().unwrap();
        // However fast the machine is, each run gets a part further than the last one.
        while journalled(&out("killed")) < turn * all / 8 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
    }
    assert!(killed >= 2, "only {killed} of the runs were killed before their end");
    optimize(&input, &out("killed"), &CHAIN);
    assert_eq!(results(&out("killed")), undisturbed);
}

#[test]
fn augmented_rows_pass_their_tests_and_are_read_by_eval_and_a_program_that_fails_its_own_is_rejected()
 {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = optimize(&problems(folder.path()), &out, &["--tech", "aug", "--variants", "4"]);
    let rows: Vec<Json> = run.lines("samples/optimized.jsonl");
    let variants = rows.iter().filter(|row| row["technique"] == "aug").count();
    assert!(variants >= 12, "{variants} variants");
    for row in &rows {
        assert_eq!(row["technique"] == "aug", row["rules"] != "[]", "{row}");
        let is_original = row["id"] == row["origin"];
        assert_eq!(is_original, row["technique"] == "", "{row}");
    }
    let failing: Vec<(String, String)> =
        run.rejections().into_iter().filter(|(reason, _)| reason == "test-failed").collect();
    let [(_, why)] = &failing[..] else { panic!("{failing:?}") };
    assert!(why.starts_with("the row's program fails its own tests: "), "{why}");
    let scored = folder.path().join("scored");
    let mut eval = tgsand();
    eval.arg("eval").arg(out.join("samples/optimized.jsonl")).arg("--reference");
    let scored_as: Ended = ended(
        {
            eval.arg("--out").arg(&scored);
            eval
        },
        b"",
    );
    assert_eq!(scored_as.code, Some(0), "{}", scored_as.stderr);
    let report: Json =
        serde_json::from_slice(&std::fs::read(scored.join("run.json")).unwrap()).unwrap();
    assert_eq!((&report["problems"], &report["pass@1"]), (&rows.len().into(), &1.0.into()));
}

#[test]
fn programs_that_are_added_to_a_set_that_was_augmented_have_ids_and_texts_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--tech", "aug", "--variants", "2", "--fuel", "50M"];
    let first = optimize(&problems(folder.path()), &folder.path().join("first"), &options);
    let input = first.folder.join("samples/optimized.jsonl");
    let before: Vec<Json> = first.lines("samples/optimized.jsonl");
    let second = optimize(&input, &folder.path().join("second"), &options);
    let rows: Vec<Json> = second.lines("samples/optimized.jsonl");
    assert!(rows.len() > before.len(), "{} after {}", rows.len(), before.len());
    let ids: std::collections::BTreeSet<String> =
        rows.iter().map(|row| row["id"].to_string()).collect();
    assert_eq!(ids.len(), rows.len());
    // Every row of the set has kept its id.
    assert!(before.iter().all(|row| ids.contains(&row["id"].to_string())));
}

#[test]
fn findings_in_a_row_are_those_of_the_program_that_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let program = "import os\n\n\n\n\n\ndef f(x, more=[]):\n    return x\n";
    let input = file(
        folder.path(),
        "rows.jsonl",
        serde_json::json!({"id": "a", "code": program}).to_string(),
    );
    let options = ["--tech", "cle,ref", "--annotate", "--select", "B006"];
    let run = optimize(&input, &folder.path().join("out"), &options);
    let row: Json = run.lines("samples/optimized.jsonl").remove(0);
    let found: Json = serde_json::from_str(row["findings"].as_str().unwrap()).unwrap();
    let line = found[0]["line"].as_u64().unwrap() as usize;
    let written = row["code"].as_str().unwrap().lines().nth(line - 1).unwrap();
    assert!(written.starts_with("def f("), "line {line} of {row}");
    assert_eq!(row["technique"], "ref");
}

#[test]
fn a_row_without_tests_whose_calls_all_raise_is_unproven() {
    let folder = tempfile::tempdir().unwrap();
    let program =
        "def f(x):\n    if x:\n        raise ValueError(x)\n    else:\n        raise KeyError\n";
    let input = file(folder.path(), "rows.jsonl", serde_json::json!({"code": program}).to_string());
    let run = optimize(&input, &folder.path().join("out"), &["--tech", "aug"]);
    let [(reason, _)] = &run.rejections()[..] else { panic!("{:?}", run.rejections()) };
    assert_eq!(reason, "unproven");
}

/// A row whose program needs a line that the row has beside it.
fn row_with_imports() -> String {
    let program = "def f(words):\n    counts = defaultdict(int)\n    for w in words:\n        counts[w] += 1\n    if counts:\n        return len(counts)\n    else:\n        return 0\n";
    let lines = serde_json::json!(["from collections import defaultdict"]);
    serde_json::json!({"id": "a", "content": program, "import_code": lines}).to_string()
}

#[test]
fn import_lines_beside_a_program_go_before_it_and_stay_out_of_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "rows.jsonl", row_with_imports() + "\n");
    let run = optimize(&input, &folder.path().join("out"), &["--tech", "cle,aug"]);
    assert_eq!(run.rejections(), []);
    let rows: Vec<Json> = run.lines("samples/optimized.jsonl");
    assert!(rows.len() > 1, "{rows:?}");
    for row in rows {
        let program = row["content"].as_str().unwrap();
        assert!(program.contains("defaultdict") && !program.contains("import"), "{program}");
        assert_eq!(row["import_code"], serde_json::json!(["from collections import defaultdict"]));
    }
    let selected = ["--tech", "cle", "--select", "F821,B006"];
    let faulty = row_with_imports().replace("f(words)", "f(words, more=[])");
    let input = file(folder.path(), "faulty.jsonl", faulty + "\n");
    let run = optimize(&input, &folder.path().join("faulty"), &selected);
    let [(_, why)] = &run.rejections()[..] else { panic!("{:?}", run.rejections()) };
    assert!(why.starts_with("1 finding: B006 on line 1:"), "{why}");
    assert!(!folder.path().join("faulty/samples/optimized.jsonl").exists());
    assert!(run.ended.stderr.contains("no row is left"), "{}", run.ended.stderr);
}

#[test]
fn every_field_of_ours_and_the_cases_have_one_type_in_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: &str, input: Json| {
        let io = serde_json::json!({"fn_name": "f", "inputs": [[input]], "outputs": [1]});
        let program = "def f(x):\n    if x:\n        return 1\n    else:\n        return 1\n";
        serde_json::json!({"task_id": id, "question": "Answer.", "solutions": [program], "input_output": io})
    };
    // `serde_json` has no integers of this size.
    let digits = "123456789012345678901234567890";
    let large = row("a", 12345.into()).to_string().replace("12345", digits);
    let rows = [large, row("b", "x".into()).to_string()];
    let input = file(folder.path(), "rows.jsonl", rows.join("\n") + "\n");
    let run = optimize(&input, &folder.path().join("out"), &["--tech", "aug,cle", "--annotate"]);
    let rows: Vec<Json> = run.lines("samples/optimized.jsonl");
    assert!(rows.len() > 2, "{rows:?}");
    for row in &rows {
        for field in ["id", "origin", "technique", "rules", "findings", "input_output"] {
            assert!(row[field].is_string(), "{field} of {row}");
        }
    }
    let first = rows[0]["input_output"].as_str().unwrap();
    assert!(first.contains(digits), "{first}");
}

#[test]
fn ids_that_are_numbers_become_texts_only_beside_those_of_added_rows() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: u32| {
        let program = "def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n";
        let tests = ["assert f(1) == 1", "assert f(0) == 2"];
        serde_json::json!({"id": id, "prompt": "Answer.", "code": program, "test_list": tests})
    };
    let input = file(folder.path(), "rows.jsonl", format!("{}\n{}\n", row(7), row(8)));
    let ids = |technique: &str| -> Vec<Json> {
        let run = optimize(&input, &folder.path().join(technique), &["--tech", technique]);
        run.lines("samples/optimized.jsonl").iter().map(|row: &Json| row["id"].clone()).collect()
    };
    assert_eq!(ids("ref"), [7, 8]);
    let added = ids("aug");
    assert!(added.len() > 2 && added.iter().all(Json::is_string), "{added:?}");
    let different: std::collections::BTreeSet<String> = added.iter().map(Json::to_string).collect();
    assert_eq!(different.len(), added.len());
}

#[test]
fn what_stands_around_a_program_that_stays_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let reply = "```python\ndef f(x):\n    return x + 1\n```\nThis does it.";
    let row = serde_json::json!({"id": "a", "completion": reply});
    let input = file(folder.path(), "rows.jsonl", format!("{row}\n"));
    let run = optimize(&input, &folder.path().join("out"), &["--tech", "cle"]);
    let rows: Vec<Json> = run.lines("samples/optimized.jsonl");
    assert_eq!((&rows[0]["completion"], &rows[0]["technique"]), (&reply.into(), &"".into()));
}

#[test]
fn the_score_of_an_earlier_run_is_not_that_of_a_new_program() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    optimize(
        &problems(folder.path()),
        &first,
        &["--tech", "sel", "--by", "length", "--ratio", "1"],
    );
    let second = folder.path().join("second");
    let run = optimize(&first.join("samples/optimized.jsonl"), &second, &["--tech", "aug"]);
    let rows: Vec<Json> = run.lines("samples/optimized.jsonl");
    assert!(rows.iter().any(|row| row["technique"] == "aug"));
    for row in &rows {
        assert_eq!(row["score"].is_null(), row["technique"] == "aug", "{row}");
    }
}
