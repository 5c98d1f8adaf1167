//! Texts in quotes, found in code that may be surrounded by prose.
//!
//! Invariant: the ranges follow each other without touching code outside of quotes, and finding them takes one pass.

use std::ops::Range;

/// Prefixes of Python's string literals, in lower case.
const PREFIXES: [&str; 10] = ["r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr"];

/// Lists the byte ranges of the texts in quotes, quotes included. A quote that nothing closes begins no text.
pub(super) fn strings(text: &str) -> Vec<Range<usize>> {
    let mut strings = Vec::new();
    let mut scan = Scan::default();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(skipped) = rest.find(['\'', '"', '#', '\n']) else { break };
        at += skipped;
        let rest = &rest[skipped..];
        if rest.starts_with('\n') {
            scan.open_in_line.clear();
            at += 1;
        } else if rest.starts_with('#') {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(len) = scan.string_len(text, at) {
            strings.push(at..at + len);
            at += len;
        } else {
            at += 1;
        }
    }
    strings
}

/// Whether a place is within one of these ranges, behind its first byte.
pub(super) fn is_within(strings: &[Range<usize>], at: usize) -> bool {
    let next = strings.partition_point(|string| string.end <= at);
    strings.get(next).is_some_and(|string| string.start < at)
}

/// Quotes that are known to close nothing: they are not searched for again.
#[derive(Default)]
struct Scan {
    open: Vec<&'static str>,
    open_in_line: Vec<char>,
}

impl Scan {
    fn string_len(&mut self, text: &str, at: usize) -> Option<usize> {
        let (before, rest) = (text.get(..at)?, text.get(at..)?);
        for quote in ["\"\"\"", "'''"] {
            if rest.starts_with(quote) && !self.open.contains(&quote) {
                let len = closed_len(rest, quote);
                if len.is_none() {
                    self.open.push(quote);
                }
                return len;
            }
        }
        let mark = rest.chars().next()?;
        if self.open_in_line.contains(&mark) || !may_begin(before) {
            return None;
        }
        let len = closed_len(rest, if mark == '"' { "\"" } else { "'" });
        if len.is_none() {
            self.open_in_line.push(mark);
        }
        len
    }
}

/// Whether a quote may begin a text here: an apostrophe within a word does not.
fn may_begin(before: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = before.rsplit(|c| !is_word(c)).next().unwrap_or_default();
    word.is_empty() || (word.len() <= 2 && PREFIXES.contains(&word.to_ascii_lowercase().as_str()))
}

/// How far a text that begins with a quote goes.
pub(super) enum Quoted {
    /// The number of its bytes, quotes included.
    Whole(usize),
    /// To the end of the code: nothing closes it.
    Open,
    /// Of one line, without an end on it.
    Broken,
}

/// Reads a text that begins with this quote at the beginning of some code; a quote of one character quotes within one line.
pub(super) fn read(code: &str, quote: &str) -> Quoted {
    let mut is_escaped = false;
    for (at, c) in code.char_indices().skip(quote.len()) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == '\n' && quote.len() == 1 {
            return Quoted::Broken;
        } else if code.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return Quoted::Whole(at + quote.len());
        }
    }
    Quoted::Open
}

fn closed_len(code: &str, quote: &str) -> Option<usize> {
    match read(code, quote) {
        Quoted::Whole(len) => Some(len),
        Quoted::Open | Quoted::Broken => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        strings(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn texts_are_told_from_apostrophes_and_comments() {
        assert_eq!(found("x = 'a' + rb\"b\\\"\"  # it's\ny = ''"), ["'a'", "\"b\\\"\"", "''"]);
        assert_eq!(found("It's what I don't want.\nx = 'a'\n"), ["'a'"]);
        assert_eq!(found("'''a\n'b\n''' + \"\"\"c"), ["'''a\n'b\n'''", "\"\""]);
        assert_eq!(found("x = 'a\ny = 'b'"), ["'b'"]);
    }

    #[test]
    fn many_open_quotes_are_read_in_one_pass() {
        assert_eq!(found(&"'\\".repeat(200_000)), Vec::<&str>::new());
        assert_eq!(found("\"\"\"\n'''"), ["\"\"", "''"]);
    }
}
