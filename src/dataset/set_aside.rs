//! Rows that are looked at before they are worked on: they wait in a temporary file.
//!
//! Invariant: an input is read once, so that what was looked at is what is worked on, even if it is a stream or changes meanwhile.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Rows;
use super::jsonl::Reading;
use crate::error::{Error, Result};
use crate::flow::{Dropped, Fate};
use crate::outcome::Rejection;
use crate::record::{Lineage, Record};

const FILE: &str = "a temporary file";

/// A row that waits.
#[derive(Serialize, Deserialize)]
enum Waiting<T> {
    Live(Record<T>),
    Rejected(String, Lineage, Rejection),
}

impl<T: Serialize + DeserializeOwned + 'static> Rows<T> {
    /// Looks at the first rows, up to this many, and gives them again; those after them are not read.
    pub fn looked_at(self, limit: usize, mut look: impl FnMut(&T)) -> Result<Self> {
        let mut file = BufWriter::new(tempfile::tempfile().map_err(Error::io(FILE))?);
        for fate in self.rows.take(limit) {
            let waiting = match fate? {
                Fate::Live(record) => {
                    look(&record.body);
                    Waiting::Live(record)
                }
                Fate::Rejected(Dropped { id, lineage, why }) => Waiting::Rejected(id, lineage, why),
                Fate::Deferred(dropped) => return Err(dropped.why),
            };
            serde_json::to_writer(&mut file, &waiting)
                .map_err(|error| Error::io(FILE)(error.into()))?;
            file.write_all(b"\n").map_err(Error::io(FILE))?;
        }
        let mut file = file.into_inner().map_err(|error| Error::io(FILE)(error.into_error()))?;
        file.rewind().map_err(Error::io(FILE))?;
        let bytes = file.metadata().map_err(Error::io(FILE))?.len();
        let reading = self.reading.again(bytes);
        Ok(Self { rows: Box::new(rows(file, reading.clone())), reading })
    }
}

fn rows<T: DeserializeOwned>(
    file: File,
    reading: Reading,
) -> impl Iterator<Item = Result<Fate<T>>> {
    BufReader::new(file).split(b'\n').map(move |line| {
        let line = line.map_err(Error::io(FILE))?;
        reading.note_read(line.len() as u64 + 1);
        let waiting =
            serde_json::from_slice(&line).map_err(|error| Error::io(FILE)(error.into()))?;
        Ok(match waiting {
            Waiting::Live(record) => Fate::Live(record),
            Waiting::Rejected(id, lineage, why) => Fate::rejected(id, lineage, why),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::outcome::Reason;

    #[test]
    fn rows_are_read_once_and_come_again_as_they_were() {
        let lineage = |line| Lineage { file: "f".into(), line };
        let live = |line: u64| {
            Ok(Fate::Live(Record { id: line.to_string(), lineage: lineage(line), body: line }))
        };
        let why = Rejection::new(Reason::NeedsChecker, "why");
        let rows = [live(1), Ok(Fate::rejected("b", lineage(2), why)), live(3), live(4)];
        let read = Rc::new(Cell::new(0));
        let count = Rc::clone(&read);
        let rows = rows.into_iter().inspect(move |_| count.set(count.get() + 1));
        let rows = Rows { rows: Box::new(rows), reading: Reading::default() };
        let mut looked = Vec::new();
        let Rows { rows, reading } = rows.looked_at(3, |&body: &u64| looked.push(body)).unwrap();
        assert_eq!((looked, read.get(), reading.bytes_read()), (vec![1, 3], 3, 0));
        let again: Vec<String> = rows.map(|fate| format!("{:?}", fate.unwrap())).collect();
        assert_eq!(read.get(), 3);
        assert_eq!(again.len(), 3);
        assert!(again[1].contains("NeedsChecker") && again[2].contains("body: 3"), "{again:?}");
        assert_eq!(Some(reading.bytes_read()), reading.bytes);
    }
}
