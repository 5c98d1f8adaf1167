//! What the published grader of a format gives answers and forgives them.
//!
//! Invariant: a setting of the run comes before the format's own.

use crate::dataset::problems::Format;
use crate::grade::{MatchStdout, Prelude};

/// The grader of a format.
pub(super) struct Convention {
    /// Whose imports go before an answer.
    pub prelude: Prelude,
    /// The tolerance of numbers in a program's output, as the sites have it that the problems come from.
    pub output_tolerance: Option<f64>,
    /// How a program's output is compared; `None` for token by token.
    pub stdout: Option<MatchStdout>,
    /// Whether the grader ignores a program's exit code.
    pub any_exit_code: bool,
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
            | Format::Codeforces
            | Format::VerificationInfo
            | Format::KodCode => (Prelude::Nothing, None),
        };
        let is_live_code_bench = format == Format::LiveCodeBench;
        Self {
            prelude,
            output_tolerance,
            stdout: is_live_code_bench.then_some(MatchStdout::Lines),
            any_exit_code: is_live_code_bench,
        }
    }
}
