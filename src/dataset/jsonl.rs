//! Rows of JSON from a file, a compressed file or stdin: one a line, the items of one list, or the rows of a Parquet file.
//!
//! Invariant: for any file, memory stays bounded by the longest line or item that is accepted.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::json_list::{Item, JsonList, newlines};
use super::parquet::ParquetRows;
use super::stdin::{HangUp, read_ahead};
use crate::error::{Error, Result};
use crate::json::{self, Json, Object};

/// The longest line, or item of a list, that is read as a record.
pub const MAX_LINE: usize = 32 << 20;
/// Blanks before a list; after more than these the file is read line by line.
const MAX_BLANKS: usize = 1 << 16;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How far an input has been read, for those who watch while others read it.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Bytes of the input, if that is known beforehand.
    pub bytes: Option<u64>,
    bytes_read: Arc<AtomicU64>,
    /// Ends an input that is a stream.
    pub hang_up: Option<HangUp>,
    damage: Arc<OnceLock<String>>,
    /// The readings of an input of several parts.
    parts: Vec<Self>,
}

impl Reading {
    /// The reading of an input of this many bytes.
    pub(super) fn of_bytes(bytes: u64) -> Self {
        Self { bytes: Some(bytes), ..Self::default() }
    }

    /// The reading of several inputs that are read one after another.
    pub(super) fn of(parts: Vec<Self>) -> Self {
        let hang_up = parts.iter().find_map(|part| part.hang_up.clone());
        Self { bytes: parts.iter().map(|part| part.bytes).sum(), hang_up, parts, ..Self::default() }
    }

    /// Bytes read so far from the file itself, compressed or not.
    pub fn bytes_read(&self) -> u64 {
        let of_parts: u64 = self.parts.iter().map(Self::bytes_read).sum();
        self.bytes_read.load(Ordering::Relaxed) + of_parts
    }

    /// The reading of what was read of this input once, and takes this many bytes now.
    pub(super) fn again(&self, bytes: u64) -> Self {
        Self { bytes: Some(bytes), bytes_read: Arc::default(), ..self.clone() }
    }

    pub(super) fn note_read(&self, bytes: u64) {
        self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Why the input could not be read to its end, if it is damaged.
    pub fn damage(&self) -> Option<&str> {
        let own = self.damage.get().map(String::as_str);
        own.or_else(|| self.parts.iter().find_map(Self::damage))
    }
}

struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.inner.read(buffer)?;
        self.count.fetch_add(len as u64, Ordering::Relaxed);
        Ok(len)
    }
}

/// A line that is not blank, an item of a list, or a row of a Parquet file.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// The line that it starts on, or the number of the row, from 1.
    pub number: u64,
    /// The same, or the position in a list, from 1.
    pub position: u64,
    /// The object, or why the line is none.
    pub json: Result<Object, String>,
    /// The line as it stands in the file, or an item or a row as JSON in one line; empty if it is no text or too long.
    pub text: String,
}

impl Line {
    fn new(number: u64, position: u64, json: Result<Object, String>, text: String) -> Self {
        Self { number, position, json, text }
    }
}

/// The lines of a JSONL input, or the items of one that is a list of objects.
pub struct JsonLines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    form: Form,
    /// The line that was read last.
    number: u64,
    reading: Reading,
}

/// How the rows of an input follow each other.
enum Form {
    /// Nothing was read yet.
    Unknown,
    Lines,
    List(JsonList),
    Parquet(ParquetRows),
}

