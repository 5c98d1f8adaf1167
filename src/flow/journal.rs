//! The append-only truth of a stage: one line for every record it has finished.
//!
//! Invariant: a line is whole or not there; outcomes stay on disk, only their places are held in memory. The first line states
//! the journal's schema; a journal without one is of an earlier version and has the same lines.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::outcome::Outcome;
use crate::record::Record;
use crate::sandbox::value::hex;
use crate::schema::{self, Row, RowSchema};

/// Names one record's work in one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

/// A key is written as this many hexadecimal digits.
const KEY_LEN: usize = 32;
/// Every line begins so, then come the key and a quote.
const LINE_START: &[u8] = b"{\"key\":\"";

/// Names the work of a stage on a record by all that decides its outcome.
pub fn key<T: Serialize>(stage: &str, fingerprint: &str, record: &Record<T>) -> Key {
    let body = serde_json::to_vec(&record.body).expect("a record's body is plain data");
    let mut hasher = blake3::Hasher::new();
    for part in [stage.as_bytes(), fingerprint.as_bytes(), record.id.as_bytes(), &body] {
        // Lengths keep neighbours from running into each other.
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Key(key)
}

/// The journal of one stage.
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    len: u64,
    lines: HashMap<Key, (u64, u32)>,
    /// Why a line could not be written whole: nothing may follow it.
    torn: Option<(std::io::ErrorKind, String)>,
}

/// The first line of a journal.
#[derive(Serialize)]
struct Header<'a> {
    stage: &'a str,
}

impl Row for Header<'_> {
    const SCHEMA: RowSchema = RowSchema::new("journal", 1);
}

#[derive(Serialize)]
struct LineOut<'a, T> {
    key: String,
    id: &'a str,
    outcome: &'a Outcome<T>,
}

#[derive(Deserialize)]
struct LineIn<T> {
    outcome: Outcome<T>,
}

impl Journal {
    /// Opens or creates the journal of a stage; a torn last line is dropped, a bad line before it is an error, as is a journal of
    /// a newer version.
    pub fn open(path: &Path, stage: &str) -> Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(Error::io(path))?;
        let mut lines = HashMap::new();
        let mut len = 0;
        let mut number = 0u64;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(Error::io(path))?;
            number += 1;
            if read == 0 || !line.ends_with(b"\n") {
                break;
            }
            match key_of(&line) {
                Some(key) => {
                    lines.insert(key, (len, read as u32));
                }
                None if number == 1 => check_header(&line, path)?,
                None => return Err(not_a_line(path, number)),
            }
            len += read as u64;
        }
        file.set_len(len).map_err(Error::io(path))?;
        if len == 0 {
            let header = schema::line(&Header { stage }) + "\n";
            (&file).write_all(header.as_bytes()).map_err(Error::io(path))?;
            len = header.len() as u64;
        }
        Ok(Self { path: path.into(), state: Mutex::new(State { file, len, lines, torn: None }) })
    }

    /// Reads what the stage made of a record, or `None` if it has not finished it.
    pub fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<Outcome<T>>> {
        let state = self.state();
        let Some(&(offset, len)) = state.lines.get(key) else { return Ok(None) };
        let mut line = vec![0; len as usize];
        state.file.read_exact_at(&mut line, offset).map_err(Error::io(&self.path))?;
        let line: LineIn<T> = serde_json::from_slice(&line).map_err(|error| {
            Error::Usage(format!(
                "{} is damaged at byte {offset}: {error}; remove it",
                self.path.display()
            ))
        })?;
        Ok(Some(line.outcome))
    }

    /// Writes down what the stage made of a record.
    pub fn append<T: Serialize>(&self, key: &Key, id: &str, outcome: &Outcome<T>) -> Result<()> {
        let line = LineOut { key: hex(&key.0), id, outcome };
        let mut text = serde_json::to_vec(&line).expect("an outcome is plain data");
        text.push(b'\n');
        let mut state = self.state();
        if let Some((kind, message)) = &state.torn {
            return Err(Error::io(&self.path)(std::io::Error::new(*kind, message.clone())));
        }
        if let Err(error) = state.file.write_all(&text) {
            state.torn = Some((error.kind(), error.to_string()));
            return Err(Error::io(&self.path)(error));
        }
        let offset = state.len;
        state.lines.insert(*key, (offset, text.len() as u32));
        state.len += text.len() as u64;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave the index wrong: it changes only after a whole write.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_header(line: &[u8], path: &Path) -> Result<()> {
    let Ok(header) = serde_json::from_slice::<serde_json::Value>(line) else {
        return Err(not_a_line(path, 1));
    };
    match schema::of(header[schema::FIELD].as_str(), &[Header::SCHEMA]) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(not_a_line(path, 1)),
        Err(why) => Err(Error::Usage(format!("{}:1: {why}", path.display()))),
    }
}

