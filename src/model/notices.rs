//! Tells the user what must be told once.
//!
//! Invariant: no notice holds the API key.

use std::sync::atomic::{AtomicBool, Ordering};

use super::config::Notice;
use super::limiter::Cut;
use super::secret::Secret;

/// The way to whoever hears of notices.
pub(super) struct Notices {
    sink: Option<Notice>,
    api_key: Option<Secret>,
    is_cut_told: AtomicBool,
}

impl Notices {
    pub(super) fn new(sink: Option<Notice>, api_key: Option<Secret>) -> Self {
        Self { sink, api_key, is_cut_told: AtomicBool::new(false) }
    }

    /// Tells a notice; the caller sees to it that it is told once.
    pub(super) fn tell(&self, text: &str) {
        let Some(sink) = &self.sink else { return };
        match &self.api_key {
            Some(key) => sink(&key.redact(text)),
            None => sink(text),
        }
    }

    /// Tells of the first cut; those that follow are the daily business of a limit that adapts.
    pub(super) fn tell_cut(&self, cut: Cut, endpoint: &str) {
        if !self.is_cut_told.swap(true, Ordering::Relaxed) {
            let Cut { from, to } = cut;
            self.tell(&format!(
                "{endpoint} has too much to do; requests at a time: {to} instead of {from}, adapted as it goes"
            ));
        }
    }
}
