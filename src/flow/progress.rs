//! Shows how far a run is, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::tally::{Tally, Words};

/// A progress line: share of the input read, rate, accepted, rejected by reason, time left.
pub struct Progress {
    bar: ProgressBar,
    words: Words,
}

impl Progress {
    /// Starts a line for an input of so many bytes, where that is known; silent unless stderr is a terminal.
    pub fn start(bytes: Option<u64>, words: Words) -> Self {
        let bar = match bytes {
            Some(bytes) => ProgressBar::new(bytes),
            None => ProgressBar::no_length(),
        };
        // indicatif hides the line by itself where stderr is no terminal.
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
        let template = match bytes {
            Some(_) => "{bar:20} {percent}% {msg}  left {eta}",
            None => "{spinner} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, words }
    }

    /// Shows the state after another record.
    pub fn update(&self, tally: &Tally, bytes_read: u64) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(bytes_read);
        let rate = tally.total() as f64 / self.bar.elapsed().as_secs_f64().max(1e-3);
        let reasons: Vec<String> = tally
            .rejected
            .iter()
            .map(|(reason, count)| format!("{} {count}", reason.name()))
            .collect();
        self.bar.set_message(format!(
            "{rate:.1}/s  {} {}  {} {} {}",
            self.words.accepted,
            tally.accepted,
            self.words.rejected,
            tally.rejected_total(),
            reasons.join(", ")
        ));
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
