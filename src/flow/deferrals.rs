//! Keeps what a run put off apart: by choice, or for trouble that may be worth stopping for.
//!
//! Invariant: only trouble stops a run; a budget, a batch or an estimate lets it go through its whole input.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Dropped;
use crate::error::Error;
use crate::report::stderr::tell;

/// Records in trouble that are told one by one; a server that is down puts off all of them for the same reason.
const TOLD: u64 = 5;
const MORE: u64 = TOLD + 1;

/// What a run put off, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deferrals {
    /// Why records were deferred by choice; the first one's reason.
    pub left: Option<String>,
    /// Records that were deferred for trouble.
    pub troubled: u64,
}

impl Deferrals {
    /// Counts a deferred record, and sets `stop` once more than `most` are in trouble: something is wrong that a rerun must
    /// wait for.
    pub fn add(&mut self, dropped: &Dropped<Error>, most: u64, stop: &AtomicBool) {
        if dropped.why.is_by_choice() {
            self.left.get_or_insert_with(|| dropped.why.to_string());
        } else {
            self.troubled += 1;
            match self.troubled {
                ..=TOLD => tell!("tgsand: {} deferred: {}", dropped.lineage, dropped.why),
                MORE => tell!("tgsand: further deferred records are counted, not listed"),
                _ => {}
            }
        }
        if self.troubled > most {
            stop.store(true, Ordering::Relaxed);
        }
    }
}
