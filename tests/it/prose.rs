//! `tgsand synth --docstrings`: how much the programs of samples say about themselves.

use serde_json::Value as Json;

use crate::cli::{ended, file, tgsand};
use crate::synth::{Run, synth};

const WORDY: &str = "\
def longest(words: list[str]) -> int:
    \"\"\"Length of the longest word, by :func:`len`.

    >>> longest(['a', 'bcd'])
    3

    :param words: the words
    \"\"\"
    # TODO: ask for a key
    best = 0
    for word in words:
        if len(word) > best:
            best = len(word)
    return best


class Empty(Exception):
    \"\"\"Raised for nothing.\"\"\"


def first(words: list[str]) -> str:
    \"\"\"The first word.

    >>> first(['x', 'y'])
    'x'
    \"\"\"
    if not words:
        raise Empty('no words')
    return words[0] + first.__doc__[:3]
";

fn programs(run: &Run) -> Vec<String> {
    let text = |row: &Json| row["program"].as_str().unwrap().to_owned();
    run.lines::<Json>("samples/case2code.jsonl").iter().map(text).collect()
}

#[test]
fn programs_say_as_much_about_themselves_as_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "wordy.py", WORDY);
    let runs = ["keep", "summary", "strip"].map(|how| {
        let run = synth(&input, &folder.path().join(how), &["--docstrings", how], b"");
        assert_eq!(run.report()["settings"]["docstrings"], how);
        run
    });
    let default = synth(&input, &folder.path().join("default"), &[], b"");
    assert_eq!(programs(&default), programs(&runs[1]));
    let [keep, summary, strip] = runs.each_ref().map(programs);
    assert!(keep[0].contains(":param words:") && keep[0].contains("# TODO"), "{}", keep[0]);
    let body = "    best = 0\n    for word in words:\n        if len(word) > best:\n            best = len(word)\n    return best\n";
    let head = "def longest(words: list[str]) -> int:\n";
    let said = "    \"\"\"Length of the longest word, by len.\"\"\"\n";
    assert_eq!(summary[0], format!("{head}{said}{body}"));
    assert_eq!(strip[0], format!("{head}{body}"));
    // A program keeps the docstring that it reads, and no other.
    assert!(keep[1].contains("__doc__"), "{}", keep[1]);
    assert_eq!(summary[1], keep[1]);
    let class = "class Empty(Exception):\n    ";
    let said = "\"\"\"Raised for nothing.\"\"\"";
    assert_eq!(strip[1], keep[1].replace(&format!("{class}{said}"), &format!("{class}pass")));
    for (run, how) in runs.iter().zip(["keep", "summary", "strip"]) {
        let rows: Vec<Json> = run.lines("samples/case2code.jsonl");
        assert_eq!(rows[0]["provenance"]["docstrings"], how);
        assert_eq!(rows[1]["provenance"]["docstrings"], how);
        // The doctest is tried whatever is left of it.
        assert!(rows[0].to_string().contains("['a', 'bcd']"));
    }
    let cases = |run: &Run| -> Vec<Json> {
        let of = |row: Json| [row["visible_cases"].clone(), row["hidden_cases"].clone()];
        run.lines::<Json>("samples/case2code.jsonl").into_iter().take(1).flat_map(of).collect()
    };
    assert_eq!(cases(&runs[0]), cases(&runs[1]));
    assert_eq!(cases(&runs[0]), cases(&runs[2]));
}

#[test]
fn programs_that_say_less_hold() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "wordy.py", WORDY);
    synth(&input, &folder.path().join("out"), &["--docstrings", "strip"], b"");
    for kind in ["case2code", "qa", "duel"] {
        let samples = folder.path().join(format!("out/samples/{kind}.jsonl"));
        let mut command = tgsand();
        command.arg("filter").arg(&samples).args(["--min-yield", "1"]);
        command.arg("--out").arg(folder.path().join(format!("kept-{kind}")));
        let done = ended(command, "");
        assert_eq!(done.code, Some(0), "{kind}: {}", done.stderr);
    }
}
