//! Questions about a repository that its index and executions answer.
//!
//! Invariant: a question is asked only if the answer is complete as far as the text of the repository tells.

mod function;
mod results;
mod structure;
mod uses;

use super::calls::Called;
use super::code::Code;
use super::draft::{QaDraft, Topic, Turn};
use super::manner::{self, Manner};
use super::wording::Voice;
use crate::error::Result;
use crate::index::SymbolId;
use crate::sample::repository::RepoQuestion;

pub(super) use structure::of_file;

/// The id of a question.
pub(super) fn id(code: &Code<'_>, kind: RepoQuestion, topic: Topic, key: &str) -> String {
    manner::id(code, kind.name(), topic, key)
}

/// All questions about a function.
pub(super) fn of_function(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
    called: &Called,
) -> Result<Vec<QaDraft>> {
    let asked = Asked { code, manner, id };
    let mut found: Vec<QaDraft> = results::questions(&asked, called);
    found.extend(uses::callers(&asked));
    found.extend(uses::signature_change(&asked));
    found.extend(uses::tests(&asked));
    found.extend(uses::call_path(&asked)?);
    found.extend(function::callees(&asked)?);
    found.extend(function::exceptions(&asked)?);
    found.extend(function::definition(&asked));
    found.extend(dialogue(&asked, &found));
    Ok(found)
}

/// A function that is asked about.
struct Asked<'a> {
    code: &'a Code<'a>,
    manner: &'a Manner,
    id: SymbolId,
}

impl Asked<'_> {
    fn topic(&self) -> Topic {
        Topic { file: self.code.index.symbol(self.id).file, symbol: Some(self.id) }
    }

    fn voice(&self, kind: RepoQuestion, key: &str) -> Voice {
        self.manner.voice(self.code, kind.name(), self.topic(), key)
    }

    fn draft(&self, kind: RepoQuestion, voice: &Voice, turn: Turn, trace: Vec<String>) -> QaDraft {
        QaDraft {
            kind,
            topic: self.topic(),
            lang: voice.lang,
            key: String::new(),
            turns: vec![turn],
            trace,
            executions: Vec::new(),
        }
    }

    fn name(&self) -> String {
        self.code.name(self.id)
    }

    fn path(&self) -> String {
        format!("`{}`", self.code.path(self.id))
    }
}

/// Turns of a dialogue.
const MAX_TURNS: usize = 3;

/// Several of the questions about a function in a row: all in one language, the first of them in full.
fn dialogue(asked: &Asked<'_>, found: &[QaDraft]) -> Option<QaDraft> {
    let voice = asked.voice(RepoQuestion::Dialogue, "");
    let order = [
        RepoQuestion::Definition,
        RepoQuestion::Callers,
        RepoQuestion::Callees,
        RepoQuestion::Exceptions,
        RepoQuestion::CallResult,
        RepoQuestion::SignatureChange,
        RepoQuestion::Tests,
    ];
    let of_kind = |kind: &RepoQuestion| {
        found.iter().find(|draft| draft.kind == *kind && draft.lang == voice.lang)
    };
    let chosen: Vec<&QaDraft> = order.iter().filter_map(of_kind).take(MAX_TURNS).collect();
    if chosen.len() < 2 {
        return None;
    }
    let mut trace: Vec<String> = Vec::new();
    for step in chosen.iter().flat_map(|draft| &draft.trace) {
        if !trace.contains(step) {
            trace.push(step.clone());
        }
    }
    Some(QaDraft {
        kind: RepoQuestion::Dialogue,
        topic: asked.topic(),
        lang: voice.lang,
        key: String::new(),
        turns: chosen.iter().flat_map(|draft| draft.turns.clone()).collect(),
        trace,
        executions: chosen.iter().flat_map(|draft| draft.executions.clone()).collect(),
    })
}
