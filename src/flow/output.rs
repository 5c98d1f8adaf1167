//! A file that appears when it is finished.
//!
//! Invariant: what takes the file's name is whole, even after a power cut.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::schema::{self, Row};

/// A file that is being written under another name.
pub struct Output {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
    is_empty: bool,
}

impl Output {
    /// Begins a file, and creates its folder if there is none.
    pub fn create(path: PathBuf) -> Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let partial = path.with_extension("partial");
        let file = File::create(&partial).map_err(Error::io(&partial))?;
        Ok(Self { path, partial, file: BufWriter::new(file), is_empty: true })
    }

    /// Writes a row, which states its schema.
    pub fn write<T: Row>(&mut self, row: &T) -> Result<()> {
        self.write_line(&schema::line(row))
    }

    /// Writes a line that is JSON already.
    pub fn write_line(&mut self, line: &str) -> Result<()> {
        self.is_empty = false;
        writeln!(self.file, "{line}").map_err(Error::io(&self.partial))
    }

    /// Writes a text as it is.
    pub fn write_text(&mut self, text: &str) -> Result<()> {
        self.is_empty = false;
        self.file.write_all(text.as_bytes()).map_err(Error::io(&self.partial))
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<()> {
        let file =
            self.file.into_inner().map_err(|error| Error::io(&self.partial)(error.into_error()))?;
        // On disk before it takes its name, so that no power cut leaves an empty file under it.
        file.sync_all().map_err(Error::io(&self.partial))?;
        fs::rename(&self.partial, &self.path).map_err(Error::io(&self.path))
    }

    /// The same, but nothing to write leaves no file, also none of an earlier run: loaders take a file without rows for damaged.
    pub fn finish_unless_empty(self) -> Result<()> {
        if !self.is_empty {
            return self.finish();
        }
        for path in [&self.partial, &self.path] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::io(path)(error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}
