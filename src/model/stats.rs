//! Counts what a model was asked for.
//!
//! Invariant: a counter only grows, and tokens are counted once per reply that arrived.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::reply::Usage;
use crate::remote::Failure;

/// What a model has been asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Completions that were asked for, including failed ones.
    pub requests: u64,
    /// Requests that were sent over the wire.
    pub attempts: u64,
    /// Attempts that repeat one that failed.
    pub retries: u64,
    /// Attempts that failed.
    pub failures: Failures,
    /// Tokens of the prompts, as the server counts them.
    pub prompt_tokens: u64,
    /// Tokens of the completions with their reasoning, as the server counts them.
    pub completion_tokens: u64,
    /// Those of the completions' tokens that are reasoning, if the server reports them.
    pub reasoning_tokens: u64,
    /// How many requests may be under way now.
    pub concurrency: usize,
}

/// Attempts that failed, by their kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Failures {
    /// The server wanted fewer requests, status 429.
    pub rate_limited: u64,
    /// The server refused, any other status from 300 to 499.
    pub refused: u64,
    /// The server failed, status 500 and above.
    pub server: u64,
    /// The reply did not come in time.
    pub timeout: u64,
    /// The connection could not be made or broke off.
    pub connection: u64,
    /// The reply was no chat completion.
    pub unusable: u64,
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    attempts: AtomicU64,
    retries: AtomicU64,
    rate_limited: AtomicU64,
    refused: AtomicU64,
    server: AtomicU64,
    timeout: AtomicU64,
    connection: AtomicU64,
    unusable: AtomicU64,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
    reasoning_tokens: AtomicU64,
}

impl Counters {
    pub(super) fn add_requests(&self, count: u32) {
        add(&self.requests, count.into());
    }

    pub(super) fn add_attempt(&self) {
        add(&self.attempts, 1);
    }

    pub(super) fn add_retry(&self) {
        add(&self.retries, 1);
    }

    pub(super) fn add_failure(&self, failure: &Failure) {
        let counter = match failure {
            Failure::Status { status: 429, .. } => &self.rate_limited,
            Failure::Status { status, .. } if *status < 500 => &self.refused,
            Failure::Status { .. } => &self.server,
            Failure::Timeout(_) => &self.timeout,
            Failure::Connection(_) => &self.connection,
            Failure::Reply(_) => &self.unusable,
        };
        add(counter, 1);
    }

    pub(super) fn add_usage(&self, usage: Usage) {
        add(&self.prompt_tokens, usage.prompt_tokens);
        add(&self.completion_tokens, usage.completion_tokens);
        add(&self.reasoning_tokens, usage.reasoning_tokens);
    }

    pub(super) fn read(&self, concurrency: usize) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            requests: read(&self.requests),
            attempts: read(&self.attempts),
            retries: read(&self.retries),
            failures: Failures {
                rate_limited: read(&self.rate_limited),
                refused: read(&self.refused),
                server: read(&self.server),
                timeout: read(&self.timeout),
                connection: read(&self.connection),
                unusable: read(&self.unusable),
            },
            prompt_tokens: read(&self.prompt_tokens),
            completion_tokens: read(&self.completion_tokens),
            reasoning_tokens: read(&self.reasoning_tokens),
            concurrency,
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
