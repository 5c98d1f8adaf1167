//! Smells of lines and tokens: pylint's `format` and `strings` checkers.
//!
//! Invariant: a line ends where Python's own lines end.

use std::ops::Range;

use ruff_python_ast::token::TokenKind;

use super::Found;
use crate::python::tokens::tokens;

const MAX_LINE: usize = 100;
const INDENT: &str = "    ";

pub(super) fn check(source: &str, found: &mut Found) {
    if source.is_empty() {
        return;
    }
    let texts = Texts::of(source);
    let mut start = 0;
    for whole in source.split_inclusive('\n') {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let written = line.trim_end_matches(['\t', ' ', '\x0b']);
        if written.len() < line.len()
            && whole.ends_with('\n')
            && !texts.hides_end(start + line.len())
        {
            found.add("C0303", start);
        }
        if line.trim_end().chars().count() > MAX_LINE
            && !is_long_link(line)
            && !texts.hides_length(start + line.len())
        {
            found.add("C0301", start);
        }
        start += whole.len();
    }
    if !source.ends_with('\n') {
        found.add("C0304", source.len());
    }
    if source.ends_with("\n\n") || source.ends_with("\n\r\n") {
        // pylint names the last of the blank lines.
        found.add("C0305", source.len() - 1);
    }
    check_tokens(source, found);
}

/// Texts over several lines, in which pylint's `check_lines` looks at less.
#[derive(Default)]
struct Texts {
    spans: Vec<Text>,
}

struct Text {
    range: Range<usize>,
    first_line_end: usize,
    /// Whether nothing precedes it on its first line.
    is_first: bool,
}

impl Texts {
    fn of(source: &str) -> Self {
        let mut texts = Self::default();
        let (mut depth, mut start) = (0u32, 0);
        let mut add = |range: Range<usize>| {
            if let Some(first) = source.get(range.clone()).and_then(|text| text.find('\n')) {
                let before = source.get(..range.start).unwrap_or_default();
                let is_first =
                    before.rsplit('\n').next().is_none_or(|margin| margin.trim().is_empty());
                texts.spans.push(Text { first_line_end: range.start + first, range, is_first });
            }
        };
        for (kind, range) in tokens(source) {
            match kind {
                TokenKind::String if depth == 0 => add(range),
                TokenKind::FStringStart | TokenKind::TStringStart => {
                    if depth == 0 {
                        start = range.start;
                    }
                    depth += 1;
                }
                TokenKind::FStringEnd | TokenKind::TStringEnd => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        add(start..range.end);
                    }
                }
                _ => {}
            }
        }
        texts
    }

    /// The text around a line's end.
    fn around(&self, end: usize) -> Option<&Text> {
        let next = self.spans.partition_point(|text| text.range.start < end);
        self.spans.get(next.checked_sub(1)?).filter(|text| end < text.range.end)
    }

    fn hides_end(&self, end: usize) -> bool {
        self.around(end).is_some_and(|text| text.is_first || end > text.first_line_end)
    }

    /// Lines of a string that follows something else on its line belong to no token of pylint's.
    fn hides_length(&self, end: usize) -> bool {
        self.around(end).is_some_and(|text| !text.is_first && end > text.first_line_end)
    }
}

/// pylint's default `ignore-long-lines`.
fn is_long_link(line: &str) -> bool {
    let line = line.trim();
    let link = line.strip_prefix("# ").unwrap_or(line).trim_start_matches('<');
    (link.starts_with("http://") || link.starts_with("https://"))
        && !link.contains(char::is_whitespace)
}

fn check_tokens(source: &str, found: &mut Found) {
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
                    let margin = before
                        .rfind('\n')
                        .map_or(before, |end| before.get(end + 1..).unwrap_or_default());
                    if margin != INDENT.repeat(level) {
                        found.add("W0311", range.start);
                    }
                }
                at_line_start = false;
                let start = range.start;
                if kind == TokenKind::String
                    && source.get(range).is_some_and(|text| text.starts_with(['u', 'U']))
                {
                    found.add("W1406", start);
                }
            }
        }
    }
}
