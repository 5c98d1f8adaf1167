//! How samples are written: the seed, the languages, and the ids that both depend on.
//!
//! Invariant: an id names the thing, the kind and, if there are several, which one; no two samples have the same.

use super::code::Code;
use super::draft::Topic;
use super::wording::Voice;
use crate::sample::repository::TextLanguage;

/// How samples are written.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    pub seed: u64,
    pub languages: Vec<TextLanguage>,
}

impl Manner {
    /// The voice of a sample.
    pub fn voice(&self, code: &Code<'_>, kind: &str, topic: Topic, key: &str) -> Voice {
        Voice::of(self.seed, &id(code, kind, topic, key), &self.languages)
    }
}

/// The id of a sample.
pub(super) fn id(code: &Code<'_>, kind: &str, topic: Topic, key: &str) -> String {
    let mut id = code.index.file(topic.file).path.clone();
    if let Some(symbol) = topic.symbol {
        let symbol = code.index.symbol(symbol);
        id = format!("{id}:{}:{}", symbol.qualified_name, symbol.lines.start);
    }
    let key = if key.is_empty() { String::new() } else { format!("/{key}") };
    format!("{id}/{kind}{key}")
}
