//! Which programs new rows are made after: such as differ most from each other.
//!
//! Invariant: the same points, count and seed give the same order; every program is chosen once before any is chosen again.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::task::Task;
use crate::measure::k_centre::k_centre;

/// A row to ask for: the place of its program, its task, and how often the program was chosen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub place: usize,
    pub task: Task,
    pub turn: u32,
}

/// Chooses programs for new rows, `count` of them or as many as there are, by k-centre greedy from a drawn first one.
pub(super) fn choices(
    points: &[Vec<f32>],
    count: Option<usize>,
    tasks: &[Task],
    seed: u64,
) -> Vec<Choice> {
    if points.is_empty() || tasks.is_empty() {
        return Vec::new();
    }
    let drawn = blake3::hash(format!("seeds|{seed}").as_bytes());
    let first = ChaCha8Rng::from_seed(*drawn.as_bytes()).random_range(0..points.len());
    let mut turned = points.to_vec();
    turned.rotate_left(first);
    let most = count.unwrap_or(points.len());
    let centres: Vec<usize> = k_centre(&turned, most, f64::NEG_INFINITY)
        .into_iter()
        .map(|(at, _)| (at + first) % points.len())
        .collect();
    let choice = |number: usize| {
        let (turn, at) = (number / centres.len(), number % centres.len());
        // A program that is chosen again gets another task.
        let task = tasks[(at + turn) % tasks.len()];
        Choice { place: centres[at], task, turn: turn as u32 }
    };
    (0..count.unwrap_or(centres.len())).map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(count: Option<usize>, seed: u64) -> Vec<(usize, Task, u32)> {
        let points: Vec<Vec<f32>> = [0.0, 1.0, 9.0, 9.0].map(|x| vec![x]).to_vec();
        let tasks = [Task::Generation, Task::Repair];
        let choices = choices(&points, count, &tasks, seed).into_iter();
        choices.map(|Choice { place, task, turn }| (place, task, turn)).collect()
    }

    #[test]
    fn programs_are_chosen_from_the_farthest_on_and_equal_ones_once() {
        for seed in 0..8 {
            let places: Vec<usize> = chosen(None, seed).into_iter().map(|it| it.0).collect();
            // Two points are one, so that three are left.
            assert_eq!(places.len(), 3);
            let distance =
                |a: usize, b: usize| [0.0_f32, 1.0, 9.0, 9.0][a] - [0.0, 1.0, 9.0, 9.0][b];
            assert!(distance(places[0], places[1]).abs() >= 8.0, "{places:?}");
        }
        assert_eq!(chosen(Some(2), 3), chosen(None, 3)[..2]);
        let firsts: std::collections::BTreeSet<usize> =
            (0..20).map(|seed| chosen(Some(1), seed)[0].0).collect();
        assert!(firsts.len() > 1, "{firsts:?}");
    }

    #[test]
    fn a_program_that_is_chosen_again_gets_another_task() {
        let found = chosen(Some(7), 1);
        assert_eq!(found.len(), 7);
        for (again, first) in found[3..].iter().zip(&found) {
            assert_eq!((again.0, again.2), (first.0, first.2 + 1));
            assert_ne!(again.1, first.1);
        }
        assert_eq!(choices(&[], Some(3), &[Task::Repair], 0), []);
    }
}
