//! Selecting: every mode on small sets, duplicates of other rows, and scores that follow from the programs.

use serde_json::{Value as Json, json};

use super::optimize;
use crate::cli::file;

/// Programs that differ in more than names.
const PROGRAMS: [&str; 5] = [
    "def a(x):\n    return x + 1\n",
    "def b(x):\n    for y in x:\n        print(y)\n",
    "def c(x, y):\n    while x < y:\n        x *= 2\n    return [x, y]\n",
    "def d():\n    raise ValueError('no')\n",
    "def e(x):\n    return {k: v for k, v in x.items() if v}\n",
];

/// The ids of the rows that are selected of the first `count`, and those of the rejected ones with their reasons.
fn selected(count: usize, options: &[&str]) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = PROGRAMS[..count]
        .iter()
        .enumerate()
        .map(|(at, code)| json!({"id": at.to_string(), "code": code}).to_string())
        .collect();
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    let run = optimize(&input, &folder.path().join("out"), &[&["--tech", "sel"], options].concat());
    // A file without rows is not written.
    let ids: Vec<Json> = match run.folder.join("samples/optimized.jsonl").exists() {
        true => run.lines("samples/optimized.jsonl"),
        false => Vec::new(),
    };
    let reasons = run.rejections().into_iter().map(|(reason, _)| reason).collect();
    (ids.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect(), reasons)
}

#[test]
fn small_sets_are_not_rounded_to_nothing() {
    for by in ["diversity", "length", "maintainability", "smells"] {
        for (count, ratio, expected) in
            [(0, "0.2", 0), (1, "0.2", 1), (2, "0.2", 1), (5, "0.2", 1), (5, "0.5", 3), (5, "1", 5)]
        {
            let (ids, rejected) = selected(count, &["--by", by, "--ratio", ratio]);
            assert_eq!((ids.len(), rejected.len()), (expected, count - expected), "{by} {ratio}");
            assert!(rejected.iter().all(|reason| reason == "below-threshold"), "{rejected:?}");
        }
        for (count, most, expected) in [(0, "2", 0), (1, "2", 1), (2, "2", 2), (5, "2", 2)] {
            let (ids, _) = selected(count, &["--by", by, "--topk", most]);
            assert_eq!(ids.len(), expected, "{by} topk {most} of {count}");
        }
    }
    for count in [0, 1, 2, 5] {
        assert_eq!(selected(count, &["--by", "length", "--threshold", "0"]).0.len(), count);
        assert_eq!(selected(count, &["--by", "length", "--threshold", "1000"]).0.len(), 0);
    }
}

#[test]
fn the_order_of_the_input_is_kept_and_the_best_scores_win() {
    let (longest, _) = selected(5, &["--by", "length", "--topk", "2"]);
    assert_eq!(longest, ["2", "4"]);
}

#[test]
fn to_keep_nothing_is_refused() {
    for options in [["--topk", "0"], ["--ratio", "0"]] {
        let command = [&["optimize", "x.jsonl", "--tech", "sel"][..], &options].concat();
        let ended = crate::cli::run(&command);
        assert_eq!(ended.code, Some(2), "{options:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("invalid value '0'"), "{}", ended.stderr);
    }
}

#[test]
fn exactly_one_way_to_choose_is_taken() {
    let ended =
        crate::cli::run(&["optimize", "x.jsonl", "--tech", "sel", "--topk", "1", "--ratio", "0.5"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("cannot be used with"), "{}", ended.stderr);
}

#[test]
fn a_program_of_another_row_is_a_duplicate_even_under_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        json!({"id": "one", "code": PROGRAMS[2]}),
        json!({"id": "two", "code": PROGRAMS[2].replace("x", "value")}),
        json!({"id": "three", "code": PROGRAMS[4]}),
    ];
    let input = file(folder.path(), "in.jsonl", rows.map(|row| row.to_string()).join("\n"));
    let run = optimize(&input, &folder.path().join("out"), &["--tech", "sel", "--ratio", "1"]);
    assert_eq!(run.rejections(), [("duplicate".to_owned(), "the same as one".to_owned())]);
    let kept = optimize(
        &input,
        &folder.path().join("kept"),
        &["--tech", "sel", "--ratio", "1", "--keep-duplicates", "--by", "length"],
    );
    assert_eq!(kept.lines::<Json>("samples/optimized.jsonl").len(), 3);
}

