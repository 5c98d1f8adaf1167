//! Existing samples: run again, kept where they hold.
//!
//! Invariant: a row that is kept is written as it was read.

pub mod verify;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use serde_json::{Map, Value as Json, json};

use self::verify::Verify;
use crate::dataset::jsonl::JsonLines;
use crate::dataset::{UniqueIds, unreadable};
use crate::error::Result;
use crate::flow::deferrals::Deferrals;
use crate::flow::run_folder::RunFolder;
use crate::flow::tally::Tally;
use crate::flow::{self, Fate};
use crate::record::{Lineage, Record};
use crate::sandbox::{Limits, Sandbox};

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub tally: Tally,
    /// What kept rows from being reproduced, and how many.
    pub causes: BTreeMap<String, u64>,
    pub deferrals: Deferrals,
    /// Whether the run was stopped before its input ended.
    pub interrupted: bool,
}

/// What a run works with.
pub struct Task<'a> {
    /// The input's name, as rejected rows tell it.
    pub file: String,
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    /// Rows in work at a time.
    pub window: usize,
    /// Rows deferred because of trouble after which the run stops.
    pub max_deferred: u64,
    pub folder: &'a RunFolder,
    /// Begin nothing new once this is set.
    pub stop: &'a AtomicBool,
}

/// Runs every sample of an input again: what holds goes to `kept.jsonl`, the rest to `rejected.jsonl`, and `run.json` says
/// under which runtime and limits.
pub async fn run(
    lines: JsonLines,
    task: &Task<'_>,
    mut on_fate: impl FnMut(&Summary),
) -> Result<Summary> {
    let Task { sandbox, limits, window, folder, stop, .. } = *task;
    let verify = Verify { sandbox, limits };
    let journal = folder.journal("verify")?;
    let mut ids = UniqueIds::default();
    let rows = lines.take_while(|_| !stop.load(Ordering::Relaxed)).map(|line| {
        let line = line?;
        let lineage = Lineage { file: task.file.clone(), line: line.number };
        Ok(match line.json {
            Ok(row) => {
                let id = ids.unique(id_of(&row, line.number));
                Fate::Live(Record {
                    id,
                    lineage,
                    body: line.text.trim_end_matches(['\n', '\r']).to_owned(),
                })
            }
            Err(message) => unreadable(lineage, &message),
        })
    });
    let mut kept = folder.output("kept.jsonl")?;
    let mut rejected = folder.output("rejected.jsonl")?;
    let mut summary = Summary::default();
    let mut verified =
        std::pin::pin!(flow::run(&verify, &journal, window, futures_util::stream::iter(rows)));
    while let Some(fate) = verified.next().await {
        match fate? {
            Fate::Live(record) => {
                summary.tally.accepted += 1;
                kept.write_text(&record.body)?;
            }
            Fate::Rejected(dropped) => {
                summary.tally.reject(dropped.why.reason);
                if let Some(cause) = dropped.why.evidence.get("cause").and_then(Json::as_str) {
                    *summary.causes.entry(cause.to_owned()).or_default() += 1;
                }
                rejected.write_rejected(&dropped)?;
            }
            Fate::Deferred(dropped) => {
                summary.tally.deferred += 1;
                summary.deferrals.add(&dropped, task.max_deferred, stop);
            }
        }
        on_fate(&summary);
    }
    summary.interrupted = stop.load(Ordering::Relaxed);
    if !summary.interrupted {
        kept.finish()?;
        rejected.finish()?;
        folder.write_json("run.json", &summary.report(task))?;
    }
    Ok(summary)
}

impl Summary {
    /// What the run was given and what it did; nothing here depends on the machine or the time.
    fn report(&self, task: &Task<'_>) -> Json {
        json!({
            "tgsand": env!("CARGO_PKG_VERSION"),
            "pipeline": "filter",
            "input": task.file,
            "runtime": task.sandbox.fingerprint(),
            "limits": task.limits,
            "in": self.tally.total(),
            "accepted": self.tally.accepted,
            "rejected": self.tally.rejected,
            "causes": self.causes,
            "deferred": self.tally.deferred,
        })
    }
}

fn id_of(row: &Map<String, Json>, line: u64) -> String {
    match row.get("id") {
        Some(Json::String(id)) => id.clone(),
        Some(Json::Number(id)) => id.to_string(),
        _ => format!("line-{line}"),
    }
}
