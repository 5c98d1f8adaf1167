//! Counts the fates of a run, and shows them as the table that ends it.
//!
//! Invariant: in = accepted + rejected + deferred.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::error::Exit;
use crate::outcome::Reason;
use crate::report;

/// What a run calls its records and their fates.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub things: &'static str,
    pub accepted: &'static str,
    pub rejected: &'static str,
}

impl Words {
    /// Records of this kind are accepted or rejected.
    pub const fn of(things: &'static str) -> Self {
        Self { things, accepted: "accepted", rejected: "rejected" }
    }
}

/// How many records met which fate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub accepted: u64,
    pub rejected: BTreeMap<Reason, u64>,
    pub deferred: u64,
}

impl Tally {
    /// All records that came in.
    pub fn total(&self) -> u64 {
        self.accepted + self.rejected_total() + self.deferred
    }

    /// All rejected records.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Counts a rejected record.
    pub fn reject(&mut self, reason: Reason) {
        *self.rejected.entry(reason).or_default() += 1;
    }

    /// The accepted share of all records that were looked at, or `None` if there were none.
    pub fn yield_ratio(&self) -> Option<f64> {
        let not_looked_at = self.rejected.get(&Reason::NotLookedAt).copied().unwrap_or_default();
        let looked_at = self.total() - not_looked_at;
        (looked_at > 0).then(|| self.accepted as f64 / looked_at as f64)
    }

    /// How a process ends that has counted this: records left for a rerun, then a yield below the gate, come before success.
    pub fn exit(&self, min_yield: Option<f64>) -> Exit {
        if self.deferred > 0 {
            return Exit::Incomplete;
        }
        let is_below = |least| self.yield_ratio().is_none_or(|accepted| accepted < least);
        if min_yield.is_some_and(is_below) { Exit::BelowGate } else { Exit::Done }
    }

    /// Says that the yield is below the gate, if the process ends because of it.
    pub fn below_gate(&self, min_yield: Option<f64>) -> Option<String> {
        let least = min_yield.filter(|_| self.exit(min_yield) == Exit::BelowGate)?;
        let ratio = self.yield_ratio().unwrap_or_default();
        Some(format!(
            "{} accepted of those looked at, {:.1} %: less than --min-yield {least}",
            self.accepted,
            100.0 * ratio
        ))
    }

    /// What became of the records, as the rows of a table.
    pub fn rows(&self, words: Words) -> Vec<(String, String)> {
        let row = |name: &str, count: u64| (name.to_owned(), count.to_string());
        let mut rows = vec![
            row("in", self.total()),
            row(words.accepted, self.accepted),
            row(words.rejected, self.rejected_total()),
        ];
        let reasons = self.rejected.iter();
        rows.extend(reasons.map(|(reason, &count)| row(&format!("  {}", reason.name()), count)));
        rows.push(row("deferred", self.deferred));
        rows
    }

    /// Draws the table that ends a run; `extra` rows are below the fates.
    pub fn table(&self, words: Words, elapsed: Duration, extra: &[(String, String)]) -> String {
        let rate = self.total() as f64 / elapsed.as_secs_f64().max(1e-3);
        let time = format!("{:.1} s, {rate:.1} {}/s", elapsed.as_secs_f64(), words.things);
        let mut rows = self.rows(words);
        rows.push(("time".to_owned(), time));
        rows.extend_from_slice(extra);
        report::table(None, rows.into_iter().map(<[String; 2]>::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_came_in_is_counted_once() {
        let mut tally = Tally { accepted: 2, deferred: 1, ..Tally::default() };
        tally.reject(Reason::Duplicate);
        assert_eq!(tally.total(), 4);
        assert_eq!(tally.yield_ratio(), Some(0.5));
        assert_eq!(Tally::default().yield_ratio(), None);
    }
}