#[test]
fn a_share_of_one_keeps_programs_that_are_the_same_point() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = [PROGRAMS[0], PROGRAMS[1], PROGRAMS[0]]
        .iter()
        .enumerate()
        .map(|(at, code)| json!({"id": at.to_string(), "code": code}).to_string())
        .collect();
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    let options = ["--tech", "sel", "--keep-duplicates", "--ratio", "1"];
    let run = optimize(&input, &folder.path().join("out"), &options);
    let rows: Vec<Json> = run.lines("samples/optimized.jsonl");
    assert_eq!(rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), ["0", "1", "2"]);
    assert_eq!(rows[2]["score"], 0.0);
    let report: Json =
        serde_json::from_slice(&std::fs::read(run.folder.join("run.json")).unwrap()).unwrap();
    let selected = &report["selected"];
    assert_eq!(selected["diversity_before"], selected["diversity_after"]);
    assert_eq!(
        (&selected["after"]["programs"], &selected["after"]["least"]),
        (&3.into(), &0.0.into())
    );
    assert!(run.ended.stderr.contains("mean distance of programs"), "{}", run.ended.stderr);
}

#[test]
fn options_that_have_no_effect_and_scores_that_are_no_numbers_are_usage_errors() {
    let error = |options: &[&str]| {
        let ended = crate::cli::run(&[&["optimize", "x.jsonl"], options].concat());
        assert_eq!(ended.code, Some(2), "{options:?}: {}", ended.stderr);
        ended.stderr
    };
    for (options, option, technique) in [
        (&["--tech", "aug", "--ratio", "0.5"][..], "--ratio", "sel"),
        (&["--tech", "sel", "--variants", "2"], "--variants", "aug"),
        (&["--tech", "cle", "--inputs", "2"], "--inputs", "aug or ref"),
        (&["--tech", "aug", "--annotate"], "--annotate", "cle"),
        (&["--tech", "cle", "--generate", "2"], "--generate", "syn"),
        (&["--tech", "cle", "--eval-set", "x"], "--eval-set", "syn"),
    ] {
        let why = error(options);
        let expected = format!("{option} has no effect without {technique}; add it to --tech");
        assert!(why.contains(&expected), "{why}");
    }
    for number in ["nan", "inf", "x"] {
        let why = error(&["--tech", "sel", "--by", "length", "--threshold", number]);
        assert!(why.contains("use a number"), "{why}");
    }
    assert!(error(&[]).contains("--tech names what is to be done: aug, cle, ref, sel, syn"));
}

#[test]
fn the_file_of_settings_names_techniques_and_options_for_other_chains() {
    let folder = tempfile::tempdir().unwrap();
    let row = json!({"id": "a", "code": PROGRAMS[2]}).to_string();
    let input = file(folder.path(), "in.jsonl", row);
    let config = file(
        folder.path(),
        "tgsand.toml",
        "[optimize]\ntech = [\"sel\"]\nby = \"length\"\nvariants = 2\n",
    );
    let mut command = crate::cli::tgsand();
    command.arg("--config").arg(config).arg("optimize").arg(input);
    command.arg("--out").arg(folder.path().join("out"));
    let ended = crate::cli::ended(command, "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("length (quartiles), after"), "{}", ended.stderr);
}

#[test]
fn a_program_that_does_not_parse_is_rejected_by_every_technique_and_is_no_duplicate() {
    let folder = tempfile::tempdir().unwrap();
    let rows = ["print 1", "def f(:"].map(|code| json!({"code": code}).to_string());
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    for technique in ["aug", "cle", "ref", "sel"] {
        let run = optimize(&input, &folder.path().join(technique), &["--tech", technique]);
        let reasons: Vec<String> = run.rejections().into_iter().map(|(reason, _)| reason).collect();
        assert_eq!(reasons, ["unparsable-source"; 2], "{technique}");
    }
}
