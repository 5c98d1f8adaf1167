//! Which literals, names and attributes occur in a file: membership only.
//!
//! Invariant: a value that occurs is always found; one that does not is found with a probability of 2^-40 or less.

use std::hash::{DefaultHasher, Hash, Hasher};

/// What kind of thing a text names; equal texts of two kinds are different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mention {
    /// The value of a string literal, f-string parts included.
    Text,
    /// A number, by its value: `0x10` is `16`, `1.50` is `1.5`.
    Number,
    /// A name or an attribute.
    Name,
}

/// The mentions of a file, each as eight bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Literals {
    hashes: Vec<u64>,
}

impl Literals {
    /// Adds a mention; `seal` makes it findable.
    pub(super) fn add(&mut self, mention: Mention, text: &str) {
        self.hashes.push(hash(mention, text));
    }

    /// Sorts the mentions, so that they can be found.
    pub(super) fn seal(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.hashes.shrink_to_fit();
    }

    /// Whether the mention occurs.
    pub fn contains(&self, mention: Mention, text: &str) -> bool {
        self.hashes.binary_search(&hash(mention, text)).is_ok()
    }
}

fn hash(mention: Mention, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (mention, text).hash(&mut hasher);
    hasher.finish()
}
