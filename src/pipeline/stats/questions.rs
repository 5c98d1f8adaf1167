//! Figures about questions with answers.
//!
//! Invariant: kinds stand under the names that rows have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::spread::Spread;
use crate::sample::Qa;

/// Words that tell one wording of a question from another.
const OPENING: usize = 4;

/// Figures of qa samples.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Questions {
    pub samples: u64,
    pub kinds: BTreeMap<&'static str, u64>,
    /// Designs that stand beside them.
    pub designs: u64,
    /// Characters of each answer.
    pub answer_lengths: Spread,
    /// Steps of each trace.
    pub trace_lengths: Spread,
    #[serde(skip)]
    openings: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Questions {
    /// Counts a sample.
    pub fn add(&mut self, sample: &Qa) {
        self.samples += 1;
        let kind = sample.kind.name();
        *self.kinds.entry(kind).or_default() += 1;
        self.answer_lengths.add(sample.answer.chars().count());
        self.trace_lengths.add(sample.trace.len());
        let words = sample.question.split_whitespace().take(OPENING);
        let opening = words.collect::<Vec<_>>().join(" ").replace(&sample.function_name, "…");
        self.openings.entry(kind).or_default().insert(opening);
    }

    /// How many different openings the questions of a kind have.
    pub fn openings(&self, kind: &str) -> usize {
        self.openings.get(kind).map_or(0, BTreeSet::len)
    }
}
