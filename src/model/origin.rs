//! Counts the replies from the cache and the systems that gave them.
//!
//! Invariant: the age of a cached reply counts from when it was given, not from when it was used.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::key::Key;
use super::reply::Completion;

/// At most this many systems are listed: a server with more gives each reply a name of its own.
const MOST_SYSTEMS: usize = 16;

/// Replies that were taken from the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CachedReplies {
    pub cached: u64,
    /// Those from another server or checkpoint.
    #[serde(skip_serializing_if = "is_zero")]
    pub reused: u64,
    /// When the oldest was given, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<u64>,
    /// When the newest was given, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<u64>,
}

/// Where replies came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    pub replies: CachedReplies,
    /// The `system_fingerprint`s.
    pub systems: BTreeSet<String>,
}

/// The fields of `run.json`; none if all replies are fresh and from one system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OriginReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<CacheReport>,
    /// More than one, or none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub system_fingerprints: BTreeSet<String>,
}

/// The replies from the cache, and the identity of the run's model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CacheReport {
    #[serde(flatten)]
    pub cached: CachedReplies,
    pub identity: Option<Identity>,
}

/// What a run has seen so far.
#[derive(Default)]
pub(super) struct Seen {
    pub origins: Origins,
    /// Questions that another identity of the same name has answered.
    pub unused: HashSet<Key>,
}

impl CachedReplies {
    /// Counts a reply that was given at this time, in Unix seconds.
    pub(super) fn add(&mut self, since: u64, is_reused: bool) {
        *self = self.plus(Self {
            cached: 1,
            reused: u64::from(is_reused),
            oldest: Some(since),
            newest: Some(since),
        });
    }

    fn plus(self, other: Self) -> Self {
        let of_both = |one: Option<u64>, other: Option<u64>, choose: fn(u64, u64) -> u64| match (
            one, other,
        ) {
            (Some(one), Some(other)) => Some(choose(one, other)),
            (one, other) => one.or(other),
        };
        Self {
            cached: self.cached.saturating_add(other.cached),
            reused: self.reused.saturating_add(other.reused),
            oldest: of_both(self.oldest, other.oldest, u64::min),
            newest: of_both(self.newest, other.newest, u64::max),
        }
    }
}

impl Origins {
    /// Notes the system that gave a completion.
    pub(super) fn add_system(&mut self, completion: &Completion) {
        if let Some(system) = &completion.system_fingerprint
            && self.systems.len() < MOST_SYSTEMS
        {
            self.systems.insert(system.clone());
        }
    }

    /// Adds those of an earlier run.
    pub(super) fn add(&mut self, other: &Self) {
        self.replies = self.replies.plus(other.replies);
        let room = MOST_SYSTEMS.saturating_sub(self.systems.len());
        self.systems.extend(other.systems.iter().take(room).cloned());
    }
}

impl OriginReport {
    pub(super) fn new(origins: Origins, identity: Option<&Identity>) -> Self {
        let Origins { replies: cached, systems } = origins;
        Self {
            replies: (cached.cached > 0)
                .then(|| CacheReport { cached, identity: identity.cloned() }),
            system_fingerprints: if systems.len() > 1 { systems } else { BTreeSet::new() },
        }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
