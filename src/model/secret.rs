//! Keeps an API key out of everything that is printed.
//!
//! Invariant: neither `Debug` nor `Display` shows a secret, and a redacted text holds no copy of it.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::error::ModelError;

const REDACTED: &str = "[redacted]";
/// The longest file that is read for a key; a key is a small part of this.
const LONGEST_FILE: u64 = 64 << 10;
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
    pub fn from_env(name: &str) -> Result<Self, ModelError> {
        let origin = format!("the environment variable {name}");
        match std::env::var(name) {
            Ok(text) if !text.trim().is_empty() => Ok(Self::from(&text, origin)),
            Ok(_) => Err(ModelError::Config(format!("{origin} is blank"))),
            Err(std::env::VarError::NotPresent) => {
                Err(ModelError::Config(format!("{origin} is not set")))
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(ModelError::Config(format!("{origin} is not UTF-8")))
            }
        }
    }

    /// Reads a secret from a file's first line; fails if it cannot be read, or if that line is blank or not UTF-8.
    pub fn from_file(path: &Path) -> Result<Self, ModelError> {
        let origin = format!("the key file {}", path.display());
        let problem = |what: &str| ModelError::Config(format!("{origin} {what}"));
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
    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    /// Says where the secret came from.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Takes every copy of the secret out of a text: as it is, escaped as in a URL or in JSON, or broken by blanks.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let (mut kept, mut at) = (0, 0);
        while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
            let Some(len) = copy_len(self.text.as_bytes(), rest) else {
                at += 1;
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
}

/// Measures the copy of a secret that a text begins with; an empty secret has none.
fn copy_len(secret: &[u8], text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for byte in secret {
        loop {
            let rest = text.get(at..)?;
            if let Some(len) = byte_len(*byte, rest) {
                at += len;
                break;
            }
            // Line breaks within a copy do not hide it.
            let is_blank = at > 0 && rest.first().is_some_and(u8::is_ascii_whitespace);
            if !is_blank {
                return None;
            }
            at += 1;
        }
    }
    (at > 0).then_some(at)
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
    fn an_unset_variable_is_named_in_the_error() {
        let error = Secret::from_env("NO_SUCH_VARIABLE_OF_A_MODEL").unwrap_err();
        assert!(error.to_string().contains("NO_SUCH_VARIABLE_OF_A_MODEL"));
        assert!(!error.is_transient());
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
