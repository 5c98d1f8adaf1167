//! The folder of a run: journals while it works, samples when it is done.
//!
//! Invariant: a file under `samples/` is whole; it is written under another name and moved there at the end.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value as Json;

use super::checked;
use super::journal::Journal;
use super::output::Output;
use crate::error::{Error, Result};
use crate::schema::{self, Row};

/// The file that says what a run was given and what it did.
pub const REPORT: &str = "run.json";
/// The file that says what the results in a folder are of.
const WORK: &str = "journal/of";

/// A run's folder, locked against a second run.
pub struct RunFolder {
    path: PathBuf,
    /// The report that this process has written, on one line.
    report: OnceLock<String>,
    _lock: File,
}

impl RunFolder {
    /// Opens or creates a run's folder; one that holds other `work` is a usage error, as its results would be lost.
    pub fn open(path: &Path, work: &str) -> Result<Self> {
        for folder in [path.to_owned(), path.join("journal")] {
            fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        }
        let lock_path = path.join("journal").join("lock");
        let lock = File::create(&lock_path).map_err(Error::io(&lock_path))?;
        lock.try_lock().map_err(|_| {
            Error::Usage(format!(
                "another run is working in {}; wait for it or name another --out",
                path.display()
            ))
        })?;
        match Self::work(path)? {
            Some(before) if before == work => {}
            Some(before) => {
                let text = format!(
                    "{} holds the results of {}; name another --out or remove it",
                    path.display(),
                    before
                );
                return Err(Error::Usage(text));
            }
            None => note_work(path.join(WORK), work)?,
        }
        Ok(Self { path: path.into(), report: OnceLock::new(), _lock: lock })
    }

