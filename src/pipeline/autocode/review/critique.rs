//! The critique: for each of eight rules, whether the problem breaks it.
//!
//! Invariant: the verdict follows from the rules; one that contradicts them is asked for once more and then rejected.

use std::collections::BTreeMap;

use minijinja::context;
use serde::Deserialize;
use serde_json::json;

use super::ReviewProblem;
use crate::ask::prompt::Prompt;
use crate::ask::reading::{object, object_of};
use crate::ask::{Checked, ask_checked, malformed};
use crate::error::Result;
use crate::fences::fence_for;
use crate::model::{Completion, Schema};
use crate::outcome::{Reason, Rejection};
use crate::pipeline::autocode::describe::Described;
use crate::report::{is_misleading, shortened};
use crate::sample::problem::{Finding, ReviewRule};

/// Asks for a review.
pub const CRITIQUE: Prompt = Prompt {
    path: "autocode/critique.jinja",
    builtin: include_str!("../../../../prompts/autocode/critique.jinja"),
    by_line: false,
    specimen: || {
        context! {
            question => "Add.", solution => "def f(a): pass", test => "def test(): pass", fence => "```",
            rules => [context! { name => "other", meaning => "Another fault." }],
        }
    },
};
/// Asks for a review once more that contradicts itself.
pub const CRITIQUE_AGAIN: Prompt = Prompt {
    path: "autocode/critique-again.jinja",
    builtin: include_str!("../../../../prompts/autocode/critique-again.jinja"),
    by_line: false,
    specimen: || context! { fault => "`overall_pass` is true, and `other` is broken" },
};

/// Characters of a reason.
const MAX_REASON: usize = 400;

/// What a rule asks for, as the prompt says it.
fn meaning(rule: ReviewRule) -> &'static str {
    match rule {
        ReviewRule::SignatureMismatch => {
            "the tests call the function by another name or with other parameters than the question states."
        }
        ReviewRule::Randomness => "a result depends on chance, the time or the machine.",
        ReviewRule::WrongTarget => {
            "the solution or the tests are about another task than the question."
        }
        ReviewRule::FloatPrecision => "the tests compare computed floats without a tolerance.",
        ReviewRule::SwallowedExceptions => {
            "the solution hides errors that a caller has to know of, or the tests pass although an assertion fails."
        }
        ReviewRule::NotExecutable => {
            "the code needs packages, files, a network or input that a solver does not have."
        }
        ReviewRule::IrrelevantRequirement => {
            "the question demands what has nothing to do with the task, or what no solver can know."
        }
        ReviewRule::Other => {
            "another fault for which the problem must not be published, such as several results that would be right while the tests accept one."
        }
    }
}

/// The reply.
#[derive(Deserialize)]
struct Reply {
    rules: Rules,
    overall_pass: bool,
}

/// The rules by their names, as they are asked for, or in a list, as models also give them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    ByName(BTreeMap<ReviewRule, Judgement>),
    Listed(Vec<Finding>),
}

#[derive(Deserialize)]
struct Judgement {
    broken: bool,
    reason: String,
}

impl Rules {
    /// One finding for each rule, in their order.
    fn findings(self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = match self {
            Self::ByName(rules) => rules
                .into_iter()
                .map(|(rule, Judgement { broken, reason })| Finding { rule, broken, reason })
                .collect(),
            Self::Listed(findings) => findings,
        };
        findings.sort_by_key(|finding| finding.rule);
        for finding in &mut findings {
            finding.reason = plain(&finding.reason);
        }
        findings
    }
}

/// A reason on one line, of bounded length.
pub(super) fn plain(reason: &str) -> String {
    let seen = reason.chars().map(|c| if is_misleading(c) { ' ' } else { c });
    shortened(seen.collect::<String>().trim(), MAX_REASON)
}

/// What a review says.
pub(super) struct Critique {
    findings: Vec<Finding>,
    overall_pass: bool,
}

impl ReviewProblem<'_> {
    /// The findings of a review that the problem passes.
    pub(super) async fn findings(
        &self,
        described: &Described,
    ) -> Result<std::result::Result<Vec<Finding>, Rejection>> {
        let Described { tested, question } = described;
        let (solution, test) = (&tested.executed.target.program, &tested.full_test);
        let rules = ReviewRule::ALL.iter();
        let rules: Vec<_> =
            rules.map(|&rule| context! { name => rule.name(), meaning => meaning(rule) }).collect();
        let prompt = self.prompts.render(
            &CRITIQUE,
            context! {
                question => question.trim(), solution => solution.trim_end(), test => test.trim_end(),
                rules => rules, fence => fence_for(&[question.as_str(), solution, test].concat()),
            },
        )?;
        let request = self.critic.request(prompt).with_schema(schema());
        let asked = ask_checked(&self.critic.model, request, &Question { review: self }).await?;
        Ok(asked.and_then(|(critique, ())| passed(critique)))
    }
}

/// The findings if no rule is broken.
fn passed(critique: Critique) -> std::result::Result<Vec<Finding>, Rejection> {
    let broken: Vec<&Finding> = critique.findings.iter().filter(|finding| finding.broken).collect();
    let Some(first) = broken.first() else { return Ok(critique.findings) };
    let more = match broken.len() {
        1 => String::new(),
        count => format!("; and {} more", count - 1),
    };
    let why = format!("{}: {}{more}", first.rule.name(), first.reason.trim());
    let evidence = json!({"findings": critique.findings});
    Err(Rejection::new(Reason::FailedReview, why).with_evidence(evidence))
}

fn schema() -> Schema {
    let judgement =
        object_of([("broken", json!({"type": "boolean"})), ("reason", json!({"type": "string"}))]);
    let rules = object_of(ReviewRule::ALL.iter().map(|rule| (rule.name(), judgement.clone())));
    let schema = object_of([("rules", rules), ("overall_pass", json!({"type": "boolean"}))]);
    Schema { name: "critique".into(), schema }
}

struct Question<'a> {
    review: &'a ReviewProblem<'a>,
}

impl Checked for Question<'_> {
    type Draft = Critique;
    type Proof = ();
    /// How the reply contradicts itself.
    type Fault = String;

    fn read(&self, reply: &Completion) -> std::result::Result<Critique, Rejection> {
        let Reply { rules, overall_pass } = object(reply)?;
        let critique = Critique { findings: rules.findings(), overall_pass };
        let given = critique.findings.iter().map(|finding| finding.rule);
        if !given.eq(ReviewRule::ALL.iter().copied()) {
            return Err(malformed(reply, "the review does not give each of the eight rules once"));
        }
        Ok(critique)
    }

    async fn check(&self, critique: &Critique) -> Result<std::result::Result<(), String>> {
        let broken = critique.findings.iter().find(|finding| finding.broken);
        Ok(match (critique.overall_pass, broken) {
            (true, Some(finding)) => {
                let rule = finding.rule.name();
                Err(format!("`overall_pass` is true, and `{rule}` is broken"))
            }
            (false, None) => Err("`overall_pass` is false, and no rule is broken".into()),
            (true, None) | (false, Some(_)) => Ok(()),
        })
    }

    fn repair(&self, fault: &String) -> Result<String> {
        self.review.prompts.render(&CRITIQUE_AGAIN, context! { fault => fault })
    }

    fn reject(&self, fault: &String, reply: &Completion) -> Rejection {
        let why = format!("the review contradicts itself: {fault}");
        Rejection::new(Reason::Contradictory, why).with_evidence(json!({"reply": reply.text}))
    }
}
