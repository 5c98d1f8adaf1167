//! Numbers that a turn has from a patch, however they are written: `4096`, `4,096`, `4_096`, `0x1000`, `4.096e3`.
//!
//! Invariant: equal numbers are equal texts, those of their decimal digits.

use super::line_numbers;
use super::turn_text::Text;

/// Digits of a number that is telling.
const TELLING_DIGITS: usize = 3;
/// Numbers of any program: ports and statuses of HTTP.
const KNOWN: [&str; 14] = [
    "8080", "8443", "201", "204", "301", "302", "304", "401", "403", "404", "422", "429", "502",
    "503",
];
/// What stands before a number of lines to show.
const LIMITS: [&str; 9] = ["head -", "tail -", "-n ", "-n", "-A ", "-B ", "-C ", "-c ", "timeout "];
/// Characters of a unit or a type behind a number, such as `ms` or `usize`.
const LONGEST_UNIT: usize = 5;
/// Powers of two up to this are sizes wherever they stand.
const SMALL_POWER: u64 = 1024;
/// What a power of two is the size of, on its line.
#[rustfmt::skip]
const SIZES: [&str; 42] = [
    "alloc", "batch", "bits", "block", "bs", "buf", "byte", "cache", "capacity", "chunk", "context", "ctx", "depth", "dim", "frame", "height",
    "kb", "kib", "len", "limit", "max", "mem", "mib", "min", "page", "pool", "queue", "rand", "read", "recv", "sector", "send", "seq",
    "size", "sock", "stack", "stream", "token", "truncate", "width", "window", "write",
];

/// Where a turn has a number that the conversation has not shown.
pub(super) fn told(number: &str, turn: &Text, shown: &Text) -> Option<usize> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = number.trim_matches(['0', '.']);
    let is_version = matches!(whole, "2" | "3") && !fraction.is_empty();
    let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    let is_telling = match fraction.is_empty() {
        true => number.len() >= TELLING_DIGITS && digits.len() > 1,
        false => fraction.len() > 1 && digits.len() > 1 && !is_version,
    };
    let power = number.parse().ok().filter(|value| is_near_power(*value));
    let is_known = KNOWN.contains(&number) || power.is_some_and(|value| value <= SMALL_POWER);
    if !is_telling || is_year || is_known {
        return None;
    }
    let is_shown = numbers(&shown.text).any(|(_, shown)| shown == number);
    let mut places = numbers(&turn.text).filter(|(at, found)| {
        let before = &turn.text[..*at];
        let is_other_kind = LIMITS.iter().any(|limit| before.ends_with(limit))
            || line_numbers::is_line_number(&turn.text, *at)
            || power.is_some() && is_size(&turn.text, *at);
        found == number && !is_other_kind
    });
    places.next().map(|(at, _)| at).filter(|_| !is_shown)
}

/// Whether a number is a power of two, or the largest below one.
fn is_near_power(value: u64) -> bool {
    value.is_power_of_two() || value.checked_add(1).is_some_and(u64::is_power_of_two)
}

/// Whether the line of a place is about the size of something.
fn is_size(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let line = text[start..end].to_lowercase();
    let mut words = line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.any(|word| SIZES.iter().any(|size| word.starts_with(size) || word.ends_with(size)))
}

/// The numbers of a text with their places; versions with two dots are none.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = (usize, String)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut at = 0;
    let starts = text.char_indices().filter(move |(_, c)| c.is_ascii_digit());
    let found = starts.filter_map(move |(start, _)| {
        if start < at || text[..start].ends_with(is_part) {
            return None;
        }
        let rest = &text[start..];
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        at = start + end;
        let single = value(rest[..end].trim_end_matches('.')).map(|value| (start, value));
        let grouped = grouped(rest).map(|value| (start, value));
        Some([single, grouped])
    });
    found.flatten().flatten()
}

/// The digits of a number in groups of three, as in `4,096`; in code, these may also be two numbers.
fn grouped(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(text.len());
    let mut groups = text[..end].trim_end_matches(',').split(',');
    let first = groups.next()?;
    let groups: Vec<&str> = groups.collect();
    let is_grouped = (1..=3).contains(&first.len())
        && !groups.is_empty()
        && groups.iter().all(|group| group.len() == 3);
    is_grouped.then(|| format!("{first}{}", groups.concat()))
}

/// The decimal digits of a number; a unit or a type behind it is none of it.
fn value(token: &str) -> Option<String> {
    let plain = token.replace('_', "").to_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = plain.strip_prefix(prefix) {
            return u128::from_str_radix(digits, radix).ok().map(|value| value.to_string());
        }
    }
    if let Some((mantissa, exponent)) = plain.split_once('e') {
        let value: f64 = format!("{mantissa}e{exponent}").parse().ok()?;
        return (value.fract() == 0.0 && value.abs() < 1e15).then(|| format!("{value:.0}"));
    }
    let end = plain.find(|c: char| c.is_alphabetic()).unwrap_or(plain.len());
    let (number, unit) = plain.split_at(end);
    let is_unit = unit.len() <= LONGEST_UNIT;
    let is_number = is_unit
        && number.chars().all(|c| c.is_ascii_digit() || c == '.')
        && number.matches('.').count() < 2;
    is_number.then(|| match number.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => number.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_however_they_are_written() {
        for written in [
            "4096",
            "4,096",
            "4_096",
            "0x1000",
            "0X1000",
            "0b1000000000000",
            "4.096e3",
            "4096.0",
            "4096ms",
            "4096u32",
        ] {
            assert!(
                numbers(&format!("a {written} b"))
                    .any(|(at, value)| (at, value.as_str()) == (2, "4096")),
                "{written}"
            );
        }
        let found: Vec<String> =
            numbers("f(1, 2), 3.12.1, v4, 4,09").map(|(_, value)| value).collect();
        assert_eq!(found, ["1", "2", "4", "09"]);
    }
}
