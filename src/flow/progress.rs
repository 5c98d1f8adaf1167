//! Shows how far a run is: a line that moves on a terminal, and a line a minute elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::tally::{Tally, Words};
use crate::report::stderr::{is_quiet, tell};

/// Seconds between two lines if stderr is not a terminal.
const INTERVAL: u64 = 60;

/// A run's progress: share of the input read, rate, accepted, rejected by reason, time left.
pub struct Progress {
    bar: ProgressBar,
    words: Words,
    /// Bytes of the input, if that is known.
    total: Option<u64>,
    /// Intervals whose line has been written.
    written: AtomicU64,
}

impl Progress {
    /// Starts a line for an input of this many bytes, if that is known.
    pub fn start(bytes: Option<u64>, words: Words) -> Self {
        let bar = match bytes {
            Some(bytes) => ProgressBar::new(bytes),
            None => ProgressBar::no_length(),
        };
        // indicatif hides the line by itself if stderr is not a terminal.
        bar.set_draw_target(match is_quiet() {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr_with_hz(5),
        });
        let template = match bytes {
            Some(_) => "{bar:20} {percent}% {msg}  left {eta}",
            None => "{spinner} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, words, total: bytes, written: AtomicU64::new(0) }
    }

    /// Shows the state after another record.
    pub fn update(&self, tally: &Tally, bytes_read: u64) {
        let elapsed = self.bar.elapsed();
        if !self.bar.is_hidden() {
            self.bar.set_position(bytes_read);
            self.bar.set_message(message(tally, self.words, elapsed));
            return;
        }
        let intervals = elapsed.as_secs() / INTERVAL;
        if !is_quiet() && self.written.fetch_max(intervals, Ordering::Relaxed) < intervals {
            let message = message(tally, self.words, elapsed);
            tell!("tgsand: {message}{}", left(elapsed, bytes_read, self.total));
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn message(tally: &Tally, words: Words, elapsed: Duration) -> String {
    let rate = tally.total() as f64 / elapsed.as_secs_f64().max(1e-3);
    let reasons: Vec<String> =
        tally.rejected.iter().map(|(reason, count)| format!("{} {count}", reason.name())).collect();
    let reasons =
        if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!(
        "{rate:.1} {}/s  {} {}  {} {}{reasons}",
        words.things,
        words.accepted,
        tally.accepted,
        words.rejected,
        tally.rejected_total(),
    )
}

/// The share of the input read, and the time that the rest takes at the same rate.
fn left(elapsed: Duration, bytes_read: u64, total: Option<u64>) -> String {
    match total {
        Some(total) if bytes_read > 0 && total > 0 => {
            let share = (bytes_read as f64 / total as f64).min(1.0);
            let minutes = elapsed.as_secs_f64() * (1.0 - share) / share / 60.0;
            format!("  read {:.0} %, {minutes:.0} min left", 100.0 * share)
        }
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Reason;

    #[test]
    fn a_line_has_the_rate_and_the_counts_by_reason() {
        let mut tally = Tally { accepted: 110, ..Tally::default() };
        (0..10).for_each(|_| tally.reject(Reason::Duplicate));
        let line = message(&tally, Words::of("functions"), Duration::from_secs(60));
        assert_eq!(line, "2.0 functions/s  accepted 110  rejected 10 (duplicate 10)");
    }

    #[test]
    fn the_time_left_follows_the_share_that_was_read() {
        let minute = Duration::from_secs(60);
        assert_eq!(left(minute, 25, Some(100)), "  read 25 %, 3 min left");
        assert_eq!(left(minute, 25, None), "");
        assert_eq!(left(minute, 0, Some(100)), "");
    }
}
