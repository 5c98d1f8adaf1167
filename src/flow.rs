//! Drives records through stages, and remembers what each stage made of each record.
//!
//! Invariant: records leave in the order in which they came, regardless of the number of threads or
//! interruptions.

pub mod checked;
pub mod deferrals;
pub mod frame;
pub mod journal;
pub mod output;
pub mod progress;
pub mod run_folder;
pub mod settings;
pub mod tally;

use std::future::Future;

use futures_util::{Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::outcome::{Outcome, Rejection};
use crate::record::{Lineage, Record};
use journal::Journal;

/// One costly step on one record.
pub trait Stage {
    type In: Serialize;
    type Out: Serialize + DeserializeOwned;
    /// The stage's name, and its journal's.
    const NAME: &'static str;

    /// Everything besides the record that may change the outcome: prompt digest, model, limits, runtime digest, seed.
    fn fingerprint(&self) -> String;

    /// Works on one record. A record that does not hold is an outcome; an error is the host's trouble.
    fn apply(&self, input: &Record<Self::In>) -> impl Future<Output = Result<Outcome<Self::Out>>>;
}

/// A record on its way, or what became of it.
#[derive(Debug)]
pub enum Fate<T> {
    Live(Record<T>),
    Rejected(Dropped<Rejection>),
    /// Not decided; a rerun tries again.
    Deferred(Dropped<Error>),
}

/// A record that goes no further.
#[derive(Debug)]
pub struct Dropped<W> {
    pub id: String,
    pub lineage: Lineage,
    pub why: W,
}

impl<T> Fate<T> {
    /// Makes the fate of a rejected record.
    pub fn rejected(id: impl Into<String>, lineage: Lineage, why: Rejection) -> Self {
        Self::Rejected(Dropped { id: id.into(), lineage, why })
    }

    /// The same fate with another body where the record lives.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fate<U> {
        match self {
            Self::Live(record) => Fate::Live(Record {
                id: record.id,
                lineage: record.lineage,
                body: change(record.body),
            }),
            Self::Rejected(dropped) => Fate::Rejected(dropped),
            Self::Deferred(dropped) => Fate::Deferred(dropped),
        }
    }
}

/// Runs a stage over a stream of records, at most `window` of them at a time; finished ones are taken from the journal.
///
/// Rejected and deferred records pass through at their place. The first error that is not transient ends the stream.
pub fn run<'a, S: Stage>(
    stage: &'a S,
    journal: &'a Journal,
    window: usize,
    input: impl Stream<Item = Result<Fate<S::In>>> + 'a,
) -> impl Stream<Item = Result<Fate<S::Out>>> + 'a {
    let fingerprint = stage.fingerprint();
    input
        .map(move |fate| {
            let fingerprint = fingerprint.clone();
            async move {
                Ok(match fate? {
                    Fate::Live(record) => apply(stage, journal, &fingerprint, &record).await?,
                    Fate::Rejected(dropped) => vec![Fate::Rejected(dropped)],
                    Fate::Deferred(dropped) => vec![Fate::Deferred(dropped)],
                })
            }
        })
        .buffered(window.max(1))
        .flat_map(|fates: Result<Vec<Fate<S::Out>>>| {
            futures_util::stream::iter(match fates {
                Ok(fates) => fates.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
        })
}

/// A journalled outcome, with the current source position of its record.
fn from_here<T, U>(outcome: Outcome<T>, record: &Record<U>) -> Outcome<T> {
    match outcome {
        Outcome::Accepted(records) => Outcome::Accepted(
            records
                .into_iter()
                .map(|accepted| Record { lineage: record.lineage.clone(), ..accepted })
                .collect(),
        ),
        rejected @ Outcome::Rejected(_) => rejected,
    }
}

/// Takes one record through a stage, or takes what became of it from the journal; [`run`] does so with each of a stream.
pub async fn step<S: Stage>(
    stage: &S,
    journal: &Journal,
    record: &Record<S::In>,
) -> Result<Vec<Fate<S::Out>>> {
    apply(stage, journal, &stage.fingerprint(), record).await
}

async fn apply<S: Stage>(
    stage: &S,
    journal: &Journal,
    fingerprint: &str,
    record: &Record<S::In>,
) -> Result<Vec<Fate<S::Out>>> {
    let key = journal::key(S::NAME, fingerprint, record);
    let outcome = match journal.get(&key)? {
        Some(outcome) => from_here(outcome, record),
        None => match stage.apply(record).await {
            Ok(outcome) => {
                journal.append(&key, &record.id, &outcome)?;
                outcome
            }
            Err(why) if why.is_transient() => {
                let dropped =
                    Dropped { id: record.id.clone(), lineage: record.lineage.clone(), why };
                return Ok(vec![Fate::Deferred(dropped)]);
            }
            Err(error) => return Err(error),
        },
    };
    Ok(match outcome {
        Outcome::Accepted(records) => records.into_iter().map(Fate::Live).collect(),
        Outcome::Rejected(why) => vec![Fate::rejected(&record.id, record.lineage.clone(), why)],
    })
}
