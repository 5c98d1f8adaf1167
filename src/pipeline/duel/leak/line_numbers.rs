//! Lines that a turn names: `line 42`, `lines 42-50`, `file.py:42`, `sed -n '42,50p'`, `NR==42`, `#L42`.
//!
//! Invariant: the first lines of a file, and pages of it, are in any text.

use std::ops::RangeInclusive;

use super::turn_text::Text;

/// The first line whose number is telling.
const TELLING_LINE: usize = 10;
/// Lines of a page: who reads a file page by page begins at a multiple of it.
const PAGE: usize = 50;
/// Lines of a range that is named because of something in it.
const NARROW: usize = 60;

/// The lines of hunks that a turn names and the conversation has not shown, with their places.
pub(super) fn told(
    turn: &Text,
    shown: &Text,
    hunks: &[RangeInclusive<usize>],
) -> Vec<(usize, String)> {
    let is_shown = |line: usize| shown.words.contains(&line.to_string());
    let is_changed = |named: &RangeInclusive<usize>| {
        let meets = |hunk: &RangeInclusive<usize>| {
            named.start() <= hunk.end() && hunk.start() <= named.end()
        };
        hunks.iter().any(meets)
    };
    let mut found = Vec::new();
    for (at, named) in references(&turn.text) {
        let (start, end) = (*named.start(), *named.end());
        let is_page = end > start && start % PAGE <= 1;
        let is_telling = start >= TELLING_LINE && end - start <= NARROW && !is_page;
        let has_seen = (start..=end).any(is_shown);
        if is_telling && !has_seen && is_changed(&named) {
            // The number that is told first is the name of the range.
            found.push((at, start.to_string()));
        }
    }
    found
}

/// Whether a number at a place is the number of a line.
pub(super) fn is_line_number(text: &str, at: usize) -> bool {
    references(text).any(|(start, _)| start == at)
        || text[..at].ends_with(',')
            && text[at..].trim_start_matches(|c: char| c.is_ascii_digit()).starts_with("p'")
}

/// The lines that a text names, with the places of their numbers.
fn references(text: &str) -> impl Iterator<Item = (usize, RangeInclusive<usize>)> {
    let starts = text.char_indices().filter(|(at, c)| {
        let before = &text[..*at];
        c.is_ascii_digit()
            && (!before.ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c))
                || before.ends_with("#L"))
    });
    starts.filter_map(|(at, _)| {
        let (before, after) = text.split_at(at);
        let (start, after) = number(after)?;
        let folded = before.to_lowercase();
        let word = folded.trim_end_matches([' ', '`', '#', '~']);
        let word = ["number", "no.", "nr", "around", "about", "at"]
            .iter()
            .find_map(|extra| word.strip_suffix(extra))
            .map_or(word, |word| word.trim_end_matches([' ', '(']));
        let is_after_path =
            before.strip_suffix(':').is_some_and(|path| path.ends_with(char::is_alphanumeric));
        let in_command = [",", ""].iter().any(|separator| {
            let rest = after.strip_prefix(separator).unwrap_or(after);
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.starts_with("p'") || rest.starts_with("p\"") || rest.starts_with("p;")
        });
        let is_awk = ["NR==", "NR == ", "NR>=", "NR >= ", "NR>", "NR > "]
            .iter()
            .any(|test| before.ends_with(test));
        let is_ordinal = ["st line", "nd line", "rd line", "th line"]
            .iter()
            .any(|ending| after.starts_with(ending));
        let is_line = word.ends_with("line")
            || word.ends_with("lines")
            || before.ends_with("#L")
            || is_after_path
            || in_command
            || is_awk
            || is_ordinal;
        is_line.then(|| (at, start..=range_end(after).unwrap_or(start).max(start)))
    })
}

/// The end of a range, as it stands behind its beginning.
fn range_end(after: &str) -> Option<usize> {
    let rest = [",", "-", "–", " to ", " through ", " and ", " && NR<=", " && NR <= ", "&&NR<="]
        .iter()
        .find_map(|between| after.strip_prefix(between))?;
    number(rest).map(|(end, _)| end)
}

fn number(text: &str) -> Option<(usize, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}
