//! Questions about a repository that its index and executions answer.
//!
//! Invariant: a question is asked only if the answer is complete as far as the text of the repository tells.

mod conditions;
mod function;
mod results;
mod structure;
mod surroundings;
mod uses;

use super::calls::Called;
use super::code::Code;
use super::context::Excerpt;
use super::draft::{QaDraft, Topic, Turn};
use super::manner::{self, Manner};
use super::wording::Voice;
use crate::error::Result;
use crate::index::{FileId, SymbolId};
use crate::sample::repository::RepoQuestion;

/// The id of a question.
pub(super) fn id(code: &Code<'_>, kind: RepoQuestion, topic: Topic, key: &str) -> String {
    manner::id(code, kind.name(), topic, key)
}

/// All questions about a function: some functions have several of them in one dialogue, the others each alone.
pub(super) fn of_function(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
    called: &Called,
) -> Result<Vec<QaDraft>> {
    let asked = Asked { code, manner, id };
    let mut found: Vec<QaDraft> = results::questions(&asked, called)?;
    found.extend(uses::callers(&asked));
    found.extend(uses::signature_change(&asked)?);
    found.extend(uses::tests(&asked));
    found.extend(uses::call_path(&asked)?);
    found.extend(function::callees(&asked)?);
    found.extend(function::exceptions(&asked)?);
    let mut found = in_context(code, found)?;
    if let Some(dialogue) = dialogue(&asked, &mut found)? {
        found.push(dialogue);
    }
    Ok(found)
}

/// All questions about a file that are not about one of its functions.
pub(super) fn of_file(code: &Code<'_>, manner: &Manner, file: FileId) -> Result<Vec<QaDraft>> {
    let mut found = structure::of_file(code, manner, file);
    found.extend(surroundings::of_file(code, manner, file)?);
    in_context(code, found)
}

/// The drafts that a message has room for.
fn in_context(code: &Code<'_>, drafts: Vec<QaDraft>) -> Result<Vec<QaDraft>> {
    drafts.into_iter().filter_map(|draft| draft.in_context(code).transpose()).collect()
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

    fn draft(
        &self,
        kind: RepoQuestion,
        voice: &Voice,
        turn: Turn,
        trace: Vec<String>,
        shown: Excerpt,
    ) -> QaDraft {
        QaDraft {
            kind,
            topic: self.topic(),
            lang: voice.lang,
            key: String::new(),
            turns: vec![turn],
            trace,
            executions: Vec::new(),
            shown,
            context: String::new(),
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

/// One in so many functions has a dialogue.
const DIALOGUES: u64 = 3;

/// Takes several of the questions about a function for one conversation: all in one language, the first of them in full.
fn dialogue(asked: &Asked<'_>, found: &mut Vec<QaDraft>) -> Result<Option<QaDraft>> {
    let mut voice = asked.voice(RepoQuestion::Dialogue, "");
    if !voice.is_one_in(DIALOGUES) {
        return Ok(None);
    }
    let order = [
        RepoQuestion::Callees,
        RepoQuestion::Exceptions,
        RepoQuestion::CallResult,
        RepoQuestion::Callers,
        RepoQuestion::SignatureChange,
        RepoQuestion::Tests,
    ];
    let of_kind = |kind: &RepoQuestion| {
        found.iter().position(|draft| draft.kind == *kind && draft.lang == voice.lang)
    };
    let mut places: Vec<usize> = order.iter().filter_map(of_kind).collect();
    // The places of a new argument are those of the callers again.
    if places.iter().any(|&at| found[at].kind == RepoQuestion::Callers) {
        places.retain(|&at| found[at].kind != RepoQuestion::SignatureChange);
    }
    places.truncate(MAX_TURNS);
    if places.len() < 2 {
        return Ok(None);
    }
    let chosen: Vec<&QaDraft> = places.iter().map(|&at| &found[at]).collect();
    let mut trace: Vec<String> = Vec::new();
    for step in chosen.iter().flat_map(|draft| &draft.trace) {
        if !trace.contains(step) {
            trace.push(step.clone());
        }
    }
    let mut shown = Excerpt::default();
    chosen.iter().for_each(|draft| shown.add(&draft.shown));
    let dialogue = QaDraft {
        kind: RepoQuestion::Dialogue,
        topic: asked.topic(),
        lang: voice.lang,
        key: String::new(),
        turns: chosen.iter().flat_map(|draft| draft.turns.clone()).collect(),
        trace,
        executions: chosen.iter().flat_map(|draft| draft.executions.clone()).collect(),
        shown,
        context: String::new(),
    };
    let dialogue = dialogue.in_context(asked.code)?;
    if dialogue.is_some() {
        // No row repeats what another one says.
        let mut at = 0..;
        found.retain(|_| !at.next().is_some_and(|at| places.contains(&at)));
    }
    Ok(dialogue)
}
