//! Compares two runs on the problems that both have.
//!
//! Invariant: every number is of the same problems for both runs; what only one run has is counted and left out.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::intervals::{self, Interval};

/// With up to this many differing problems, every way to flip their signs is tried.
const EXACT_UP_TO: usize = 16;
/// The number of sign flips that are drawn if there are too many to try.
const DRAWS: u32 = 10_000;
/// Relative; sums of the same differences in another order are the same sum.
const ROUNDING: f64 = 1e-9;

/// One problem's value in a run, with the means to check whether another run's problem with this id
/// is the same.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scored {
    pub value: f64,
    /// The format of the test set.
    pub format: Option<String>,
    /// The digest of the problem; absent in runs of older versions.
    pub problem: Option<String>,
}

impl Scored {
    /// Whether both are of one problem, as far as is known.
    fn is_of_the_problem_of(&self, other: &Self) -> bool {
        let digests = self.problem.as_ref().zip(other.problem.as_ref());
        self.format == other.format && digests.is_none_or(|(own, others)| own == others)
    }
}

/// Two runs side by side; differences are second minus first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How many problems both runs have.
    pub problems: usize,
    pub only_first: usize,
    pub only_second: usize,
    /// Ids that name another problem in the second run than in the first; left out.
    pub other_problems: usize,
    pub first_mean: f64,
    pub second_mean: f64,
    pub difference: f64,
    /// 95 %, problems resampled.
    pub interval: Interval,
    pub better: usize,
    pub worse: usize,
    /// The ids of the problems that the second run does better, in order.
    pub better_ids: Vec<String>,
    pub worse_ids: Vec<String>,
    pub sign_flip: PValue,
    /// McNemar's exact test; only if every value is 0 or 1.
    pub mcnemar_p: Option<f64>,
}

/// How likely a difference at least as large is, were the two runs equally good; two-sided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PValue {
    pub p: f64,
    /// Whether every way was tried, rather than a sample drawn.
    pub exact: bool,
}

/// The runs share no problem, so that there is nothing to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NothingInCommon {
    #[error("the two runs have no problem in common")]
    NoId,
    #[error(
        "the two runs have no problem in common: the ids that occur in both ({0}) belong to different problems"
    )]
    OtherProblems(usize),
}

/// Compares one value a problem of two runs, by problem; fails if the runs share no problem.
pub fn compare(
    first: &BTreeMap<String, Scored>,
    second: &BTreeMap<String, Scored>,
    seed: u64,
) -> Result<Comparison, NothingInCommon> {
    let same_ids =
        || first.iter().filter_map(|(id, own)| second.get(id).map(|other| (id, own, other)));
    let pairs: Vec<(&String, f64, f64)> = same_ids()
        .filter(|(_, own, other)| own.is_of_the_problem_of(other))
        .map(|(id, own, other)| (id, own.value, other.value))
        .collect();
    let shared_ids = same_ids().count();
    let other_problems = shared_ids - pairs.len();
    let differences: Vec<f64> = pairs.iter().map(|(_, first, second)| second - first).collect();
    let Some(interval) = intervals::interval(&differences, seed) else {
        return Err(match other_problems {
            0 => NothingInCommon::NoId,
            count => NothingInCommon::OtherProblems(count),
        });
    };
    let count = pairs.len() as f64;
    let ids = |is_listed: fn(f64) -> bool| -> Vec<String> {
        let listed =
            pairs.iter().zip(&differences).filter(|(_, difference)| is_listed(**difference));
        listed.map(|((id, ..), _)| (*id).clone()).collect()
    };
    let (better_ids, worse_ids) =
        (ids(|difference| difference > 0.0), ids(|difference| difference < 0.0));
    let is_binary = pairs
        .iter()
        .all(|&(_, first, second)| [first, second].iter().all(|&v| v == 0.0 || v == 1.0));
    Ok(Comparison {
        problems: pairs.len(),
        only_first: first.len() - shared_ids,
        only_second: second.len() - shared_ids,
        other_problems,
        first_mean: super::sum(pairs.iter().map(|pair| pair.1)) / count,
        second_mean: super::sum(pairs.iter().map(|pair| pair.2)) / count,
        difference: super::sum(differences.iter().copied()) / count,
        interval,
        better: better_ids.len(),
        worse: worse_ids.len(),
        sign_flip: sign_flip(&differences, seed),
        mcnemar_p: is_binary.then(|| mcnemar(better_ids.len(), worse_ids.len())),
        better_ids,
        worse_ids,
    })
}

