//! The folder of a run: journals while it works, samples when it is done.
//!
//! Invariant: a file under `samples/` is whole; it is written under another name and moved there at the end.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::flow::journal::Journal;
use crate::schema::{self, Row};

/// The file that says what the results in a folder are of.
const WORK: &str = "journal/of";

/// A run's folder, locked against a second run.
pub struct RunFolder {
    path: PathBuf,
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
            Some(before) if before != work => {
                let text = format!(
                    "{} holds the results of {before}; name another --out or remove it",
                    path.display()
                );
                return Err(Error::Usage(text));
            }
            Some(_) => {}
            None => {
                let of = path.join(WORK);
                fs::write(&of, work).map_err(Error::io(&of))?;
            }
        }
        Ok(Self { path: path.into(), _lock: lock })
    }

    /// What the results in a folder are of, if a run has begun there.
    pub fn work(path: &Path) -> Result<Option<String>> {
        let of = path.join(WORK);
        match fs::read_to_string(&of) {
            Ok(work) => Ok(Some(work)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(of)(error)),
        }
    }

    /// The lines of a file that earlier runs have added to; none if there is no file.
    pub fn lines(&self, name: &str) -> Result<Vec<String>> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(Error::io(path)(error)),
        }
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
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let partial = path.with_extension("partial");
        let file = File::create(&partial).map_err(Error::io(&partial))?;
        Ok(Output { path, partial, file: BufWriter::new(file) })
    }

    /// Takes an output file of an earlier run away that this run does not write.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(path)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Adds a row to a file that keeps those of earlier runs.
    pub fn append<T: Row>(&self, name: &str, row: &T) -> Result<()> {
        let path = self.path.join(name);
        let file = fs::OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| writeln!(file, "{}", schema::line(row))).map_err(Error::io(path))
    }

    /// Writes a text at once.
    pub fn write_text(&self, name: &str, text: &str) -> Result<()> {
        let mut output = self.output(name)?;
        output.file.write_all(text.as_bytes()).map_err(Error::io(&output.partial))?;
        output.finish()
    }

    /// Writes a small JSON file at once.
    pub fn write_object<T: Row>(&self, name: &str, row: &T) -> Result<()> {
        self.write_text(name, &format!("{}\n", schema::object(row)))
    }
}

/// A JSONL file that is being written.
pub struct Output {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
}

impl Output {
    /// Writes a row, which states its schema.
    pub fn write<T: Row>(&mut self, row: &T) -> Result<()> {
        self.write_line(&schema::line(row))
    }

    /// Writes a line that is JSON already.
    pub fn write_line(&mut self, line: &str) -> Result<()> {
        writeln!(self.file, "{line}").map_err(Error::io(&self.partial))
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<()> {
        let file =
            self.file.into_inner().map_err(|error| Error::io(&self.partial)(error.into_error()))?;
        // On disk before it takes its name, so that no power cut leaves an empty file under it.
        file.sync_all().map_err(Error::io(&self.partial))?;
        fs::rename(&self.partial, &self.path).map_err(Error::io(&self.path))
    }
}