    /// What the results in a folder are of, if a run has begun there. A power cut may have left the file empty; nothing is lost
    /// then, as the journals say what each line is the work on.
    pub fn work(path: &Path) -> Result<Option<String>> {
        let of = path.join(WORK);
        match fs::read(&of) {
            Ok(work) if work.is_empty() => Ok(None),
            Ok(work) => Ok(Some(String::from_utf8_lossy(&work).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(of)(error)),
        }
    }

    /// The rows that earlier runs have added to a file; none if there is no file. A damaged row is an error. Earlier versions wrote
    /// no checksums, so rows before the first one that has it need none.
    pub fn rows(&self, name: &str) -> Result<Vec<Json>> {
        let path = self.path.join(name);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let (mut rows, mut are_checked) = (Vec::new(), false);
        for (number, line) in (1..).zip(checked::whole_lines(&path)?) {
            let line = line?;
            let row = serde_json::from_slice::<Json>(&line).ok();
            are_checked |= row.as_ref().is_none_or(|row| row.get(checked::NAME).is_some());
            match row.filter(|_| !are_checked || checked::is_whole(name, &line)) {
                Some(row) => rows.push(row),
                None => {
                    let text =
                        format!("{}:{number}: the row is damaged; remove it", path.display());
                    return Err(Error::Usage(text));
                }
            }
        }
        Ok(rows)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a stage's journal.
    pub fn journal(&self, stage: &str) -> Result<Journal> {
        Journal::open(&self.path.join("journal").join(format!("{stage}.jsonl")), stage)
    }

    /// Begins an output file; it appears when it is finished.
    pub fn output(&self, name: &str) -> Result<Output> {
        Output::create(self.path.join(name))
    }

    /// Takes an output file of an earlier run away that this run does not write.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(path)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Adds a row to a file that keeps those of earlier runs, in the place of one that a killed process left torn.
    pub fn append<T: Row>(&self, name: &str, row: &T) -> Result<()> {
        self.append_line(name, &checked::seal(name, &schema::line(row)))
    }

    /// The same for a row that has its checksum already.
    pub fn append_line(&self, name: &str, line: &str) -> Result<()> {
        let path = self.path.join(name);
        let mut options = fs::OpenOptions::new();
        let file = options.append(true).create(true).open(&path);
        let mut file = file.map_err(Error::io(&path))?;
        let mut len = 0;
        for line in checked::whole_lines(&path)? {
            len += line?.len() as u64;
        }
        let text = format!("{line}\n");
        file.set_len(len).and_then(|()| file.write_all(text.as_bytes())).map_err(Error::io(&path))
    }

    /// Writes a text at once.
    pub fn write_text(&self, name: &str, text: &str) -> Result<()> {
        let mut output = self.output(name)?;
        output.write_text(text)?;
        output.finish()
    }

    /// Writes a small JSON file at once.
    pub fn write_object<T: Row>(&self, name: &str, row: &T) -> Result<()> {
        self.write_text(name, &format!("{}\n", schema::object(row)))
    }

    /// Writes the report that ends the run.
    pub fn write_report<T: Row>(&self, report: &T) -> Result<()> {
        self.write_object(REPORT, report)?;
        let _ = self.report.set(schema::line(report));
        Ok(())
    }

    /// The report that this process has written, on one line; `None` if the run is not done.
    pub fn report(&self) -> Option<&str> {
        self.report.get().map(String::as_str)
    }
}

fn note_work(of: PathBuf, work: &str) -> Result<()> {
    let mut output = Output::create(of)?;
    output.write_text(work)?;
    output.finish()
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::schema::RowSchema;

    #[derive(Serialize)]
    struct Count {
        count: u64,
    }

    impl Row for Count {
        const SCHEMA: RowSchema = RowSchema::new("count", 1);
    }

    fn counts(folder: &RunFolder) -> Result<Vec<u64>> {
        let rows = folder.rows("counts.jsonl")?;
        Ok(rows.iter().map(|row| row["count"].as_u64().unwrap()).collect())
    }

    #[test]
    fn a_folder_keeps_to_its_work_and_one_that_lost_the_name_of_it_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let open = |work: &str| RunFolder::open(place.path(), work).map(|_| ());
        open("a.jsonl").unwrap();
        let error = open("b.jsonl").unwrap_err().to_string();
        assert!(error.contains("holds the results of a.jsonl; name another --out"), "{error}");
        let of = place.path().join("journal/of");
        fs::write(&of, "").unwrap();
        open("a.jsonl").unwrap();
        assert_eq!(fs::read_to_string(&of).unwrap(), "a.jsonl");
        fs::write(&of, b"\xff.jsonl").unwrap();
        assert!(
            open("a.jsonl")
                .unwrap_err()
                .to_string()
                .contains("holds the results of \u{fffd}.jsonl")
        );
    }

    #[test]
    fn rows_are_read_back_in_order_and_a_torn_one_makes_room() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path(), "work").unwrap();
        assert_eq!(counts(&folder).unwrap(), [0_u64; 0]);
        let path = place.path().join("counts.jsonl");
        fs::write(&path, "{\"count\":0}\n{\"count\":1}\n{\"cou").unwrap();
        assert_eq!(counts(&folder).unwrap(), [0, 1]);
        for count in [2, 3] {
            folder.append("counts.jsonl", &Count { count }).unwrap();
        }
        assert_eq!(counts(&folder).unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn a_damaged_row_is_named() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path(), "work").unwrap();
        let path = place.path().join("counts.jsonl");
        for count in [2, 3] {
            folder.append("counts.jsonl", &Count { count }).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        let second = |from: &str, to: &str| {
            let (first, second) = text.split_once('\n').unwrap();
            format!("{first}\n{}", second.replacen(from, to, 1))
        };
        for damaged in [second("3", "1"), second("check", "cheek"), second("{", "[")] {
            fs::write(&path, &damaged).unwrap();
            let error = counts(&folder).unwrap_err().to_string();
            assert!(
                error.ends_with("counts.jsonl:2: the row is damaged; remove it"),
                "{damaged}: {error}"
            );
        }
    }
}
