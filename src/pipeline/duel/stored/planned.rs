//! The turns that a duel planned to judge.
//!
//! Invariant: a turn leaves the plan only by being set aside for what it is, never because a file of it is damaged.

use std::collections::BTreeSet;
use std::path::Path;

use super::{ANSWERS, CHOSEN, required};
use crate::dataset::jsonl::JsonLines;
use crate::dataset::rows::{self, UniqueIds};
use crate::error::{Error, Result};
use crate::flow::{Dropped, Fate, frame};
use crate::outcome::Reason;
use crate::record::Record;

/// The turns of a run's folder, with their instances: those that were chosen, or came with answers, and were not set aside. None
/// if the folder has verdicts alone.
pub(super) fn of(folder: &Path) -> Result<Vec<(String, String)>> {
    let files = [(CHOSEN, "prepare"), (ANSWERS, "answer")];
    let files = files.map(|(name, step)| (folder.join(name), step));
    let Some((file, step)) = files.into_iter().find(|(path, _)| path.exists()) else {
        return Ok(Vec::new());
    };
    let set_aside = frame::rejected(folder)?;
    let set_aside: BTreeSet<&str> = set_aside
        .iter()
        .filter(|dropped| dropped.why.reason != Reason::UnreadableRecord)
        .map(|dropped| dropped.id.as_str())
        .collect();
    let mut ids = UniqueIds::default();
    let mut planned = Vec::new();
    let rows = rows::records(JsonLines::open(&file)?, file.display().to_string(), |row, _| {
        (rows::id_of(&row, &["id", "instance_id"]), required(&row, "instance_id"))
    });
    for fate in rows {
        match ids.apply(fate?) {
            Fate::Live(Record { id, .. }) if set_aside.contains(id.as_str()) => {}
            Fate::Live(Record { id, body, .. }) => planned.push((id, body)),
            Fate::Rejected(Dropped { why, .. }) => {
                let why = why.detail;
                let how = format!("write the file anew with `tgsand duel {step}`");
                return Err(Error::Usage(format!("{why}; {how}")));
            }
            Fate::Deferred(_) => {}
        }
    }
    Ok(planned)
}
