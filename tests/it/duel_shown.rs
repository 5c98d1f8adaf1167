//! What judges of a duel are not shown: no line of honest code, and none of honest turns.

use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::Value as Json;
use tgsand::dataset::pull_requests::PullRequest;
use tgsand::model::{Message, Role};
use tgsand::pipeline::duel::leak::leaks;
use tgsand::pipeline::duel::shown;

use crate::cli::json_lines;

/// What stands where a line was left out.
const LEFT_OUT: &str = "[a line is left out]";

/// All texts of a row, wherever they are in it.
fn texts(row: &Json, found: &mut Vec<String>) {
    match row {
        Json::String(text) => found.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Json::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The files of a folder and of those in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The lines of a text that judges are not shown, each of a part that is short enough to be shown whole.
fn hidden(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let parts = lines.chunks(40).filter(|part| part.concat().chars().count() < 5_000);
    let of_part = |part: &[&str]| {
        let shown = shown::turn(&part.join("\n"));
        let pairs = part.iter().zip(shown.lines()).filter(|(_, shown)| shown.contains(LEFT_OUT));
        pairs.map(|(line, _)| (*line).to_owned()).collect::<Vec<_>>()
    };
    parts.flat_map(of_part).collect()
}

#[test]
fn no_line_of_ordinary_code_or_of_an_honest_turn_is_hidden_from_judges() {
    let mut found = Vec::new();
    let mut lines = 0;
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut own = Vec::new();
        match path.extension().is_some_and(|extension| extension == "jsonl") {
            true => json_lines(&text).iter().for_each(|row| texts(row, &mut own)),
            false => own.push(text),
        }
        for text in own {
            lines += text.lines().count();
            found.extend(
                hidden(&text).into_iter().map(|line| format!("{}: {line}", path.display())),
            );
        }
    }
    assert_eq!(found, Vec::<String>::new());
    assert!(lines > 15_000, "{lines}");
}

/// Pieces that mean something to what reads turns and patches, and letters that take more than a byte.
#[rustfmt::skip]
const PIECES: [&str; 66] = [
    "\n", " ", "\t", "progress", "winner", ":", "=", "2", "\u{ff12}", "\u{b2}", "2e", "e0", "1.", ".5", "0x10", "4,096", "_", "\u{e9}", "\u{301}", "\u{130}",
    "\u{df}", "\u{43e}", "\u{200b}", "\"", "'", "\\", "\\u0070", "\\x", "\\ud800", "{", "}", "[[", "]]", "(", ")", "<|", "|>", "<\u{ff5c}", "\u{ff5c}>", "[INST]",
    "<s", "| ", "```bash\n", "```", "from ", " import ", ".resolver", "src/", "*", "?", "sed '", "!d", "p'", "head -", " | tail -", "NR==", "#L", "lines()[",
    "--- a/", "+++ b/", "@@ -1,2 +3,4 @@", "diff --git a/x b/y", "Binary files ", " differ", "rename from ", "give the first reply ",
];

#[test]
fn whatever_stands_in_a_turn_or_in_a_patch_is_read_to_its_end() {
    let config = Config { cases: 4_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let text = || vec(select(&PIECES[..]), 0..40);
    runner
        .run(&(text(), text(), text()), |(turn, shown, patch)| {
            let [turn, shown, patch] = [turn, shown, patch].map(|pieces| pieces.concat());
            let lines = shown::turn(&turn);
            assert!(lines.lines().all(|line| line.starts_with("| ")), "{lines}");
            assert!(!lines.contains("<|im_start|>") && !lines.contains("[INST]"), "{lines}");
            let history = [Message { role: Role::User, content: shown }];
            shown::conversation(&history);
            let reference = PullRequest { patch, description: turn.clone() };
            let count = turn.lines().count().max(1);
            for leak in leaks(&turn, &history, &reference) {
                assert!((1..=count + 1).contains(&leak.line), "{leak:?} in {turn:?}");
            }
            Ok(())
        })
        .unwrap();
}
