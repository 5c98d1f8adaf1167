//! Derives results: every input runs as if in fresh memory, twice under different seeds.
//!
//! Invariant: what a program does is recorded, never judged here.

use crate::error::Result;
use crate::flow::Stage;
use crate::outcome::Outcome;
use crate::python::{clocks, hash_order};
use crate::record::Record;
use crate::sandbox::{End, Isolation, Job, Limits, Observe, Sandbox};

use super::run::{case, not_loaded};
use super::{Executed, ExecutedCase, Proposed, Target};

/// The stage that runs inputs.
pub struct Execute<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
}

/// Whether a call is given a set.
fn has_set(arguments: &str) -> bool {
    // Most arguments have none, and are not parsed.
    (arguments.contains('{') || arguments.contains("set("))
        && hash_order::may_show_hash_order(&format!("f({arguments})"))
}

impl Execute<'_> {
    /// The job that runs the inputs of a function: mutated arguments are seen, and all that may depend on chance is looked for.
    pub fn job(&self, proposed: &Proposed) -> Job {
        let Target { program, entry, .. } = &proposed.target;
        Job {
            code: program.clone(),
            entry: Some(entry.clone()),
            cases: proposed.inputs.iter().map(|arguments| case(arguments)).collect(),
            limits: self.limits,
            observe: vec![Observe::Mutations],
            hash_seeds: hash_order::may_show_hash_order(program)
                || proposed.inputs.iter().any(|arguments| has_set(arguments)),
            takes_time_apart: clocks::takes_time_apart(program),
            varies_start: true,
            ..Job::default()
        }
    }
}

impl Stage for Execute<'_> {
    type In = Proposed;
    type Out = Executed;
    const NAME: &'static str = "execute";

    fn fingerprint(&self) -> String {
        format!("6|{}|{:?}", self.sandbox.fingerprint(), self.limits)
    }

    async fn apply(&self, input: &Record<Proposed>) -> Result<Outcome<Executed>> {
        let proposed = &input.body;
        let job = self.job(proposed);
        let execution = self.sandbox.submit(job.clone()).await?;
        let rejection = not_loaded(&execution).filter(|_| !proposed.inputs.is_empty());
        if let Some(rejection) = rejection {
            return Ok(Outcome::Rejected(rejection));
        }
        // Coverage is measured apart: a program that looks at its interpreter shall not see the measuring in its results.
        let measured =
            Job { isolation: Isolation::Program, observe: vec![Observe::Coverage], ..job };
        let measured = self.sandbox.submit(measured).await?;
        let mut results = execution.cases;
        for (result, measured) in results.iter_mut().zip(measured.cases) {
            // Here the calls follow each other in one process: what an earlier one has left behind shows.
            let ended = |end: &End| matches!(end, End::Returned { .. } | End::Raised(_));
            result.nondeterministic |= ended(&result.end)
                && ended(&measured.end)
                && !(result.end.is_same(&measured.end) && result.stdout == measured.stdout);
            result.coverage = measured.coverage;
        }
        let cases = proposed.inputs.iter().zip(results);
        Ok(Outcome::Accepted(vec![
            input.with_body(Executed {
                target: proposed.target.clone(),
                proposer: proposed.proposer.clone(),
                cases: cases
                    .map(|(arguments, result)| ExecutedCase {
                        arguments: arguments.clone(),
                        result,
                    })
                    .collect(),
                coverable: measured.coverable,
                fuel: execution.fuel,
                runtime: self.sandbox.fingerprint().to_owned(),
            }),
        ]))
    }
}
