//! Questions about a repository that its index and executions answer.
//!
//! Invariant: a question is asked only if the answer is complete as far as the text of the repository tells.

mod conditions;
mod distractors;
mod function;
mod larger_questions;
mod questions;
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
    is_wanted: impl Fn(RepoQuestion) -> bool,
) -> Result<Vec<QaDraft>> {
    let asked = Asked { code, manner, id };
    let mut found = in_context(code, results::questions(&asked, called)?)?;
    let others = of_text(&asked)?.into_iter();
    found.extend(others.filter(|draft| is_wanted(draft.kind)));
    if let Some(dialogue) = dialogue(&asked, &mut found)? {
        found.push(dialogue);
    }
    Ok(found)
}

/// The questions about a function that its text and the index answer.
fn of_text(asked: &Asked<'_>) -> Result<Vec<QaDraft>> {
    let mut found: Vec<QaDraft> = Vec::new();
    found.extend(uses::callers(asked)?);
    found.extend(uses::signature_change(asked)?);
    found.extend(uses::tests(asked)?);
    found.extend(uses::call_path(asked)?);
    found.extend(function::callees(asked)?);
    found.extend(function::exceptions(asked)?);
    in_context(asked.code, found)
}

/// What a function could be asked about without a run; of a call path, with the calls that it ends with.
pub(super) fn possible(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
) -> Result<Vec<(RepoQuestion, String)>> {
    let asked = Asked { code, manner, id };
    let found = of_text(&asked)?.into_iter();
    Ok(found.map(|draft| (draft.kind, draft.chain)).collect())
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
            chain: String::new(),
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
    // What says the result of a call is not shown, so that no list of all lines of a kind would be one.
    if places.iter().any(|&at| found[at].shown.hides()) {
        places.retain(|&at| !found[at].shown.is_complete_list());
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
        chain: String::new(),
    };
    let dialogue = dialogue.in_context(asked.code)?;
    if dialogue.is_some() {
        // No row repeats what another one says.
        let mut at = 0..;
        found.retain(|_| !at.next().is_some_and(|at| places.contains(&at)));
    }
    Ok(dialogue)
}
