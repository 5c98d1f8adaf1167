//! Keeps requests and tokens under what a provider allows a minute.
//!
//! Invariant: in any minute no more is let through than the allowance, one second's worth of it and one request on top.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::reply::Usage;
use crate::remote::lock;

const MINUTE: f64 = 60.0;
/// The time whose worth may pass at once; providers check parts of a minute, too.
const BURST: f64 = 1.0;
/// How far a guess at a request's tokens may be off; a token of some scripts is one byte rather than four.
const OVERRUN: f64 = 4.0;

/// What a minute allows.
pub(super) struct Rate {
    requests: Option<Mutex<Bucket>>,
    tokens: Option<Mutex<Bucket>>,
}

/// The Generic Cell Rate Algorithm as virtual scheduling (ITU-T I.371, annex A), with cells of any size.
///
/// The crate `governor` has the same algorithm, but no way to give back what a reply has not used.
#[derive(Debug)]
struct Bucket {
    /// Seconds that one unit takes.
    interval: f64,
    /// Seconds that units may come early.
    early: f64,
    /// When all that was let through would have been through at an even pace.
    even: Instant,
}

impl Rate {
    /// Makes the limits of a minute; `None` is none, and 0 is taken as 1.
    pub(super) fn new(requests_per_minute: Option<u32>, tokens_per_minute: Option<u32>) -> Self {
        let bucket = |allowed| Mutex::new(Bucket::new(allowed, Instant::now()));
        Self { requests: requests_per_minute.map(bucket), tokens: tokens_per_minute.map(bucket) }
    }

    /// Waits until one request of about this many tokens may be sent.
    pub(super) async fn wait(&self, tokens: u64) {
        let now = Instant::now();
        let request = self.requests.as_ref().map(|bucket| lock(bucket).take(1.0, now));
        let tokens = self.tokens.as_ref().map(|bucket| lock(bucket).take(tokens as f64, now));
        if let Some(until) = request.max(tokens).filter(|until| *until > now) {
            sleep_until(until).await;
        }
    }

    /// Puts the tokens that a request took in place of those that were expected; a server that counts none changes nothing.
    ///
    /// A server that counts more than can be is believed so far: [`OVERRUN`] times what was expected and a minute's worth,
    /// as a request may leave the length of its reply open.
    pub(super) fn correct(&self, expected: u64, usage: Usage) {
        let used = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        if used > 0
            && let Some(bucket) = &self.tokens
        {
            let mut bucket = lock(bucket);
            let most = OVERRUN * expected as f64 + MINUTE / bucket.interval;
            bucket.charge((used as f64).min(most) - expected as f64);
        }
    }
}

impl Bucket {
    fn new(per_minute: u32, now: Instant) -> Self {
        let interval = MINUTE / f64::from(per_minute.max(1));
        Self { interval, early: BURST.max(interval), even: now }
    }

    /// Takes units, and returns when they may be used.
    fn take(&mut self, units: f64, now: Instant) -> Instant {
        self.even = self.even.max(now);
        // Who needs more than ever is there at once waits for all there can be, and leaves a debt.
        let ahead = (units * self.interval).min(self.early);
        let pass = self.even.checked_add(seconds(ahead)).unwrap_or(self.even);
        self.charge(units);
        pass.checked_sub(seconds(self.early)).map_or(now, |pass| pass.max(now))
    }

    fn charge(&mut self, units: f64) {
        let time = seconds((units * self.interval).abs());
        let moved =
            if units < 0.0 { self.even.checked_sub(time) } else { self.even.checked_add(time) };
        self.even = moved.unwrap_or(self.even);
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn times(rate: &Rate, tokens: &[u64]) -> Vec<f64> {
        let start = Instant::now();
        let mut times = Vec::new();
        for tokens in tokens {
            rate.wait(*tokens).await;
            times.push((start.elapsed().as_secs_f64() * 10.0).round() / 10.0);
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn requests_beyond_a_seconds_worth_come_at_an_even_pace() {
        assert_eq!(times(&Rate::new(Some(120), None), &[0; 5]).await, [0.0, 0.0, 0.5, 1.0, 1.5]);
    }

    #[tokio::test(start_paused = true)]
    async fn less_than_one_request_a_second_is_possible() {
        assert_eq!(times(&Rate::new(Some(6), None), &[0; 3]).await, [0.0, 10.0, 20.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_request_passes_and_makes_the_next_one_wait() {
        assert_eq!(times(&Rate::new(None, Some(60)), &[30, 1, 1]).await, [0.0, 30.0, 31.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_reply_has_not_used_is_given_back_and_what_it_used_beyond_is_charged() {
        let rate = Rate::new(None, Some(60));
        rate.wait(100).await;
        rate.correct(100, Usage { prompt_tokens: 5, completion_tokens: 6, ..Usage::default() });
        assert_eq!(times(&rate, &[1]).await, [11.0]);
        rate.correct(1, Usage { prompt_tokens: 21, ..Usage::default() });
        assert_eq!(times(&rate, &[1]).await, [21.0]);
        rate.correct(1, Usage::default());
        assert_eq!(times(&rate, &[1]).await, [1.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_counts_what_cannot_be_does_not_stop_the_run() {
        let rate = Rate::new(None, Some(60));
        rate.wait(10).await;
        rate.correct(
            10,
            Usage {
                prompt_tokens: 10_000_000_000_000,
                completion_tokens: u64::MAX,
                ..Usage::default()
            },
        );
        // Four times the expected and a minute's worth.
        assert_eq!(times(&rate, &[1]).await, [100.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_limits_let_all_pass() {
        assert_eq!(times(&Rate::new(None, None), &[1 << 40; 3]).await, [0.0; 3]);
    }
}
