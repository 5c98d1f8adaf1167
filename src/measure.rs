//! Measures of programs and of models: how often answers are right, how sure that is, and how clean the code is.
//!
//! Invariant: nothing here reads files or runs a program; the same input and seed give the same numbers.

pub mod duel;
pub mod intervals;
pub mod k_centre;
pub mod maintainability;
pub mod paired;
pub mod pass_at_k;
pub mod smells;

use serde::Serialize;

pub use intervals::Interval;
pub use maintainability::Maintainability;
pub use paired::Comparison;
pub use smells::Smells;

/// A mean over problems, and how many problems have no value: these are left out, never counted as 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    /// `None` if no problem has a value.
    pub value: Option<f64>,
    pub problems: usize,
    pub left_out: usize,
}

impl Mean {
    /// The mean of one value a problem.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let values: Vec<Option<f64>> = values.into_iter().collect();
        let measured: Vec<f64> = values.iter().copied().flatten().collect();
        Self {
            value: mean(&measured),
            problems: measured.len(),
            left_out: values.len() - measured.len(),
        }
    }
}

/// The mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| sum(values.iter().copied()) / values.len() as f64)
}

/// The middle of these values, or between the middle two; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The sum, with what rounding loses at each step gathered and added at the end: thousands of thirds come out to the last digit.
///
/// Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54.
fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0f64, 0.0);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    sum + lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn problems_without_a_value_are_counted_and_left_out() {
        let mean = Mean::of([Some(1.0), None, Some(0.5)]);
        assert_eq!(mean, Mean { value: Some(0.75), problems: 2, left_out: 1 });
    }

    #[test]
    fn the_mean_of_many_thirds_is_right_to_the_last_digit() {
        let thirds = (0..148).map(|_| Some(2.0 / 3.0));
        assert_eq!(Mean::of(thirds).value, Some(2.0 / 3.0));
        assert_ne!(
            (0..148).map(|_| 2.0 / 3.0).sum::<f64>() / 148.0,
            2.0 / 3.0,
            "plain addition would do"
        );
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum([]), 0.0);
    }

    #[test]
    fn no_problems_have_no_mean() {
        assert_eq!(Mean::of([None]), Mean { value: None, problems: 0, left_out: 1 });
    }
}
