//! Compares two runs on the problems that both have.
//!
//! Invariant: every number is of the same problems for both runs; what only one run has is counted and left out.

use std::collections::BTreeMap;
use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::intervals::{self, Interval};

/// With up to so many differing problems every way to flip their signs is tried.
const EXACT_UP_TO: usize = 16;
/// How many ways to flip signs are drawn where there are too many to try.
const DRAWS: u32 = 10_000;
/// Relative; sums of the same differences in another order are the same sum.
const ROUNDING: f64 = 1e-9;

/// Two runs side by side; differences are second minus first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How many problems both runs have.
    pub problems: usize,
    pub only_first: usize,
    pub only_second: usize,
    pub first_mean: f64,
    pub second_mean: f64,
    pub difference: f64,
    /// 95 %, problems resampled.
    pub interval: Interval,
    pub better: usize,
    pub worse: usize,
    pub sign_flip: PValue,
    /// McNemar's exact test; only where every value is 0 or 1.
    pub mcnemar_p: Option<f64>,
}

/// How likely a difference at least as large is, were the two runs equally good; two-sided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PValue {
    pub p: f64,
    /// Whether every way was tried, rather than a sample drawn.
    pub exact: bool,
}

/// Compares one value a problem of two runs, by problem; `None` where the runs share no problem.
pub fn compare(first: &BTreeMap<String, f64>, second: &BTreeMap<String, f64>, seed: u64) -> Option<Comparison> {
    let pairs: Vec<(f64, f64)> =
        first.iter().filter_map(|(id, &value)| second.get(id).map(|&other| (value, other))).collect();
    let differences: Vec<f64> = pairs.iter().map(|(first, second)| second - first).collect();
    let interval = intervals::interval(&differences, seed)?;
    let count = pairs.len() as f64;
    let better = differences.iter().filter(|&&difference| difference > 0.0).count();
    let worse = differences.iter().filter(|&&difference| difference < 0.0).count();
    let is_binary = pairs.iter().all(|&(first, second)| [first, second].iter().all(|&v| v == 0.0 || v == 1.0));
    Some(Comparison {
        problems: pairs.len(),
        only_first: first.len() - pairs.len(),
        only_second: second.len() - pairs.len(),
        first_mean: super::sum(pairs.iter().map(|pair| pair.0)) / count,
        second_mean: super::sum(pairs.iter().map(|pair| pair.1)) / count,
        difference: super::sum(differences.iter().copied()) / count,
        interval,
        better,
        worse,
        sign_flip: sign_flip(&differences, seed),
        mcnemar_p: is_binary.then(|| mcnemar(better, worse)),
    })
}

