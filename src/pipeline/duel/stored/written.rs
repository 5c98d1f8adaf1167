//! The rows that the steps of a duel write.
//!
//! Invariant: a row has all that the next step needs, and where its turn comes from.

use serde::Serialize;

use super::CHOSEN;
use crate::dataset::pull_requests::PullRequest;
use crate::error::Result;
use crate::flow::Fate;
use crate::flow::output::Output;
use crate::flow::run_folder::RunFolder;
use crate::model::{Message, Role};
use crate::pipeline::duel::answer::Answered;
use crate::pipeline::duel::contest::Contest;
use crate::pipeline::duel::prepare::Turn;
use crate::record::{Lineage, Record};
use crate::sample::turn::{ChatMessage, DuelProvenance};
use crate::schema::{Row, RowSchema};

#[derive(Serialize)]
pub(super) struct ChosenRow<'a> {
    id: &'a str,
    instance_id: &'a str,
    repo: &'a str,
    place: usize,
    messages: &'a [Message],
    assistant: &'a str,
    reference: Option<&'a PullRequest>,
    seed: u64,
    source: &'a Lineage,
}

impl Row for ChosenRow<'_> {
    const SCHEMA: RowSchema = RowSchema::new("chosen-turn", 1);
}

#[derive(Serialize)]
pub(super) struct AnsweredRow<'a> {
    id: &'a str,
    instance_id: &'a str,
    repo: &'a str,
    messages: &'a [Message],
    king: &'a str,
    challenger: &'a str,
    assistant: &'a str,
    provenance: DuelProvenance,
}

impl Row for AnsweredRow<'_> {
    const SCHEMA: RowSchema = RowSchema::new("answered-turn", 1);
}

/// Writes the chosen turns.
pub fn write_chosen(folder: &RunFolder, chosen: &[Fate<Turn>], seed: u64) -> Result<()> {
    let mut output = folder.output(CHOSEN)?;
    for fate in chosen {
        let Fate::Live(Record { id, lineage, body }) = fate else { continue };
        output.write(&ChosenRow {
            id,
            instance_id: &body.instance,
            repo: &body.repo,
            place: body.place,
            messages: &body.history,
            assistant: &body.assistant,
            reference: body.reference.as_ref(),
            seed,
            source: lineage,
        })?;
    }
    output.finish()
}

/// Writes a turn with both answers.
pub fn write_answered(
    output: &mut Output,
    record: &Record<Answered>,
    contest: &Contest,
) -> Result<()> {
    let Record { id, lineage, body } = record;
    output.write(&AnsweredRow {
        id,
        instance_id: &body.instance,
        repo: &body.repo,
        messages: &body.history,
        king: &body.king,
        challenger: &body.challenger,
        assistant: &body.assistant,
        provenance: contest.provenance(lineage.clone()),
    })
}

/// A file of samples. Without any there is no file: loaders take an empty one for damaged.
pub(in crate::pipeline::duel) struct Samples<'a> {
    folder: &'a RunFolder,
    name: &'static str,
    output: Option<Output>,
}

impl<'a> Samples<'a> {
    /// A file of which nothing is written yet.
    pub fn new(folder: &'a RunFolder, name: &'static str) -> Self {
        Self { folder, name, output: None }
    }

    /// Writes a sample.
    pub fn write<T: Row>(&mut self, sample: &T) -> Result<()> {
        let output = match self.output.take() {
            Some(output) => output,
            None => self.folder.output(self.name)?,
        };
        self.output.insert(output).write(sample)
    }

    /// Puts the file in its place; without a sample, that of an earlier run goes.
    pub fn finish(self) -> Result<()> {
        self.output.map_or_else(|| self.folder.remove(self.name), Output::finish)
    }
}

impl Contest {
    /// Where a row of this contest comes from.
    pub(in crate::pipeline::duel) fn provenance(&self, source: Lineage) -> DuelProvenance {
        DuelProvenance {
            tgsand: env!("CARGO_PKG_VERSION").into(),
            source,
            seed: self.seed,
            king: self.king.clone(),
            challenger: self.challenger.clone(),
        }
    }
}

/// A message, as chat templates take it.
pub(in crate::pipeline::duel) fn chat_message(message: &Message) -> ChatMessage {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    ChatMessage { role: role.into(), content: message.content.clone() }
}
