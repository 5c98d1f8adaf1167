//! Lines of JSON that show their own damage: the last field of each is a checksum over everything before it.
//!
//! Invariant: a line that has changed in any bit, or that belongs to another file, does not pass.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::error::{Error, Result};

/// The name of the field.
pub const NAME: &str = "check";
/// The field before its digits.
const FIELD: &[u8] = b",\"check\":\"";
/// A line ends so after the digits.
const END: &[u8] = b"\"}";
/// Hexadecimal digits of a checksum.
const DIGITS: usize = 16;

/// Adds the checksum to an object on one line; `place` names what the line belongs to.
pub fn seal(place: &str, object: &str) -> String {
    let rest = object.strip_suffix('}').unwrap_or(object);
    let check = checksum(place, rest.as_bytes());
    format!("{rest}{}{check}{}", text(FIELD), text(END))
}

/// Whether a line is as it was sealed for this place, with or without its newline.
pub fn is_whole(place: &str, line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(END)
        .and_then(|line| line.split_last_chunk::<DIGITS>())
        .and_then(|(line, digits)| Some((line.strip_suffix(FIELD)?, digits)))
        .is_some_and(|(rest, digits)| checksum(place, rest).as_bytes() == digits)
}

/// The lines of a file with their newlines; a torn last line, which a killed process leaves, is not one.
pub fn whole_lines(path: &Path) -> Result<impl Iterator<Item = Result<Vec<u8>>>> {
    let mut reader = BufReader::new(File::open(path).map_err(Error::io(path))?);
    Ok(std::iter::from_fn(move || {
        let mut line = Vec::new();
        match reader.read_until(b'\n', &mut line).map_err(Error::io(path)) {
            Ok(_) => line.ends_with(b"\n").then_some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    }))
}

fn checksum(place: &str, rest: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    // The length keeps the place from running into the line.
    hasher.update(&(place.len() as u64).to_le_bytes()).update(place.as_bytes()).update(rest);
    hasher.finalize().to_hex().chars().take(DIGITS).collect()
}

fn text(part: &'static [u8]) -> &'static str {
    std::str::from_utf8(part).expect("the parts of a line are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_line_is_json_with_its_checksum_last() {
        let line = seal("stage", r#"{"key":1}"#);
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&json["key"], json["check"].as_str().unwrap().len()), (&1.into(), DIGITS));
        assert!(is_whole("stage", line.as_bytes()));
    }

    #[test]
    fn a_line_with_any_bit_changed_or_cut_anywhere_or_of_another_place_is_not_whole() {
        let line = seal("stage", r#"{"key":"ä"}"#).into_bytes();
        for bit in 0..line.len() * 8 {
            let mut damaged = line.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_whole("stage", &damaged), "{bit}");
        }
        for len in 0..line.len() {
            assert!(!is_whole("stage", &line[..len]), "{len}");
        }
        assert!(!is_whole("stag", &line) && !is_whole("", &line));
    }
}
