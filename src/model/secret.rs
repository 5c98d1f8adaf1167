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

/// A text that is never printed.
#[derive(Clone)]
pub struct Secret {
    text: String,
    /// The text as it stands in a URL.
    in_url: String,
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
            Err(std::env::VarError::NotPresent) => Err(ModelError::Config(format!("{origin} is not set"))),
            Err(std::env::VarError::NotUnicode(_)) => Err(ModelError::Config(format!("{origin} is not UTF-8"))),
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
        let text = text.trim().to_owned();
        Self { in_url: percent_encoded(&text), text, origin }
    }

    /// Gives the text itself.
    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    /// Says where the secret came from.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Takes every copy of the secret out of a text, as it is or as it stands in a URL.
    pub(super) fn redact(&self, text: &str) -> String {
        // An empty pattern would match between all characters.
        if self.text.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.text, REDACTED).replace(&self.in_url, REDACTED)
    }
}

/// Writes a text as a part of a URL: all but the unreserved characters of RFC 3986, section 2.3, as `%XX`.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
        encoded
    })
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
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "[redacted] [redacted] Some([redacted])");
        assert_eq!(secret.expose(), "sk-1234");
    }

    #[test]
    fn an_empty_secret_redacts_nothing() {
        assert_eq!(Secret::new(" ").redact("text"), "text");
    }

    #[test]
    fn a_secret_is_redacted_in_a_url_too() {
        assert_eq!(Secret::new("a+b/c=").redact("?key=a%2Bb%2Fc%3D&k=a+b/c="), "?key=[redacted]&k=[redacted]");
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