/// The paired permutation test of a mean difference: under the null hypothesis each difference could have either sign.
///
/// Fisher 1935, "The Design of Experiments", section 21. A sampled p counts the observed signs as one of the draws.
fn sign_flip(differences: &[f64], seed: u64) -> PValue {
    let differing: Vec<f64> =
        differences.iter().copied().filter(|&difference| difference != 0.0).collect();
    let observed = differing.iter().sum::<f64>().abs();
    let least =
        observed - ROUNDING * differing.iter().map(|difference| difference.abs()).sum::<f64>();
    if differing.len() <= EXACT_UP_TO {
        let ways = 1u32 << differing.len();
        let as_large = (0..ways)
            .filter(|&way| flipped(&differing, |i| way >> i & 1 == 1).abs() >= least)
            .count();
        return PValue { p: as_large as f64 / f64::from(ways), exact: true };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let as_large =
        (0..DRAWS).filter(|_| flipped(&differing, |_| rng.random()).abs() >= least).count();
    PValue { p: (as_large + 1) as f64 / f64::from(DRAWS + 1), exact: false }
}

fn flipped(differences: &[f64], mut is_flipped: impl FnMut(usize) -> bool) -> f64 {
    differences
        .iter()
        .enumerate()
        .map(|(i, difference)| if is_flipped(i) { -difference } else { *difference })
        .sum()
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

#[cfg(test)]
pub mod tests {
    use super::*;

    fn run(values: &[(&str, f64)]) -> BTreeMap<String, Scored> {
        values
            .iter()
            .map(|&(id, value)| (id.to_owned(), Scored { value, ..Scored::default() }))
            .collect()
    }

    /// A run with one problem, `p`.
    fn run_of(format: &str, problem: Option<&str>) -> BTreeMap<String, Scored> {
        let scored =
            Scored { value: 1.0, format: Some(format.into()), problem: problem.map(str::to_owned) };
        BTreeMap::from([("p".to_owned(), scored)])
    }

    /// Runs of 0 and 1 where the second solves `better` more and `worse` fewer of 100 problems.
    pub fn binary(better: usize, worse: usize) -> Comparison {
        let value = |i: usize, first: bool| {
            let solved = if i < better {
                !first
            } else if i < better + worse {
                first
            } else {
                i.is_multiple_of(2)
            };
            (format!("{i:03}"), Scored { value: f64::from(u8::from(solved)), ..Scored::default() })
        };
        let (first, second) = (
            (0..100).map(|i| value(i, true)).collect(),
            (0..100).map(|i| value(i, false)).collect(),
        );
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
        assert_eq!((found.better_ids, found.worse_ids), (vec!["a".to_owned()], vec![]));
        assert_eq!(found.interval, Interval { low: 0.0, high: 1.0 });
        assert_eq!((found.sign_flip, found.mcnemar_p), (PValue { p: 1.0, exact: true }, None));
    }

    #[test]
    fn runs_without_a_common_problem_are_not_compared() {
        assert_eq!(
            compare(&run(&[("a", 1.0)]), &run(&[("b", 1.0)]), 1),
            Err(NothingInCommon::NoId)
        );
    }

    #[test]
    fn an_id_that_names_another_problem_is_counted_and_left_out() {
        let mut first = run_of("mbpp", Some("1f"));
        let mut second = run_of("mbpp", Some("2e"));
        assert_eq!(compare(&first, &second, 1), Err(NothingInCommon::OtherProblems(1)));
        let same = run(&[("q", 0.0), ("r", 1.0)]);
        first.extend(same.clone());
        second.extend(same);
        let found = compare(&first, &second, 1).unwrap();
        assert_eq!(
            (found.problems, found.other_problems, found.only_first, found.only_second),
            (2, 1, 0, 0)
        );
        assert_eq!((found.first_mean, found.second_mean), (0.5, 0.5));
    }

    #[test]
    fn problems_are_the_same_where_id_and_format_are_and_no_digest_says_otherwise() {
        let is_common = |first, second| compare(&first, &second, 1).is_ok();
        assert!(is_common(run_of("mbpp", Some("1f")), run_of("mbpp", Some("1f"))));
        assert!(is_common(run_of("mbpp", None), run_of("mbpp", Some("1f"))));
        assert!(!is_common(run_of("mbpp", None), run_of("apps", None)));
        assert!(!is_common(run_of("mbpp", Some("1f")), run_of("apps", Some("1f"))));
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
    fn a_comparison_is_plain_data() {
        let json = serde_json::to_value(binary(1, 0)).unwrap();
        assert_eq!(json["sign_flip"], serde_json::json!({"p": 1.0, "exact": true}));
        assert_eq!(
            (&json["only_first"], &json["better_ids"]),
            (&serde_json::json!(0), &serde_json::json!(["000"]))
        );
    }
}
