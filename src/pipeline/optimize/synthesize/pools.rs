//! What later rows are shown: rows that were accepted, and rows that were refused with the reason.
//!
//! Invariant: what is shown follows from the rows that came before, the seed and the id of the row that is asked for.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::draft::Draft;
use super::task::Task;

/// Examples of each kind that a prompt shows.
const SHOWN: usize = 2;
/// Rows of each kind that are remembered, the latest ones.
const REMEMBERED: usize = 500;
/// Characters of an example; longer ones leave no room for the task.
const LONGEST: usize = 3_000;

/// A row that a prompt shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The row as a model has to write it.
    pub item: String,
    /// What a review said about it.
    pub analysis: String,
}

/// What a prompt shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examples {
    pub good: Vec<Example>,
    pub bad: Vec<Example>,
}

/// The rows that were reviewed so far.
#[derive(Default)]
pub(super) struct Pools {
    good: VecDeque<(Task, Example)>,
    bad: VecDeque<(Task, Example)>,
}

impl Pools {
    /// Remembers a row that was accepted.
    pub fn add_good(&mut self, task: Task, draft: &Draft, analysis: &str) {
        add(&mut self.good, task, draft, analysis);
    }

    /// Remembers a row that was refused.
    pub fn add_bad(&mut self, task: Task, draft: &Draft, analysis: &str) {
        add(&mut self.bad, task, draft, analysis);
    }

    /// What a prompt for one more row of a task shows.
    pub fn shown(&self, task: Task, seed: u64, id: &str) -> Examples {
        let drawn = |pool: &VecDeque<(Task, Example)>, name: &str| {
            let seed = blake3::hash(format!("{name}|{seed}|{id}").as_bytes());
            let mut of_task: Vec<&Example> =
                pool.iter().filter(|(of, _)| *of == task).map(|(_, example)| example).collect();
            of_task.shuffle(&mut ChaCha8Rng::from_seed(*seed.as_bytes()));
            of_task.into_iter().take(SHOWN).cloned().collect()
        };
        Examples { good: drawn(&self.good, "good"), bad: drawn(&self.bad, "bad") }
    }
}

fn add(pool: &mut VecDeque<(Task, Example)>, task: Task, draft: &Draft, analysis: &str) {
    let Draft { task_name, instruction, information, solution, tests } = draft;
    let item = json!({
        "task_name": task_name, "instruction": instruction, "information": information,
        "solution": solution, "tests": tests,
    })
    .to_string();
    if item.chars().count() > LONGEST {
        return;
    }
    pool.push_back((task, Example { item, analysis: analysis.to_owned() }));
    if pool.len() > REMEMBERED {
        pool.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(number: usize) -> Draft {
        Draft {
            task_name: format!("item {number}"),
            instruction: String::new(),
            information: String::new(),
            solution: String::new(),
            tests: Vec::new(),
        }
    }

    fn names(examples: &[Example]) -> Vec<String> {
        let parsed = examples.iter().map(|it| serde_json::from_str(&it.item).unwrap());
        parsed.map(|it: serde_json::Value| it["task_name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_prompt_shows_rows_of_its_own_task_drawn_by_seed_and_id() {
        let mut pools = Pools::default();
        for number in 0..20 {
            let task = if number % 2 == 0 { Task::Generation } else { Task::Repair };
            pools.add_good(task, &draft(number), "");
        }
        pools.add_bad(Task::Repair, &draft(99), "It is vague.");
        let shown = pools.shown(Task::Repair, 7, "a/syn-1");
        assert_eq!(names(&shown.bad), ["item 99"]);
        assert_eq!(shown.bad[0].analysis, "It is vague.");
        assert_eq!(shown.good.len(), SHOWN);
        assert!(
            names(&shown.good)
                .iter()
                .all(|name| ["1", "3", "5", "7", "9"].iter().any(|end| name.ends_with(end)))
        );
        assert_eq!(pools.shown(Task::Repair, 7, "a/syn-1"), shown);
        assert_ne!(pools.shown(Task::Repair, 8, "a/syn-1").good, shown.good);
        assert_eq!(pools.shown(Task::Summary, 7, "a/syn-1"), Examples::default());
    }

    #[test]
    fn only_the_latest_rows_are_remembered_and_long_ones_are_not() {
        let mut pools = Pools::default();
        for number in 0..REMEMBERED + 3 {
            pools.add_good(Task::Summary, &draft(number), "");
        }
        assert_eq!(pools.good.len(), REMEMBERED);
        assert!(pools.good[0].1.item.contains("item 3\""));
        let long = Draft { solution: "x".repeat(LONGEST), ..draft(0) };
        pools.add_bad(Task::Summary, &long, "");
        assert_eq!(pools.bad.len(), 0);
    }
}
