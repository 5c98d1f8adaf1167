//! Gives the user notices that must be given once.
//!
//! Invariant: no notice holds the API key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::limiter::Cut;
use super::secret::Secret;

/// Receives notices that a user must see once, each a sentence without the key.
pub type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// The way to whoever hears of notices.
pub struct Notices {
    sink: Option<Notice>,
    api_key: Option<Secret>,
    is_cut_told: AtomicBool,
}

impl Notices {
    /// Makes the way to a receiver, if there is one.
    pub fn new(sink: Option<Notice>, api_key: Option<Secret>) -> Self {
        Self { sink, api_key, is_cut_told: AtomicBool::new(false) }
    }

    /// Gives a notice; the caller ensures that it is given once.
    pub fn tell(&self, text: &str) {
        let Some(sink) = &self.sink else { return };
        match &self.api_key {
            Some(key) => sink(&key.redact(text)),
            None => sink(text),
        }
    }

    /// Reports the first reduction; later ones are routine for a limit that adapts.
    pub fn tell_cut(&self, cut: Cut, endpoint: &str) {
        if !self.is_cut_told.swap(true, Ordering::Relaxed) {
            let Cut { from, to } = cut;
            self.tell(&format!(
                "{endpoint} is overloaded; reduced concurrent requests from {from} to {to}, and will keep adapting"
            ));
        }
    }
}
