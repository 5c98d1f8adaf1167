//! Decides which failures are tried again, and how long to wait before.
//!
//! Invariant: the wait is a function of its arguments, and is never shorter than what the server asked for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The wait before the first retry, before jitter.
pub(super) const BASE_DELAY: Duration = Duration::from_millis(500);

/// The longest wait that is our own choice.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The longest wait a server may ask for; beyond it a rerun is the better retry.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);

/// Whether a reply with this status may be a good one next time.
pub(super) fn may_pass(status: u16) -> bool {
    // From 520 on are those of gateways that lost the server behind them.
    matches!(status, 408 | 429 | 500 | 502..=504 | 520..=529)
}

/// Reads a `Retry-After` header in seconds; a date gives `None`, as our clock need not be the server's.
pub(super) fn parse_retry_after(header: &str) -> Option<Duration> {
    header.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

/// Tells how long to wait after a failed attempt, the first being 0; `None` if the server asks for too long a wait.
///
/// The jitter comes from the attempt and the request's body, so that requests which failed together come back apart.
pub(super) fn pause(base: Duration, attempt: u32, body: &[u8], retry_after: Option<Duration>) -> Option<Duration> {
    let asked = retry_after.unwrap_or_default();
    if asked > LONGEST_RETRY_AFTER {
        return None;
    }
    let backoff = base.saturating_mul(1 << attempt.min(16)).min(LONGEST_BACKOFF);
    Some(asked + backoff.mul_f64(0.5 + 0.5 * jitter(attempt, body)))
}

/// Makes a number from 0 up to, not including, 1.
fn jitter(attempt: u32, body: &[u8]) -> f64 {
    let mut hasher = DefaultHasher::new();
    (attempt, body).hash(&mut hasher);
    // An f64 holds 53 bits exactly.
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_doubles_up_to_a_limit_within_its_jitter() {
        for (attempt, full) in [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (40, 60)] {
            let (pause, full) = (pause(SECOND, attempt, b"body", None).unwrap(), full * SECOND);
            assert!(full / 2 <= pause && pause < full, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn the_same_request_waits_the_same_and_another_one_does_not() {
        assert_eq!(pause(SECOND, 1, b"one", None), pause(SECOND, 1, b"one", None));
        assert_ne!(pause(SECOND, 1, b"one", None), pause(SECOND, 1, b"two", None));
    }

    #[test]
    fn the_wait_is_never_shorter_than_asked_for() {
        let asked = 20 * SECOND;
        let pause = pause(SECOND, 0, b"body", Some(asked)).unwrap();
        assert!(asked <= pause && pause < asked + SECOND);
    }

    #[test]
    fn too_long_a_wait_is_none() {
        assert_eq!(pause(SECOND, 0, b"body", Some(3600 * SECOND)), None);
    }

    #[test]
    fn a_header_in_seconds_is_read_and_anything_else_is_left_to_the_backoff() {
        assert_eq!(parse_retry_after(" 3 "), Some(3 * SECOND));
        assert_eq!(parse_retry_after("0.5"), Some(SECOND / 2));
        for header in ["Wed, 21 Oct 2026 07:28:00 GMT", "", "-1", "NaN", "inf", "1e30"] {
            assert_eq!(parse_retry_after(header), None, "{header}");
        }
    }
}
