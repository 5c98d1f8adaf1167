//! The append-only truth of a stage: one line for every record it has finished.
//!
//! Invariant: a line is whole or not there, and its checksum says so; outcomes stay on disk, only their places are held in
//! memory. The first line states the journal's schema and stage.

mod earlier;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::checked;
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
    stage: String,
    state: Mutex<State>,
}

struct State {
    file: File,
    len: u64,
    lines: HashMap<Key, Place>,
    /// Why a line could not be written whole: nothing may follow it.
    torn: Option<(std::io::ErrorKind, String)>,
}

/// Where a line is in the file.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    len: u32,
}

/// The first line of a journal.
#[derive(Serialize)]
struct Header<'a> {
    stage: &'a str,
}

impl Row for Header<'_> {
    const SCHEMA: RowSchema = RowSchema::new("journal", 2);
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
    /// Opens or creates the journal of a stage. A torn last line is dropped; any other damage is an error, as is a journal of
    /// another stage or of a newer version. A journal of an earlier version gets checksums first.
    pub fn open(path: &Path, stage: &str) -> Result<Self> {
        let open = || {
            let mut options = OpenOptions::new();
            options.append(true).read(true).create(true).open(path).map_err(Error::io(path))
        };
        drop(open()?);
        if let Some(first) = checked::whole_lines(path)?.next()
            && earlier::begins_with(&first?, stage)
        {
            earlier::take_over(path, stage)?;
        }
        let file = open()?;
        let mut lines = HashMap::new();
        let mut len = 0;
        for (number, line) in (1..).zip(checked::whole_lines(path)?) {
            let line = line?;
            if number == 1 {
                check_header(&line, path, stage)?;
            } else {
                let key = key_of(&line).filter(|_| checked::is_whole(stage, &line));
                let key = key.ok_or_else(|| damaged(path, number))?;
                lines.insert(key, Place { offset: len, len: line.len() as u32 });
            }
            len += line.len() as u64;
        }
        file.set_len(len).map_err(Error::io(path))?;
        if len == 0 {
            let header = schema::line(&Header { stage }) + "\n";
            (&file).write_all(header.as_bytes()).map_err(Error::io(path))?;
            len = header.len() as u64;
        }
        let state = Mutex::new(State { file, len, lines, torn: None });
        Ok(Self { path: path.into(), stage: stage.into(), state })
    }

    /// Bytes of the line that says what the stage made of a record, or `None` if it has not finished it.
    pub fn len_of(&self, key: &Key) -> Option<usize> {
        Some(self.state().lines.get(key)?.len as usize)
    }

    /// Reads what the stage made of a record, or `None` if it has not finished it.
    pub fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<Outcome<T>>> {
        let state = self.state();
        let Some(&Place { offset, len }) = state.lines.get(key) else { return Ok(None) };
        let mut line = vec![0; len as usize];
        state.file.read_exact_at(&mut line, offset).map_err(Error::io(&self.path))?;
        let line: LineIn<T> = serde_json::from_slice(&line).map_err(|error| {
            Error::Usage(format!(
                "{} is damaged at byte {offset}: {error}; remove the file to do its work again",
                self.path.display()
            ))
        })?;
        Ok(Some(line.outcome))
    }

    /// Writes down what the stage made of a record.
    pub fn append<T: Serialize>(&self, key: &Key, id: &str, outcome: &Outcome<T>) -> Result<()> {
        let line = LineOut { key: hex(&key.0), id, outcome };
        let line = serde_json::to_string(&line).expect("an outcome is plain data");
        let text = checked::seal(&self.stage, &line) + "\n";
        let mut state = self.state();
        if let Some((kind, message)) = &state.torn {
            return Err(Error::io(&self.path)(std::io::Error::new(*kind, message.clone())));
        }
        if let Err(error) = state.file.write_all(text.as_bytes()) {
            state.torn = Some((error.kind(), error.to_string()));
            return Err(Error::io(&self.path)(error));
        }
        let offset = state.len;
        state.lines.insert(*key, Place { offset, len: text.len() as u32 });
        state.len += text.len() as u64;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave the index wrong: it changes only after a whole write.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts only the line that this version writes, so that damage cannot pass for another version or stage.
fn check_header(line: &[u8], path: &Path, stage: &str) -> Result<()> {
    if line.strip_suffix(b"\n") == Some(schema::line(&Header { stage }).as_bytes()) {
        return Ok(());
    }
    let wrong = |why: String| Error::Usage(format!("{}:1: {why}", path.display()));
    let json = serde_json::from_slice::<serde_json::Value>(line).unwrap_or_default();
    if let Some(other) = json["stage"].as_str().filter(|other| *other != stage) {
        return Err(wrong(format!(
            "the journal of {other:?}, not of {stage:?}; remove the file to do its work again"
        )));
    }
    schema::of(json[schema::FIELD].as_str(), &[Header::SCHEMA]).map_err(wrong)?;
    Err(wrong("not a journal's first line; remove the file to do its work again".to_owned()))
}

fn damaged(path: &Path, number: u64) -> Error {
    Error::Usage(format!(
        "{}:{number}: the line is damaged or from another journal; remove the line to do its work again",
        path.display()
    ))
}

fn key_of(line: &[u8]) -> Option<Key> {
    let rest = line.strip_prefix(LINE_START)?;
    let digits = rest.get(..KEY_LEN)?;
    if rest.get(KEY_LEN) != Some(&b'"') {
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

    /// The error of opening a file with this text as the journal of `stage`.
    fn refused(text: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        std::fs::write(&path, text).unwrap();
        Journal::open(&path, "stage").map(|_| ()).unwrap_err().to_string()
    }

    /// A journal of `stage` with these records accepted, and its text.
    fn written(path: &Path, stage: &str, ids: &[&str]) -> String {
        let journal = Journal::open(path, stage).unwrap();
        for id in ids {
            journal.append(&key("stage", "f", &record(id)), id, &outcome(id)).unwrap();
        }
        std::fs::read_to_string(path).unwrap()
    }

    /// The same journal as earlier versions wrote it.
    fn earlier(text: &str) -> String {
        let lines = text.lines().map(|line| match line.rsplit_once(",\"check\"") {
            Some((entry, _)) => format!("{entry}}}\n"),
            None => line.replace("journal/2", "journal/1") + "\n",
        });
        lines.collect()
    }

    #[test]
    fn a_journal_states_its_schema_and_stage_and_another_one_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let header = "{\"schema\":\"tgsand/journal/2\",\"stage\":\"stage\"}\n";
        assert_eq!(written(&path, "stage", &[]), header);
        let newer = refused(header.replace("/2", "/3").as_bytes());
        assert!(newer.contains("j.jsonl:1: ") && newer.contains("tgsand/journal/3"), "{newer}");
        for header in
            [header.replace(":\"stage", ":\"page"), earlier(header).replace(":\"stage", ":\"page")]
        {
            let other = refused(header.as_bytes());
            assert!(
                other.contains("j.jsonl:1: the journal of \"page\", not of \"stage\""),
                "{other}"
            );
        }
    }

    #[test]
    fn a_journal_of_an_earlier_version_is_read_and_gets_checksums() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let text = written(&path, "stage", &["a", "b"]);
        let with_header = earlier(&text);
        let (_, without_header) = with_header.split_once('\n').unwrap();
        for earlier in [&with_header, without_header, &format!("{with_header}{{\"key\"")] {
            std::fs::write(&path, earlier).unwrap();
            let journal = Journal::open(&path, "stage").unwrap();
            let key = key("stage", "f", &record("b"));
            assert_eq!(journal.get::<u32>(&key).unwrap(), Some(outcome("b")));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_line_without_a_checksum_after_the_header_and_one_with_it_in_an_earlier_journal_are_damage()
    {
        let folder = tempfile::tempdir().unwrap();
        let text = written(&folder.path().join("j.jsonl"), "stage", &["a", "b"]);
        let lines: Vec<&str> = text.lines().collect();
        let earlier = earlier(&text);
        let earlier: Vec<&str> = earlier.lines().collect();
        for mixed in [
            [lines[0], lines[1], earlier[2]].join("\n"),
            [earlier[0], earlier[1], lines[2]].join("\n"),
            [earlier[0], earlier[1], "junk"].join("\n"),
        ] {
            let error = refused((mixed + "\n").as_bytes());
            assert!(error.contains("j.jsonl:3: the line is damaged"), "{error}");
        }
        let error = refused((lines[1].to_owned() + "\n").as_bytes());
        assert!(error.contains("j.jsonl:1: the line is damaged"), "{error}");
    }

    #[test]
    fn any_bit_that_is_flipped_is_seen_or_costs_the_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let text = written(&path, "stage", &["a", "b"]).into_bytes();
        let keys = ["a", "b"].map(|id| key("stage", "f", &record(id)));
        for bit in 0..text.len() * 8 {
            let mut damaged = text.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, damaged).unwrap();
            let Ok(journal) = Journal::open(&path, "stage") else { continue };
            assert_eq!(bit / 8, text.len() - 1, "only the last newline may change unseen");
            assert_eq!(journal.get::<u32>(&keys[0]).unwrap(), Some(outcome("a")));
            assert_eq!(journal.get::<u32>(&keys[1]).unwrap(), None);
        }
    }

    #[test]
    fn swapped_outcomes_and_a_line_of_another_stage_are_damage() {
        let folder = tempfile::tempdir().unwrap();
        let text = written(&folder.path().join("j.jsonl"), "stage", &["a", "b"]);
        let other = written(&folder.path().join("other.jsonl"), "other", &["a", "b"]);
        let lines: Vec<&str> = text.lines().collect();
        let outcome = |line: &str| line.split_once("\"outcome\":").unwrap().1.to_owned();
        let swapped = lines[1].replace(&outcome(lines[1]), &outcome(lines[2]));
        for line in [&swapped, other.lines().nth(1).unwrap()] {
            let error = refused(format!("{}\n{line}\n{}\n", lines[0], lines[2]).as_bytes());
            assert!(
                error.contains("j.jsonl:2: the line is damaged or from another journal"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_first_line_that_is_not_a_journals_is_an_error() {
        let error = refused(b"junk\n");
        assert!(
            error.contains("j.jsonl:1: not a journal's first line; remove the file"),
            "{error}"
        );
    }
}
