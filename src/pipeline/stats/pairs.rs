//! Figures about pairs of a program and a faulty variant.
//!
//! Invariant: operators stand under the names that rows have.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::sample::MutantPair;
use crate::sandbox::End;

/// Figures of duel samples.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pairs {
    pub pairs: u64,
    /// By the edit that makes the variant.
    pub operators: BTreeMap<String, u64>,
    /// Pairs that an exception of the variant tells apart, instead of another value.
    pub told_by_an_exception: u64,
    /// Pairs whose rejected program is longer than the chosen one, and those in which it is shorter.
    pub longer: u64,
    pub shorter: u64,
}

impl Pairs {
    /// Counts a pair.
    pub fn add(&mut self, pair: &MutantPair) {
        self.pairs += 1;
        *self.operators.entry(pair.mutation.operator.clone()).or_default() += 1;
        let returns = |end: &End| matches!(end, End::Returned { .. });
        let (expected, got) = (&pair.evidence.expected.end, &pair.evidence.got.end);
        self.told_by_an_exception += u64::from(returns(expected) && !returns(got));
        self.longer += u64::from(pair.rejected.len() > pair.chosen.len());
        self.shorter += u64::from(pair.rejected.len() < pair.chosen.len());
    }
}
