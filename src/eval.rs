//! Measures of programs and of models: how often answers are right, how sure that is, and how clean the code is.
//!
//! Invariant: nothing here reads files or runs a program; the same input and seed give the same numbers.

pub mod compare;
pub mod html;
pub mod intervals;
pub mod maintainability;
pub mod pass_at_k;
pub mod report;
pub mod smells;

use serde::Serialize;

pub use compare::Comparison;
pub use intervals::Interval;
pub use maintainability::Maintainability;
pub use smells::Smells;

/// A mean over problems, and how many problems have no value: these are left out, never counted as 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    /// `None` where no problem has a value.
    pub value: Option<f64>,
    pub problems: usize,
    pub left_out: usize,
}

impl Mean {
    /// The mean of one value a problem.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let (mut sum, mut problems, mut left_out) = (0.0, 0, 0);
        for value in values {
            match value {
                Some(value) => {
                    sum += value;
                    problems += 1;
                }
                None => left_out += 1,
            }
        }
        Self { value: (problems > 0).then(|| sum / problems as f64), problems, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_without_a_value_are_counted_and_left_out() {
        let mean = Mean::of([Some(1.0), None, Some(0.5)]);
        assert_eq!(mean, Mean { value: Some(0.75), problems: 2, left_out: 1 });
    }

    #[test]
    fn no_problems_have_no_mean() {
        assert_eq!(Mean::of([None]), Mean { value: None, problems: 0, left_out: 1 });
    }
}
