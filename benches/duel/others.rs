//! Other ways to decide the same duels, written apart from the crate's.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tgsand::measure::duel::Turn;

const DRAWS: usize = 999;

/// The sum of verdicts and the number of turns of each instance, with every turn that any judge gave a verdict on.
pub fn sums(turns: &[Turn]) -> Vec<(f64, f64)> {
    let mut found: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for turn in turns {
        let given: Vec<f64> = turn.verdicts.iter().copied().flatten().collect();
        if !given.is_empty() {
            let (sum, count) = found.entry(&turn.instance).or_default();
            *sum += given.iter().sum::<f64>() / given.len() as f64;
            *count += 1.0;
        }
    }
    found.into_values().collect()
}

/// The one-sided permutation test at 5 %: whole instances change sides.
pub fn permutation(turns: &[Turn], seed: u64) -> bool {
    let sums = sums(turns);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let observed: f64 = sums.iter().map(|(sum, _)| sum).sum();
    let as_large = (0..DRAWS)
        .filter(|_| {
            sums.iter().map(|(sum, _)| if rng.random() { *sum } else { -sum }).sum::<f64>()
                >= observed - 1e-9
        })
        .count();
    (as_large + 1) as f64 / (DRAWS + 1) as f64 <= 0.05
}

/// Whether the plain percentile bootstrap over instances puts the 5 % quantile above 0.
pub fn percentile(turns: &[Turn], seed: u64) -> bool {
    let sums = sums(turns);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let low = (0..DRAWS)
        .filter(|_| {
            (0..sums.len()).map(|_| sums[rng.random_range(0..sums.len())].0).sum::<f64>() <= 1e-9
        })
        .count();
    (low as f64) < 0.05 * (DRAWS + 1) as f64
}
