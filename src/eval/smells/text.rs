//! Smells of lines and tokens: pylint's `format` and `strings` checkers.
//!
//! Invariant: a line ends where Python's own lines end.

use ruff_python_ast::token::TokenKind;

use super::Smells;
use crate::python::tokens::tokens;

const MAX_LINE: usize = 100;
const INDENT: &str = "    ";

pub(super) fn check(source: &str, smells: &mut Smells) {
    if source.is_empty() {
        return;
    }
    for line in source.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        let written = line.trim_end_matches(['\t', ' ', '\x0b']);
        if written.len() < line.len() {
            smells.add("C0303");
        }
        if line.trim_end().chars().count() > MAX_LINE && !is_long_link(line) {
            smells.add("C0301");
        }
    }
    if !source.ends_with('\n') {
        smells.add("C0304");
    }
    if source.ends_with("\n\n") || source.ends_with("\n\r\n") {
        smells.add("C0305");
    }
    check_tokens(source, smells);
}

/// pylint's default `ignore-long-lines`.
fn is_long_link(line: &str) -> bool {
    let line = line.trim();
    let link = line.strip_prefix("# ").unwrap_or(line).trim_start_matches('<');
    (link.starts_with("http://") || link.starts_with("https://")) && !link.contains(char::is_whitespace)
}

fn check_tokens(source: &str, smells: &mut Smells) {
    let (mut level, mut at_line_start) = (0usize, true);
    for (kind, range) in tokens(source) {
        match kind {
            TokenKind::Indent => level += 1,
            TokenKind::Dedent => level = level.saturating_sub(1),
            TokenKind::Newline => at_line_start = true,
            TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::EndOfFile => {}
            _ => {
                if at_line_start {
                    let before = source.get(..range.start).unwrap_or_default();
                    let margin = before.rfind('\n').map_or(before, |end| before.get(end + 1..).unwrap_or_default());
                    if margin != INDENT.repeat(level) {
                        smells.add("W0311");
                    }
                }
                at_line_start = false;
                if kind == TokenKind::String && source.get(range).is_some_and(|text| text.starts_with(['u', 'U'])) {
                    smells.add("W1406");
                }
            }
        }
    }
}
