//! What a run's problems hold, counted, and what `run.json` says of them.
//!
//! Invariant: a problem without faulty variants has no mutation score.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Task;
use crate::outcome::Reason;
use crate::sample::problem::CodingProblem;

/// What the problems of a run hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    pub problems: u64,
    pub cases: u64,
    /// Cases that were added because they kill a mutant.
    pub added_cases: u64,
    pub mutants: u64,
    pub killed: u64,
    scores: Vec<f64>,
}

/// The settings of this pipeline, as `run.json` states them.
#[derive(Serialize)]
pub struct Settings {
    proposer: &'static str,
    seed: u64,
    rules: Vec<Reason>,
    pool: usize,
    min_cases: usize,
    min_mutation: f64,
    dedupe: Option<f64>,
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
}

impl Settings {
    /// The settings of a task.
    pub fn of(task: &Task<'_>) -> Self {
        let super::Options { seed, rules, pool, min_cases, min_mutation, dedupe } = task.options;
        Self {
            proposer: "builtin",
            seed: *seed,
            rules: rules.active.iter().copied().collect(),
            pool: *pool,
            min_cases: *min_cases,
            min_mutation: *min_mutation,
            dedupe: *dedupe,
            prompts: task.prompts.digests(super::PROMPTS),
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
    }

    /// The median share of mutants that a problem's tests kill; `None` without any score.
    pub fn median_score(&self) -> Option<f64> {
        let mut scores = self.scores.clone();
        scores.sort_by(f64::total_cmp);
        scores.get(scores.len() / 2).copied()
    }
}
