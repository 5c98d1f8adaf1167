//! Has a judge compare two programs that pass as many tests, in both orders.
//!
//! Invariant: a judge is never told who wrote which program; a reply that is not a verdict is asked for once more and then counted as none.

use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::{object, object_of};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::error::Result;
use crate::flow::Stage;
use crate::model::{Completion, Schema};
use crate::outcome::{Outcome, Rejection};
use crate::pipeline::duel::both::both;
use crate::pipeline::duel::shown;
use crate::record::Record;
use crate::sample::turn::JudgeRow;

/// Asks which of two programs is better.
pub const TIE: Prompt = Prompt {
    path: "duel/tie.jinja",
    builtin: include_str!("../../../../prompts/duel/tie.jinja"),
    by_line: false,
    specimen: || context! { mark => "0", problem => "| Add.", first => "| a", second => "| b" },
};
/// Asks once more for a reply that is not a verdict.
pub const TIE_AGAIN: Prompt = Prompt {
    path: "duel/tie-again.jinja",
    builtin: include_str!("../../../../prompts/duel/tie-again.jinja"),
    by_line: false,
    specimen: || context! {},
};

/// The stage of one judge.
pub(super) struct Tie<'a> {
    pub judge: &'a Respondent,
    pub prompts: &'a Prompts,
}

/// Two programs for one problem.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TiedPrograms {
    pub problem: String,
    pub king: String,
    pub challenger: String,
}

impl Stage for Tie<'_> {
    type In = TiedPrograms;
    type Out = JudgeRow;
    const NAME: &'static str = "ties";

    fn fingerprint(&self) -> String {
        let prompts = self.prompts.digests([&TIE, &TIE_AGAIN]);
        format!("4|{prompts:?}|{}", self.judge.fingerprint())
    }

    async fn apply(&self, input: &Record<TiedPrograms>) -> Result<Outcome<JudgeRow>> {
        let TiedPrograms { problem, king, challenger } = &input.body;
        let [problem, king, challenger] =
            [problem, king, challenger].map(|text| shown::program(text));
        let (challenger_first, king_first) = both(
            self.better(&problem, &challenger, &king),
            self.better(&problem, &king, &challenger),
        )
        .await?;
        Ok(Outcome::Accepted(vec![input.with_body(JudgeRow {
            judge: self.judge.name().to_owned(),
            challenger_first: challenger_first.map(|side| vec![side]),
            // The first program's win is the king's in this order.
            king_first: king_first.map(|side| vec![-side]),
            combined: None,
        })]))
    }
}

impl Tie<'_> {
    /// 1 if the first program is better and -1 if the second is; nothing if the reply is not a verdict.
    async fn better(&self, problem: &str, first: &str, second: &str) -> Result<Option<i8>> {
        let mark = shown::mark(&[problem, first, second]);
        let values =
            context! { mark => mark, problem => problem, first => first, second => second };
        let prompt = self.prompts.render(&TIE, values)?;
        let schema = object_of([("better", json!({"type": "integer", "enum": [0, 1, 2]}))]);
        let schema = Schema { name: "verdict".into(), schema };
        let request = self.judge.request(prompt).with_schema(schema);
        let asked = ask_checked(&self.judge.model, request, &Question { tie: self }).await?;
        Ok(asked.ok().map(|(side, ())| side))
    }
}

#[derive(Deserialize)]
struct Reply {
    better: u8,
}

struct Question<'a> {
    tie: &'a Tie<'a>,
}

impl Checked for Question<'_> {
    type Draft = i8;
    type Proof = ();
    type Fault = std::convert::Infallible;

    fn read(&self, reply: &Completion) -> std::result::Result<i8, Rejection> {
        let Reply { better } = object(reply)?;
        match better {
            0 => Ok(0),
            1 => Ok(1),
            2 => Ok(-1),
            3.. => Err(malformed(reply, "the verdict is neither 0 nor 1 nor 2")),
        }
    }

    fn ask_again(&self, _unread: &Completion) -> Result<Option<String>> {
        self.tie.prompts.render(&TIE_AGAIN, context! {}).map(Some)
    }

    fn disowns_unread(&self) -> bool {
        true
    }

    async fn check(&self, _: &i8) -> Result<std::result::Result<(), Self::Fault>> {
        Ok(Ok(()))
    }

    fn repair(&self, fault: &Self::Fault) -> Result<String> {
        match *fault {}
    }

    fn reject(&self, fault: &Self::Fault, _reply: &Completion) -> Rejection {
        match *fault {}
    }
}
