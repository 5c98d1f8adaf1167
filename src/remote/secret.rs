//! Keeps an API key out of everything that is printed.
//!
//! Invariant: neither `Debug` nor `Display` shows a secret, and a redacted text holds no copy of it or of a long part of it.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::failure::Unusable;

const REDACTED: &str = "[redacted]";
/// The longest file that is read for a key; a key is a small part of this.
const LONGEST_FILE: u64 = 64 << 10;
/// A part of a secret that has so many characters is redacted, too: servers show some of a key to say which one they mean.
const LONG_PART: usize = 12;
/// How many times over a copy may be escaped and still be found.
const MOST_ESCAPES: usize = 4;

/// A text that is never printed.
#[derive(Clone)]
pub struct Secret {
    text: String,
    /// Where it came from, in words.
    origin: String,
}

impl Secret {
    /// Takes a secret, less the blanks and line ends around it.
    pub fn new(text: &str) -> Self {
        Self::from(text, "as given".into())
    }

    /// Reads a secret from an environment variable; fails if it is unset, blank or not UTF-8.
    pub fn from_env(name: &str) -> Result<Self, Unusable> {
        let origin = format!("the environment variable {name}");
        match std::env::var(name) {
            Err(std::env::VarError::NotPresent) if !is_like_a_variable(name) => Err(Unusable(
                "the environment variable that is to hold the key is not set; its name does not look like one and is not shown: give the name of a variable, not the key itself"
                    .into(),
            )),
            Ok(text) if !text.trim().is_empty() => Ok(Self::from(&text, origin)),
            Ok(_) => Err(Unusable(format!("{origin} is blank"))),
            Err(std::env::VarError::NotPresent) => Err(Unusable(format!("{origin} is not set"))),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Unusable(format!("{origin} is not UTF-8")))
            }
        }
    }

    /// Reads a secret from a file's first line; fails if it cannot be read, or if that line is blank or not UTF-8.
    pub fn from_file(path: &Path) -> Result<Self, Unusable> {
        let origin = format!("the key file {}", path.display());
        let problem = |what: &str| Unusable(format!("{origin} {what}"));
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes))
            .map_err(|error| problem(&format!("cannot be read: {error}")))?;
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        // The error of the conversion would quote the bytes.
        let text = std::str::from_utf8(line).map_err(|_| problem("is not UTF-8"))?;
        if text.trim().is_empty() {
            return Err(problem("has a blank first line"));
        }
        Ok(Self::from(text, origin))
    }

    fn from(text: &str, origin: String) -> Self {
        Self { text: text.trim().to_owned(), origin }
    }

    /// Gives the text itself.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether a text is the secret; how long it takes says nothing about where the two differ.
    pub fn is(&self, text: &[u8]) -> bool {
        // Digests are compared in constant time.
        blake3::hash(text) == blake3::hash(self.text.as_bytes())
    }

    /// Says where the secret came from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Takes every copy of the secret, and of a long part of it, out of a text: as it is, escaped as in a URL or in JSON, or
    /// broken by blanks.
    pub fn redact(&self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let (mut kept, mut at) = (0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let copied = self.copy_len(rest.as_bytes()).filter(|len| rest.is_char_boundary(*len));
            let Some(len) = copied else {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            redacted.push_str(text.get(kept..at).unwrap_or_default());
            redacted.push_str(REDACTED);
            at += len;
            kept = at;
        }
        redacted.push_str(text.get(kept..).unwrap_or_default());
        redacted
    }

    /// Measures the longest copy of the secret, or of a long part of it, that a text begins with; an empty secret has none.
    fn copy_len(&self, text: &[u8]) -> Option<usize> {
        let secret = self.text.as_bytes();
        let least = secret.len().clamp(1, LONG_PART);
        secret
            .windows(least)
            .enumerate()
            .filter(|(_, part)| part_len(part, text).0 == least)
            .map(|(from, _)| part_len(secret.get(from..).unwrap_or_default(), text).1)
            .max()
    }
}

