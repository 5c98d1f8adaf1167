//! What judges of a duel are not shown: no line of honest code, and none of honest turns.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
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
