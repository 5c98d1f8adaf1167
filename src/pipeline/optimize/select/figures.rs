//! What a selection does to a set, in numbers: the distribution of its scores, and how much its programs differ, before and after.
//!
//! Invariant: memory does not grow with the set; the numbers do not depend on the order of its rows.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::Serialize;

use super::By;

/// Numbers that come together while a set is read and passed on.
#[derive(Default)]
pub struct Figures(RefCell<Option<State>>);

#[derive(Default)]
struct State {
    measure: String,
    before: Cloud,
    after: Cloud,
    selected: Option<Selected>,
}

/// A set before and after it was selected from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Selected {
    pub by: String,
    /// What distances are between: pairs of tokens, or the embeddings of a model.
    pub distances: String,
    /// Scores of the whole set; with `diversity`, only what is kept has one.
    pub before: Option<Distribution>,
    pub after: Option<Distribution>,
    /// The mean distance of two programs, 0 if all are the same: the root of the mean square.
    pub diversity_before: Option<f64>,
    pub diversity_after: Option<f64>,
}

/// How scores are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Distribution {
    pub programs: usize,
    pub least: f64,
    pub quartile: f64,
    pub median: f64,
    pub upper_quartile: f64,
    pub most: f64,
    pub mean: f64,
}

impl Distribution {
    /// The distribution of some scores, if there are any.
    fn of(scores: impl Iterator<Item = f64>) -> Option<Self> {
        let mut scores: Vec<f64> = scores.collect();
        scores.sort_by(f64::total_cmp);
        let last = scores.len().checked_sub(1)?;
        let at = |share: f64| scores[(share * last as f64).round() as usize];
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        Some(Self {
            programs: scores.len(),
            least: at(0.0),
            quartile: at(0.25),
            median: at(0.5),
            upper_quartile: at(0.75),
            most: at(1.0),
            mean,
        })
    }
}

/// Points of which only sums are kept: enough for the mean square of the distances between all pairs.
#[derive(Default)]
struct Cloud {
    count: f64,
    sum: Vec<f64>,
    squares: f64,
}

impl Cloud {
    fn add(&mut self, point: &[f32]) {
        self.count += 1.0;
        self.sum.resize(self.sum.len().max(point.len()), 0.0);
        for (sum, &x) in self.sum.iter_mut().zip(point) {
            *sum += f64::from(x);
            self.squares += f64::from(x) * f64::from(x);
        }
    }

    /// The root of the mean square of the distances between two of the points.
    fn spread(&self) -> Option<f64> {
        let of_sum: f64 = self.sum.iter().map(|x| x * x).sum();
        let pairs = self.count * (self.count - 1.0);
        let mean = 2.0 * (self.count * self.squares - of_sum) / pairs;
        (self.count > 1.0).then(|| mean.max(0.0).sqrt())
    }
}

impl Figures {
    pub(super) fn begin(&self, measure: String) {
        *self.0.borrow_mut() = Some(State { measure, ..State::default() });
    }

    /// Counts a program that was read, by its point.
    pub(super) fn read(&self, point: &[f32]) {
        if let Some(state) = &mut *self.0.borrow_mut() {
            state.before.add(point);
        }
    }

    /// Counts a program that is kept.
    pub(super) fn kept(&self, point: &[f32]) {
        if let Some(state) = &mut *self.0.borrow_mut() {
            state.after.add(point);
        }
    }

    /// Takes in the scores, and which of them are kept.
    pub(super) fn scored(&self, by: By, scores: &[Option<f64>], chosen: &BTreeSet<usize>) {
        let Some(state) = &mut *self.0.borrow_mut() else { return };
        let before = match by {
            By::Diversity => None,
            By::Likeness
            | By::Maintainability
            | By::Smells
            | By::Length
            | By::Coverage
            | By::MutationScore => Distribution::of(scores.iter().copied().flatten()),
        };
        let after = Distribution::of(chosen.iter().filter_map(|&at| scores[at]));
        state.selected = Some(Selected {
            by: by.name().to_owned(),
            distances: state.measure.clone(),
            before,
            after,
            diversity_before: None,
            diversity_after: None,
        });
    }

    /// The numbers of the last selection, if there was one.
    pub fn take(&self) -> Option<Selected> {
        let State { before, after, selected, .. } = self.0.borrow_mut().take()?;
        let selected = selected?;
        Some(Selected {
            diversity_before: before.spread(),
            diversity_after: after.spread(),
            ..selected
        })
    }
}

impl Selected {
    /// The same as the rows of a table.
    pub fn rows(&self) -> Vec<(String, String)> {
        let shown = |distribution: &Option<Distribution>| match distribution {
            None => "-".to_owned(),
            Some(it) => format!(
                "{:.3} / {:.3} / {:.3} / {:.3} / {:.3}",
                it.least, it.quartile, it.median, it.upper_quartile, it.most
            ),
        };
        let number = |x: Option<f64>| x.map_or_else(|| "-".to_owned(), |x| format!("{x:.3}"));
        let (before, after) = (number(self.diversity_before), number(self.diversity_after));
        vec![
            (format!("{} (quartiles), before", self.by), shown(&self.before)),
            (format!("{} (quartiles), after", self.by), shown(&self.after)),
            (
                format!("mean distance of programs ({})", self.distances),
                format!("{before} before, {after} after"),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_give_the_mean_square_of_all_distances() {
        let points = [[0.0, 0.0], [3.0, 4.0], [0.0, 4.0_f32]];
        let mut cloud = Cloud::default();
        points.iter().for_each(|point| cloud.add(point));
        let expected: f64 = (25.0 + 16.0 + 9.0) / 3.0;
        assert!((cloud.spread().unwrap() - expected.sqrt()).abs() < 1e-9);
        assert_eq!(Cloud::default().spread(), None);
    }

    #[test]
    fn quartiles_are_scores() {
        let found = Distribution::of([5.0, 1.0, 3.0, 2.0, 4.0].into_iter()).unwrap();
        let quartiles = [found.least, found.quartile, found.median, found.upper_quartile];
        assert_eq!((quartiles, found.most, found.mean), ([1.0, 2.0, 3.0, 4.0], 5.0, 3.0));
        assert_eq!(Distribution::of(std::iter::empty()), None);
    }
}
