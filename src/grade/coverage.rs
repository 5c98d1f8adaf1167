//! How much of a program its tests run.
//!
//! Invariant: only the program's own functions count, neither its tests nor what it does as a script.

use std::collections::BTreeSet;

use serde_json::json;

use super::calls::{light, program};
use crate::cases::stated::StatedCase;
use crate::cases::test_cases::{Check, Tests};
use crate::error::Result;
use crate::sandbox::{Case, Execution, Isolation, Job, Limits, Observe, Sandbox};

/// Runs a test that is code, in names of its own. It comes after the program, so that the program's lines stay as they are.
const RUNNER: &str = include_str!("coverage.py");
const RUN: &str = "_run_test_for_coverage";

/// The share of the sides of branches that tests run, or of lines if there are no branches; `None` if the program has no function that
/// could be measured, or reads stdin.
pub async fn coverage(
    sandbox: &Sandbox,
    limits: Limits,
    code: &str,
    tests: &Tests,
) -> Result<Option<f64>> {
    let (setup, entry) = match tests {
        Tests::Calls { setup, entry, .. } => (setup.as_deref(), Some(entry.as_str())),
        Tests::Code { setup, entry, .. } => (setup.as_deref(), entry.as_deref()),
        Tests::Script { .. } | Tests::Streams { .. } => return Ok(None),
    };
    let own = program(code, None);
    let job = Job {
        code: format!("{}\n\n{RUNNER}", program(code, setup)),
        limits,
        isolation: Isolation::Program,
        observe: vec![Observe::Coverage],
        ..Job::default()
    };
    let mut reached = Reached::default();
    let calls: Vec<Case> = stated(tests).into_iter().map(|stated| light(&stated.case)).collect();
    let jobs = [(entry, calls), (Some(RUN), scripts(tests))];
    for (entry, cases) in jobs.into_iter().filter(|(_, cases)| !cases.is_empty()) {
        let entry = entry.map(str::to_owned);
        reached.add(&sandbox.submit(Job { entry, cases, ..job.clone() }).await?, &own);
    }
    Ok(reached.share(&own))
}

/// The calls that tests state.
fn stated(tests: &Tests) -> Vec<&StatedCase> {
    match tests {
        Tests::Calls { visible, hidden, .. } => visible.iter().chain(hidden).collect(),
        Tests::Code { parts, .. } => parts
            .iter()
            .filter_map(|part| match &part.check {
                Check::Call(stated) => Some(stated),
                Check::Code { .. } => None,
            })
            .collect(),
        Tests::Script { .. } | Tests::Streams { .. } => Vec::new(),
    }
}

/// The tests that are code, as calls of the runner.
fn scripts(tests: &Tests) -> Vec<Case> {
    let parts = match tests {
        Tests::Code { parts, .. } => parts.as_slice(),
        Tests::Calls { .. } | Tests::Script { .. } | Tests::Streams { .. } => &[],
    };
    let script = parts.iter().filter_map(|part| match &part.check {
        Check::Code { definitions, call } => {
            Some(Case::Arguments { args: json!([definitions, call]), kwargs: json!({}) })
        }
        Check::Call(_) => None,
    });
    script.collect()
}

/// What was reached of a program's own lines.
#[derive(Default)]
struct Reached {
    all_sides: BTreeSet<u32>,
    all_lines: BTreeSet<u32>,
    sides: BTreeSet<u32>,
    lines: BTreeSet<u32>,
}

impl Reached {
    fn add(&mut self, execution: &Execution, own: &str) {
        let Some(coverable) = &execution.coverable else { return };
        let own_lines = own.lines().count();
        let is_own = |line: u32| line as usize <= own_lines;
        let sides = (0..).zip(&coverable.branches).filter(|(_, (line, _, _))| is_own(*line));
        self.all_sides.extend(sides.flat_map(|(branch, _): (u32, _)| [2 * branch, 2 * branch + 1]));
        self.all_lines.extend(coverable.lines.iter().copied().filter(|line| is_own(*line)));
        for coverage in execution.cases.iter().filter_map(|case| case.coverage.as_ref()) {
            self.sides.extend(&coverage.branches);
            self.lines.extend(&coverage.lines);
        }
    }

    fn share(&self, own: &str) -> Option<f64> {
        let share = |reached: &BTreeSet<u32>, all: &BTreeSet<u32>| {
            (!all.is_empty()).then(|| reached.intersection(all).count() as f64 / all.len() as f64)
        };
        share(&self.sides, &self.all_sides).or_else(|| {
            // The line that begins a function is one of its lines, and is not run unless the body is on it.
            let is_head = |line: u32| {
                let text = own.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default();
                ["def ", "async ", "class ", "@"].iter().any(|head| text.trim().starts_with(head))
            };
            let is_idle = |line: &u32| is_head(*line) && !self.lines.contains(line);
            let all = self.all_lines.iter().copied().filter(|line| !is_idle(line)).collect();
            share(&self.lines, &all)
        })
    }
}
