//! The stage that replaces a program by a tidier one: each step by itself, undone if it changes what the program does.
//!
//! Invariant: a step's result is kept only if its tree is the same, or if it is proven to do the same.

use super::proof::{Prover, end_of};
use super::sample::{Sample, Technique, Trial};
use super::tools::Tools;
use crate::cases::test_cases::{Check, Tests};
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::flow::Stage;
use crate::lint::{self, Step};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::mentions;
use crate::record::Record;

/// Tidies programs.
pub struct Refactor<'a> {
    pub prover: Prover<'a>,
    pub steps: &'a [Step],
    /// The study's tools, if they take the steps.
    pub tools: Option<&'a Tools>,
}

impl Stage for Refactor<'_> {
    type In = Sample;
    type Out = Sample;
    const NAME: &'static str = "refactor";

    fn fingerprint(&self) -> String {
        let tools = self.tools.map_or_else(|| lint::version().to_owned(), Tools::fingerprint);
        format!("2|{}|{tools}|{:?}", self.prover.fingerprint(), self.steps)
    }

    async fn apply(&self, input: &Record<Sample>) -> Result<Outcome<Sample>> {
        let sample = &input.body;
        let (row, original) = match self.prover.open(input).await? {
            // What cannot be run may still be laid out.
            Ok((row, original)) => (row, original.ok()),
            Err(outcome) => return Ok(outcome),
        };
        let keep = names_in_tests(&row);
        let keep: Vec<&str> = keep.iter().map(String::as_str).collect();
        let mut program = sample.program.clone();
        let (mut trials, mut rules) = (Vec::new(), sample.rules.clone());
        for &step in self.steps {
            // The study's tools get programs that parse, and nothing is done to them before.
            let ours = if self.tools.is_some() { &[][..] } else { &[step] };
            let tidied = match lint::tidy(&program, ours, &keep) {
                Ok(tidied) => match self.tools {
                    Some(tools) => tools.taken(step, &tidied.source).await?,
                    None => tidied.source,
                },
                Err(why) => {
                    return Ok(Outcome::Rejected(Rejection::new(Reason::UnparsableSource, why)));
                }
            };
            if tidied == program {
                continue;
            }
            let (end, why) = end_of(&row, original.as_ref(), &program, &tidied).await?;
            trials.push(Trial { rule: step.name().to_owned(), end, why });
            if end.is_kept() {
                rules.push(step.name().to_owned());
                program = tidied;
            }
        }
        let mut techniques = sample.techniques.clone();
        if program != sample.program {
            techniques.push(Technique::Refactor);
        }
        let body = Sample { program, rules, techniques, trials, ..sample.clone() };
        Ok(Outcome::Accepted(vec![input.with_body(body)]))
    }
}

/// The names that a row's tests mention: what they refer to must stay, even if the program itself does not use it.
fn names_in_tests(row: &ProgramRow) -> Vec<String> {
    match row.problem.as_ref().map(|problem| &problem.tests) {
        Some(tests @ Tests::Code { setup, parts, .. }) => {
            let codes = parts.iter().filter_map(|part| match &part.check {
                Check::Call(_) => None,
                Check::Code { definitions, call } => Some([definitions.as_str(), call.as_str()]),
            });
            let codes = codes.flatten().chain(setup.as_deref());
            let mentioned = codes.flat_map(mentions::mentioned_names);
            mentioned.chain(tests.entry().map(str::to_owned)).collect()
        }
        Some(tests @ Tests::Calls { .. }) => tests.entry().map(str::to_owned).into_iter().collect(),
        Some(Tests::Script { .. } | Tests::Streams { .. }) | None => Vec::new(),
    }
}
