//! Intervals for a mean over problems: bootstrap, and exact if a bootstrap would show no
//! uncertainty at all.
//!
//! Invariant: problems are what is drawn, never single answers or cases, so that what belongs together stays together.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// How often the problems are drawn anew.
pub const RESAMPLES: usize = 10_000;
const LOWER: f64 = 0.025;

/// The 95 % confidence interval of a mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The 95 % percentile bootstrap interval of a mean with one value a problem; `None` for no problems.
///
/// Any mean over problems will do: pass@k, a share of cases, a score, or a difference of two runs on each problem.
/// Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
pub fn interval(values: &[f64], seed: u64) -> Option<Interval> {
    let count = u32::try_from(values.len()).ok().filter(|&count| count > 0)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let means = (0..RESAMPLES).map(|_| {
        let drawn = (0..count)
            .map(|_| values.get(rng.random_range(0..count) as usize).copied().unwrap_or_default());
        super::sum(drawn) / f64::from(count)
    });
    percentiles(means.collect())
}

/// The interval between which 95 % of a bootstrap's results lie; `None` of none.
pub(super) fn percentiles(mut results: Vec<f64>) -> Option<Interval> {
    results.sort_by(f64::total_cmp);
    Some(Interval { low: quantile(&results, LOWER)?, high: quantile(&results, 1.0 - LOWER)? })
}

/// The 95 % interval of a mean of shares, each from 0 to 1 and one a problem; `None` for no problems.
///
/// If all are 0, or all are 1, every resample is the same and a bootstrap would claim a certainty
/// that a few problems cannot give. In that case, it is the exact interval for this many failures
/// or successes: Clopper and Pearson 1934, "The Use of Confidence or Fiducial Limits Illustrated in
/// the Case of the Binomial", Biometrika 26. It counts a share below 1 as 0, or above 0 as 1, so it
/// is never too narrow.
pub fn interval_of_shares(shares: &[f64], seed: u64) -> Option<Interval> {
    let all = |wanted: f64| !shares.is_empty() && shares.iter().all(|&share| share == wanted);
    // The least chance of success at which this many successes in a row are no rarer than the lower
    // tail.
    let least = LOWER.powf(1.0 / shares.len() as f64);
    if all(1.0) {
        Some(Interval { low: least, high: 1.0 })
    } else if all(0.0) {
        Some(Interval { low: 0.0, high: 1.0 - least })
    } else {
        interval(shares, seed)
    }
}

/// The value below which a share of the sorted values lies, interpolated between neighbours.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let values: Vec<f64> = (0..50).map(|i| f64::from(i).sqrt()).collect();
        assert_eq!(interval(&values, 3), interval(&values, 3));
        assert_ne!(interval(&values, 3), interval(&values, 4));
    }

    #[test]
    fn equal_values_have_no_spread() {
        assert_eq!(interval(&[0.25; 20], 1), Some(Interval { low: 0.25, high: 0.25 }));
    }

    #[test]
    fn no_problems_have_no_interval() {
        assert_eq!(interval(&[], 1), None);
        assert_eq!(interval_of_shares(&[], 1), None);
    }

    #[test]
    fn problems_that_all_pass_or_all_fail_leave_the_doubt_that_their_number_leaves() {
        // The 4th power of 0.3976 is 0.025; so is the 148th of 0.9754.
        for (count, least) in
            [(1, 0.025), (4, 0.397_635_364_383_525_3), (148, 0.975_383_198_421_015_7)]
        {
            let passed = interval_of_shares(&vec![1.0; count], 1).unwrap();
            assert!(
                (passed.low - least).abs() < 1e-12 && passed.high == 1.0,
                "{count}: {passed:?}"
            );
            let failed = interval_of_shares(&vec![0.0; count], 1).unwrap();
            assert!(
                failed.low == 0.0 && (failed.high - (1.0 - least)).abs() < 1e-12,
                "{count}: {failed:?}"
            );
        }
    }

    #[test]
    fn other_shares_keep_the_bootstrap() {
        assert_eq!(interval_of_shares(&[0.25; 20], 1), Some(Interval { low: 0.25, high: 0.25 }));
        let mixed = [0.0, 1.0, 0.5, 1.0];
        assert_eq!(interval_of_shares(&mixed, 1), interval(&mixed, 1));
    }

    #[test]
    fn the_interval_of_a_share_is_as_wide_as_theory_says() {
        // 400 problems, half of them solved: the mean's standard error is sqrt(0.25 / 400) = 0.025.
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let Interval { low, high } = interval(&values, 7).unwrap();
        assert!((low - (0.5 - 1.96 * 0.025)).abs() < 0.004, "{low}");
        assert!((high - (0.5 + 1.96 * 0.025)).abs() < 0.004, "{high}");
    }

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let sorted = [1.0, 2.0, 4.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&sorted, share)),
            [1.0, 1.5, 2.0, 3.0, 4.0].map(Some)
        );
    }
}
