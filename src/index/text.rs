//! A file's text: decoded, with one kind of line end, and its lines.
//!
//! Invariant: the text is what CPython's tokenizer reads: no byte order mark, and `\n` for every end of line.

use std::ops::RangeInclusive;

use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use super::encoding::{self, Encoding};
use super::entities::Span;

/// The text of a file, or why it is none.
pub(super) fn decode(bytes: Vec<u8>, is_python: bool) -> Result<String, String> {
    let encoding = if is_python { encoding::of(&bytes)? } else { Encoding::Utf8 };
    let text = encoding.decode(bytes)?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n"),
        false => text,
    })
}

/// Where the lines of a text begin.
pub(super) struct LineStarts(Vec<u32>);

impl LineStarts {
    pub fn of(text: &str) -> Self {
        let mut starts = vec![0];
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        starts.extend(ends.map(|(at, _)| at as u32 + 1));
        Self(starts)
    }

    /// The line of a byte, from 1.
    pub fn line(&self, offset: u32) -> u32 {
        self.0.partition_point(|&start| start <= offset) as u32
    }

    /// How many lines there are; a line end at the end of the text begins none.
    pub fn count(&self, text: &str) -> u32 {
        self.0.len() as u32 - u32::from(text.is_empty() || text.ends_with('\n'))
    }
}

/// A piece of source on one line, with single spaces for the white space in it.
pub(super) fn one_line(text: &str) -> String {
    match text.contains('\n') {
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
        false => text.to_owned(),
    }
}

/// A part of a text, without the margin of its first line in those of its lines that have it.
///
/// A line that has less is inside a bracket, and loses what it has, or inside a string.
pub(super) fn dedented(text: &str, span: Span) -> String {
    let code = &text[span.range()];
    let before = &text[..span.start as usize];
    let margin = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    if margin.is_empty() || !margin.trim().is_empty() {
        return code.to_owned();
    }
    let lines: Vec<&str> = code.split('\n').collect();
    let rest = lines.iter().skip(1).filter(|line| !line.trim().is_empty());
    // Taking the margin from some lines of a string only would change it: then all of it stays as it is.
    let kept = match rest.clone().all(|line| line.starts_with(margin)) {
        true => Vec::new(),
        false => strings(margin, code).unwrap_or_default(),
    };
    let stripped = lines.iter().enumerate().map(|(i, line)| match i {
        0 => line,
        _ if kept.iter().any(|range| range.contains(&i)) => line,
        _ => line.strip_prefix(margin).unwrap_or_else(|| line.trim_start_matches([' ', '\t'])),
    });
    stripped.collect::<Vec<_>>().join("\n")
}

/// The lines, from 0, that begin inside of a string; nothing if the code is not Python.
fn strings(margin: &str, code: &str) -> Option<Vec<RangeInclusive<usize>>> {
    let head = "if 1:\n";
    let parsed = ruff_python_parser::parse_module(&format!("{head}{margin}{code}")).ok()?;
    let line = |at: usize| {
        let at = at.saturating_sub(head.len() + margin.len());
        code.as_bytes()[..at.min(code.len())].iter().filter(|&&byte| byte == b'\n').count()
    };
    let texts = parsed.tokens().iter().filter(|token| {
        matches!(
            token.kind(),
            TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle
        )
    });
    let ranges = texts.map(|token| {
        let range = token.range().to_std_range();
        line(range.start) + 1..=line(range.end)
    });
    Some(ranges.filter(|range| !range.is_empty()).collect())
}

/// Removes the margin of a text as `inspect.cleandoc` does since Python 3.13.
pub(super) fn cleandoc(doc: &str) -> String {
    let expanded = expand_tabs(doc);
    let mut lines: Vec<&str> = expanded.split('\n').collect();
    let margin = lines.iter().skip(1).filter_map(|line| {
        let content = line.trim_start_matches(' ');
        (!content.is_empty()).then(|| line.len() - content.len())
    });
    let margin = margin.min().unwrap_or(0);
    for (i, line) in lines.iter_mut().enumerate() {
        *line = match i {
            0 => line.trim_start_matches(' '),
            _ => line.get(margin..).unwrap_or_default(),
        };
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(first, |last| last + 1);
    lines[first..last].join("\n")
}

fn expand_tabs(text: &str) -> String {
    if !text.contains('\t') {
        return text.to_owned();
    }
    let (mut expanded, mut column) = (String::with_capacity(text.len() + 64), 0);
    for c in text.chars() {
        match c {
            '\t' => {
                let width = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            _ => {
                expanded.push(c);
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
            }
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_line_is_one_and_a_mark_goes() {
        assert_eq!(decode(b"\xef\xbb\xbfa\r\nb\rc\n".to_vec(), true).unwrap(), "a\nb\nc\n");
        assert!(decode(b"a\xff".to_vec(), true).unwrap_err().starts_with("not UTF-8 text"));
    }

    #[test]
    fn code_begins_at_the_margin_and_strings_stay_as_they_are() {
        let dedent = |text: &str| {
            let start = text.find("def").unwrap() as u32;
            dedented(text, Span { start, end: text.len() as u32 })
        };
        assert_eq!(
            dedent(
                "class A:\n    def f(self):\n        '''Reads.\n\nMore\n        '''\n        return (\n  1)\n"
            ),
            "def f(self):\n    '''Reads.\n\nMore\n        '''\n    return (\n1)\n"
        );
        assert_eq!(
            dedent("class A:\n    def f(self):\n        '''Reads.\n\n        More\n        '''\n"),
            "def f(self):\n    '''Reads.\n\n    More\n    '''\n"
        );
    }

    #[test]
    fn lines_are_counted_from_one() {
        let text = "a\n\nb\n";
        let lines = LineStarts::of(text);
        assert_eq!([lines.line(0), lines.line(1), lines.line(2), lines.line(3)], [1, 1, 2, 3]);
        assert_eq!(lines.count(text), 3);
        assert_eq!(LineStarts::of("").count(""), 0);
        assert_eq!(LineStarts::of("a").count("a"), 1);
    }

    #[test]
    fn a_docstring_loses_its_margin_as_in_cpython() {
        assert_eq!(cleandoc("\n    Reads.\n\n      a\n    \tb\n    "), "Reads.\n\n  a\n    b");
        assert_eq!(cleandoc("  One line.  "), "One line.  ");
        assert_eq!(cleandoc("   \n   "), "   ");
        assert_eq!(cleandoc(""), "");
    }
}
