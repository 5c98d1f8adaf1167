//! The chance that the best of k answers to a problem is correct.
//!
//! Invariant: what was not measured has no value; too few answers are neither 0 nor 1.

use serde::{Deserialize, Serialize};

/// The answers to one problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    pub samples: u64,
    pub correct: u64,
}

impl Answers {
    /// The chance, without bias, that one of `k` answers drawn from these is correct.
    ///
    /// `None` for fewer than `k` answers, for k = 0, and if more are correct than there are. The
    /// formula is 1 - C(n - c, k) / C(n, k), as a product: Chen et al. 2021, "Evaluating Large
    /// Language Models Trained on Code".
    pub fn pass_at(self, k: u64) -> Option<f64> {
        let Self { samples, correct } = self;
        if k == 0 || samples < k || correct > samples {
            return None;
        }
        if samples - correct < k {
            return Some(1.0);
        }
        let all_wrong: f64 =
            (samples - correct + 1..=samples).map(|i| 1.0 - k as f64 / i as f64).product();
        Some(1.0 - all_wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(samples: u64, correct: u64, k: u64) -> Option<f64> {
        Answers { samples, correct }.pass_at(k)
    }

    #[test]
    fn pass_at_one_is_the_share_of_correct_answers() {
        for correct in 0..=10 {
            let found = pass(10, correct, 1).unwrap();
            assert!((found - correct as f64 / 10.0).abs() < 1e-12, "{correct}: {found}");
        }
    }

    #[test]
    fn the_product_equals_counting_every_draw() {
        // Every way to draw k of n answers, as bits, of which the lowest c are correct.
        for (n, c, k) in [(5, 2, 3), (6, 1, 2), (8, 3, 4), (7, 7, 2), (7, 0, 2), (4, 2, 2)] {
            let draws: Vec<u32> = (0..1u32 << n).filter(|draw| draw.count_ones() == k).collect();
            let hits = draws.iter().filter(|&&draw| draw & ((1 << c) - 1) != 0).count();
            let expected = hits as f64 / draws.len() as f64;
            let found = pass(u64::from(n as u32), u64::from(c as u32), u64::from(k)).unwrap();
            assert!((found - expected).abs() < 1e-12, "{n} {c} {k}: {found} is not {expected}");
        }
    }

    #[test]
    fn many_answers_do_not_overflow() {
        let found = pass(1_000_000, 10, 100_000).unwrap();
        assert!((found - 0.651_323_303_299_5).abs() < 1e-9, "{found}");
    }

    #[test]
    fn too_few_answers_have_no_value() {
        assert_eq!(pass(4, 4, 5), None);
        assert_eq!(pass(0, 0, 1), None);
        assert_eq!(pass(3, 1, 0), None);
        assert_eq!(pass(3, 4, 1), None);
    }
}
