//! Whether judges agree with themselves, if the replies change places, and with each other.
//!
//! Invariant: a verdict that is missing is neither agreement nor disagreement.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Turn, grouped, resampled};
use crate::measure::Interval;
use crate::measure::intervals::percentiles;

/// How often the instances are drawn anew.
const RESAMPLES: usize = 1_000;

/// A judge's two verdicts on one turn, both as challenger minus king, from -1 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BothOrders {
    pub challenger_first: Option<f64>,
    pub king_first: Option<f64>,
}

impl BothOrders {
    /// The verdict of both orders: their mean, so that a reversal is a draw; `None` unless both were parsed.
    pub fn verdict(self) -> Option<f64> {
        Some(f64::midpoint(self.challenger_first?, self.king_first?))
    }
}

/// How much a judge looks at the replies rather than at their places.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Turns with verdicts in both orders.
    pub turns: usize,
    /// Turns with the same winner, or a draw, in both orders.
    pub consistent: usize,
    /// Turns on which the side in the same place won twice.
    pub reversed: usize,
    /// Reversed turns that the reply in the first place won.
    pub first_wins: usize,
}

impl Position {
    /// Counts one judge's verdicts. Zheng et al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", section 3.4.
    pub fn of(verdicts: impl IntoIterator<Item = BothOrders>) -> Self {
        let mut found = Self { turns: 0, consistent: 0, reversed: 0, first_wins: 0 };
        for verdict in verdicts {
            let Some((challenger_first, king_first)) =
                verdict.challenger_first.zip(verdict.king_first)
            else {
                continue;
            };
            let is_reversed = challenger_first * king_first < 0.0;
            found.turns += 1;
            found.consistent +=
                usize::from(!is_reversed && (challenger_first == 0.0) == (king_first == 0.0));
            found.reversed += usize::from(is_reversed);
            found.first_wins += usize::from(is_reversed && challenger_first > 0.0);
        }
        found
    }

    /// From 0 to 1; `None` if no turn was judged in both orders.
    pub fn consistency(self) -> Option<f64> {
        (self.turns > 0).then(|| self.consistent as f64 / self.turns as f64)
    }
}

/// How far apart two values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Equal or not.
    Nominal,
    /// The number of values that were given between the two.
    Ordinal,
    /// The difference.
    Interval,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Alpha {
    /// 1: full agreement; 0: as much as chance; below 0: less.
    pub alpha: f64,
    /// 95 %, instances resampled.
    pub interval: Interval,
    /// Turns with at least two verdicts; only these count.
    pub turns: usize,
}

/// Krippendorff's alpha between the judges; `None` if no turn has two verdicts, or if all verdicts are the same.
///
/// 1 - D_o / D_e, the observed over the expected disagreement. D_o is the mean over the pairs of verdicts of one turn, each turn
/// with m verdicts weighing m; D_e is the mean over all pairs of verdicts. Krippendorff 2011, "Computing Krippendorff's
/// Alpha-Reliability"; missing verdicts are allowed. The interval is of the percentile bootstrap over instances; samples
/// without any disagreement to expect are left out.
pub fn krippendorff(turns: &[Turn], level: Level, seed: u64) -> Option<Alpha> {
    let mut values: Vec<f64> =
        turns.iter().flat_map(Turn::parsed).map(|value| value + 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let units: Vec<Unit> = turns
        .iter()
        .map(|turn| Unit::of(turn, &values))
        .filter(|unit| unit.total() >= 2.0)
        .collect();
    let alpha = alpha(&units.iter().collect::<Vec<_>>(), &values, level)?;
    let groups = grouped(&units, |unit| unit.instance);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let repeats =
        (0..RESAMPLES).filter_map(|_| self::alpha(&resampled(&groups, &mut rng), &values, level));
    Some(Alpha { alpha, interval: percentiles(repeats.collect())?, turns: units.len() })
}

/// How often each value was given to a turn: the place of the value among all, and its number.
struct Unit<'a> {
    instance: &'a str,
    counts: Vec<(usize, f64)>,
}

impl<'a> Unit<'a> {
    fn of(turn: &'a Turn, values: &[f64]) -> Self {
        let mut counts: Vec<(usize, f64)> = Vec::new();
        for verdict in turn.parsed() {
            let place = values.partition_point(|value| *value < verdict);
            match counts.iter_mut().find(|(known, _)| *known == place) {
                Some((_, count)) => *count += 1.0,
                None => counts.push((place, 1.0)),
            }
        }
        Self { instance: &turn.instance, counts }
    }

