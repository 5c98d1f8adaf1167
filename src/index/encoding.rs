//! The encoding that a Python file declares (PEP 263), and its text in it.
//!
//! Invariant: a file is read as CPython reads it, or not at all: an encoding that is not known here, or does not fit, is a reason.

/// The mark that UTF-8 may begin with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What Windows-1252 has from 0x80 to 0x9f; five bytes are nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];
/// Where Latin-9 differs from Latin-1.
const LATIN_9: [(u8, char); 8] = [
    (0xa4, '€'),
    (0xa6, 'Š'),
    (0xa8, 'š'),
    (0xb4, 'Ž'),
    (0xb8, 'ž'),
    (0xbc, 'Œ'),
    (0xbd, 'œ'),
    (0xbe, 'Ÿ'),
];

/// An encoding that sources are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Latin9,
    Windows1252,
}

/// The encoding of a file, by its mark and by a comment on one of its first two lines.
pub(super) fn of(bytes: &[u8]) -> Result<Encoding, String> {
    let (rest, has_mark) = match bytes.strip_prefix(MARK) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let Some(name) = declared(rest) else { return Ok(Encoding::Utf8) };
    let Some(encoding) = Encoding::named(&name) else {
        return Err(format!("it declares the encoding {name:?}, which is not read"));
    };
    if has_mark && encoding != Encoding::Utf8 {
        return Err(format!("it declares the encoding {name:?} and begins with the mark of UTF-8"));
    }
    Ok(encoding)
}

/// The name in the comment that declares an encoding; the second line counts if the first has no code.
fn declared(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r').trim_start_matches([' ', '\t', '\x0c']);
        let Some(comment) = line.strip_prefix('#') else {
            if line.is_empty() {
                continue;
            }
            return None;
        };
        let names = comment.match_indices("coding").filter_map(|(at, word)| {
            let rest = comment[at + word.len()..].strip_prefix([':', '='])?;
            let rest = rest.trim_start_matches([' ', '\t']);
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            (len > 0).then(|| rest[..len].to_owned())
        });
        if let Some(name) = names.into_iter().next() {
            return Some(name);
        }
    }
    None
}

impl Encoding {
    /// The encoding of a name, as CPython knows it.
    fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase().replace(['_', ' '], "-");
        Some(match name.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "utf-8-sig" | "cp65001" => Self::Utf8,
            "ascii" | "us-ascii" | "646" | "iso646-us" | "ansi-x3.4-1968" => Self::Ascii,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859"
            | "cp819" => Self::Latin1,
            "latin-9" | "latin9" | "l9" | "iso-8859-15" | "iso8859-15" => Self::Latin9,
            "cp1252" | "windows-1252" | "1252" => Self::Windows1252,
            // As CPython takes `utf-8-unix` of an editor.
            name if name.starts_with("utf-8-") => Self::Utf8,
            name if ["latin-1-", "iso-8859-1-", "iso-latin-1-"]
                .iter()
                .any(|it| name.starts_with(it)) =>
            {
                Self::Latin1
            }
            _ => return None,
        })
    }

    /// The text of bytes, or the first one that is none.
    pub(super) fn decode(self, bytes: Vec<u8>) -> Result<String, String> {
        let one = |byte: u8| match self {
            Self::Utf8 | Self::Latin1 => Some(char::from(byte)),
            Self::Ascii => byte.is_ascii().then_some(char::from(byte)),
            Self::Latin9 => {
                let other = LATIN_9.iter().find(|(at, _)| *at == byte);
                Some(other.map_or(char::from(byte), |(_, c)| *c))
            }
            Self::Windows1252 => match byte {
                0x80..=0x9f => Some(WINDOWS_1252[usize::from(byte - 0x80)]).filter(|c| *c != '\0'),
                _ => Some(char::from(byte)),
            },
        };
        if self == Self::Utf8 {
            return String::from_utf8(bytes).map_err(|error| format!("not UTF-8 text: {error}"));
        }
        let no_text =
            |byte: u8| format!("the byte 0x{byte:02x} is nothing in the encoding that it declares");
        bytes.iter().map(|&byte| one(byte).ok_or_else(|| no_text(byte))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        of(bytes)?.decode(bytes.to_vec())
    }

    #[test]
    fn declared_encodings_are_read_as_cpython_reads_them() {
        for (bytes, end) in [
            (&b"#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = '\xe9'\n"[..], "x = 'é'\n"),
            (b"# vim: set fileencoding=iso-8859-15 :\nx = '\xa4'\n", "x = '€'\n"),
            (b"# encoding is Coding: coding: cp1252\nx = '\x93'\n", "x = '“'\n"),
            (b"\n# coding=ISO_8859_1\nx = '\xe9'\n", "x = 'é'\n"),
            (b"# coding: utf-8-unix\nx = '\xc3\xa9'\n", "x = 'é'\n"),
            (b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n", "x = 'é'\n"),
        ] {
            let text = read(bytes).unwrap();
            assert!(text.ends_with(end), "{text:?}");
        }
    }

    #[test]
    fn what_cpython_would_not_read_is_told() {
        for (bytes, why) in [
            (&b"x = 1\n# coding: latin-1\ny = '\xe9'\n"[..], "not UTF-8 text"),
            (b"\n\n# coding: latin-1\ny = '\xe9'\n", "not UTF-8 text"),
            (b"# coding: ascii\nx = '\xe9'\n", "the byte 0xe9 is nothing"),
            (b"# coding: cp1252\nx = '\x81'\n", "the byte 0x81 is nothing"),
            (
                b"# coding: klingon\nx = 1\n",
                "it declares the encoding \"klingon\", which is not read",
            ),
            (
                b"\xef\xbb\xbf# coding: latin-1\n",
                "it declares the encoding \"latin-1\" and begins with the mark of UTF-8",
            ),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
