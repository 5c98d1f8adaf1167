//! Lines that a turn names: `line 42`, `lines 42-50`, `file.py:42`, `#L42`, and in commands `sed -n '42,50p'`, `sed '42!d'`, `NR==42`,
//! `head -42 | tail -1`, `tail -n +42`, `vim +42`, `readlines()[41]`.
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
        let is_marked = before
            .strip_suffix('L')
            .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        c.is_ascii_digit()
            && (!before.ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c))
                || is_marked
                || before.ends_with("-n"))
    });
    starts.filter_map(|(at, _)| {
        let (before, after) = text.split_at(at);
        let (start, after) = number(after)?;
        let line = (
            &before[before.rfind('\n').map_or(0, |end| end + 1)..],
            after.split('\n').next().unwrap_or_default(),
        );
        let named = in_pipe(line, start).or_else(|| in_code(line, start)).or_else(|| {
            let is_line = is_said(before, after) || is_in_command(line);
            is_line.then(|| start..=range_end(start, after).unwrap_or(start).max(start))
        });
        named.map(|named| (at, named))
    })
}

/// Whether a number is said to be that of a line.
fn is_said(before: &str, after: &str) -> bool {
    let start = before.len().saturating_sub(40);
    let near = (start..=before.len()).find_map(|start| before.get(start..)).unwrap_or_default();
    let folded = near.to_lowercase();
    let word = folded.trim_end_matches([' ', '`', '#', '~']);
    let word = ["number", "no.", "nr", "around", "about", "at"]
        .iter()
        .find_map(|extra| word.strip_suffix(extra))
        .map_or(word, |word| word.trim_end_matches([' ', '(']));
    let is_after_path =
        before.strip_suffix(':').is_some_and(|path| path.ends_with(char::is_alphanumeric));
    let is_ordinal =
        ["st line", "nd line", "rd line", "th line"].iter().any(|ending| after.starts_with(ending));
    let is_named = ["line", "lines", "lineno", "line="].iter().any(|name| word.ends_with(name));
    is_named || before.ends_with('L') || is_after_path || is_ordinal
}

/// Whether a command takes a number for that of a line.
fn is_in_command((before, after): (&str, &str)) -> bool {
    // The end of a range is no word of the editor's.
    let rest = after.strip_prefix(',').unwrap_or(after);
    let rest = rest.strip_prefix('+').unwrap_or(rest);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let is_edit = ["p", "d", "q", "=", "{", "!d", "!{"]
        .iter()
        .any(|command| rest.strip_prefix(command).is_some_and(ends));
    let is_editor = before.contains("sed ") || before.contains("ed ") || before.contains("ex ");
    let is_awk = ["NR==", "NR == ", "NR>=", "NR >= ", "NR>", "NR > "]
        .iter()
        .any(|test| before.ends_with(test));
    let has_editor = ["vi", "less", "nano", "emacs", "code", "view", "more", "bat"]
        .iter()
        .any(|name| before.contains(name));
    let is_opened = before.ends_with(" +") && has_editor;
    let is_blamed = before.ends_with("-L") || before.ends_with("-L ");
    is_edit && is_editor || is_awk || is_opened || is_blamed
}

/// The lines that `head -42 | tail -1` and `tail -n +42` show.
fn in_pipe((before, after): (&str, &str), number: usize) -> Option<RangeInclusive<usize>> {
    let takes = |name: &str, sign: &str| {
        let options = ["-n ", "-n", "-", "--lines=", ""];
        options.iter().any(|option| before.ends_with(&format!("{name} {option}{sign}")))
    };
    let count = |rest: &str| {
        let rest = rest.trim_start_matches([' ', '-', 'n', '+', '=']);
        self::number(rest).map(|(count, _)| count)
    };
    if takes("tail", "+") {
        let shown = after.split_once("head ").and_then(|(_, rest)| count(rest)).unwrap_or(1);
        return Some(number..=number.saturating_add(shown.saturating_sub(1)));
    }
    let (_, tail) = after.split_once("| tail").filter(|_| takes("head", ""))?;
    let shown = count(tail).unwrap_or(10).max(1);
    Some((number + 1).saturating_sub(shown)..=number)
}

/// The lines that an index into all lines takes, which counts from 0, and that `linecache` gets, which counts from 1.
fn in_code((before, after): (&str, &str), number: usize) -> Option<RangeInclusive<usize>> {
    if before.ends_with("lines()[") || before.ends_with(".split('\\n')[") {
        let end = after.strip_prefix(':').and_then(self::number).map(|(end, _)| end);
        return Some(number + 1..=end.unwrap_or(number + 1).max(number + 1));
    }
    (before.contains("getline(") && after.starts_with(')')).then_some(number..=number)
}

/// The end of a range, as it stands behind its beginning.
fn range_end(start: usize, after: &str) -> Option<usize> {
    let rest = [",", "-", "–", " to ", " through ", " and ", " && NR<=", " && NR <= ", "&&NR<="]
        .iter()
        .find_map(|between| after.strip_prefix(between))?;
    match rest.strip_prefix('+') {
        Some(more) => number(more).map(|(more, _)| start.saturating_add(more)),
        None => number(rest).map(|(end, _)| end),
    }
}

fn number(text: &str) -> Option<(usize, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}
