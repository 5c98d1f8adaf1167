//! The stage that has a model rewrite programs so that they are easier to read: taken if it does the same, else undone.
//!
//! Invariant: no reply of a model costs a row; a program is replaced only by one that is proven to do the same.

use minijinja::context;
use serde_json::json;

use super::proof::{Original, Prover, end_of};
use super::sample::{Sample, Technique, Trial, TrialEnd};
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::whole;
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::fences::fence_for;
use crate::flow::Stage;
use crate::model::Completion;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::reply::{self, Ask};

/// Asks for a program that is easier to read.
pub const READABLE: Prompt = Prompt {
    path: "optimize/readable.jinja",
    builtin: include_str!("../../../prompts/optimize/readable.jinja"),
    by_line: false,
    specimen: || context! { program => "def f(a): pass", fence => "```", entry => "f" },
};
/// Asks for it once more, without what changed.
pub const READABLE_AGAIN: Prompt = Prompt {
    path: "optimize/readable-again.jinja",
    builtin: include_str!("../../../prompts/optimize/readable-again.jinja"),
    by_line: false,
    specimen: || context! { fault => "f(1) returns 1 before, 2 after" },
};

/// The rule that a sample states for a program of the model's.
const RULE: &str = "model";

/// Rewrites programs.
#[derive(Clone)]
pub struct Rewriting {
    pub author: Respondent,
    pub prompts: Prompts,
}

/// Has programs rewritten.
pub(super) struct RewriteByModel<'a> {
    pub prover: Prover<'a>,
    pub rewriting: &'a Rewriting,
}

impl Stage for RewriteByModel<'_> {
    type In = Sample;
    type Out = Sample;
    const NAME: &'static str = "rewrite";

    fn fingerprint(&self) -> String {
        let Rewriting { author, prompts } = self.rewriting;
        let digests = prompts.digests([&READABLE, &READABLE_AGAIN]);
        format!("1|{digests:?}|{}|{}", author.fingerprint(), self.prover.fingerprint())
    }

    async fn apply(&self, input: &Record<Sample>) -> Result<Outcome<Sample>> {
        let sample = &input.body;
        let (row, original) = match self.prover.open(input).await? {
            Ok((row, Ok(original))) => (row, original),
            // Nothing would show what a model has changed.
            Ok((_, Err(_))) => return Ok(Outcome::Accepted(vec![input.clone()])),
            Err(outcome) => return Ok(outcome),
        };
        let Rewriting { author, prompts } = self.rewriting;
        let entry = row.problem.as_ref().and_then(|problem| problem.tests.entry());
        let prompt = prompts.render(
            &READABLE,
            context! {
                program => sample.program.trim_end(), fence => fence_for(&sample.program),
                entry => entry.unwrap_or_default(),
            },
        )?;
        let question = Question { prompts, sample, row: &row, original, entry };
        let asked = ask_checked(&author.model, author.request(prompt), &question).await?;
        let body = match asked {
            Ok((program, end)) => replaced(sample, program, end),
            Err(why) => undone(sample, &why),
        };
        Ok(Outcome::Accepted(vec![input.with_body(body)]))
    }
}

/// The sample with a program of the model's.
fn replaced(sample: &Sample, program: String, end: TrialEnd) -> Sample {
    let (mut rules, mut techniques) = (sample.rules.clone(), sample.techniques.clone());
    if program != sample.program {
        rules.push(RULE.to_owned());
        techniques.push(Technique::Refactor);
    }
    let trials = vec![Trial { rule: RULE.to_owned(), end, why: String::new() }];
    Sample { program, rules, techniques, trials, ..sample.clone() }
}

/// The sample as it was, and why.
fn undone(sample: &Sample, why: &Rejection) -> Sample {
    let end = why.evidence["end"].as_str().and_then(TrialEnd::from_name);
    let trial = Trial {
        rule: RULE.to_owned(),
        end: end.unwrap_or(TrialEnd::Misplaced),
        why: why.detail.clone(),
    };
    Sample { trials: vec![trial], ..sample.clone() }
}

struct Question<'a> {
    prompts: &'a Prompts,
    sample: &'a Sample,
    row: &'a ProgramRow,
    original: Original<'a>,
    entry: Option<&'a str>,
}

impl Checked for Question<'_> {
    type Draft = String;
    type Proof = TrialEnd;
    /// What came of the program, and what it changes.
    type Fault = (TrialEnd, String);

    fn read(&self, reply: &Completion) -> std::result::Result<String, Rejection> {
        whole(reply)?;
        let ask = Ask { entry: self.entry, ..Ask::default() };
        let found = reply::extract(&reply.text, &ask);
        if found.code.trim().is_empty() || found.truncated {
            return Err(malformed(reply, "the reply has no whole program"));
        }
        Ok(found.code)
    }

    async fn check(
        &self,
        program: &String,
    ) -> Result<std::result::Result<TrialEnd, (TrialEnd, String)>> {
        let before = &self.sample.program;
        let (end, why) = end_of(self.row, Some(&self.original), before, program).await?;
        Ok(if end.is_kept() { Ok(end) } else { Err((end, why)) })
    }

    fn repair(&self, (_, why): &(TrialEnd, String)) -> Result<String> {
        self.prompts.render(&READABLE_AGAIN, context! { fault => why })
    }

    fn reject(&self, (end, why): &(TrialEnd, String), _reply: &Completion) -> Rejection {
        Rejection::new(Reason::NotEquivalent, why).with_evidence(json!({"end": end.name()}))
    }
}