fn not_a_line(path: &Path, number: u64) -> Error {
    Error::Usage(format!(
        "{}:{number}: not a journal line; remove the file to do its work again",
        path.display()
    ))
}

fn key_of(line: &[u8]) -> Option<Key> {
    let rest = line.strip_prefix(LINE_START)?;
    let digits = rest.get(..KEY_LEN)?;
    if rest.get(KEY_LEN) != Some(&b'"') || !line.ends_with(b"}\n") {
        return None;
    }
    let mut key = [0; 16];
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Key(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Lineage;

    fn record(id: &str) -> Record<u32> {
        Record { id: id.into(), lineage: Lineage { file: "f".into(), line: 1 }, body: 7 }
    }

    fn outcome(id: &str) -> Outcome<u32> {
        Outcome::Accepted(vec![record(id)])
    }

    #[test]
    fn finished_work_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let first = key("stage", "f", &record("a"));
        Journal::open(&path, "stage").unwrap().append(&first, "a", &outcome("a")).unwrap();
        let journal = Journal::open(&path, "stage").unwrap();
        assert_eq!(journal.get::<u32>(&first).unwrap(), Some(outcome("a")));
        assert_eq!(journal.get::<u32>(&key("stage", "g", &record("a"))).unwrap(), None);
    }

    #[test]
    fn a_torn_last_line_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let keys = [key("stage", "f", &record("a")), key("stage", "f", &record("b"))];
        let journal = Journal::open(&path, "stage").unwrap();
        journal.append(&keys[0], "a", &outcome("a")).unwrap();
        let whole = std::fs::metadata(&path).unwrap().len();
        journal.append(&keys[1], "b", &outcome("b")).unwrap();
        drop(journal);
        let torn = std::fs::metadata(&path).unwrap().len() - 3;
        OpenOptions::new().write(true).open(&path).unwrap().set_len(torn).unwrap();
        let journal = Journal::open(&path, "stage").unwrap();
        assert_eq!(journal.get::<u32>(&keys[1]).unwrap(), None);
        assert_eq!(journal.get::<u32>(&keys[0]).unwrap(), Some(outcome("a")));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole);
    }

    #[test]
    fn a_journal_states_its_schema_and_a_newer_one_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        drop(Journal::open(&path, "stage").unwrap());
        let header = "{\"schema\":\"tgsand/journal/1\",\"stage\":\"stage\"}\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), header);
        std::fs::write(&path, header.replace("/1", "/2")).unwrap();
        let error = Journal::open(&path, "stage").map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("j.jsonl:1: ") && error.contains("tgsand/journal/2"), "{error}");
    }

    #[test]
    fn a_journal_without_a_schema_is_of_an_earlier_version_and_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let finished = key("stage", "f", &record("a"));
        Journal::open(&path, "stage").unwrap().append(&finished, "a", &outcome("a")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, lines) = text.split_once('\n').unwrap();
        std::fs::write(&path, lines).unwrap();
        let journal = Journal::open(&path, "stage").unwrap();
        assert_eq!(journal.get::<u32>(&finished).unwrap(), Some(outcome("a")));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), lines);
    }

    #[test]
    fn a_bad_line_before_the_last_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        std::fs::write(&path, "junk\n").unwrap();
        let error = Journal::open(&path, "stage").map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("j.jsonl:1: not a journal line"), "{error}");
    }
}
