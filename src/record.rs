//! What flows through a pipeline: an id, a body, and where it came from.
//!
//! Invariant: an id is unique in a run and stays with everything that is made from the record.

use serde::{Deserialize, Serialize};

/// One item of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    pub id: String,
    pub lineage: Lineage,
    pub body: T,
}

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lineage {
    /// The file as it was named, or `-` for stdin.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u64,
}

impl std::fmt::Display for Lineage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Names a content: 16 hexadecimal digits of its BLAKE3 hash.
pub fn digest(content: &[u8]) -> String {
    blake3::hash(content).to_hex().chars().take(16).collect()
}

impl<T> Record<T> {
    /// The record with another body.
    pub fn with_body<U>(&self, body: U) -> Record<U> {
        Record { id: self.id.clone(), lineage: self.lineage.clone(), body }
    }
}
