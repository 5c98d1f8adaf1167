//! A lower confidence bound of a mean that keeps its level if there are only few instances.
//!
//! Invariant: the bound is above a value exactly if the one-sided sign-flip test by instance rejects that value.
//!
//! A bootstrap estimates the spread between instances from the instances there are, so that a dozen of them give a bound that is too
//! high. A test by sign flips estimates nothing. If the edge is d, each instance's sum of (verdict - d) is as likely to have the
//! opposite sign; the p-value of d is the share of the 2^G ways to flip signs whose total is at least the observed one (Fisher 1935,
//! "The Design of Experiments", section 21). That holds for any number of instances, of any sizes and spreads, and for any dependence
//! between the turns of an instance; for sums that are only approximately symmetric see Canay, Romano and Shaikh 2017,
//! "Randomization Tests under an Approximate Symmetry Assumption", Econometrica 85. It is the wild cluster bootstrap with
//! Rademacher weights and the null imposed (Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90) for a mean.
//!
//! What it assumes is symmetry: equal contestants that change sides are equal contestants. If the challenger is a little better
//! on most instances and far worse on a few, a dozen instances may not show the few; `benches/duel` measures how much that matters.
//!
//! Flipping the instances of a set F makes the total no smaller exactly if the sum over F of (verdict - d) is not above 0, that is, if
//! the mean of the turns of F is at most d. The bound is therefore a quantile of the means of all sets of instances: the "typical
//! values" of Hartigan 1969, "Using Subsample Values as Typical Values", Journal of the American Statistical Association 64.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Cluster;

/// With up to this many instances, every set of them is looked at.
const EXACT_UP_TO: usize = 16;
/// The number of sets that are drawn if there are too many. With the empty one, which is the observed signs, they are 10,000.
const DRAWS: usize = 9_999;

/// The value that the mean over turns exceeds with confidence 1 - `alpha`; `None` if there are too few instances for any.
///
/// With `alpha` 0.05, there are enough from 5 on.
pub fn lower_bound(clusters: &[Cluster], alpha: f64, seed: u64) -> Option<f64> {
    let mut means = if clusters.len() <= EXACT_UP_TO {
        every_mean(clusters)
    } else {
        drawn_means(clusters, seed)
    };
    // A value is rejected if no more sets than these have a mean of at most that value. The empty set always has.
    let allowed = (alpha * means.len() as f64 + 1e-9).floor() as usize;
    if allowed == 0 || allowed >= means.len() {
        return None;
    }
    let (_, bound, _) = means.select_nth_unstable_by(allowed, f64::total_cmp);
    Some(*bound).filter(|bound| bound.is_finite())
}

/// The mean of the turns of every set of instances.
fn every_mean(clusters: &[Cluster]) -> Vec<f64> {
    every_set(clusters).into_iter().map(mean_of_set).collect()
}

/// Every set of instances, put together; the empty one comes first.
fn every_set(clusters: &[Cluster]) -> Vec<Cluster> {
    let mut sets = vec![Cluster::default()];
    for &cluster in clusters {
        sets.extend(sets.clone().into_iter().map(|set| set.and(cluster)));
    }
    sets
}

/// The means of the empty set and of sets in which each instance is with chance 1/2.
fn drawn_means(clusters: &[Cluster], seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Drawing one of every set of some instances is drawing each of these instances.
    let parts: Vec<Vec<Cluster>> = clusters.chunks(8).map(every_set).collect();
    let draws = (0..DRAWS).map(|_| {
        let drawn = parts
            .iter()
            .filter_map(|sets| sets.get(rng.random_range(0..sets.len() as u32) as usize));
        mean_of_set(drawn.copied().fold(Cluster::default(), Cluster::and))
    });
    [f64::NEG_INFINITY].into_iter().chain(draws).collect()
}

