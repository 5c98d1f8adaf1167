//! Counts what a model was asked for.
//!
//! Invariant: a counter only grows, and tokens are counted once per completion that arrived.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::reply::Usage;

/// What a model has been asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Completions that were asked for, whatever came of them.
    pub requests: u64,
    /// Attempts beyond the first of each request.
    pub retries: u64,
    /// Tokens of the prompts, as the server counts them.
    pub prompt_tokens: u64,
    /// Tokens of the completions with their reasoning, as the server counts them.
    pub completion_tokens: u64,
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
}

impl Counters {
    pub(super) fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_usage(&self, usage: Usage) {
        self.prompt_tokens.fetch_add(usage.prompt_tokens, Ordering::Relaxed);
        self.completion_tokens.fetch_add(usage.completion_tokens, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            prompt_tokens: self.prompt_tokens.load(Ordering::Relaxed),
            completion_tokens: self.completion_tokens.load(Ordering::Relaxed),
        }
    }
}
