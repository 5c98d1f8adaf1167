//! Real rows of the reference: raw functions end to end, and its gold programs run again.
//!
//! The rows lie beside the checkout and are not part of it; if they are absent these tests are ignored.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

/// What native CPython 3.11 reproduces of the 300 gold programs.
const NATIVE: usize = 286;

fn rows(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/case2code").join(name)
}

fn tgsand(args: &[&str], folder: &Path) -> String {
    // Installed beforehand, so that two tests do not wait for each other.
    crate::support::sandbox();
    let output =
        Command::new(env!("CARGO_BIN_EXE_tgsand")).args(args).current_dir(folder).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    stderr
}

fn lines(path: PathBuf) -> Vec<Json> {
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[cfg_attr(not(shared_data), ignore = "needs the rows of ../shared/data")]
fn raw_rows_become_samples_end_to_end() {
    let input = rows("raw_sample.jsonl");
    let folder = tempfile::tempdir().unwrap();
    tgsand(&["synth", input.to_str().unwrap()], folder.path());
    let run = folder.path().join("runs/raw_sample");
    let accepted = lines(run.join("samples/case2code.jsonl")).len();
    let rejected = lines(run.join("rejected.jsonl"));
    assert_eq!(accepted + rejected.len(), 10);
    // The others use names that their rows do not define, and no input can help that.
    assert!(accepted >= 5, "{accepted} accepted");
    let count = |reason: &str| rejected.iter().filter(|row| row["reason"] == reason).count();
    // One of them gives an empty set whatever it is given, and one takes out of a text what no input has.
    assert_eq!((count("constant-output"), count("returns-argument")), (1, 1), "{rejected:?}");
    assert_eq!(count("all-inputs-failed") + 2, rejected.len(), "{rejected:?}");
}

#[test]
#[cfg_attr(not(shared_data), ignore = "needs the rows of ../shared/data")]
fn gold_programs_are_reproduced_at_least_as_often_as_natively_and_the_rest_has_a_cause() {
    let input = rows("test_300.jsonl");
    let folder = tempfile::tempdir().unwrap();
    tgsand(&["filter", input.to_str().unwrap(), "--fuel", "2G"], folder.path());
    let run = folder.path().join("runs/test_300-filtered");
    let kept = lines(run.join("kept.jsonl")).len();
    let rejected = lines(run.join("rejected.jsonl"));
    assert_eq!(kept + rejected.len(), 300);
    assert!(kept >= NATIVE, "{kept} of 300");
    for row in rejected {
        assert_eq!(row["reason"], "not-reproduced", "{row}");
        assert_ne!(row["evidence"]["cause"], "difference", "{row}");
    }
}
