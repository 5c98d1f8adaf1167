//! Samples to what trainers take: conversations, and a configuration for each trainer.
//!
//! Invariant: a conversation ends with the answer to learn, and every configuration has the loss on that answer alone; nothing of a row but
//! its question and its answer is in it.

mod configurations;
mod conversation;

use std::path::Path;

use serde::Serialize;

pub use self::configurations::{CHECKPOINT, Trainer, Training};
use self::conversation::Conversation;
pub use self::conversation::TAKEN;
use crate::ask::prompt::Prompts;
use crate::dataset::jsonl::JsonLines;
use crate::dataset::problems::ID_FIELDS;
use crate::dataset::rows::{self, UniqueIds};
use crate::error::Result;
use crate::flow::Fate;
use crate::flow::frame::{self, Rejected};
use crate::flow::run_folder::RunFolder;
use crate::flow::tally::Tally;
use crate::json::Object;

/// The file of conversations, for trainers that mark the messages to learn.
pub const TRAIN: &str = "data/train.jsonl";

/// The same as prompts and completions, for TRL, which learns completions alone. It reads every file of a folder.
pub const PAIRS: &str = "pairs/train.jsonl";

/// What `run.json` says of the conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub conversations: u64,
    /// Bytes of all messages.
    pub bytes: u64,
    /// Conversations that end with the better reply of a preference.
    pub from_preferences: u64,
    /// Conversations with more tokens than are trained on, by an estimate: their answers are cut.
    pub too_long: u64,
    /// Tokens of the longest conversation, by an estimate.
    pub longest: u64,
}

/// Writes the conversations of an input and the configurations that train on them.
pub fn run(
    lines: JsonLines,
    input: &Path,
    folder: &RunFolder,
    training: &Training,
) -> Result<(Tally, Counts)> {
    let prompts = Prompts::default();
    let mut ids = UniqueIds::default();
    let read = |row: Object, _| (rows::id_of(&row, &ID_FIELDS), Ok(row));
    let input = input.display().to_string();
    let (mut output, mut pairs) = (folder.output(TRAIN)?, folder.output(PAIRS)?);
    let mut rejected = Rejected::begin(folder)?;
    let (mut tally, mut counts) = (Tally::default(), Counts::default());
    for fate in rows::records(lines, input.clone(), read) {
        let fate = match ids.apply(fate?) {
            Fate::Live(record) => match Conversation::of(&record.body, &prompts) {
                Ok(conversation) => Fate::Live(record.with_body(conversation)),
                Err(why) => Fate::rejected(record.id, record.lineage, why),
            },
            Fate::Rejected(dropped) => Fate::Rejected(dropped),
            Fate::Deferred(dropped) => Fate::Deferred(dropped),
        };
        match fate {
            Fate::Live(record) => {
                tally.accepted += 1;
                counts.conversations += 1;
                counts.bytes += record.body.bytes();
                counts.from_preferences += u64::from(record.body.is_preferred);
                let tokens = record.body.estimated_tokens();
                counts.too_long += u64::from(tokens > u64::from(training.max_length));
                counts.longest = counts.longest.max(tokens);
                output.write_line(&record.body.line())?;
                pairs.write_line(&record.body.pair())?;
            }
            Fate::Rejected(dropped) => {
                tally.reject(dropped.why.reason);
                rejected.write(&dropped)?;
            }
            Fate::Deferred(_) => tally.deferred += 1,
        }
    }
    rejected.finish()?;
    if counts.conversations > 0 {
        output.finish()?;
        pairs.finish()?;
        for trainer in Trainer::ALL {
            for (name, text) in trainer.files(training) {
                folder.write_text(name, &text)?;
            }
        }
    }
    frame::write_report(folder, "sft", &input, training, &tally, &counts)?;
    Ok((tally, counts))
}