impl JsonLines {
    /// Opens a file, decompressing `.gz` and `.zst`; `-` is stdin, and `.parquet` a Parquet file.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_only(path, None)
    }

    /// The same, with these fields of a Parquet file alone: the columns of the others are not read.
    pub fn open_fields(path: &Path, fields: &[&str]) -> Result<Self> {
        Self::open_only(path, Some(fields))
    }

    fn open_only(path: &Path, fields: Option<&[&str]>) -> Result<Self> {
        if path.is_dir() {
            let message = format!("{} is a folder; name a JSONL file", path.display());
            return Err(Error::Usage(message));
        }
        if let Some(what_to_do) = unreadable(path) {
            let message = format!(
                "{} has no rows that can be read (JSONL, JSON or Parquet); {what_to_do}",
                path.display()
            );
            return Err(Error::Usage(message));
        }
        let mut reading = Reading::default();
        let count = Arc::clone(&reading.bytes_read);
        if path.as_os_str() == "-" {
            let (stdin, hang_up) = read_ahead(std::io::stdin());
            reading.hang_up = Some(hang_up);
            let reader = Box::new(BufReader::new(Counted { inner: stdin, count }));
            return Ok(Self { path: path.into(), reader, form: Form::Unknown, number: 0, reading });
        }
        let file = File::open(path).map_err(Error::input(path))?;
        if path.extension().is_some_and(|extension| extension == "parquet") {
            let rows = ParquetRows::new(file, fields).map_err(Error::input(path))?;
            let form = Form::Parquet(rows);
            let reader = Box::new(std::io::empty());
            return Ok(Self { path: path.into(), reader, form, number: 0, reading });
        }
        reading.bytes = Some(file.metadata().map_err(Error::io(path))?.len());
        let counted = Counted { inner: file, count };
        let reader: Box<dyn BufRead> =
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("gz") => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(
                    BufReader::new(counted),
                ))),
                Some("zst") => Box::new(BufReader::new(
                    zstd::stream::read::Decoder::new(counted).map_err(Error::io(path))?,
                )),
                _ => Box::new(BufReader::with_capacity(1 << 16, counted)),
            };
        Ok(Self { path: path.into(), reader, form: Form::Unknown, number: 0, reading })
    }

    /// How far the input has been read, now and later.
    pub fn reading(&self) -> Reading {
        self.reading.clone()
    }
}

/// What to do instead of reading a file whose name says that it holds something other than rows.
fn unreadable(path: &Path) -> Option<&'static str> {
    const ARCHIVES: [&str; 6] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".zip", ".whl"];
    const TABLES: [&str; 4] = [".csv", ".tsv", ".xlsx", ".arrow"];
    const TEXTS: [&str; 8] = [".md", ".rst", ".html", ".pdf", ".ipynb", ".toml", ".yaml", ".yml"];
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let is_one = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if is_one(&ARCHIVES) {
        return Some("unpack the archive and name what is in it");
    }
    if is_one(&TABLES) {
        return Some("convert the table first");
    }
    is_one(&TEXTS).then_some("name a data file, a Python file or a folder")
}

/// A line as it was read.
pub enum RawLine {
    /// With its newline, if it has one.
    Whole(Vec<u8>),
    /// Skipped to its end.
    TooLong,
}

/// Reads a line of at most `max` bytes before its newline; `None` at the end.
pub fn read_line(reader: &mut dyn BufRead, max: usize) -> std::io::Result<Option<RawLine>> {
    let mut line = Vec::new();
    let len = reader.take(max as u64 + 1).read_until(b'\n', &mut line)?;
    if len > max && !line.ends_with(b"\n") {
        skip_line(reader)?;
        return Ok(Some(RawLine::TooLong));
    }
    Ok((len > 0).then_some(RawLine::Whole(line)))
}

fn skip_line(reader: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (len, found) = match buffer.iter().position(|&byte| byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), false),
        };
        reader.consume(len);
        if found || len == 0 {
            return Ok(());
        }
    }
}

impl Iterator for JsonLines {
    type Item = Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reading.damage().is_some() {
            return None;
        }
        match self.read() {
            Ok(line) => line.map(Ok),
            Err(error) => Some(self.damaged(error)),
        }
    }
}

impl JsonLines {
    fn read(&mut self) -> std::io::Result<Option<Line>> {
        if matches!(self.form, Form::Unknown) {
            self.form = self.find_form()?;
        }
        match &mut self.form {
            Form::List(list) => {
                let item = list.next(&mut *self.reader, MAX_LINE)?;
                self.number = list.line();
                if list.is_cut() {
                    let (path, number) = (self.path.display(), self.number);
                    let damage = format!("{path} ends on line {number}, before its JSON list does");
                    self.reading.damage.set(damage).ok();
                }
                Ok(item.map(of_item))
            }
            Form::Parquet(rows) => {
                let Some(row) = rows.next_row()? else { return Ok(None) };
                self.number += 1;
                Ok(Some(of_row(self.number, row)))
            }
            Form::Unknown | Form::Lines => self.read_line(),
        }
    }

