//! What a run's problems hold, counted, and what `run.json` says of them.
//!
//! Invariant: a problem without faulty variants has no mutation score.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Options, Task};
use crate::executor::Described;
use crate::outcome::Reason;
use crate::sample::problem::{Category, CodingProblem, Difficulty};

/// What the problems of a run hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    pub problems: u64,
    pub cases: u64,
    /// Cases that were added because they kill a mutant.
    pub added_cases: u64,
    pub mutants: u64,
    pub killed: u64,
    /// Problems that were reviewed and have no category.
    pub untagged: u64,
    /// Pairs of a right and a wrong answer.
    pub preferences: u64,
    /// Problems in languages that executors run; the other counts do not have them.
    pub elsewhere: u64,
    pub difficulties: BTreeMap<Difficulty, u64>,
    pub categories: BTreeMap<Category, u64>,
    scores: Vec<f64>,
}

/// The settings of this pipeline, as `run.json` states them.
#[derive(Serialize)]
pub struct Settings {
    proposer: &'static str,
    /// Models by what they do: `author`, `critic`, `solver`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    models: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    as_is: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    keep_easy: bool,
    seed: u64,
    rules: Vec<Reason>,
    pool: usize,
    min_cases: usize,
    min_mutation: f64,
    dedupe: Option<f64>,
    /// The servers that run programs in languages that they list; what ran there is neither sandboxed nor deterministic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    executors: Vec<Described>,
    /// Digests, by name.
    prompts: BTreeMap<String, String>,
}

/// What `run.json` says of the problems.
#[derive(Serialize)]
pub(super) struct Report {
    problems: u64,
    cases: u64,
    added_cases: u64,
    mutants: u64,
    killed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_mutation_score: Option<f64>,
    #[serde(skip_serializing_if = "is_zero")]
    untagged: u64,
    #[serde(skip_serializing_if = "is_zero")]
    preferences: u64,
    #[serde(skip_serializing_if = "is_zero")]
    elsewhere: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    difficulties: BTreeMap<Difficulty, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    categories: BTreeMap<Category, u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Settings {
    /// The settings of a task.
    pub fn of(task: &Task<'_>) -> Self {
        let Options { seed, rules, pool, min_cases, min_mutation, dedupe, .. } = task.options;
        let Options { as_is, lang, samples, keep_easy, .. } = task.options;
        let roles = [("author", task.author), ("critic", task.critic), ("solver", task.solver)];
        let models =
            roles.into_iter().filter_map(|(role, who)| Some((role, who?.name().to_owned())));
        Self {
            proposer: "builtin",
            models: models.collect(),
            as_is: *as_is && task.author.is_some(),
            lang: task.author.map(|_| lang.clone()),
            samples: task.solver.map(|_| *samples),
            keep_easy: *keep_easy && task.solver.is_some(),
            seed: *seed,
            rules: rules.active.iter().copied().collect(),
            pool: *pool,
            min_cases: *min_cases,
            min_mutation: *min_mutation,
            dedupe: *dedupe,
            executors: task.executors.described(),
            prompts: task.prompts.digests(&task.prompts_in_use()),
        }
    }
}

impl Report {
    pub(super) fn new(counts: &Counts) -> Self {
        Self {
            problems: counts.problems,
            cases: counts.cases,
            added_cases: counts.added_cases,
            mutants: counts.mutants,
            killed: counts.killed,
            median_mutation_score: counts.median_score(),
            untagged: counts.untagged,
            preferences: counts.preferences,
            elsewhere: counts.elsewhere,
            difficulties: counts.difficulties.clone(),
            categories: counts.categories.clone(),
        }
    }
}

impl Counts {
    pub(super) fn add(&mut self, problem: &CodingProblem) {
        self.problems += 1;
        self.cases += problem.full_cases.len() as u64;
        self.added_cases += problem.mutation.added_cases as u64;
        self.mutants += problem.mutation.mutants as u64;
        self.killed += problem.mutation.killed as u64;
        self.scores.extend(problem.mutation.score);
        if let Some(difficulty) = problem.difficulty {
            *self.difficulties.entry(difficulty).or_default() += 1;
        }
        if let Some(category) = problem.category {
            *self.categories.entry(category).or_default() += 1;
        }
    }

    /// The median share of mutants that a problem's tests kill; `None` without any score.
    pub fn median_score(&self) -> Option<f64> {
        let mut scores = self.scores.clone();
        scores.sort_by(f64::total_cmp);
        scores.get(scores.len() / 2).copied()
    }
}
