//! Comments that hide findings of our own rules, as ruff reads them for its own: `# noqa`, `# noqa: TG003`, `# ruff: noqa`.
//!
//! Invariant: only a comment hides, never a text that looks like one; a comment with codes hides these alone.

use ruff_python_ast::token::TokenKind;
use ruff_source_file::LineIndex;
use ruff_text_size::TextSize;

use super::Remark;
use crate::python::syntax;

/// What a comment hides.
enum Hides {
    All,
    Codes(Vec<String>),
}

impl Hides {
    /// Reads what follows `noqa`; codes come after a colon.
    fn after(rest: &str) -> Option<Self> {
        let rest = rest.trim_start();
        let Some(codes) = rest.strip_prefix(':') else {
            let is_word = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            return (!is_word).then_some(Self::All);
        };
        let codes = codes.split(|c: char| c == ',' || c.is_whitespace());
        let is_code = |code: &&str| {
            code.starts_with(|c: char| c.is_ascii_uppercase())
                && code.ends_with(|c: char| c.is_ascii_digit())
        };
        // What is not a code begins an explanation.
        let codes = codes.filter(|code| !code.is_empty()).take_while(is_code);
        Some(Self::Codes(codes.map(str::to_owned).collect()))
    }

    fn hides(&self, rule: &str) -> bool {
        match self {
            Self::All => true,
            Self::Codes(codes) => codes.iter().any(|code| code == rule),
        }
    }
}

/// Leaves out what the comments of a program hide.
pub(super) fn leave_out(source: &str, remarks: &mut Vec<Remark>) {
    let lines = LineIndex::from_source_text(source);
    let line = |offset: usize| lines.line_index(TextSize::try_from(offset).unwrap_or_default());
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for (kind, range) in syntax::tokens(source) {
        if kind != TokenKind::Comment {
            continue;
        }
        let text = source.get(range.clone()).unwrap_or_default().to_owned();
        let lower = text.to_ascii_lowercase();
        let body = lower.trim_start_matches('#').trim_start();
        let of_file = ["ruff: noqa", "ruff:noqa", "flake8: noqa", "flake8:noqa"];
        if let Some(prefix) = of_file.iter().find(|prefix| body.starts_with(**prefix)) {
            let at = text.len() - body.len() + prefix.len();
            whole.extend(text.get(at..).and_then(Hides::after));
            continue;
        }
        for (at, word) in lower.match_indices("noqa") {
            let is_begun = lower[..at].trim_end().ends_with('#');
            if is_begun && let Some(hides) = text.get(at + word.len()..).and_then(Hides::after) {
                single.push((line(range.start), hides));
            }
        }
    }
    remarks.retain(|remark| {
        let at = lines.line_index(remark.range.start());
        !whole.iter().any(|hides| hides.hides(&remark.rule))
            && !single.iter().any(|(line, hides)| *line == at && hides.hides(&remark.rule))
    });
}
