//! Which sides of branches the cases of samples reach: all of them, and those that a prompt shows.
//!
//! Invariant: a program that does not load here any more counts as one that was not measured.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::error::Result;
use crate::sample::{Case2Code, SampleCase};
use crate::sandbox::{Case, Isolation, Job, Observe, Sandbox};

/// Sides of branches, summed over programs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Reach {
    /// Programs that were run, and those of them with branches.
    pub programs: u64,
    pub with_branches: u64,
    pub sides: u64,
    pub reached: u64,
    pub reached_by_visible: u64,
    /// Programs whose hidden cases reach a side that no visible one does.
    pub with_hidden_branches: u64,
    /// Programs that did not run.
    pub failed: u64,
}

/// What the cases of one sample reach; `None` inside if its program does not load.
pub struct Sides(Option<Reached>);

struct Reached {
    all: usize,
    visible: BTreeSet<u32>,
    hidden: BTreeSet<u32>,
}

/// Runs a sample's cases under coverage.
pub async fn measured(sandbox: &Sandbox, sample: &Case2Code) -> Result<Option<Sides>> {
    let case = |case: &SampleCase| Case::call(case.arguments.clone());
    let visible = sample.visible_cases.len();
    let job = Job {
        code: sample.program.clone(),
        entry: Some(sample.entry.clone()),
        cases: sample.cases().map(case).collect(),
        limits: sample.provenance.limits,
        isolation: Isolation::Program,
        observe: vec![Observe::Coverage],
        ..Job::default()
    };
    let execution = sandbox.submit(job).await?;
    let reached = execution.coverable.map(|coverable| {
        let mut cases = execution.cases.iter().map(|case| case.coverage.as_ref());
        let sides = |cases: &mut dyn Iterator<Item = Option<&crate::sandbox::Coverage>>| {
            cases.flatten().flat_map(|coverage| coverage.branches.iter().copied()).collect()
        };
        Reached {
            all: 2 * coverable.branches.len(),
            visible: sides(&mut cases.by_ref().take(visible)),
            hidden: sides(&mut cases),
        }
    });
    Ok(Some(Sides(reached)))
}

impl Reach {
    /// Adds what one sample's cases reach.
    pub fn add(&mut self, sides: &Sides) {
        let Some(Reached { all, visible, hidden }) = &sides.0 else {
            self.failed += 1;
            return;
        };
        self.programs += 1;
        self.with_branches += u64::from(*all > 0);
        self.sides += *all as u64;
        self.reached += visible.union(hidden).count() as u64;
        self.reached_by_visible += visible.len() as u64;
        self.with_hidden_branches += u64::from(!hidden.is_subset(visible));
    }
}
