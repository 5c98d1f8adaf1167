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
use journal::{Journal, Key};

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
                    Fate::Rejected(dropped) => Applied::Fates(vec![Fate::Rejected(dropped)]),
                    Fate::Deferred(dropped) => Applied::Fates(vec![Fate::Deferred(dropped)]),
                })
            }
        })
        .buffered(window.max(1))
        .flat_map(|applied: Result<Applied<S::Out>>| {
            let fates = applied.and_then(|applied| applied.fates(journal));
            futures_util::stream::iter(match fates {
                Ok(fates) => fates.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
        })
}

/// Takes one record through a stage, or takes what became of it from the journal; [`run`] does so with each of a stream.
pub async fn step<S: Stage>(
    stage: &S,
    journal: &Journal,
    record: &Record<S::In>,
) -> Result<Vec<Fate<S::Out>>> {
    apply(stage, journal, &stage.fingerprint(), record).await?.fates(journal)
}

/// A journalled outcome of more bytes is read again when its turn comes, so that no more than one of them is held in memory.
const LARGE: usize = 256 << 10;

/// What a stage has made of a record.
enum Applied<T> {
    Fates(Vec<Fate<T>>),
    /// It is large, and waits in the journal.
    Journalled {
        key: Key,
        id: String,
        lineage: Lineage,
    },
}

impl<T: DeserializeOwned> Applied<T> {
    fn fates(self, journal: &Journal) -> Result<Vec<Fate<T>>> {
        Ok(match self {
            Self::Fates(fates) => fates,
            Self::Journalled { key, id, lineage } => {
                match journal.get(&key)?.expect("a journal has what was found in it before") {
                    // The record's source position is the current one.
                    Outcome::Accepted(records) => {
                        let here = |record| Record { lineage: lineage.clone(), ..record };
                        records.into_iter().map(here).map(Fate::Live).collect()
                    }
                    Outcome::Rejected(why) => vec![Fate::rejected(id, lineage, why)],
                }
            }
        })
    }
}

async fn apply<S: Stage>(
    stage: &S,
    journal: &Journal,
    fingerprint: &str,
    record: &Record<S::In>,
) -> Result<Applied<S::Out>> {
    let key = journal::key(S::NAME, fingerprint, record);
    let Record { id, lineage, .. } = record;
    if journal.len_of(&key).is_none() {
        match stage.apply(record).await {
            Ok(outcome) => {
                journal.append(&key, id, &outcome)?;
                if journal.len_of(&key).is_some_and(|len| len <= LARGE) {
                    return Ok(Applied::Fates(match outcome {
                        Outcome::Accepted(records) => records.into_iter().map(Fate::Live).collect(),
                        Outcome::Rejected(why) => vec![Fate::rejected(id, lineage.clone(), why)],
                    }));
                }
            }
            Err(why) if why.is_transient() => {
                let dropped = Dropped { id: id.clone(), lineage: lineage.clone(), why };
                return Ok(Applied::Fates(vec![Fate::Deferred(dropped)]));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Applied::Journalled { key, id: id.clone(), lineage: lineage.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts as many letters as its input says.
    struct Letters;

    impl Stage for Letters {
        type In = usize;
        type Out = String;
        const NAME: &'static str = "letters";

        fn fingerprint(&self) -> String {
            String::new()
        }

        async fn apply(&self, input: &Record<usize>) -> Result<Outcome<String>> {
            Ok(Outcome::Accepted(vec![input.with_body("x".repeat(input.body))]))
        }
    }

    /// Runs records with these bodies through the stage; their lines count from the given one.
    async fn letters(journal: &Journal, bodies: &[usize], first_line: u64) -> Vec<(u64, usize)> {
        let input = (first_line..).zip(bodies).map(|(line, &body)| {
            let lineage = Lineage { file: "f".into(), line };
            Ok(Fate::Live(Record { id: body.to_string(), lineage, body }))
        });
        let fates = run(&Letters, journal, 2, futures_util::stream::iter(input));
        let found = fates.map(|fate| match fate {
            Ok(Fate::Live(record)) => (record.lineage.line, record.body.len()),
            other => panic!("{other:?}"),
        });
        found.collect().await
    }

    #[tokio::test]
    async fn outcomes_of_any_size_come_in_order_with_the_source_of_this_run() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("j.jsonl"), Letters::NAME).unwrap();
        let bodies = [LARGE + 1, 1, 2 * LARGE, 2];
        let found = |first_line: u64| (first_line..).zip(bodies).collect::<Vec<_>>();
        assert_eq!(letters(&journal, &bodies, 1).await, found(1));
        assert_eq!(letters(&journal, &bodies, 11).await, found(11));
    }
}
