//! Decides which failures are tried again, and how long to wait before.
//!
//! Invariant: the wait is a function of its arguments, and is never shorter than what the server asked for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime};

/// The wait before the first retry, before jitter.
pub const BASE_DELAY: Duration = Duration::from_millis(500);

/// The longest wait that is our own choice.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The longest wait a server may ask for; beyond it a rerun is the better retry.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);

/// Whether a reply with this status may be a good one next time.
pub fn may_pass(status: u16) -> bool {
    // 409, 421 and 425 are about the moment or the connection (RFC 9110, sections 15.5.10 and 15.5.20; RFC 8470, section
    // 5.2); from 520 on are those of gateways that lost the server behind them.
    matches!(status, 408 | 409 | 421 | 425 | 429 | 500 | 502..=504 | 520..=529)
}

/// Whether a reply with this status means that the address is wrong for any request.
pub fn is_about_the_address(status: u16) -> bool {
    matches!(status, 300..=399 | 404 | 405 | 501 | 505 | 511)
}

/// Reads a `Retry-After` header, which has seconds or a date (RFC 9110, section 10.2.3).
///
/// A date counts from the reply's own `Date` header, as our clock need not be the server's; without one, from `now`.
pub fn parse_retry_after(header: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let time = |text: &str| httpdate::parse_http_date(text.trim()).ok();
    time(header)?.duration_since(date.and_then(time).unwrap_or(now)).ok()
}

/// Returns how long to wait after a failed attempt, the first being 0; `None` if the server asks
/// for too long a wait.
///
/// The jitter comes from the attempt and the request's body, so that requests which failed together come back apart.
pub fn pause(
    base: Duration,
    attempt: u32,
    body: &[u8],
    retry_after: Option<Duration>,
) -> Option<Duration> {
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
    const DATE: &str = "Wed, 21 Oct 2026 07:28:00 GMT";

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
        let read = |header: &str, date| parse_retry_after(header, date, SystemTime::UNIX_EPOCH);
        assert_eq!(read(" 3 ", None), Some(3 * SECOND));
        assert_eq!(read("0.5", Some(DATE)), Some(SECOND / 2));
        for header in ["", "-1", "NaN", "inf", "1e30", "Wed, 99 Oct 2026 07:28:00 GMT", "soon"] {
            assert_eq!(read(header, None), None, "{header}");
            assert_eq!(read(header, Some(DATE)), None, "{header}");
        }
    }

    #[test]
    fn a_date_counts_from_the_replys_own_date_or_from_now() {
        const LATER: &str = "Wed, 21 Oct 2026 07:29:30 GMT";
        let now = httpdate::parse_http_date(LATER).unwrap() - 4 * SECOND;
        let read = |header: &str, date| parse_retry_after(header, date, now);
        assert_eq!(read(LATER, Some(DATE)), Some(90 * SECOND));
        assert_eq!(read(DATE, Some(DATE)), Some(Duration::ZERO));
        assert_eq!(read(LATER, None), Some(4 * SECOND));
        assert_eq!(read(LATER, Some("today")), Some(4 * SECOND));
        assert_eq!(read("Wed, 21 Oct 2026 07:27:00 GMT", Some(DATE)), None);
        assert_eq!(read(DATE, None), None);
    }

    #[test]
    fn a_status_passes_or_is_about_the_address_or_neither_and_never_both() {
        let all = |is: fn(u16) -> bool| (100..600).filter(|status| is(*status)).collect::<Vec<_>>();
        let passing =
            [vec![408, 409, 421, 425, 429, 500, 502, 503, 504], (520..530).collect()].concat();
        assert_eq!(all(may_pass), passing);
        assert_eq!(
            all(is_about_the_address),
            [(300..400).collect(), vec![404, 405, 501, 505, 511]].concat()
        );
    }
}
