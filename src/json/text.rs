//! Texts that may hold lone surrogates, as Python's may.
//!
//! Invariant: a lone surrogate is never taken for another character.

use std::fmt;

/// A text of JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Text {
    /// U+FFFD stands in place of each lone surrogate.
    text: String,
    /// The lone surrogates and where in the text they belong.
    lone: Vec<(usize, u16)>,
}

impl Text {
    /// The text, if it is Unicode.
    pub fn as_str(&self) -> Option<&str> {
        self.lone.is_empty().then_some(self.text.as_str())
    }

    /// The text, or itself if it is not Unicode.
    pub fn into_string(self) -> Result<String, Self> {
        if self.lone.is_empty() { Ok(self.text) } else { Err(self) }
    }

    /// The text with U+FFFD in place of each lone surrogate.
    pub fn lossy(&self) -> &str {
        &self.text
    }

    /// The text with an escape of JSON in place of each lone surrogate: the same text to whoever reads it as JSON.
    pub fn with_escapes(&self) -> String {
        let written = |point| match char::from_u32(point) {
            Some(c) => c.to_string(),
            None => format!("\\u{point:04x}"),
        };
        self.code_points().map(written).collect()
    }

    /// The code points, the lone surrogates among them.
    pub fn code_points(&self) -> impl Iterator<Item = u32> {
        let mut lone = self.lone.iter().peekable();
        self.text.char_indices().map(move |(at, c)| {
            lone.next_if(|(place, _)| *place == at).map_or(c.into(), |(_, unit)| (*unit).into())
        })
    }

    pub(super) fn push(&mut self, c: char) {
        self.text.push(c);
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn push_lone(&mut self, unit: u16) {
        self.lone.push((self.text.len(), unit));
        self.text.push(char::REPLACEMENT_CHARACTER);
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, lone: Vec::new() }
    }
}

/// Writes the text in quotes.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut from = 0;
        f.write_str("\"")?;
        let ends = self.lone.iter().map(|(at, unit)| (*at, Some(*unit)));
        for (at, unit) in ends.chain([(self.text.len(), None)]) {
            let piece = quoted(self.text.get(from..at).unwrap_or_default());
            f.write_str(&piece[1..piece.len() - 1])?;
            if let Some(unit) = unit {
                write!(f, "\\u{unit:04x}")?;
            }
            from = at + char::REPLACEMENT_CHARACTER.len_utf8();
        }
        f.write_str("\"")
    }
}
