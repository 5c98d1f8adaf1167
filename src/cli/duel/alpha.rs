//! The chance of a gate to accept a challenger that is no better.
//!
//! Invariant: it is above 0 and below 1, whoever states it.

/// Parses the chance of a mistake: at 0 nobody is ever accepted, and at 1 everybody.
pub(super) fn parse_alpha(text: &str) -> Result<f64, String> {
    let alpha = text.parse().ok().filter(|alpha| is_alpha(*alpha));
    alpha.ok_or_else(|| "use a number above 0 and below 1".into())
}

/// Whether a gate can have this chance of a mistake.
pub(super) fn is_alpha(alpha: f64) -> bool {
    0.0 < alpha && alpha < 1.0
}
