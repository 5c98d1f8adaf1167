//! Keeps an API key out of everything that is printed.
//!
//! Invariant: neither `Debug` nor `Display` shows a secret, and a redacted text holds no copy of it.

use std::fmt;

use super::error::ModelError;

const REDACTED: &str = "[redacted]";

/// A text that is never printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret, less the blanks and line ends around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Reads a secret from an environment variable; fails if it is unset, blank or not UTF-8.
    pub fn from_env(name: &str) -> Result<Self, ModelError> {
        match std::env::var(name) {
            Ok(text) if !text.trim().is_empty() => Ok(Self::new(&text)),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(ModelError::Config(format!("the environment variable {name} is not UTF-8")))
            }
            _ => Err(ModelError::Config(format!("the environment variable {name} is not set"))),
        }
    }

    /// Gives the text itself.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Takes every copy of the secret out of a text.
    pub(super) fn redact(&self, text: &str) -> String {
        // An empty pattern would match between all characters.
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, REDACTED) }
    }
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
    fn an_unset_variable_is_named_in_the_error() {
        let error = Secret::from_env("NO_SUCH_VARIABLE_OF_A_MODEL").unwrap_err();
        assert!(error.to_string().contains("NO_SUCH_VARIABLE_OF_A_MODEL"));
        assert!(!error.is_transient());
    }

    #[test]
    fn a_set_variable_is_read() {
        assert_eq!(Secret::from_env("PATH").unwrap().expose(), std::env::var("PATH").unwrap().trim());
    }
}