    /// Looks whether the input is a list of objects; a list of anything else may be a row of replies.
    fn find_form(&mut self) -> std::io::Result<Form> {
        let mut head = Vec::new();
        let mut is_open = false;
        let form = loop {
            let Some(&byte) = self.reader.fill_buf()?.first() else { break Form::Lines };
            let is_mark = !is_open && BYTE_ORDER_MARK.get(head.len()) == Some(&byte);
            let is_blank = byte.is_ascii_whitespace() || is_mark;
            match byte {
                b'[' if !is_open => is_open = true,
                b'{' if is_open => break Form::List(JsonList::on_line(1 + newlines(&head))),
                _ if is_blank && head.len() < MAX_BLANKS => {}
                _ => break Form::Lines,
            }
            head.push(byte);
            self.reader.consume(1);
        };
        if matches!(form, Form::Lines) {
            let reader = std::mem::replace(&mut self.reader, Box::new(std::io::empty()));
            self.reader = Box::new(Cursor::new(head).chain(reader));
        }
        Ok(form)
    }

    fn read_line(&mut self) -> std::io::Result<Option<Line>> {
        loop {
            let line = read_line(&mut *self.reader, MAX_LINE)?;
            let Some(line) = line else { return Ok(None) };
            self.number += 1;
            let (json, text) = match line {
                RawLine::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
                RawLine::Whole(line) => (parse(&line), String::from_utf8(line).unwrap_or_default()),
                RawLine::TooLong => {
                    (Err(format!("the line is longer than {} MiB", MAX_LINE >> 20)), String::new())
                }
            };
            return Ok(Some(Line::new(self.number, self.number, json, text)));
        }
    }

    /// Ends a damaged archive: nothing beyond this point can be read.
    fn damaged(&self, error: std::io::Error) -> Result<Line> {
        let (path, number) = (self.path.display(), self.number);
        let damage = format!("{path} cannot be read beyond line {number}: {error}");
        self.reading.damage.set(damage).ok();
        match error.kind() {
            std::io::ErrorKind::InvalidData
            | std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::InvalidInput
            | std::io::ErrorKind::Other => {
                let json = Err(format!("the file cannot be read beyond this line: {error}"));
                Ok(Line::new(number + 1, number + 1, json, String::new()))
            }
            _ => Err(Error::io(&self.path)(error)),
        }
    }
}

fn parse(line: &[u8]) -> Result<Object, String> {
    // Some writers begin a file with a byte order mark.
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|error| format!("not UTF-8 text: {error}"))?;
    match json::read(text.trim_end_matches(['\n', '\r'])) {
        Ok(Json::Object(row)) => Ok(row),
        Ok(_) => Err("the line is JSON but not an object".into()),
        Err(error) => Err(format!("broken JSON at column {}: {}", error.at + 1, error.why)),
    }
}

fn of_row(number: u64, row: Result<Object, String>) -> Line {
    let text = row.clone().map_or(String::new(), |row| Json::Object(row).to_string());
    if text.len() > MAX_LINE {
        let json = Err(format!("the row is longer than {} MiB", MAX_LINE >> 20));
        return Line::new(number, number, json, String::new());
    }
    Line::new(number, number, row, text)
}

fn of_item(item: Item) -> Line {
    let Item { line, position, written } = item;
    let text = written.and_then(|written| {
        String::from_utf8(written).map_err(|error| format!("not UTF-8 text: {error}"))
    });
    let (json, text) = match text {
        Ok(text) => {
            let json = match json::read(&text) {
                Ok(Json::Object(row)) => Ok(row),
                Ok(_) => Err(format!("item {position} of the list is not an object")),
                Err(error) => Err(format!("item {position} of the list: broken JSON: {error}")),
            };
            // No text of JSON spans lines, so that only blanks are lost.
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            (json, lines.join(" ").trim().to_owned())
        }
        Err(why) => (Err(format!("item {position} of the list: {why}")), String::new()),
    };
    Line::new(line, position, json, text)
}

#[cfg(test)]
mod tests;
