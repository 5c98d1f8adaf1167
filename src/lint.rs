//! Findings in a program and fixes for them: ruff's rules, and rules of our own for what ruff lacks.
//!
//! Invariant: nothing is run and no file is read, so the same text and selection always give the same findings; a text that does
//! not parse, or that nests too deeply to be walked, gives an error.

mod known;
mod linter;
mod noqa;
mod rules;
mod sarif;
mod selection;
mod tidy;
mod weight;

use std::collections::HashMap;

use ruff_db::diagnostic::Diagnostic;
use ruff_source_file::{LineIndex, OneIndexed};
use ruff_text_size::{TextRange, TextSize};
use serde::{Deserialize, Serialize};

pub use known::KNOWN;
pub use sarif::sarif;
pub use selection::Selection;
pub use tidy::{Step, Tidied, tidy};
pub use weight::Severity;

use crate::python::syntax;

/// In bytes; longer texts are refused.
const MAX_LENGTH: usize = 128 << 10;

/// Characters of a text; shorter ones are no tokens that let anybody in.
const SECRET_LENGTH: usize = 8;

/// What a rule found, at its place.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// ruff's code, as `B006`, or one of ours, as `TG001`.
    pub rule: String,
    /// The rule's name in kebab case.
    pub name: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub end_line: usize,
    /// Where the text goes on behind the finding.
    pub end_column: usize,
    pub message: String,
    pub severity: Severity,
    /// The weakness that the rule is about, by its number in the CWE list.
    pub cwe: Option<u16>,
}

/// What a rule says about some bytes of a program.
struct Remark {
    rule: String,
    name: String,
    range: TextRange,
    message: String,
}

/// The version of the rules and fixes, for fingerprints.
pub fn version() -> &'static str {
    selection::VERSION
}

/// Finds what the selected rules report, in the order of the text.
///
/// Fails with the place and the reason if the text is not a program.
pub fn findings(source: &str, selection: &Selection) -> Result<Vec<Finding>, String> {
    check_length(source)?;
    let program = syntax::module_with_tokens(source).map_err(|error| error.to_string())?;
    let mut remarks = rules::remarks(program.suite(), |code| selection.selects(code));
    if selection.noqa().is_enabled() {
        noqa::leave_out(source, &mut remarks);
    }
    let found = linter::diagnostics(source, program, selection.settings(), selection.noqa())?;
    let found = found.iter().filter_map(remark);
    remarks.extend(found.filter(|remark| !is_of_a_language(source, remark)));
    remarks.sort_by(|a, b| {
        (a.range.start(), &a.rule, a.range.end()).cmp(&(b.range.start(), &b.rule, b.range.end()))
    });
    let places = places(source, &remarks);
    Ok(remarks.into_iter().map(|remark| finding(remark, &places)).collect())
}

/// Refuses what no training data is made of, since some of ruff's rules take a time that grows faster than the text.
fn check_length(source: &str) -> Result<(), String> {
    match source.len() {
        0..=MAX_LENGTH => Ok(()),
        length => Err(format!("longer than {MAX_LENGTH} bytes: {length}")),
    }
}

/// The line and the column of each offset that is needed, in one pass: counting each from the start of its line would take as long
/// as all of them squared.
fn places(source: &str, remarks: &[Remark]) -> HashMap<TextSize, (usize, usize)> {
    let mut offsets: Vec<TextSize> =
        remarks.iter().flat_map(|remark| [remark.range.start(), remark.range.end()]).collect();
    offsets.sort_unstable();
    let lines = LineIndex::from_source_text(source);
    let mut places = HashMap::new();
    let (mut line, mut at, mut column) = (OneIndexed::MIN, 0, 1);
    for offset in offsets {
        let now = lines.line_index(offset);
        if now != line {
            (line, at, column) = (now, lines.line_start(now, source).to_usize(), 1);
        }
        let before = source.get(at..offset.to_usize()).unwrap_or_default();
        column += before.chars().filter(|&c| c != '\u{feff}').count();
        at = offset.to_usize().max(at);
        places.insert(offset, (line.get(), column));
    }
    places
}

fn remark(found: &Diagnostic) -> Option<Remark> {
    Some(Remark {
        rule: found.secondary_code()?.as_str().to_owned(),
        name: found.name().to_owned(),
        range: found.range().unwrap_or_default(),
        message: found.headline_message().to_owned(),
    })
}

/// Whether a text that is taken for a password is a token of some language, as in `token == "("`.
fn is_of_a_language(source: &str, remark: &Remark) -> bool {
    let is_about_passwords = matches!(remark.rule.as_str(), "S105" | "S106" | "S107");
    let text = source.get(remark.range.to_std_range()).unwrap_or_default();
    let text = text.find(['"', '\'']).and_then(|at| text.get(at..)).unwrap_or_default();
    let length = text.trim_matches(['"', '\'']).chars().count();
    is_about_passwords && remark.message.to_lowercase().contains("token") && length < SECRET_LENGTH
}

fn finding(remark: Remark, places: &HashMap<TextSize, (usize, usize)>) -> Finding {
    let place = |offset| places.get(&offset).copied().unwrap_or((1, 1));
    let (line, column) = place(remark.range.start());
    let (end_line, end_column) = place(remark.range.end());
    Finding {
        line,
        column,
        end_line,
        end_column,
        message: remark.message,
        severity: weight::severity(&remark.rule),
        cwe: weight::cwe(&remark.rule),
        rule: remark.rule,
        name: remark.name,
    }
}
