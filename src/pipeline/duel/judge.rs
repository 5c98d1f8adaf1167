//! Has a judge compare two turns, in both orders.
//!
//! Invariant: a judge is never told who wrote which turn; a reply that is no verdict is asked for once more and then counted as none.

use minijinja::context;
use serde::Deserialize;
use serde_json::json;

use super::answer::Answered;
use super::both::both;
use super::shown;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::{object, object_of};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::error::Result;
use crate::flow::Stage;
use crate::model::{Completion, Schema};
use crate::named::named_enum;
use crate::outcome::{Outcome, Rejection};
use crate::record::Record;
use crate::sample::turn::JudgeRow;

/// Asks for a comparison.
pub const JUDGE: Prompt = Prompt {
    path: "duel/judge.jinja",
    builtin: include_str!("../../../prompts/duel/judge.jinja"),
    by_line: false,
    specimen: || context! { mark => "0", conversation => "| user: a", first => "| a", second => "| b" },
};
/// Asks once more for a reply that is no verdict.
pub const JUDGE_AGAIN: Prompt = Prompt {
    path: "duel/judge-again.jinja",
    builtin: include_str!("../../../prompts/duel/judge-again.jinja"),
    by_line: false,
    specimen: || context! {},
};

named_enum! {
    /// What two turns are compared by.
    pub enum Metric {
        Correctness = "correctness",
        Grounding = "grounding",
        Progress = "progress",
        Protocol = "protocol",
        Efficiency = "efficiency",
    }
}

/// A judge's verdict on one order: for each metric challenger minus king, -1, 0 or 1, in the order of the metrics.
type Metrics = [i8; 5];

/// The stage of one judge.
pub struct Judge<'a> {
    pub judge: &'a Respondent,
    pub prompts: &'a Prompts,
}

impl Stage for Judge<'_> {
    type In = Answered;
    type Out = JudgeRow;
    const NAME: &'static str = "panel";

    fn fingerprint(&self) -> String {
        let prompts = self.prompts.digests([&JUDGE, &JUDGE_AGAIN]);
        format!("5|{prompts:?}|{}", self.judge.fingerprint())
    }

    async fn apply(&self, input: &Record<Answered>) -> Result<Outcome<JudgeRow>> {
        let Answered { history, king, challenger, .. } = &input.body;
        let conversation = shown::conversation(history);
        let [king, challenger] = [king, challenger].map(|text| shown::turn(text));
        let (challenger_first, king_first) = both(
            self.verdict(&conversation, &challenger, &king),
            self.verdict(&conversation, &king, &challenger),
        )
        .await?;
        // The first turn's wins are the challenger's in one order and the king's in the other.
        let king_first = king_first.map(|metrics| metrics.map(|it| -it));
        let judge = self.judge.name().to_owned();
        Ok(Outcome::Accepted(vec![input.with_body(JudgeRow {
            judge,
            challenger_first: challenger_first.map(Vec::from),
            king_first: king_first.map(Vec::from),
            combined: None,
        })]))
    }
}

impl Judge<'_> {
    /// For each metric, 1 if the first turn is better and -1 if the second is; nothing if the reply is no verdict.
    async fn verdict(
        &self,
        conversation: &str,
        first: &str,
        second: &str,
    ) -> Result<Option<Metrics>> {
        let mark = shown::mark(&[conversation, first, second]);
        let prompt = self.prompts.render(
            &JUDGE,
            context! { mark => mark, conversation => conversation, first => first, second => second },
        )?;
        let choice = json!({"type": "integer", "enum": [0, 1, 2]});
        let schema = object_of(Metric::ALL.iter().map(|metric| (metric.name(), choice.clone())));
        let schema = Schema { name: "verdict".into(), schema };
        let request = self.judge.request(prompt).with_schema(schema);
        let asked = ask_checked(&self.judge.model, request, &Question { judge: self }).await?;
        Ok(asked.ok().map(|(metrics, ())| metrics))
    }
}

/// A verdict as models write it: numbers, or texts of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Choice {
    Number(u8),
    Text(String),
}

#[derive(Deserialize)]
struct Reply {
    correctness: Choice,
    grounding: Choice,
    progress: Choice,
    protocol: Choice,
    efficiency: Choice,
}

impl Choice {
    fn side(&self) -> Option<i8> {
        match self {
            Self::Number(0) => Some(0),
            Self::Number(1) => Some(1),
            Self::Number(2) => Some(-1),
            Self::Number(_) => None,
            Self::Text(text) => match text.trim() {
                "0" => Some(0),
                "1" => Some(1),
                "2" => Some(-1),
                _ => None,
            },
        }
    }
}

struct Question<'a> {
    judge: &'a Judge<'a>,
}

impl Checked for Question<'_> {
    type Draft = Metrics;
    type Proof = ();
    type Fault = std::convert::Infallible;

    fn read(&self, reply: &Completion) -> std::result::Result<Metrics, Rejection> {
        let Reply { correctness, grounding, progress, protocol, efficiency } = object(reply)?;
        let mut metrics = Metrics::default();
        let choices = [correctness, grounding, progress, protocol, efficiency];
        for (side, choice) in metrics.iter_mut().zip(choices) {
            *side = choice
                .side()
                .ok_or_else(|| malformed(reply, "a metric is neither 0 nor 1 nor 2"))?;
        }
        Ok(metrics)
    }

    fn ask_again(&self, _unread: &Completion) -> Result<Option<String>> {
        self.judge.prompts.render(&JUDGE_AGAIN, context! {}).map(Some)
    }

    fn disowns_unread(&self) -> bool {
        true
    }

    async fn check(&self, _: &Metrics) -> Result<std::result::Result<(), Self::Fault>> {
        Ok(Ok(()))
    }

    fn repair(&self, fault: &Self::Fault) -> Result<String> {
        match *fault {}
    }

    fn reject(&self, fault: &Self::Fault, _reply: &Completion) -> Rejection {
        match *fault {}
    }
}