/// Whether a text looks like the name of a variable, rather than a key in its place.
fn is_like_a_variable(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Measures how much of a part of a secret a text begins with: in bytes of the part, and in bytes of the text.
fn part_len(part: &[u8], text: &[u8]) -> (usize, usize) {
    let mut len = 0;
    for (count, byte) in part.iter().enumerate() {
        // Line breaks within a copy do not hide it.
        let rest = text.get(len..).unwrap_or_default();
        let blanks = match count {
            0 => 0,
            _ if byte_len(*byte, rest).is_some() => 0,
            _ => rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count(),
        };
        let Some(next) = byte_len(*byte, rest.get(blanks..).unwrap_or_default()) else {
            return (count, len);
        };
        len += blanks + next;
    }
    (part.len(), len)
}

/// Measures how a text that begins with this byte writes it.
fn byte_len(byte: u8, text: &[u8]) -> Option<usize> {
    let escaped = match text.first()? {
        b'%' => percent_len(byte, text),
        b'\\' => backslash_len(byte, text),
        _ => None,
    };
    escaped.or_else(|| text.starts_with(&[byte]).then_some(1))
}

/// The length of a byte as `%XX` (RFC 3986, section 2.1), its `%` itself escaped any few times.
fn percent_len(byte: u8, text: &[u8]) -> Option<usize> {
    let mut at = 1;
    for _ in 0..MOST_ESCAPES {
        let digits = text.get(at..at + 2)?;
        at += 2;
        if hex(digits) == Some(u32::from(byte)) {
            return Some(at);
        }
        if digits != b"25" {
            return None;
        }
    }
    None
}

/// The length of a byte as an escape of a JSON string (RFC 8259, section 7), itself escaped any few times.
fn backslash_len(byte: u8, text: &[u8]) -> Option<usize> {
    // Each time doubles the backslashes and adds one.
    let marks = text.iter().take(1 << MOST_ESCAPES).take_while(|mark| **mark == b'\\').count();
    match text.get(marks)? {
        b'u' => (hex(text.get(marks + 1..marks + 5)?)? == u32::from(byte)).then_some(marks + 5),
        other => (*other == byte && matches!(byte, b'/' | b'"')).then_some(marks + 1),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_in_neither_debug_nor_display() {
        let secret = Secret::new("sk-1234\n");
        assert_eq!(
            format!("{secret} {secret:?} {:?}", Some(&secret)),
            "[redacted] [redacted] Some([redacted])"
        );
        assert_eq!(secret.expose(), "sk-1234");
    }

    #[test]
    fn an_empty_secret_redacts_nothing() {
        assert_eq!(Secret::new(" ").redact("text"), "text");
    }

    #[test]
    fn a_secret_is_redacted_in_a_url_too() {
        assert_eq!(
            Secret::new("a+b/c=").redact("?key=a%2Bb%2Fc%3D&k=a+b/c="),
            "?key=[redacted]&k=[redacted]"
        );
    }

    #[test]
    fn the_case_and_the_depth_of_escapes_hide_no_secret() {
        let secret = Secret::new("sk/a+\"b");
        for copy in [
            r#"sk%2fa%2b%22b"#,
            r#"sk%2Fa+%22b"#,
            r#"%73k/a%2B%22b"#,
            r#"sk%252fa%25252b"b"#,
            r#"sk\/a+\"b"#,
            r#"\u0073k\/a\u002B\u0022b"#,
            r#"\\u0073k\\\/a+\\\"b"#,
            "sk/\r\n  a+\"b",
        ] {
            assert_eq!(
                secret.redact(&format!("é{copy}é{copy}")),
                "é[redacted]é[redacted]",
                "{copy}"
            );
        }
        for other in ["sk/a", "sk%2", "sk\\", "sk\\u00", "SK/a+\"b", "sk%2ga+\"b", "k/a+\"b"] {
            assert_eq!(secret.redact(other), other);
        }
    }

    #[test]
    fn a_long_part_of_a_secret_is_redacted_and_a_short_one_is_not() {
        let secret = Secret::new("sk-plainSECRETkey0123456789abcdef");
        for (text, expected) in [
            (
                "Incorrect API key provided: sk-plainSECRETkey0123456789******",
                "Incorrect API key provided: [redacted]******",
            ),
            ("***0123456789abcdef.", "***[redacted]."),
            ("***SECRETkey0123***", "***[redacted]***"),
            ("SECRETkey01\n23 and 456", "[redacted] and 456"),
            ("%53ECRETkey012", "[redacted]"),
            ("sk-plainSECRETkey0123456789abcdef456789abcdef", "[redacted][redacted]"),
            ("sk-plainSEC 89abcdef", "sk-plainSEC 89abcdef"),
            ("SECRETkey01é", "SECRETkey01é"),
        ] {
            assert_eq!(secret.redact(text), expected);
        }
        assert_eq!(Secret::new("short-key").redact("short-ke short-key"), "short-ke [redacted]");
    }

    #[test]
    fn an_unset_variable_is_named_in_the_error() {
        let error = Secret::from_env("NO_SUCH_VARIABLE_OF_A_MODEL").unwrap_err();
        assert!(error.to_string().contains("NO_SUCH_VARIABLE_OF_A_MODEL"));
    }

    #[test]
    fn a_key_in_place_of_a_variables_name_is_not_repeated() {
        for name in ["SEKRET-abc", "sekret", "0SEKRET", "é"] {
            let error = Secret::from_env(name).unwrap_err().to_string();
            assert!(error.contains("not the key itself") && !error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_set_variable_is_read() {
        let secret = Secret::from_env("PATH").unwrap();
        assert_eq!(secret.expose(), std::env::var("PATH").unwrap().trim());
        assert_eq!(secret.origin(), "the environment variable PATH");
    }

    #[test]
    fn the_first_line_of_a_file_is_the_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " sk-1234 \r\nnot this\n").unwrap();
        assert_eq!(Secret::from_file(file.path()).unwrap().expose(), "sk-1234");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let told = |path: &Path| Secret::from_file(path).unwrap_err().to_string();
        assert!(told(&path).contains(&format!("the key file {} cannot be read", path.display())));
        assert!(told(folder.path()).contains("cannot be read"));
        std::fs::write(&path, "\nsk-1234\n").unwrap();
        assert!(told(&path).ends_with("has a blank first line"));
        std::fs::write(&path, b"sk-1234\xff\n").unwrap();
        assert!(told(&path).ends_with("is not UTF-8"));
    }
}
