//! References to lines of the program, and the inline code that each is about.
//!
//! Invariant: a span belongs to one reference at most.

use super::claim::{Claim, stated};
use super::spans::{Sentence, Span, take};
use super::words::words;

/// How languages call a line.
const LINE: [&str; 11] = [
    "line", "lines", "zeile", "zeilen", "ligne", "lignes", "línea", "líneas", "linha", "linhas",
    "riga",
];
/// Words that may come between a line's number and the code on it.
const BETWEEN: [&str; 14] = [
    "is",
    "reads",
    "says",
    "has",
    "the",
    "checks",
    "tests",
    "compares",
    "where",
    "with",
    "computes",
    "contains",
    "test",
    "condition",
];

/// Reads references to lines, each with the span next to it.
pub fn lines(sentence: &Sentence<'_>, is_taken: &mut [bool], found: &mut Vec<Claim>) {
    for (start, prose) in sentence.prose() {
        for reference in line_references(prose) {
            let (ref_start, ref_end) = (start + reference.start, start + reference.end);
            let beside = beside(sentence, ref_start, ref_end, is_taken);
            let text = beside.and_then(|at| {
                take(is_taken, at);
                sentence.spans.get(at).map(|span| span.text.to_owned())
            });
            found.push(Claim::Lines { first: reference.first, last: reference.last, beside: text });
        }
    }
}

/// The bytes of prose that refer to lines.
pub(super) fn line_ranges(prose: &str) -> Vec<std::ops::Range<usize>> {
    line_references(prose).into_iter().map(|reference| reference.start..reference.end).collect()
}

pub(super) struct LineReference {
    pub first: usize,
    pub last: usize,
    pub start: usize,
    pub end: usize,
}

/// Finds `line 3`, `lines 3-5`, `lines 3 and 5`, `第 3 行` and `第 3-5 行`.
pub(super) fn line_references(prose: &str) -> Vec<LineReference> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = prose.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &prose[at..];
        if c == '第' {
            let digits = rest[c.len_utf8()..].trim_start();
            if let Some((first, after)) = number(digits) {
                let after = after.trim_start();
                let after = after.strip_prefix('行').unwrap_or(after);
                let (last, after) = joined(after, &["-", "–", "—", "~", "～", "到", "至"])
                    .unwrap_or((first, after));
                let end = after.trim_start().strip_prefix('行').unwrap_or(after).len();
                if prose[at..prose.len() - end].contains('行') {
                    let end = prose.len() - end;
                    found.push(LineReference { first, last, start: at, end });
                    at = end;
                    continue;
                }
            }
        }
        let len = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = rest[..len].to_lowercase();
        let digits = rest[len..].trim_start();
        let digits = ["number", "no.", "nr.", "#"]
            .iter()
            .find_map(|way| digits.strip_prefix(way))
            .unwrap_or(digits);
        if LINE.contains(&word.as_str())
            && let Some((first, mut after)) = number(digits.trim_start())
        {
            let mut last = first;
            if let Some((to, more)) = joined(after, &["-", "–", "—", "to", "through", "bis"]) {
                (last, after) = (to, more);
            }
            found.push(LineReference { first, last, start: at, end: prose.len() - after.len() });
            while let Some((other, more)) = joined(after, &["and", "or", "und", "et", "y", ","]) {
                let start = prose.len() - after.len();
                after = more;
                found.push(LineReference {
                    first: other,
                    last: other,
                    start,
                    end: prose.len() - after.len(),
                });
            }
            at = prose.len() - after.len();
            continue;
        }
        // Chinese has no blanks between words.
        at += if c.is_ascii() { len.max(1) } else { c.len_utf8() };
    }
    found
}

/// The number at the start of a text, and what follows; none if letters or decimals follow.
fn number(text: &str) -> Option<(usize, &str)> {
    let len = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let after = &text[len..];
    let goes_on = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        || after
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if goes_on {
        return None;
    }
    Some((text[..len].parse().ok()?, after))
}

/// The number behind one of these joints.
fn joined<'t>(text: &'t str, joints: &[&str]) -> Option<(usize, &'t str)> {
    let text = text.trim_start();
    let rest = joints.iter().find_map(|joint| text.strip_prefix(joint))?.trim_start();
    let rest = rest.strip_prefix('第').unwrap_or(rest);
    number(rest.trim_start())
}

/// The span that a reference to a line is about: `x` on line 3, `x` (line 3), line 3: `x`.
fn beside(sentence: &Sentence<'_>, start: usize, end: usize, is_taken: &[bool]) -> Option<usize> {
    let is_free = |at: &usize| is_taken.get(*at) == Some(&false);
    let next =
        sentence.spans.iter().position(|span| span.start >= end).unwrap_or(sentence.spans.len());
    if let Some(before) = next.checked_sub(1)
        && let Some(span) = sentence.spans.get(before)
        && let Some(between) = sentence.text.get(span.end..start)
        && words(between)
            .iter()
            .all(|word| ["on", "in", "at", "of", "from", "auf", "der"].contains(&word.as_str()))
        && between.len() <= 12
        && !between.contains(',')
    {
        return Some(before).filter(is_free);
    }
    let span: &Span<'_> = sentence.spans.get(next)?;
    let between = sentence.text.get(end..span.start)?;
    let is_short = !between.chars().any(char::is_alphabetic) && between.len() <= 6;
    let is_value = stated(span.text).is_some();
    let is_said = !is_value && words(between).iter().all(|word| BETWEEN.contains(&word.as_str()));
    ((is_short || is_said) && is_free(&next)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::spans::sentences;

    fn read(text: &str) -> Vec<(usize, usize, Option<String>)> {
        let mut found = Vec::new();
        for sentence in sentences(text) {
            lines(&sentence, &mut vec![false; sentence.spans.len()], &mut found);
        }
        let parts = |claim| match claim {
            Claim::Lines { first, last, beside } => (first, last, beside),
            other => panic!("no lines: {other:?}"),
        };
        found.into_iter().map(parts).collect()
    }

    #[test]
    fn lines_are_read_alone_in_lists_and_in_ranges() {
        let expected: [(&str, &[(usize, usize)]); 6] = [
            ("On line 3 and lines 4-6.", &[(3, 3), (4, 6)]),
            ("Lines 2, 3 and 5 to be sure.", &[(2, 2), (3, 3), (5, 5)]),
            ("lines 2 to 4", &[(2, 4)]),
            (
                "Zeile 7, 第 8 行, line number 9, 在第 1-4 行, 第2行到第 3 行",
                &[(7, 7), (8, 8), (9, 9), (1, 4), (2, 3)],
            ),
            ("a line of 3, line 2.5, line 4th, outline 5", &[]),
            ("`line 3` is code", &[]),
        ];
        for (text, lines) in expected {
            let found: Vec<(usize, usize)> =
                read(text).into_iter().map(|(first, last, _)| (first, last)).collect();
            assert_eq!(found, lines, "{text}");
        }
    }

    #[test]
    fn the_code_beside_a_reference_is_the_one_it_is_about() {
        for (text, beside) in [
            ("Line 3: `a < b`", Some("a < b")),
            ("On line 3, `a` holds", Some("a")),
            ("line 3 checks `a < b`", Some("a < b")),
            ("`a` on line 3, `b` elsewhere", Some("a")),
            ("`a` (line 3) and `b`", Some("a")),
            ("line 3 returns `5`", None),
            ("On line 3 the program then goes on with `b`", None),
        ] {
            let found = read(text);
            assert_eq!(found, [(3, 3, beside.map(str::to_owned))], "{text}");
        }
    }
}
