//! One specimen for every reason that `synth` can reject for: it is rejected for that reason and no other.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tgsand::outcome::Reason;

use crate::cli::file;
use crate::synth::{CLAMP, DIGITS, quick, row, synth};

/// Reasons that `synth` never gives, and who does.
const GIVEN_ELSEWHERE: [(Reason, &str); 27] = [
    (Reason::DependsOnState, "`repo` runs functions in the modules they stand in"),
    (Reason::AnswerableWithoutContext, "`repo` has a model write questions"),
    (Reason::NotReproduced, "`filter` runs finished sets again"),
    (Reason::Contradictory, "`filter` reads finished sets"),
    (Reason::MalformedReply, "only models reply"),
    (Reason::RequestRefused, "only models are asked"),
    (Reason::TranslationDiffers, "`translate` has models translate"),
    (Reason::Unrepeatable, "executors run programs outside the sandbox"),
    (Reason::OnlyForwards, "packages that are imported before programs run come by `--with`"),
    (Reason::Unanswered, "`eval --completions` has no reply for a problem"),
    (Reason::NoReference, "`eval --reference` has no program for a problem"),
    (Reason::NeedsChecker, "`eval` has tests that compare with one right answer"),
    (Reason::Contaminated, "`optimize` has models write rows"),
    (Reason::Ungrounded, "only models write free text"),
    (Reason::TestFailed, "`autocode` writes tests"),
    (Reason::ToothlessTests, "`autocode` writes tests"),
    (Reason::Undocumented, "`autocode` writes questions"),
    (Reason::LeakedSolution, "`autocode` writes questions"),
    (Reason::FailedReview, "`autocode` has problems reviewed"),
    (Reason::Excluded, "`duel` leaves out what the user excludes"),
    (Reason::LeakedReference, "`duel` hides pull requests from contestants"),
    (Reason::Unsolved, "`autocode` has problems answered"),
    (Reason::TooEasy, "`autocode` has problems answered"),
    (Reason::Unproven, "`optimize` rewrites programs"),
    (Reason::NotEquivalent, "`optimize` rewrites programs"),
    (Reason::Findings, "`optimize` cleans sets"),
    (Reason::BelowThreshold, "`optimize` selects from sets"),
];
/// Specimens that hold an accepted function before the rejected one.
const WITH_ONE_ACCEPTED: [Reason; 1] = [Reason::Duplicate];

fn specimens() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specimens/rejections");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The reason that a specimen's file name states.
fn stated_reason(path: &Path) -> Reason {
    let name = path.file_stem().unwrap().to_str().unwrap();
    serde_json::from_value(name.into())
        .unwrap_or_else(|_| panic!("{} is named for no reason", path.display()))
}

#[test]
fn every_reason_has_a_specimen_or_is_given_elsewhere() {
    let all: BTreeSet<Reason> = Reason::ALL.iter().copied().collect();
    let mut covered: Vec<Reason> = specimens().iter().map(|path| stated_reason(path)).collect();
    covered.extend(GIVEN_ELSEWHERE.map(|(reason, _)| reason));
    let distinct: BTreeSet<Reason> = covered.iter().copied().collect();
    assert_eq!(distinct, all);
    assert_eq!(covered.len(), all.len(), "a reason is covered twice");
}

#[test]
fn every_specimen_is_rejected_for_the_reason_in_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let mut told = String::new();
    for path in specimens() {
        let reason = stated_reason(&path);
        let out = folder.path().join(reason.name());
        let run = synth(
            &path,
            &out,
            &["--strict", "--fuel", "50M", "--memory", "100M", "--cases", "6"],
            b"",
        )
        .done();
        let report = run.report();
        let accepted = u64::from(WITH_ONE_ACCEPTED.contains(&reason));
        let expected = json!({ reason.name(): 1 });
        if report["rejected"] != expected || report["accepted"] != accepted {
            wrong.push(format!("{}: {} {:?}", reason.name(), report["rejected"], run.rejections()));
            continue;
        }
        let lines: Vec<Json> = run.lines("rejected.jsonl");
        let file = lines[0]["source"]["file"].as_str().unwrap();
        assert_eq!(Path::new(file), path, "a rejection names its source");
        for (reason, detail) in run.rejections() {
            told.push_str(&format!("{reason}: {}\n", detail.replace(file, "[file]")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("details", told);
}

#[test]
fn bad_lines_are_named_by_file_and_line_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    let mut huge = b"{\"content\": \"".to_vec();
    huge.resize(33 << 20, b'x');
    for line in [
        row("one", CLAMP).as_bytes(),
        b"{\"content\": ",
        b"{\"text\": \"x = 1\", \"stars\": 3}",
        b"\xff\xfe\x00\x01",
        &huge,
        b"",
        b"{\"content\": 7}",
        b"[]",
        row("nine", DIGITS).as_bytes(),
    ] {
        bytes.extend(line);
        bytes.push(b'\n');
    }
    let input = file(folder.path(), "in.jsonl", bytes);
    let run = quick(folder.path(), &input);
    assert_eq!(run.accepted(), ["one", "nine"]);
    let path = input.display();
    let expected = [
        (2, "broken JSON at column 13: the text ends too early"),
        (3, "field \"content\" is missing, the row has text, stars; --content-field names another"),
        (4, "not UTF-8 text: invalid utf-8 sequence of 1 bytes from index 0"),
        (5, "the line is longer than 32 MiB"),
        (7, "field \"content\" is not text"),
        (8, "the line is JSON but not an object"),
    ];
    let found = run.rejections();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((reason, detail), (line, text)) in found.iter().zip(expected) {
        assert_eq!(reason, "unreadable-record");
        assert!(detail.starts_with(&format!("{path}:{line}: {text}")), "{detail}");
    }
    let report = run.report();
    assert_eq!((&report["in"], &report["rejected"]), (&8.into(), &json!({"unreadable-record": 6})));
    assert_eq!(run.ended.code, Some(0));
}

#[test]
fn a_damaged_archive_gives_what_stands_before_the_damage_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writeln!(gz, "{}", row("one", CLAMP)).unwrap();
    gz.flush().unwrap();
    let whole = gz.get_ref().len();
    writeln!(gz, "{}", row("two", DIGITS)).unwrap();
    let mut bytes = gz.finish().unwrap();
    bytes.truncate(whole + 5);
    let input = file(folder.path(), "in.jsonl.gz", bytes);
    let run = quick(folder.path(), &input);
    assert_eq!(run.accepted(), ["one"]);
    let found = run.rejections();
    assert_eq!((found.len(), found[0].0.as_str()), (1, "unreadable-record"));
    let start = format!("{}:2: the file cannot be read beyond this line", input.display());
    assert!(found[0].1.starts_with(&start), "{}", found[0].1);
}
