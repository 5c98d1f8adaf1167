//! Values that prose has outside of inline code.
//!
//! Invariant: the number of a line is not a value, and a value begins and ends where a word does.

use super::claim::{Stated, stated};
use super::lines::line_ranges;
use super::wording::has_mark;

/// The numbers, lists and exceptions of prose, except numbers of lines, each with its place.
pub fn bare_values(prose: &str) -> Vec<(usize, &str, Stated)> {
    let line_numbers = line_ranges(prose);
    let mut found: Vec<(usize, &str, Stated)> = Vec::new();
    let mut end = 0;
    let mut before = ' ';
    for (at, c) in prose.char_indices() {
        let is_start =
            !(before.is_alphanumeric() || before == '.' || before == '-' && c.is_ascii_digit());
        before = c;
        let in_line = line_numbers.iter().any(|range| range.contains(&at));
        if at < end || !is_start || in_line {
            continue;
        }
        let rest = &prose[at..];
        let is_marked = || has_mark(&prose[..at]);
        let text = match c {
            '0'..='9' | '-' | '[' | '{' => value_at_start(rest),
            '(' | '\'' | '"' if is_marked() => value_at_start(rest),
            'A'..='Z' => {
                let len =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let is_constant = ["None", "True", "False"].contains(&&rest[..len]);
                Some(&rest[..len])
                    .filter(|word| stated(word).is_some() && (!is_constant || is_marked()))
            }
            _ => None,
        };
        if let Some(text) = text
            && let Some(value) = stated(text)
        {
            end = at + text.len();
            found.push((at, text, value));
        }
    }
    found
}

/// The longest literal that a text begins with.
fn value_at_start(text: &str) -> Option<&str> {
    const LONGEST: usize = 200;
    let ends =
        text.char_indices().map(|(at, _)| at).chain([text.len()]).take_while(|&at| at <= LONGEST);
    let mut ends: Vec<usize> = ends.filter(|&at| at > 0).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let is_boundary = text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        let candidate = text[..end].trim_end();
        let candidate = candidate.strip_suffix(['.', ',']).unwrap_or(candidate);
        (is_boundary && !candidate.is_empty() && stated(candidate).is_some()).then_some(candidate)
    })
}

/// The value of a piece of prose that a word makes a result.
pub fn lone_result(prose: &str) -> Option<(&str, Stated)> {
    let found = bare_values(prose).into_iter().find(|(at, _, _)| has_mark(&prose[..*at]));
    found.map(|(_, text, stated)| (text, stated))
}