    fn total(&self) -> f64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

fn alpha(units: &[&Unit], values: &[f64], level: Level) -> Option<f64> {
    let mut marginals = vec![0.0; values.len()];
    for (place, count) in units.iter().flat_map(|unit| &unit.counts) {
        marginals[*place] += count;
    }
    let total: f64 = marginals.iter().sum();
    let scale = positions(&marginals, values, level);
    let apart = |a: usize, b: usize| match level {
        Level::Nominal => f64::from(u8::from(a != b)),
        Level::Ordinal | Level::Interval => (scale[a] - scale[b]).powi(2),
    };
    let observed: f64 = units
        .iter()
        .map(|unit| {
            let pairs = unit.counts.iter().flat_map(|a| unit.counts.iter().map(move |b| (a, b)));
            pairs.map(|((a, count_a), (b, count_b))| count_a * count_b * apart(*a, *b)).sum::<f64>()
                / (unit.total() - 1.0)
        })
        .sum();
    let mut expected = 0.0;
    for (a, count_a) in marginals.iter().enumerate() {
        expected += marginals
            .iter()
            .enumerate()
            .map(|(b, count_b)| count_a * count_b * apart(a, b))
            .sum::<f64>();
    }
    (expected > 0.0).then(|| 1.0 - (total - 1.0) * observed / expected)
}

/// Where each value lies on the line on which differences are measured.
///
/// On the ordinal level that is the number of smaller values given, and half of the equal ones: the difference of two such ranks
/// is Krippendorff's sum over the values between the two, with half of each end.
fn positions(marginals: &[f64], values: &[f64], level: Level) -> Vec<f64> {
    if level != Level::Ordinal {
        return values.to_vec();
    }
    let mut before = 0.0;
    let rank = |count: &f64| {
        let rank = before + count / 2.0;
        before += count;
        rank
    };
    marginals.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Krippendorff's own example (2011, section C): four observers, twelve units, values 1 to 5, here a fifth of them.
    const EXAMPLE: [[u8; 12]; 4] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ];

    fn example() -> Vec<Turn> {
        (0..12)
            .map(|unit| Turn {
                instance: format!("{unit}"),
                verdicts: EXAMPLE
                    .iter()
                    .map(|row| (row[unit] > 0).then(|| f64::from(row[unit]) / 5.0))
                    .collect(),
            })
            .collect()
    }

    #[test]
    fn the_published_example_has_its_published_values() {
        for (level, published) in
            [(Level::Nominal, 0.743), (Level::Ordinal, 0.815), (Level::Interval, 0.849)]
        {
            let found = krippendorff(&example(), level, 1).unwrap();
            assert!((found.alpha - published).abs() < 6e-4, "{level:?}: {}", found.alpha);
            assert!(found.interval.low < found.alpha && found.alpha < found.interval.high);
            assert_eq!(found.turns, 11);
        }
    }

    #[test]
    fn judges_that_always_agree_have_an_alpha_of_one() {
        let turns: Vec<Turn> = (0..10)
            .map(|i| Turn {
                instance: format!("{}", i / 2),
                verdicts: vec![Some(f64::from(i % 3) - 1.0); 3],
            })
            .collect();
        for level in [Level::Nominal, Level::Ordinal, Level::Interval] {
            assert_eq!(krippendorff(&turns, level, 1).unwrap().alpha, 1.0);
        }
    }

    #[test]
    fn without_two_verdicts_or_two_values_there_is_no_alpha() {
        let alone = Turn { instance: "a".to_owned(), verdicts: vec![Some(1.0), None] };
        let same = Turn { instance: "a".to_owned(), verdicts: vec![Some(0.0), Some(-0.0)] };
        assert_eq!(krippendorff(&[alone], Level::Interval, 1), None);
        assert_eq!(krippendorff(&[same], Level::Interval, 1), None);
        assert_eq!(krippendorff(&[], Level::Interval, 1), None);
    }

    #[test]
    fn a_judge_of_places_is_never_consistent_and_decides_nothing() {
        let first = BothOrders { challenger_first: Some(1.0), king_first: Some(-1.0) };
        assert_eq!(first.verdict(), Some(0.0));
        let found = Position::of([first; 4]);
        assert_eq!(found, Position { turns: 4, consistent: 0, reversed: 4, first_wins: 4 });
        assert_eq!(found.consistency(), Some(0.0));
    }

    #[test]
    fn a_win_and_a_draw_are_neither_consistent_nor_reversed() {
        let both = |challenger_first, king_first| BothOrders { challenger_first, king_first };
        let verdicts = [
            both(Some(1.0), Some(0.0)),
            both(Some(0.2), Some(0.6)),
            both(Some(0.0), Some(0.0)),
            both(Some(-1.0), Some(1.0)),
            both(Some(1.0), None),
        ];
        assert_eq!(
            Position::of(verdicts),
            Position { turns: 4, consistent: 2, reversed: 1, first_wins: 0 }
        );
        assert_eq!(
            verdicts.map(BothOrders::verdict),
            [Some(0.5), Some(0.4), Some(0.0), Some(0.0), None]
        );
        assert_eq!(Position::of([]).consistency(), None);
    }
}
