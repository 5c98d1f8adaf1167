//! The win rate that a challenger would have if both replies were equally long.
//!
//! Invariant: without differences in length, it is the plain win rate, apart from the weak prior of `logistic`.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::logistic::{self, Row, chance};
use super::{grouped, resampled};
use crate::measure::Interval;
use crate::measure::intervals::percentiles;

/// How often the instances are drawn anew.
const RESAMPLES: usize = 1_000;

/// One judged turn and the lengths of its replies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub instance: String,
    /// The challenger's part of the win, from 0 to 1.
    pub outcome: f64,
    /// The length of the challenger's reply minus that of the king's, in any unit.
    pub longer: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LengthControlled {
    /// From 0 to 1.
    pub plain: f64,
    /// At equal length.
    pub controlled: f64,
    /// Of the controlled rate; 95 %, instances resampled.
    pub interval: Interval,
    /// The log odds that a much longer reply adds; 0 if judges do not care.
    pub length_effect: f64,
}

/// The challenger's win rate, with length controlled for; `None` of no turns.
///
/// Fits P(win) = 1 / (1 + exp(-(b + c * tanh(d / s)))), with d the difference in length and s its standard deviation, and gives
/// the rate at d = 0. Dubois, Galambosi, Liang and Hashimoto 2024, "Length-Controlled AlpacaEval: A Simple Way to Debias Automatic
/// Evaluators", without its term for how hard an instruction is, which needs other models' results. The interval is of the
/// percentile bootstrap over instances.
pub fn length_controlled(turns: &[Measured], seed: u64) -> Option<LengthControlled> {
    let usable: Vec<&Measured> = turns
        .iter()
        .filter(|turn| (0.0..=1.0).contains(&turn.outcome) && turn.longer.is_finite())
        .collect();
    let plain = super::super::mean(&usable.iter().map(|turn| turn.outcome).collect::<Vec<_>>())?;
    let (controlled, length_effect) = fit(&usable);
    let groups = grouped(&usable, |turn| turn.instance.as_str());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let repeats = (0..RESAMPLES).map(|_| {
        let drawn: Vec<&Measured> = resampled(&groups, &mut rng).into_iter().copied().collect();
        fit(&drawn).0
    });
    Some(LengthControlled {
        plain,
        controlled,
        interval: percentiles(repeats.collect())?,
        length_effect,
    })
}

/// The rate at equal length, and the effect of length.
fn fit(turns: &[&Measured]) -> (f64, f64) {
    let count = turns.len() as f64;
    let mean = turns.iter().map(|turn| turn.longer).sum::<f64>() / count;
    let deviation =
        (turns.iter().map(|turn| (turn.longer - mean).powi(2)).sum::<f64>() / count).sqrt();
    // With one difference for all turns, nothing tells its effect from the challenger's.
    let feature =
        |turn: &Measured| if deviation > 0.0 { (turn.longer / deviation).tanh() } else { 0.0 };
    let rows: Vec<Row> = turns
        .iter()
        .map(|turn| Row { features: vec![1.0, feature(turn)], outcome: turn.outcome, weight: 1.0 })
        .collect();
    match logistic::fit(&rows, 2)[..] {
        [base, effect] => (chance(base), effect),
        _ => (0.5, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(count: usize, outcome_and_length: impl Fn(usize) -> (f64, f64)) -> Vec<Measured> {
        let turn = |i: usize| {
            let (outcome, longer) = outcome_and_length(i);
            Measured { instance: format!("instance-{}", i % 7), outcome, longer }
        };
        (0..count).map(turn).collect()
    }

    #[test]
    fn equal_lengths_leave_the_win_rate() {
        let found =
            length_controlled(&turns(200, |i| (f64::from(u8::from(i % 4 != 0)), 0.0)), 1).unwrap();
        assert_eq!((found.plain, found.length_effect), (0.75, 0.0));
        assert!((found.controlled - 0.75).abs() < 1e-3, "{}", found.controlled);
    }

    #[test]
    fn a_challenger_that_wins_by_length_alone_is_no_better() {
        // The longer reply wins three times of four; the challenger's is longer three times of four.
        let found = length_controlled(
            &turns(320, |i| {
                let is_longer = i % 4 != 0;
                let longer_wins = i / 4 % 4 != 0;
                (
                    f64::from(u8::from(is_longer == longer_wins)),
                    if is_longer { 100.0 } else { -100.0 },
                )
            }),
            1,
        )
        .unwrap();
        assert!((found.plain - 0.625).abs() < 1e-12, "{}", found.plain);
        assert!((found.controlled - 0.5).abs() < 2e-3, "{}", found.controlled);
        assert!(found.interval.low < 0.5 && 0.5 < found.interval.high && found.length_effect > 1.0);
    }

    #[test]
    fn the_unit_of_length_does_not_matter() {
        let with_unit = |unit: f64| {
            length_controlled(
                &turns(100, |i| (f64::from(i as u32 % 3) / 2.0, unit * (i as f64 - 30.0))),
                1,
            )
            .unwrap()
        };
        let (characters, tokens) = (with_unit(4.0), with_unit(1.0));
        assert!((characters.controlled - tokens.controlled).abs() < 1e-9);
    }

    #[test]
    fn turns_without_a_length_or_an_outcome_do_not_count() {
        assert_eq!(length_controlled(&turns(5, |_| (f64::NAN, 1.0)), 1), None);
        assert_eq!(length_controlled(&turns(5, |_| (1.0, f64::INFINITY)), 1), None);
        assert_eq!(length_controlled(&[], 1), None);
    }
}
