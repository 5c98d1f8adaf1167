//! The stage that has a model write a new row after a program of the set, and try again until it holds.
//!
//! Invariant: a row goes on only if its tests, or its grounding, hold; the last attempt that does not is rejected with its reason.

use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::draft::{self, Draft};
use super::pools::{Example, Examples};
use super::task::Task;
use super::verify::Verifier;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked};
use crate::error::Result;
use crate::fences::fence_for;
use crate::flow::Stage;
use crate::model::{Completion, Finish};
use crate::outcome::{Outcome, Rejection};
use crate::record::Record;
use crate::report::excerpt;
use crate::sandbox::{Limits, Sandbox};

/// Asks for a new row.
pub const ITEM: Prompt = Prompt {
    path: "optimize/item.jinja",
    builtin: include_str!("../../../../prompts/optimize/item.jinja"),
    by_line: false,
    specimen: || {
        context! {
            program => "def f(a): pass", fence => "```", task => "generation", meaning => "a program is to be written",
            good => [context! { item => "{}", analysis => "It is clear." }],
            bad => [context! { item => "{}", analysis => "It is vague." }],
        }
    },
};
/// Asks for the same row once more, for a reply that cannot be read or a row that does not hold.
pub const ITEM_AGAIN: Prompt = Prompt {
    path: "optimize/item-again.jinja",
    builtin: include_str!("../../../../prompts/optimize/item-again.jinja"),
    by_line: false,
    specimen: || context! { unread => false, cut => false, fault => "the solution fails its own tests" },
};

/// A row to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub task: Task,
    /// The id of the row whose program is shown.
    pub seed: String,
    pub program: String,
    /// How often the same program was shown for another row.
    pub turn: u32,
    pub examples: Examples,
}

/// A row that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub task: Task,
    /// The id of the row that it was made after.
    pub seed: String,
    pub draft: Draft,
}

/// Has rows written.
pub(super) struct Generate<'a> {
    pub author: &'a Respondent,
    pub prompts: &'a Prompts,
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    /// Attempts at a row.
    pub tries: usize,
}

impl Stage for Generate<'_> {
    type In = Order;
    type Out = Item;
    const NAME: &'static str = "synthesize";

    fn fingerprint(&self) -> String {
        format!(
            "1|{:?}|{}|{}|{:?}|{}",
            self.prompts.digests([&ITEM, &ITEM_AGAIN]),
            self.author.fingerprint(),
            self.sandbox.fingerprint(),
            self.limits,
            self.tries,
        )
    }

    async fn apply(&self, input: &Record<Order>) -> Result<Outcome<Item>> {
        let Order { task, seed, program, turn, examples } = &input.body;
        let prompt = self.prompts.render(
            &ITEM,
            context! {
                program => program.trim_end(), fence => fence_for(program), task => task.name(),
                meaning => task.meaning(), good => shown(&examples.good),
                bad => shown(&examples.bad),
            },
        )?;
        let request =
            self.author.request(prompt).with_schema(draft::schema(*task)).with_sample(*turn);
        let question = Question { generate: self, task: *task };
        Ok(match ask_checked(&self.author.model, request, &question).await? {
            Ok((draft, ())) => {
                let item = Item { task: *task, seed: seed.clone(), draft };
                Outcome::Accepted(vec![input.with_body(item)])
            }
            Err(rejection) => Outcome::Rejected(rejection),
        })
    }
}

/// Examples as a prompt takes them.
fn shown(examples: &[Example]) -> Vec<Value> {
    let of = |Example { item, analysis }: &Example| context! { item => item, analysis => analysis };
    examples.iter().map(of).collect()
}

struct Question<'a> {
    generate: &'a Generate<'a>,
    task: Task,
}

impl Checked for Question<'_> {
    type Draft = Draft;
    type Proof = ();
    type Fault = Rejection;

    fn repairs(&self) -> usize {
        self.generate.tries.saturating_sub(1)
    }

    fn read(&self, reply: &Completion) -> Result<Draft, Rejection> {
        draft::read(self.task, reply)
    }

    fn ask_again(&self, unread: &Completion) -> Result<Option<String>> {
        let Err(fault) = self.read(unread) else { return Ok(None) };
        let cut = unread.finish == Finish::Length;
        let values = context! { unread => true, cut => cut, fault => &fault.detail };
        self.generate.prompts.render(&ITEM_AGAIN, values).map(Some)
    }

    async fn check(&self, draft: &Draft) -> Result<Result<(), Rejection>> {
        let Generate { sandbox, prompts, limits, .. } = *self.generate;
        let verifier = Verifier { sandbox, prompts, limits };
        Ok(verifier.fault_of(self.task, draft).await?.map_or(Ok(()), Err))
    }

    fn repair(&self, fault: &Rejection) -> Result<String> {
        let values = context! { unread => false, cut => false, fault => &fault.detail };
        self.generate.prompts.render(&ITEM_AGAIN, values)
    }

    fn reject(&self, fault: &Rejection, reply: &Completion) -> Rejection {
        fault.clone().with_evidence(json!({"reply": excerpt(&reply.text)}))
    }
}