/// Sums of the same verdicts in another order must not differ, so that an edge of exactly 0 is 0.
fn mean_of_set(set: Cluster) -> f64 {
    if set.turns == 0 { f64::NEG_INFINITY } else { (set.mean() * 1e12).round() / 1e12 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn singles(values: &[f64]) -> Vec<Cluster> {
        values.iter().map(|&sum| Cluster { sum, turns: 1 }).collect()
    }

    #[test]
    fn the_bound_of_five_instances_is_the_smallest_of_them() {
        // 0.05 of 32 sets is 1.6: the empty set alone may be at most the bound.
        assert_eq!(lower_bound(&singles(&[0.5, 0.1, 0.4, 0.2, 0.3]), 0.05, 1), Some(0.1));
        assert_eq!(lower_bound(&singles(&[0.5, 0.1, 0.4, 0.2]), 0.05, 1), None);
        assert_eq!(lower_bound(&[], 0.05, 1), None);
    }

    #[test]
    fn the_bound_of_six_instances_is_the_third_smallest_mean_of_a_set() {
        // 0.05 of 64 sets is 3.2; the sets with the smallest means are {}, {1}, {1, 2} and {1, 3}, {2}.
        let values = [0.1, 0.2, 0.4, 0.5, 0.6, 0.7];
        let bound = lower_bound(&singles(&values), 0.05, 1).unwrap();
        assert!((bound - 0.2).abs() < 1e-12, "{bound}");
    }

    #[test]
    fn a_value_is_below_the_bound_exactly_if_flipping_signs_rejects_it() {
        let clusters: Vec<Cluster> =
            [(2.0, 3), (-0.5, 1), (1.5, 4), (0.7, 2), (0.1, 1), (1.9, 5), (-0.2, 2)]
                .map(|(sum, turns)| Cluster { sum, turns })
                .to_vec();
        let bound = lower_bound(&clusters, 0.1, 1).unwrap();
        for edge in [-0.3, -0.1, 0.0, 0.1, 0.2, 0.25, 0.3, 0.4, bound - 1e-6, bound + 1e-6] {
            let residuals: Vec<f64> =
                clusters.iter().map(|c| c.sum - edge * c.turns as f64).collect();
            let total = |way: u32| -> f64 {
                residuals
                    .iter()
                    .enumerate()
                    .map(|(i, r)| if way >> i & 1 == 1 { -r } else { *r })
                    .sum()
            };
            let as_large = (0..1 << 7).filter(|&way| total(way) >= total(0) - 1e-12).count();
            let is_rejected = as_large as f64 / 128.0 <= 0.1;
            assert_eq!(edge < bound, is_rejected, "{edge} {bound}");
        }
    }

    #[test]
    fn drawn_sets_come_close_to_every_set() {
        let clusters =
            singles(&(0..16).map(|i| f64::from(i * 7 % 16) / 16.0 - 0.2).collect::<Vec<_>>());
        let exact = lower_bound(&clusters, 0.05, 1).unwrap();
        let mut drawn = drawn_means(&clusters, 3);
        let (_, near, _) = drawn.select_nth_unstable_by(500, f64::total_cmp);
        assert!((exact - *near).abs() < 0.01, "{exact} {near}");
    }

    #[test]
    fn the_bound_moves_and_stretches_with_the_verdicts() {
        let values: Vec<f64> = (0..30).map(|i| f64::from(i * 11 % 30) / 100.0).collect();
        let bound = |scale: f64, shift: f64| {
            let moved: Vec<f64> = values.iter().map(|value| scale * value + shift).collect();
            lower_bound(&singles(&moved), 0.05, 9).unwrap()
        };
        let plain = bound(1.0, 0.0);
        assert!((bound(1.0, -0.3) - (plain - 0.3)).abs() < 1e-9);
        assert!((bound(2.0, 0.0) - 2.0 * plain).abs() < 1e-9);
        assert!(plain < values.iter().sum::<f64>() / 30.0);
    }
}
