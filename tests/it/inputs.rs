//! Inputs and options that cannot be right: said plainly, with an exit code that a script can act on, and nothing lost.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::cli::{file, run};
use crate::synth::{CLAMP, DIGITS, quick, row, synth};

/// A compressed text without the end of the archive.
fn cut_short(text: &str) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::none());
    gz.write_all(text.as_bytes()).unwrap();
    let mut bytes = gz.finish().unwrap();
    bytes.truncate(bytes.len() - 6);
    bytes
}

#[test]
fn an_archive_that_is_cut_short_keeps_its_rows_and_ends_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let rows = format!("{}\n{}\n", row("a", CLAMP), row("b", DIGITS));
    let input = file(folder.path(), "in.jsonl.gz", cut_short(&rows));
    let run = quick(folder.path(), &input);
    assert_eq!(run.ended.code, Some(3), "{}", run.ended.stderr);
    assert_eq!(run.accepted(), ["a", "b"]);
    assert!(
        run.ended.stderr.contains("in.jsonl.gz cannot be read beyond line 2: "),
        "{}",
        run.ended.stderr
    );
}

#[test]
fn an_input_without_rows_is_said_to_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let empty = file(folder.path(), "empty.jsonl", "\n\n");
    let run = quick(folder.path(), &empty);
    assert_eq!(run.ended.code, Some(1), "{}", run.ended.stderr);
    assert!(run.ended.stderr.contains("empty.jsonl has no functions"), "{}", run.ended.stderr);
}

#[test]
fn a_rerun_with_other_settings_names_those_that_differ() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "in.jsonl", row("a", CLAMP));
    let out = folder.path().join("out");
    let first = synth(&input, &out, &["--cases", "3"], b"");
    assert!(!first.ended.stderr.contains("are replaced"), "{}", first.ended.stderr);
    let second = synth(&input, &out, &["--cases", "4", "--seed", "1"], b"");
    assert!(
        second
            .ended
            .stderr
            .contains("has results of other settings (seed, cases); they are replaced"),
        "{}",
        second.ended.stderr
    );
}

#[test]
fn a_row_of_ours_is_not_raw_code() {
    let folder = tempfile::tempdir().unwrap();
    let row = r#"{"schema": "tgsand/problem/1", "id": "a", "content": "def f(x): return x"}"#;
    let run = quick(folder.path(), &file(folder.path(), "in.jsonl", row));
    let [(reason, detail)] = &run.rejections()[..] else { panic!("{:?}", run.rejections()) };
    assert_eq!(reason, "unreadable-record");
    assert!(
        detail.ends_with("the row is \"tgsand/problem/1\"; expected a row that is not of tgsand")
    );
}

#[test]
fn a_folder_in_place_of_rows_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    for args in [vec!["filter", &path], vec!["eval", &path, "--reference"]] {
        let ended = run(&args);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains("is a folder; name a JSONL file"), "{}", ended.stderr);
    }
}

#[test]
fn a_file_that_holds_no_rows_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, what_to_do) in [
        ("toolz-1.2.0.tar.gz", "unpack the archive"),
        ("README.md", "name a data file"),
        ("rows.csv", "convert the table"),
    ] {
        let path = file(folder.path(), name, "# Title\n");
        let out = folder.path().join("out");
        let ended = run(&["synth", path.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(what_to_do), "{}", ended.stderr);
        assert!(!out.exists());
    }
}

#[test]
fn options_without_a_meaning_are_refused_with_what_is_allowed() {
    for (args, allowed) in [
        (["--threads", "0"], "use a number from 1 to 1024"),
        (["--max-cost", "-5"], "use a non-negative number"),
        (["--fuel", "0"], "use a number from 1 to 9 * 10^18"),
    ] {
        let ended = run(&["synth", "in.jsonl", args[0], args[1]]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(allowed), "{}", ended.stderr);
    }
}
