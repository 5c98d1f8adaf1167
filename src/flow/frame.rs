//! The frame of every pipeline: what a run works with, how its records are collected, and what `run.json` says in the end.
//!
//! Invariant: files get their names only if the input came to its end; a run that was stopped leaves those of the run before.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};

use super::deferrals::Deferrals;
use super::output::Output;
use super::run_folder::RunFolder;
use super::tally::Tally;
use super::{Dropped, Fate};
use crate::error::{Error, Result};
use crate::executor::Executors;
use crate::outcome::Rejection;
use crate::record::Lineage;
use crate::sandbox::{Limits, Sandbox};
use crate::schema::{Row, RowSchema};

/// The file of rejected records.
pub const REJECTED: &str = "rejected.jsonl";

/// What `run.json` is.
pub const REPORT_SCHEMA: RowSchema = RowSchema::new("run", 1);

/// What every pipeline works with.
pub struct Run<'a> {
    /// The input, as the report names it.
    pub input: String,
    pub sandbox: &'a Sandbox,
    /// Where programs run in languages that they list.
    pub executors: &'a Executors,
    /// The limits of each program.
    pub limits: Limits,
    pub folder: &'a RunFolder,
    /// Records in work at a time.
    pub window: usize,
    /// Stop once more records than this are deferred because of trouble: something is wrong that a rerun must wait for.
    pub max_deferred: u64,
    /// Begin nothing new once this is set.
    pub stop: &'a AtomicBool,
    /// Called with the counts after each record that is decided.
    pub watch: &'a (dyn Fn(&Tally) + Sync),
}

/// What became of a run's records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ending {
    pub tally: Tally,
    pub deferrals: Deferrals,
    /// Whether the run was stopped before its input ended.
    pub interrupted: bool,
}

/// The rejected records of a run, as rows of `rejected.jsonl`.
pub struct Rejected(Output);

/// A row of `rejected.jsonl` as it is read again.
#[derive(Deserialize)]
struct RejectedIn {
    id: String,
    source: Lineage,
    #[serde(flatten)]
    why: Rejection,
}

#[derive(Serialize)]
struct RejectedRow<'a> {
    id: &'a str,
    source: &'a Lineage,
    #[serde(flatten)]
    why: &'a Rejection,
}

impl Row for RejectedRow<'_> {
    const SCHEMA: RowSchema = RowSchema::new("rejected", 1);
}

impl Rejected {
    /// Begins the file of rejected records.
    pub fn begin(folder: &RunFolder) -> Result<Self> {
        Ok(Self(folder.output(REJECTED)?))
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<()> {
        self.0.finish()
    }

    /// Writes the row of a rejected record: its id, its source, and why.
    pub fn write(&mut self, Dropped { id, lineage, why }: &Dropped<Rejection>) -> Result<()> {
        self.0.write(&RejectedRow { id, source: lineage, why })
    }
}

/// Everything that decides what a run makes of its input: what every pipeline works with, and the settings of one.
#[derive(Serialize)]
pub struct Settings<'a, S> {
    pub runtime: &'a str,
    pub limits: Limits,
    #[serde(flatten)]
    pub own: &'a S,
}

/// The contents of `run.json`; nothing in it depends on the machine or the time, except the ages
/// of cached replies.
#[derive(Serialize)]
struct Report<'a, S, T> {
    tgsand: &'static str,
    pipeline: &'static str,
    input: &'a str,
    settings: &'a S,
    #[serde(rename = "in")]
    total: u64,
    #[serde(flatten)]
    tally: &'a Tally,
    #[serde(flatten)]
    details: &'a T,
}

impl<S: Serialize, T: Serialize> Row for Report<'_, S, T> {
    const SCHEMA: RowSchema = REPORT_SCHEMA;
}

impl Run<'_> {
    /// The input, until the run is stopped.
    pub fn until_stopped<T>(&self, rows: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        rows.take_while(|_| !self.stop.load(Ordering::Relaxed))
    }

    /// Takes every record's fate, in the order of the input: counts it, writes the rejected ones to `rejected.jsonl`, and gives
    /// each to `keep`, which may add rows of its own to that file.
    pub async fn collect<T>(
        &self,
        fates: impl Stream<Item = Result<Fate<T>>>,
        mut keep: impl FnMut(Fate<T>, &mut Rejected) -> Result<()>,
    ) -> Result<Ending> {
        let mut rejected = Rejected::begin(self.folder)?;
        let mut ending = Ending::default();
        let mut fates = std::pin::pin!(fates);
        while let Some(fate) = fates.next().await {
            let fate = fate?;
            match &fate {
                Fate::Live(_) => ending.tally.accepted += 1,
                Fate::Rejected(dropped) => {
                    ending.tally.reject(dropped.why.reason);
                    rejected.write(dropped)?;
                }
                Fate::Deferred(dropped) => {
                    ending.tally.deferred += 1;
                    ending.deferrals.add(dropped, self.max_deferred, self.stop);
                }
            }
            keep(fate, &mut rejected)?;
            (self.watch)(&ending.tally);
        }
        ending.interrupted = self.stop.load(Ordering::Relaxed);
        if !ending.interrupted {
            rejected.finish()?;
        }
        Ok(ending)
    }

    /// Writes `run.json`: what the run was given and what it did, with the settings and details of its pipeline.
    pub fn write_report<S: Serialize, T: Serialize>(
        &self,
        pipeline: &'static str,
        settings: &S,
        ending: &Ending,
        details: &T,
    ) -> Result<()> {
        let settings =
            Settings { runtime: self.sandbox.fingerprint(), limits: self.limits, own: settings };
        write_report(self.folder, pipeline, &self.input, &settings, &ending.tally, details)
    }
}

/// Writes the `run.json` of work that ran no program.
pub fn write_report<S: Serialize, T: Serialize>(
    folder: &RunFolder,
    pipeline: &'static str,
    input: &str,
    settings: &S,
    tally: &Tally,
    details: &T,
) -> Result<()> {
    let report = Report {
        tgsand: env!("CARGO_PKG_VERSION"),
        pipeline,
        input,
        settings,
        total: tally.total(),
        tally,
        details,
    };
    folder.write_report(&report)
}

/// Reads the rejected records of the run in a folder; none if it has rejected none. A row that cannot be read is an error.
pub fn rejected(folder: &Path) -> Result<Vec<Dropped<Rejection>>> {
    let path = folder.join(REJECTED);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let read = |(number, line): (usize, &str)| {
        let RejectedIn { id, source, why } = serde_json::from_str(line).map_err(|error| {
            Error::Usage(format!("{}:{number}: the row is damaged: {error}", path.display()))
        })?;
        Ok(Dropped { id, lineage: source, why })
    };
    (1..).zip(text.lines()).map(read).collect()
}
