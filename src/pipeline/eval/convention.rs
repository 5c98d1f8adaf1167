//! What the published grader of a format gives answers and forgives them.
//!
//! Invariant: a setting of the run comes before the format's own.

use crate::dataset::problems::Format;
use crate::grade::Prelude;

/// The grader of a format.
pub(super) struct Convention {
    /// Whose imports go before an answer.
    pub prelude: Prelude,
    /// The tolerance of numbers in a program's output, as the sites have it that the problems come from.
    pub output_tolerance: Option<f64>,
}

impl Convention {
    pub fn of(format: Format) -> Self {
        let (prelude, output_tolerance) = match format {
            Format::Apps => (Prelude::Apps, Some(1e-6)),
            Format::CodeContests => (Prelude::Nothing, Some(1e-6)),
            Format::LiveCodeBench => (Prelude::LiveCodeBench, None),
            Format::Case2Code
            | Format::Case2CodeReference
            | Format::HumanEval
            | Format::Mbpp
            | Format::AutoCodeBench
            | Format::EvalPlus
            | Format::VerificationInfo
            | Format::KodCode => (Prelude::Nothing, None),
        };
        Self { prelude, output_tolerance }
    }
}
