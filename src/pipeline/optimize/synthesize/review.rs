//! The stage that has a model decide about a new row: for each of some rules yes or no, and overall.
//!
//! Invariant: the decision follows from the rules; a review that contradicts them is asked for once more and then rejected.

use std::collections::BTreeMap;

use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::generate::Item;
use super::task::Task;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::{object, object_of};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::error::Result;
use crate::fences::fence_for;
use crate::flow::Stage;
use crate::model::{Completion, Schema};
use crate::named::named_enum;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::report::{is_misleading, shortened};

/// Asks for a decision.
pub const DISCRIMINATE: Prompt = Prompt {
    path: "optimize/discriminate.jinja",
    builtin: include_str!("../../../../prompts/optimize/discriminate.jinja"),
    by_line: false,
    specimen: || {
        context! {
            task => "generation", meaning => "a program is to be written", instruction => "Add.", information => "", solution => "def f(a): pass",
            tests => "assert f(1) == 1", fence => "```", rules => [context! { name => "right-task", meaning => "It fits." }],
        }
    },
};
/// Asks once more for a decision that cannot be read or contradicts itself.
pub const DISCRIMINATE_AGAIN: Prompt = Prompt {
    path: "optimize/discriminate-again.jinja",
    builtin: include_str!("../../../../prompts/optimize/discriminate-again.jinja"),
    by_line: false,
    specimen: || context! { fault => "`overall` is yes, and `right-task` is no" },
};

/// Characters of an analysis that are kept.
const MAX_ANALYSIS: usize = 600;

named_enum! {
    /// What a row is judged by.
    pub enum Rule {
        /// The row is of the task that it states.
        RightTask = "right-task",
        /// One thing is asked for, and nothing that a solver has to know is left out.
        ClearInstruction = "clear-instruction",
        /// Nothing else is needed: no file, link or earlier conversation.
        SelfContained = "self-contained",
        /// The solution does what is asked, and nothing else.
        MatchingSolution = "matching-solution",
        /// The tests demand nothing that the instruction leaves open.
        FairTests = "fair-tests",
        /// A programmer can learn from it.
        WorthLearning = "worth-learning",
    }
}

impl Rule {
    /// The rules for the rows of a task.
    fn of(task: Task) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |rule| match rule {
            Self::FairTests => task.has_tests(),
            Self::RightTask
            | Self::ClearInstruction
            | Self::SelfContained
            | Self::MatchingSolution
            | Self::WorthLearning => true,
        })
    }

    /// What a rule asks for, as the prompt says it.
    fn meaning(self) -> &'static str {
        match self {
            Self::RightTask => {
                "the item is of its kind, and each of its parts is what that kind needs."
            }
            Self::ClearInstruction => {
                "the instruction asks for one thing, and a solver knows from it what the result is for every input."
            }
            Self::SelfContained => {
                "a solver needs nothing but the instruction and the information: no file, no link, no earlier conversation."
            }
            Self::MatchingSolution => {
                "the solution does what the instruction asks, all of it and nothing else."
            }
            Self::FairTests => {
                "the tests demand only what the instruction states: the same names, parameters, results and exceptions."
            }
            Self::WorthLearning => "the item is realistic, neither trivial nor contrived.",
        }
    }
}

/// A row that a review accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    pub item: Item,
    pub analysis: String,
}

/// Has rows reviewed.
pub(super) struct Discriminate<'a> {
    pub critic: &'a Respondent,
    pub prompts: &'a Prompts,
}

impl Stage for Discriminate<'_> {
    type In = Item;
    type Out = Reviewed;
    const NAME: &'static str = "discriminate";

    fn fingerprint(&self) -> String {
        let digests = self.prompts.digests([&DISCRIMINATE, &DISCRIMINATE_AGAIN]);
        format!("1|{digests:?}|{}", self.critic.fingerprint())
    }

    async fn apply(&self, input: &Record<Item>) -> Result<Outcome<Reviewed>> {
        let Item { task, draft, .. } = &input.body;
        let tests = draft.tests.join("\n");
        let rules: Vec<_> = Rule::of(*task)
            .map(|rule| context! { name => rule.name(), meaning => rule.meaning() })
            .collect();
        let all = [&draft.instruction, &draft.information, &draft.solution, &tests];
        let fence = fence_for(&all.map(String::as_str).concat());
        let prompt = self.prompts.render(
            &DISCRIMINATE,
            context! {
                task => task.name(), meaning => task.meaning(), instruction => &draft.instruction,
                information => draft.information.trim_end(), solution => draft.solution.trim_end(),
                tests => tests, fence => fence, rules => rules,
            },
        )?;
        let request = self.critic.request(prompt).with_schema(schema(*task));
        let question = Question { stage: self, task: *task };
        let asked = ask_checked(&self.critic.model, request, &question).await?;
        Ok(match asked.and_then(|(review, ())| review.passed()) {
            Ok(analysis) => {
                let reviewed = Reviewed { item: input.body.clone(), analysis };
                Outcome::Accepted(vec![input.with_body(reviewed)])
            }
            Err(rejection) => Outcome::Rejected(rejection),
        })
    }
}

