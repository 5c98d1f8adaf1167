//! The statistics of a duel: a challenger against a king, turn by turn, judged by a panel of models.
//!
//! Invariant: instances are what is drawn, flipped or bet on, never turns, since turns of one instance resemble each other.

pub mod agreement;
pub mod anytime;
pub mod bradley_terry;
pub mod gate;
pub mod length_control;
mod logistic;
pub mod lower_bound;
pub mod plan;
pub mod reference;

use std::collections::BTreeMap;

use rand::Rng;
use serde::{Deserialize, Serialize};

/// One turn, judged by every judge of the panel, always in the same order of judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The instance that the turn was sampled from.
    pub instance: String,
    /// For each judge: challenger minus king, from -1 (the king wins everything) to 1; `None` if it could not be parsed.
    pub verdicts: Vec<Option<f64>>,
}

/// How the verdicts of a panel become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Panel {
    /// One broken judge of three moves it by up to a third of the scale.
    #[default]
    Mean,
    /// One broken judge of three moves it no further than to the verdict of another.
    Median,
}

impl Panel {
    /// What readers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
        }
    }
}

impl Turn {
    /// The verdicts there are; a value outside the scale is none.
    fn parsed(&self) -> impl Iterator<Item = f64> {
        self.verdicts.iter().copied().flatten().filter(|verdict| verdict.abs() <= 1.0)
    }

    /// Whether more than half of the panel gave a verdict.
    pub fn has_majority(&self) -> bool {
        2 * self.parsed().count() > self.verdicts.len()
    }

    /// Whether the whole panel gave a verdict.
    pub fn is_complete(&self) -> bool {
        !self.verdicts.is_empty() && self.parsed().count() == self.verdicts.len()
    }

    /// The turn as it would be without one of the judges.
    fn without(&self, judge: usize) -> Self {
        let others = self.verdicts.iter().enumerate().filter(|(own, _)| *own != judge);
        Self {
            instance: self.instance.clone(),
            verdicts: others.map(|(_, verdict)| *verdict).collect(),
        }
    }

    /// The panel's verdict, of the judges that gave one.
    pub fn delta(&self, panel: Panel) -> Option<f64> {
        let verdicts: Vec<f64> = self.parsed().collect();
        match panel {
            Panel::Mean => super::mean(&verdicts),
            Panel::Median => super::median(&verdicts),
        }
    }
}

/// A verdict from -1 to 1 as the challenger's score, from 0 to 100.
pub fn score(verdict: f64) -> f64 {
    rounded(50.0 * (1.0 + verdict))
}

/// Points without what sums of fractions leave behind their ninth digit, so that 85 is not 85.00000000000001 and a bound is met by
/// what is equal to it.
pub(super) fn rounded(points: f64) -> f64 {
    const PART: f64 = 1e9;
    (points * PART).round() / PART
}

/// The turns of one instance, or of several.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cluster {
    /// The sum of the turns' verdicts.
    pub sum: f64,
    pub turns: usize,
}

impl Cluster {
    fn and(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, turns: self.turns + other.turns }
    }

    /// The mean verdict; NaN of no turns.
    fn mean(self) -> f64 {
        self.sum / self.turns as f64
    }

    fn total(clusters: &[Self]) -> Self {
        Self {
            sum: super::sum(clusters.iter().map(|cluster| cluster.sum)),
            turns: clusters.iter().map(|cluster| cluster.turns).sum(),
        }
    }
}

/// The turns that any judge gave a verdict on, by instance and in the order of the instances' names.
pub fn clusters(turns: &[Turn], panel: Panel) -> Vec<Cluster> {
    let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for turn in turns {
        if let Some(delta) = turn.delta(panel) {
            found.entry(&turn.instance).or_default().push(delta);
        }
    }
    let cluster = |deltas: Vec<f64>| Cluster { turns: deltas.len(), sum: super::sum(deltas) };
    found.into_values().map(cluster).collect()
}

/// The items of a sample, by instance, for resampling whole instances.
fn grouped<'a, T>(items: &'a [T], instance: impl Fn(&'a T) -> &'a str) -> Vec<Vec<&'a T>> {
    let mut groups: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
    for item in items {
        groups.entry(instance(item)).or_default().push(item);
    }
    groups.into_values().collect()
}

/// As many of the groups as there are, drawn with replacement, put together.
fn resampled<'a, T>(groups: &[Vec<&'a T>], rng: &mut impl Rng) -> Vec<&'a T> {
    let drawn = (0..groups.len()).filter_map(|_| groups.get(rng.random_range(0..groups.len())));
    drawn.flatten().copied().collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn turn(instance: &str, verdicts: &[Option<f64>]) -> Turn {
        Turn { instance: instance.to_owned(), verdicts: verdicts.to_vec() }
    }

    #[test]
    fn a_median_panel_ignores_how_far_off_one_judge_is() {
        let honest = turn("a", &[Some(0.25), Some(-0.5), Some(0.25)]);
        let broken = turn("a", &[Some(0.25), Some(1.0), Some(0.25)]);
        let of = |panel| (honest.delta(panel), broken.delta(panel));
        assert_eq!(of(Panel::Median), (Some(0.25), Some(0.25)));
        assert_eq!(of(Panel::Mean), (Some(0.0), Some(0.5)));
    }

    #[test]
    fn scores_have_no_digits_that_only_the_order_of_a_sum_made() {
        let thirds = [0.6, 0.8, 0.7];
        let delta = turn("a", &thirds.map(Some)).delta(Panel::Mean).unwrap();
        assert_ne!(50.0 * (1.0 + delta), 85.0);
        assert_eq!(score(delta), 85.0);
    }

    #[test]
    fn the_median_of_two_verdicts_lies_between_them() {
        assert_eq!(turn("a", &[Some(1.0), None, Some(0.0)]).delta(Panel::Median), Some(0.5));
    }

    #[test]
    fn verdicts_that_are_missing_or_off_the_scale_do_not_count() {
        let nothing = turn("a", &[None, Some(f64::NAN), Some(1.5)]);
        assert_eq!([Panel::Mean, Panel::Median].map(|panel| nothing.delta(panel)), [None, None]);
        assert!(!nothing.has_majority() && !nothing.is_complete());
        assert!(!turn("a", &[]).is_complete() && !turn("a", &[]).has_majority());
        let most = turn("a", &[Some(1.0), None, Some(1.0)]);
        assert!(most.has_majority() && !most.is_complete());
    }

    #[test]
    fn clusters_do_not_depend_on_the_order_of_turns() {
        let turns = [
            turn("b", &[Some(1.0)]),
            turn("a", &[Some(-1.0)]),
            turn("b", &[Some(0.5)]),
            turn("c", &[None]),
        ];
        let expected = vec![Cluster { sum: -1.0, turns: 1 }, Cluster { sum: 1.5, turns: 2 }];
        assert_eq!(clusters(&turns, Panel::Mean), expected);
        let mut backwards = turns.to_vec();
        backwards.reverse();
        assert_eq!(clusters(&backwards, Panel::Mean), expected);
    }
}
