//! Existing samples: run again, and kept if they hold.
//!
//! Invariant: a row that is kept is written as it was read.

pub mod cause;
pub mod held;
mod same;
pub mod verify;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use self::held::Held;
use self::verify::Verify;
use crate::dataset::jsonl::JsonLines;
use crate::dataset::rows::{self, UniqueIds};
use crate::error::Result;
use crate::executor::Described;
use crate::flow::frame::{Ending, Run};
use crate::flow::{self, Fate};
use crate::json::Object;

/// The settings of this pipeline.
#[derive(Serialize)]
pub struct Settings {
    /// The digest of the repository that rows are held against, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The servers that run programs in languages that they list; what ran there is neither sandboxed nor deterministic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub executors: Vec<Described>,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    #[serde(skip)]
    pub ending: Ending,
    /// What kept rows from being reproduced, and how many.
    pub causes: BTreeMap<String, u64>,
}

/// Runs every sample of an input again, or holds it against a repository: what holds goes to `kept.jsonl`, the rest to `rejected.jsonl`, and `run.json` says
/// under which runtime and limits.
pub async fn run(lines: JsonLines, held: Option<&Held>, run: &Run<'_>) -> Result<Summary> {
    let Run { sandbox, limits, executors, .. } = *run;
    let verify = Verify { sandbox, limits, executors, held };
    let journal = run.folder.journal("verify")?;
    let mut ids = UniqueIds::default();
    let read = |row: Object, text: String| {
        (rows::id_of(&row, &["id"]), Ok(text.trim_end_matches(['\n', '\r']).to_owned()))
    };
    let records = rows::records(run.until_stopped(lines), run.input.clone(), read)
        .map(|fate| Ok(ids.apply(fate?)));
    let verified = flow::run(&verify, &journal, run.window, futures_util::stream::iter(records));
    let mut kept = run.folder.output("kept.jsonl")?;
    let mut causes: BTreeMap<String, u64> = BTreeMap::new();
    let ending = run
        .collect(verified, |fate, _| {
            match fate {
                Fate::Live(record) => kept.write_line(&record.body)?,
                Fate::Rejected(dropped) => {
                    if let Some(cause) = dropped.why.evidence.get("cause").and_then(Json::as_str) {
                        *causes.entry(cause.to_owned()).or_default() += 1;
                    }
                }
                Fate::Deferred(_) => {}
            }
            Ok(())
        })
        .await?;
    let summary = Summary { ending, causes };
    if !summary.ending.interrupted {
        kept.finish()?;
        let repository = held.map(|held| held.digest.clone());
        let settings = Settings { repository, executors: executors.described() };
        run.write_report("filter", &settings, &summary.ending, &summary)?;
    }
    Ok(summary)
}
