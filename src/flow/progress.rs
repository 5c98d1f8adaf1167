//! Shows how far a run is, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::tally::Tally;

/// A progress line: share of the input read, rate, accepted, rejected by reason, time left.
pub struct Progress(ProgressBar);

impl Progress {
    /// Starts a line for an input of so many bytes, where that is known; silent unless stderr is a terminal.
    pub fn start(bytes: Option<u64>) -> Self {
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
        Self(bar)
    }

    /// Shows the state after another record.
    pub fn update(&self, tally: &Tally, bytes_read: u64) {
        if self.0.is_hidden() {
            return;
        }
        self.0.set_position(bytes_read);
        let rate = tally.total() as f64 / self.0.elapsed().as_secs_f64().max(1e-3);
        let reasons: Vec<String> =
            tally.rejected.iter().map(|(reason, count)| format!("{} {count}", reason.name())).collect();
        self.0.set_message(format!(
            "{rate:.1}/s  accepted {}  rejected {} {}",
            tally.accepted,
            tally.rejected_total(),
            reasons.join(", ")
        ));
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
