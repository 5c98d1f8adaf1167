//! Ranks more than two contestants from comparisons of two.
//!
//! Invariant: every contestant that was compared has a strength, and strengths sum to 0.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::logistic::{self, Row};
use super::{grouped, resampled};
use crate::measure::Interval;
use crate::measure::intervals::percentiles;

/// How often the instances are drawn anew.
const RESAMPLES: usize = 1_000;

/// One turn of two contestants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Game {
    pub instance: String,
    pub first: String,
    pub second: String,
    /// The first one's part of the win: 1, 0, or between them; 0.5 is a draw.
    pub outcome: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strength {
    pub contestant: String,
    pub games: usize,
    /// The log odds to beat a contestant of strength 0, the average.
    pub strength: f64,
    /// 95 %, instances resampled.
    pub interval: Interval,
}

/// The contestants, the strongest first.
///
/// P(a beats b) = 1 / (1 + exp(b - a)): Bradley and Terry 1952, "Rank Analysis of Incomplete Block Designs", Biometrika 39. A draw
/// counts as half a win for each, as in the ratings of chess; Davidson's model of 1970, which has a parameter for draws, is the
/// other way, and orders contestants with equally many games alike. The prior of `logistic` (a normal with a standard deviation
/// of 10) keeps the strength of a contestant that always wins finite. The interval is of the percentile bootstrap over instances.
pub fn strengths(games: &[Game], seed: u64) -> Vec<Strength> {
    let names: BTreeSet<&str> =
        games.iter().flat_map(|game| [game.first.as_str(), &game.second]).collect();
    let places: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let groups = grouped(games, |game| &game.instance);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let repeats: Vec<Vec<f64>> =
        (0..RESAMPLES).map(|_| fit(&resampled(&groups, &mut rng), &places)).collect();
    let estimates = fit(&games.iter().collect::<Vec<_>>(), &places);
    let mut found: Vec<Strength> = places
        .iter()
        .zip(&estimates)
        .filter_map(|((&name, &place), &strength)| {
            let interval = percentiles(repeats.iter().map(|repeat| repeat[place]).collect())?;
            let games = games
                .iter()
                .filter(|game| [&game.first, &game.second].iter().any(|own| *own == name))
                .count();
            Some(Strength { contestant: name.to_owned(), games, strength, interval })
        })
        .collect();
    found.sort_by(|a, b| {
        b.strength.total_cmp(&a.strength).then_with(|| a.contestant.cmp(&b.contestant))
    });
    found
}

fn fit(games: &[&Game], places: &BTreeMap<&str, usize>) -> Vec<f64> {
    // The likelihood depends on the games of each pair only through their number and the wins.
    let mut pairs: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    for game in
        games.iter().filter(|game| game.first != game.second && (0.0..=1.0).contains(&game.outcome))
    {
        let (first, second) = (places[game.first.as_str()], places[game.second.as_str()]);
        let (pair, outcome) = if first < second {
            ((first, second), game.outcome)
        } else {
            ((second, first), 1.0 - game.outcome)
        };
        let (count, won) = pairs.entry(pair).or_default();
        *count += 1.0;
        *won += outcome;
    }
    let rows: Vec<Row> = pairs
        .into_iter()
        .map(|((first, second), (count, won))| {
            let mut features = vec![0.0; places.len()];
            features[first] = 1.0;
            features[second] = -1.0;
            Row { features, outcome: won / count, weight: count }
        })
        .collect();
    logistic::fit(&rows, places.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn games(results: &[(&str, &str, f64, usize)]) -> Vec<Game> {
        let game = |i: usize, first: &str, second: &str, outcome: f64| Game {
            instance: format!("instance-{i}"),
            first: first.to_owned(),
            second: second.to_owned(),
            outcome,
        };
        let repeated = results
            .iter()
            .flat_map(|&(a, b, outcome, count)| (0..count).map(move |i| (i, a, b, outcome)));
        repeated.map(|(i, a, b, outcome)| game(i, a, b, outcome)).collect()
    }

    #[test]
    fn two_contestants_differ_by_the_log_odds_of_their_wins() {
        let found = strengths(&games(&[("king", "new", 1.0, 100), ("king", "new", 0.0, 300)]), 1);
        assert_eq!(
            found.iter().map(|s| s.contestant.as_str()).collect::<Vec<_>>(),
            ["new", "king"]
        );
        let difference = found[0].strength - found[1].strength;
        assert!((difference - 3f64.ln()).abs() < 1e-3, "{difference}");
        assert!((found[0].strength + found[1].strength).abs() < 1e-9);
    }

    #[test]
    fn a_draw_is_half_a_win_for_each() {
        let draws = strengths(&games(&[("a", "b", 0.5, 10), ("b", "c", 1.0, 4)]), 1);
        let halves =
            strengths(&games(&[("a", "b", 1.0, 5), ("b", "a", 1.0, 5), ("b", "c", 1.0, 4)]), 1);
        for (draw, half) in draws.iter().zip(&halves) {
            assert_eq!(draw.contestant, half.contestant);
            assert!((draw.strength - half.strength).abs() < 1e-9);
        }
    }

    #[test]
    fn contestants_that_never_met_are_ranked_through_a_third() {
        let found = strengths(
            &games(&[
                ("a", "b", 1.0, 30),
                ("a", "b", 0.0, 10),
                ("b", "c", 1.0, 30),
                ("b", "c", 0.0, 10),
            ]),
            1,
        );
        assert_eq!(
            found.iter().map(|s| s.contestant.as_str()).collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert!((found[0].strength - found[2].strength - 2.0 * 3f64.ln()).abs() < 0.01);
    }

    #[test]
    fn a_contestant_that_always_wins_has_a_finite_strength() {
        let found = strengths(&games(&[("a", "b", 1.0, 50), ("b", "c", 0.5, 3)]), 1);
        assert!(found.iter().all(|s| s.strength.is_finite()
            && s.interval.low <= s.strength
            && s.strength <= s.interval.high));
    }

    #[test]
    fn nothing_played_ranks_nobody() {
        assert_eq!(strengths(&[], 1), []);
    }
}
