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
    /// A number that puts things in an order that only the seed decides.
    pub fn draw(&self, code: &Code<'_>, topic: Topic) -> [u8; 32] {
        *blake3::hash(format!("draw|{}|{}", self.seed, subject(code, topic)).as_bytes()).as_bytes()
    }

    /// The voice of a sample; all samples about one thing are in one language, so that they make a conversation.
    pub fn voice(&self, code: &Code<'_>, kind: &str, topic: Topic, key: &str) -> Voice {
        let lang = Voice::of(self.seed, &subject(code, topic), &self.languages).lang;
        Voice::of(self.seed, &id(code, kind, topic, key), &[lang])
    }
}

/// The id of a sample.
pub(super) fn id(code: &Code<'_>, kind: &str, topic: Topic, key: &str) -> String {
    let key = if key.is_empty() { String::new() } else { format!("/{key}") };
    format!("{}/{kind}{key}", subject(code, topic))
}

/// What a sample is about, in its id.
fn subject(code: &Code<'_>, topic: Topic) -> String {
    let path = &code.index.file(topic.file).path;
    match topic.symbol.map(|symbol| code.index.symbol(symbol)) {
        Some(symbol) => format!("{path}:{}:{}", symbol.qualified_name, symbol.lines.start),
        None => path.clone(),
    }
}
