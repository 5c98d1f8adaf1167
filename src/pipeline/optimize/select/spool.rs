//! A set that waits on disk until it is known which of it is selected.
//!
//! Invariant: fates come back in the order in which they were pushed; the file has no name and goes with the process.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};

use crate::error::{Error, Result};
use crate::flow::run_folder::RunFolder;
use crate::flow::{Dropped, Fate};
use crate::outcome::Rejection;
use crate::pipeline::optimize::sample::Sample;
use crate::record::{Lineage, Record};

/// Fates in a file.
pub(in crate::pipeline::optimize) struct Spool {
    file: BufWriter<File>,
    /// What cannot be written: errors of records that a rerun retries, by their place.
    deferred: Vec<Dropped<Error>>,
}

/// A fate as a line.
#[derive(serde::Serialize, serde::Deserialize)]
enum Line {
    Live(Box<Record<Sample>>),
    Rejected {
        id: String,
        lineage: Lineage,
        why: Rejection,
    },
    /// The next one of those that are kept in memory.
    Deferred,
}

const PLACE: &str = "the file of a set that is selected from";

impl Spool {
    pub(in crate::pipeline::optimize) fn new(folder: &RunFolder) -> Result<Self> {
        let file = tempfile::tempfile_in(folder.path()).map_err(Error::io(PLACE))?;
        Ok(Self { file: BufWriter::new(file), deferred: Vec::new() })
    }

    pub(in crate::pipeline::optimize) fn push(&mut self, fate: Fate<Sample>) -> Result<()> {
        let line = match fate {
            Fate::Live(record) => Line::Live(Box::new(record)),
            Fate::Rejected(Dropped { id, lineage, why }) => Line::Rejected { id, lineage, why },
            Fate::Deferred(dropped) => {
                self.deferred.push(dropped);
                Line::Deferred
            }
        };
        let mut text = serde_json::to_vec(&line).expect("a fate is plain data");
        text.push(b'\n');
        self.file.write_all(&text).map_err(Error::io(PLACE))
    }

    pub(in crate::pipeline::optimize) fn read(
        self,
    ) -> Result<impl Iterator<Item = Result<Fate<Sample>>>> {
        let mut file =
            self.file.into_inner().map_err(|error| Error::io(PLACE)(error.into_error()))?;
        file.rewind().map_err(Error::io(PLACE))?;
        let mut deferred = self.deferred.into_iter();
        Ok(BufReader::new(file).lines().map(move |line| {
            let line = line.map_err(Error::io(PLACE))?;
            Ok(match serde_json::from_str(&line).expect("a spool has what was written to it") {
                Line::Live(record) => Fate::Live(*record),
                Line::Rejected { id, lineage, why } => Fate::rejected(id, lineage, why),
                Line::Deferred => {
                    Fate::Deferred(deferred.next().expect("one is kept for each of these lines"))
                }
            })
        }))
    }
}