/// The reply.
#[derive(Deserialize)]
struct Reply {
    rules: BTreeMap<String, Answer>,
    overall: Answer,
    analysis: String,
}

/// Yes or no, as models write it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Flag(bool),
    Word(String),
}

impl Answer {
    fn is_yes(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Word(word) => match word.trim().to_lowercase().trim_end_matches('.') {
                "yes" | "true" => Some(true),
                "no" | "false" => Some(false),
                _ => None,
            },
        }
    }
}

/// What a review says.
struct Review {
    rules: Vec<(Rule, bool)>,
    overall: bool,
    analysis: String,
}

impl Review {
    /// The first rule that does not hold.
    fn broken(&self) -> Option<Rule> {
        self.rules.iter().find(|(_, holds)| !holds).map(|(rule, _)| *rule)
    }

    /// What it says about a row that it accepts.
    fn passed(self) -> std::result::Result<String, Rejection> {
        let Some(rule) = self.broken() else { return Ok(self.analysis) };
        let broken = self.rules.iter().filter(|(_, holds)| !holds);
        let broken: Vec<&str> = broken.map(|(rule, _)| rule.name()).collect();
        let why = format!("{}: {}", rule.name(), self.analysis);
        let evidence = json!({"rules": broken, "analysis": self.analysis});
        Err(Rejection::new(Reason::FailedReview, why).with_evidence(evidence))
    }
}

/// What a rejection by a review says about its row.
pub(super) fn analysis_of(why: &Rejection) -> &str {
    why.evidence["analysis"].as_str().unwrap_or(&why.detail)
}

fn schema(task: Task) -> Schema {
    let answer = json!({"type": "string", "enum": ["yes", "no"]});
    let rules = object_of(Rule::of(task).map(|rule| (rule.name(), answer.clone())));
    let text = json!({"type": "string"});
    let schema = object_of([("analysis", text), ("rules", rules), ("overall", answer)]);
    Schema { name: "decision".into(), schema }
}

struct Question<'a> {
    stage: &'a Discriminate<'a>,
    task: Task,
}

impl Checked for Question<'_> {
    type Draft = Review;
    type Proof = ();
    /// How the review contradicts itself.
    type Fault = String;

    fn read(&self, reply: &Completion) -> std::result::Result<Review, Rejection> {
        let Reply { rules, overall, analysis } = object(reply)?;
        let mut given: BTreeMap<Rule, bool> = BTreeMap::new();
        for (name, answer) in &rules {
            given.extend(Rule::from_name(name.trim()).zip(answer.is_yes()));
        }
        let found: Option<Vec<(Rule, bool)>> =
            Rule::of(self.task).map(|rule| Some((rule, *given.get(&rule)?))).collect();
        let (Some(rules), Some(overall)) = (found, overall.is_yes()) else {
            let why = "the review does not say yes or no to each rule and overall";
            return Err(malformed(reply, why));
        };
        let seen = analysis.chars().map(|c| if is_misleading(c) { ' ' } else { c });
        let analysis = shortened(seen.collect::<String>().trim(), MAX_ANALYSIS);
        Ok(Review { rules, overall, analysis })
    }

    fn ask_again(&self, unread: &Completion) -> Result<Option<String>> {
        let Err(fault) = self.read(unread) else { return Ok(None) };
        self.stage.prompts.render(&DISCRIMINATE_AGAIN, context! { fault => fault.detail }).map(Some)
    }

    async fn check(&self, review: &Review) -> Result<std::result::Result<(), String>> {
        Ok(match (review.overall, review.broken()) {
            (true, Some(rule)) => Err(format!("`overall` is yes, and `{}` is no", rule.name())),
            (false, None) => Err("`overall` is no, and every rule is yes".to_owned()),
            (true, None) | (false, Some(_)) => Ok(()),
        })
    }

    fn repair(&self, fault: &String) -> Result<String> {
        self.stage.prompts.render(&DISCRIMINATE_AGAIN, context! { fault => fault })
    }

    fn reject(&self, fault: &String, reply: &Completion) -> Rejection {
        let why = format!("the review contradicts itself: {fault}");
        Rejection::new(Reason::Contradictory, why).with_evidence(json!({"reply": reply.text}))
    }
}
