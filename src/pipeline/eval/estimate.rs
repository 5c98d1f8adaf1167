//! Means over problems, each with its interval and with the problems that it leaves out.
//!
//! Invariant: what was not measured has no value, and the text of a value says what it leaves out.

use serde::Serialize;

use crate::measure::Mean;
use crate::measure::intervals::Interval;
use crate::report::counted;

/// A mean over problems and how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: Option<f64>,
    /// 95 %.
    pub interval: Option<Interval>,
    pub problems: usize,
    /// Problems without a value.
    pub left_out: usize,
}

impl Estimate {
    pub(super) fn of(
        values: &[Option<f64>],
        interval: impl FnOnce(&[f64]) -> Option<Interval>,
    ) -> Self {
        let Mean { value, problems, left_out } = Mean::of(values.iter().copied());
        let measured: Vec<f64> = values.iter().copied().flatten().collect();
        Self { value, interval: interval(&measured), problems, left_out }
    }

    /// The estimate as a cell; `why` says of a number of problems why they have no value.
    pub(super) fn shown(&self, why: impl Fn(usize) -> String) -> String {
        let interval = self.interval.map(|Interval { low, high }| format!("{low:.4} to {high:.4}"));
        let left_out = (self.left_out > 0).then(|| why(self.left_out));
        let notes: Vec<String> = interval.into_iter().chain(left_out).collect();
        let value = self.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        if notes.is_empty() { value } else { format!("{value} ({})", notes.join("; ")) }
    }
}

/// Why problems have no pass@k.
pub(super) fn too_few(problems: usize, k: u64) -> String {
    let have = if problems == 1 { "has" } else { "have" };
    format!(
        "{} {have} fewer than {}",
        counted(problems, "problem"),
        counted(usize::try_from(k).unwrap_or(usize::MAX), "sample")
    )
}

pub(super) fn left_out(problems: usize) -> String {
    format!("{} left out", counted(problems, "problem"))
}
