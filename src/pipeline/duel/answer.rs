//! Has both contestants write the next turn: the king blind, the challenger with the hidden solution.
//!
//! Invariant: both turns have the form of a turn, and the challenger's shows nothing that only the hidden solution has.

use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::contest::{Contest, DATASET};
use super::leak::{Leak, leaks};
use super::prepare::Turn;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::whole;
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::dataset::turn_form;
use crate::error::Result;
use crate::fences::fence_for;
use crate::flow::Stage;
use crate::model::{Completion, Message, Request, Role};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;

/// Shows the challenger the hidden solution.
pub const CHALLENGER: Prompt = Prompt {
    path: "duel/challenger.jinja",
    builtin: include_str!("../../../prompts/duel/challenger.jinja"),
    by_line: false,
    specimen: || context! { reference => "--- a/f.py", fence => "```" },
};
/// Asks for a turn once more, without its faults.
pub const ANSWER_AGAIN: Prompt = Prompt {
    path: "duel/answer-again.jinja",
    builtin: include_str!("../../../prompts/duel/answer-again.jinja"),
    by_line: false,
    specimen: || context! { faults => ["it has no bash block"] },
};

/// Characters of the hidden solution that are shown.
const MAX_REFERENCE: usize = 30_000;

/// The stage that has turns written.
pub struct Answer<'a> {
    /// Absent if the dataset's own turn is the king's.
    pub king: Option<&'a Respondent>,
    pub challenger: &'a Respondent,
    pub prompts: &'a Prompts,
}

/// A turn with what both contestants wrote. It lacks the hidden solution, which is no business of the judges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub instance: String,
    pub repo: String,
    pub history: Vec<Message>,
    /// The dataset's own turn; empty if it is not known.
    pub assistant: String,
    pub king: String,
    pub challenger: String,
}

impl Stage for Answer<'_> {
    type In = Turn;
    type Out = Answered;
    const NAME: &'static str = "turns";

    fn fingerprint(&self) -> String {
        format!(
            "3|{:?}|{:?}|{}",
            self.prompts.digests([&CHALLENGER, &ANSWER_AGAIN]),
            self.king.map(Respondent::fingerprint),
            self.challenger.fingerprint(),
        )
    }

    async fn apply(&self, input: &Record<Turn>) -> Result<Outcome<Answered>> {
        let turn = &input.body;
        let blind = Request { messages: turn.history.clone(), ..Request::default() };
        let king = async {
            match self.king {
                Some(king) => self.answer(king, blind.clone(), turn, false).await,
                None => Ok(Ok(of_dataset(&turn.assistant))),
            }
        };
        let informed = self.informed(turn)?;
        let challenger = self.answer(self.challenger, informed, turn, true);
        // A turn without a king is not judged, so that its challenger would be paid for nothing. An estimate counts both.
        let king = match king.await {
            Ok(Ok(king)) => Ok(king),
            Ok(Err(rejection)) => return Ok(Outcome::Rejected(of("king", rejection))),
            Err(error) => Err(error),
        };
        let challenger = challenger.await;
        let king = king?;
        Ok(match challenger? {
            Ok(challenger) => Outcome::Accepted(vec![input.with_body(Answered {
                instance: turn.instance.clone(),
                repo: turn.repo.clone(),
                history: turn.history.clone(),
                assistant: turn.assistant.clone(),
                king,
                challenger,
            })]),
            Err(rejection) => Outcome::Rejected(of("challenger", rejection)),
        })
    }
}

/// The dataset's own turn, as the king's.
pub fn of_dataset(assistant: &str) -> String {
    turn_form::without_thinking(assistant).trim().to_owned()
}

/// A rejection that names the contestant.
fn of(contestant: &str, rejection: Rejection) -> Rejection {
    Rejection { detail: format!("the {contestant}'s turn: {}", rejection.detail), ..rejection }
}

impl Answer<'_> {
    /// Who takes part.
    pub(super) fn contest(&self, seed: u64) -> Contest {
        let king = self.king.map_or(DATASET, Respondent::name).to_owned();
        Contest { king, challenger: self.challenger.name().to_owned(), seed }
    }

    /// The conversation with the hidden solution at its end: some servers refuse two messages of the user in a row.
    fn informed(&self, turn: &Turn) -> Result<Request> {
        let mut messages = turn.history.clone();
        if let Some(reference) = &turn.reference {
            let text = [reference.description.as_str(), &reference.patch].join("\n\n");
            let text: String = text.trim().chars().take(MAX_REFERENCE).collect();
            let values = context! { fence => fence_for(&text), reference => text };
            let hint = self.prompts.render(&CHALLENGER, values)?;
            match messages.last_mut().filter(|last| last.role == Role::User) {
                Some(last) => last.content = format!("{}\n\n{hint}", last.content),
                None => messages.push(Message { role: Role::User, content: hint }),
            }
        }
        Ok(Request { messages, ..Request::default() })
    }

    async fn answer(
        &self,
        contestant: &Respondent,
        request: Request,
        turn: &Turn,
        is_informed: bool,
    ) -> Result<std::result::Result<String, Rejection>> {
        let request = Request { sampling: contestant.sampling.clone(), ..request };
        let question = Question { answer: self, turn, is_informed };
        let asked = ask_checked(&contestant.model, request, &question).await?;
        Ok(asked.map(|(text, ())| turn_form::without_thinking(&text).trim().to_owned()))
    }
}

/// What makes a turn unusable.
struct Faults {
    form: Vec<String>,
    leaks: Vec<Leak>,
}

struct Question<'a> {
    answer: &'a Answer<'a>,
    turn: &'a Turn,
    is_informed: bool,
}

impl Checked for Question<'_> {
    type Draft = String;
    type Proof = ();
    type Fault = Faults;

    fn read(&self, reply: &Completion) -> std::result::Result<String, Rejection> {
        whole(reply)?;
        if reply.text.trim().is_empty() {
            return Err(malformed(reply, "the reply is empty"));
        }
        Ok(reply.text.clone())
    }

    async fn check(&self, text: &String) -> Result<std::result::Result<(), Faults>> {
        let Turn { history, reference, .. } = self.turn;
        let form = turn_form::faults(text, history);
        let leaks = match reference {
            Some(reference) if self.is_informed => {
                leaks(&turn_form::without_thinking(text), history, reference)
            }
            Some(_) | None => Vec::new(),
        };
        let is_usable = form.is_empty() && leaks.is_empty();
        Ok(if is_usable { Ok(()) } else { Err(Faults { form, leaks }) })
    }

    fn repair(&self, Faults { form, leaks }: &Faults) -> Result<String> {
        let told = leaks.iter().map(|Leak { kind, text, .. }| {
            format!("the conversation has not shown the {kind} `{text}`; find it first, or do without it")
        });
        let faults: Vec<String> = form.iter().cloned().chain(told).collect();
        self.answer.prompts.render(&ANSWER_AGAIN, context! { faults => faults })
    }

    fn reject(&self, Faults { form, leaks }: &Faults, reply: &Completion) -> Rejection {
        match (leaks.first(), form.first()) {
            (Some(Leak { kind, text, line }), _) => {
                let why = format!(
                    "it names the {kind} {text:?} in line {line}, which only the hidden solution has shown"
                );
                let evidence = json!({"leaks": leaks, "reply": reply.text});
                Rejection::new(Reason::LeakedReference, why).with_evidence(evidence)
            }
            (None, fault) => malformed(reply, fault.cloned().unwrap_or_default()),
        }
    }
}