/// The paired permutation test of a mean difference: under the null hypothesis each difference could have either sign.
///
/// Fisher 1935, "The Design of Experiments", section 21. A sampled p counts the observed signs as one of the draws.
fn sign_flip(differences: &[f64], seed: u64) -> PValue {
    let differing: Vec<f64> = differences.iter().copied().filter(|&difference| difference != 0.0).collect();
    let observed = differing.iter().sum::<f64>().abs();
    let least = observed - ROUNDING * differing.iter().map(|difference| difference.abs()).sum::<f64>();
    if differing.len() <= EXACT_UP_TO {
        let ways = 1u32 << differing.len();
        let as_large = (0..ways).filter(|&way| flipped(&differing, |i| way >> i & 1 == 1).abs() >= least).count();
        return PValue { p: as_large as f64 / f64::from(ways), exact: true };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let as_large = (0..DRAWS).filter(|_| flipped(&differing, |_| rng.random()).abs() >= least).count();
    PValue { p: (as_large + 1) as f64 / f64::from(DRAWS + 1), exact: false }
}

fn flipped(differences: &[f64], mut is_flipped: impl FnMut(usize) -> bool) -> f64 {
    differences.iter().enumerate().map(|(i, difference)| if is_flipped(i) { -difference } else { *difference }).sum()
}

/// McNemar's exact test, two-sided: of the problems that only one run solves, each run is as likely to be the one.
///
/// Twice the binomial tail of the smaller count, at most 1. McNemar 1947, Psychometrika 12.
fn mcnemar(better: usize, worse: usize) -> f64 {
    let count = better + worse;
    let mut log_term = -(count as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for i in 0..=better.min(worse) {
        tail += log_term.exp();
        log_term += ((count - i) as f64 / (i + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problems, first_mean, second_mean, difference, interval, better, worse, .. } = self;
        writeln!(f, "problems    {problems} in both runs, {better} better, {worse} worse")?;
        writeln!(f, "left out    {} only in the first run, {} only in the second", self.only_first, self.only_second)?;
        writeln!(f, "means       {first_mean:.4} -> {second_mean:.4}")?;
        writeln!(f, "difference  {difference:+.4}, 95 % interval {:+.4} to {:+.4}", interval.low, interval.high)?;
        let how = if self.sign_flip.exact { "exact" } else { "sampled" };
        write!(f, "sign flips  p = {:.4} ({how})", self.sign_flip.p)?;
        match self.mcnemar_p {
            Some(p) => write!(f, "\nMcNemar     p = {p:.4} (exact)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(values: &[(&str, f64)]) -> BTreeMap<String, f64> {
        values.iter().map(|&(id, value)| (id.to_owned(), value)).collect()
    }

    /// Runs of 0 and 1 where the second solves `better` more and `worse` fewer of 100 problems.
    fn binary(better: usize, worse: usize) -> Comparison {
        let value = |i: usize, first: bool| {
            let solved = if i < better {
                !first
            } else if i < better + worse {
                first
            } else {
                i.is_multiple_of(2)
            };
            (format!("{i:03}"), f64::from(u8::from(solved)))
        };
        let (first, second) = ((0..100).map(|i| value(i, true)).collect(), (0..100).map(|i| value(i, false)).collect());
        compare(&first, &second, 5).unwrap()
    }

    #[test]
    fn problems_of_one_run_are_counted_and_left_out() {
        let first = run(&[("a", 0.0), ("b", 0.5), ("x", 1.0)]);
        let second = run(&[("a", 1.0), ("b", 0.5), ("y", 0.0), ("z", 0.0)]);
        let found = compare(&first, &second, 1).unwrap();
        assert_eq!((found.problems, found.only_first, found.only_second), (2, 1, 2));
        assert_eq!((found.first_mean, found.second_mean, found.difference), (0.25, 0.75, 0.5));
        assert_eq!((found.better, found.worse), (1, 0));
        assert_eq!(found.interval, Interval { low: 0.0, high: 1.0 });
        assert_eq!((found.sign_flip, found.mcnemar_p), (PValue { p: 1.0, exact: true }, None));
    }

    #[test]
    fn runs_without_a_common_problem_are_not_compared() {
        assert_eq!(compare(&run(&[("a", 1.0)]), &run(&[("b", 1.0)]), 1), None);
    }

    #[test]
    fn both_tests_agree_exactly_on_zero_and_one() {
        for (better, worse) in [(0, 0), (1, 0), (5, 0), (6, 1), (9, 4), (8, 8)] {
            let found = binary(better, worse);
            let mcnemar = found.mcnemar_p.unwrap();
            assert!(
                found.sign_flip.exact && (found.sign_flip.p - mcnemar).abs() < 1e-12,
                "{better} {worse}: {found:?}"
            );
        }
        assert_eq!(binary(5, 0).sign_flip.p, 2.0 / 32.0);
    }

    #[test]
    fn sampled_flips_come_close_to_the_exact_test() {
        let found = binary(30, 15);
        assert!(!found.sign_flip.exact);
        let exact = found.mcnemar_p.unwrap();
        assert!((exact - 0.035_698).abs() < 1e-5, "{exact}");
        assert!((found.sign_flip.p - exact).abs() < 0.01, "{} {exact}", found.sign_flip.p);
    }

    #[test]
    fn flips_weigh_differences_by_their_size() {
        // Of 8 sign patterns only the observed one and its mirror image reach 0.7 in sum.
        let found = sign_flip(&[0.1, 0.2, 0.4, 0.0], 1);
        assert_eq!(found, PValue { p: 0.25, exact: true });
    }

    #[test]
    fn a_comparison_reads_as_a_few_lines() {
        let text = binary(5, 0).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "problems    100 in both runs, 5 better, 0 worse");
        assert_eq!(lines[1], "left out    0 only in the first run, 0 only in the second");
        assert_eq!(lines[2], "means       0.4700 -> 0.5200");
        assert!(lines[3].starts_with("difference  +0.0500, 95 % interval +0.0100 to +0."), "{}", lines[3]);
        assert_eq!(lines[4..], ["sign flips  p = 0.0625 (exact)", "McNemar     p = 0.0625 (exact)"]);
    }

    #[test]
    fn a_comparison_is_plain_data() {
        let json = serde_json::to_value(binary(1, 0)).unwrap();
        assert_eq!(json["sign_flip"], serde_json::json!({"p": 1.0, "exact": true}));
        assert_eq!(json["only_first"], 0);
    }
}
