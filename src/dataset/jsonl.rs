//! JSON lines from a file, a compressed file or stdin.
//!
//! Invariant: for any file, memory stays bounded by the longest line that is accepted.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::stdin::{HangUp, read_ahead};
use crate::error::{Error, Result};
use crate::json::{self, Json, Object};

/// The longest line that is read as a record.
pub const MAX_LINE: usize = 32 << 20;

/// How far an input has been read, for those who watch while others read it.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Bytes of the input, if that is known beforehand.
    pub bytes: Option<u64>,
    bytes_read: Arc<AtomicU64>,
    /// Ends an input that is a stream.
    pub hang_up: Option<HangUp>,
    damage: Arc<OnceLock<String>>,
}

impl Reading {
    /// Bytes read so far from the file itself, compressed or not.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Why the input could not be read to its end, if it is damaged.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
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

/// A line that is not blank.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// The object, or why the line is none.
    pub json: Result<Object, String>,
    /// The line as it stands in the file; empty if it is no text or too long.
    pub text: String,
}

/// The lines of a JSONL input.
pub struct JsonLines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    number: u64,
    reading: Reading,
}

impl JsonLines {
    /// Opens a JSONL file, decompressing `.gz` and `.zst`; `-` is stdin.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let message = format!("{} is a folder; name a JSONL file", path.display());
            return Err(Error::Usage(message));
        }
        let mut reading = Reading::default();
        let count = Arc::clone(&reading.bytes_read);
        if path.as_os_str() == "-" {
            let (stdin, hang_up) = read_ahead(std::io::stdin());
            reading.hang_up = Some(hang_up);
            let reader = Box::new(BufReader::new(Counted { inner: stdin, count }));
            return Ok(Self { path: path.into(), reader, number: 0, reading });
        }
        let file = File::open(path).map_err(Error::input(path))?;
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
        Ok(Self { path: path.into(), reader, number: 0, reading })
    }

    /// How far the input has been read, now and later.
    pub fn reading(&self) -> Reading {
        self.reading.clone()
    }
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
        while self.reading.damage().is_none() {
            self.number += 1;
            let line = match read_line(&mut *self.reader, MAX_LINE) {
                Ok(line) => line?,
                Err(error) => {
                    // A damaged archive: nothing beyond this point can be read.
                    let damage = format!(
                        "{} cannot be read beyond line {}: {error}",
                        self.path.display(),
                        self.number - 1
                    );
                    self.reading.damage.set(damage).ok();
                    return match error.kind() {
                        std::io::ErrorKind::InvalidData
                        | std::io::ErrorKind::UnexpectedEof
                        | std::io::ErrorKind::InvalidInput
                        | std::io::ErrorKind::Other => {
                            let json =
                                Err(format!("the file cannot be read beyond this line: {error}"));
                            Some(Ok(Line { number: self.number, json, text: String::new() }))
                        }
                        _ => Some(Err(Error::io(&self.path)(error))),
                    };
                }
            };
            let (json, text) = match line {
                RawLine::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
                RawLine::Whole(line) => (parse(&line), String::from_utf8(line).unwrap_or_default()),
                RawLine::TooLong => {
                    (Err(format!("the line is longer than {} MiB", MAX_LINE >> 20)), String::new())
                }
            };
            return Some(Ok(Line { number: self.number, json, text }));
        }
        None
    }
}

fn parse(line: &[u8]) -> Result<Object, String> {
    // Some writers begin a file with a byte order mark.
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|error| format!("not UTF-8 text: {error}"))?;
    match json::read(text.trim_end_matches(['\n', '\r'])) {
        Ok(Json::Object(row)) => Ok(row),
        Ok(_) => Err("the line is JSON but not an object".into()),
        Err(error) => Err(format!("broken JSON at column {}: {}", error.at + 1, error.why)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines(name: &str, bytes: &[u8]) -> Vec<Line> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        JsonLines::open(&path).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn bad_lines_are_numbered_and_the_rest_goes_on() {
        let found = lines("a.jsonl", b"{\"a\": 1}\n\nnot json\n\xff\xfe\n[1]\n{\"b\": 2}");
        let good: Vec<(u64, bool)> =
            found.iter().map(|line| (line.number, line.json.is_ok())).collect();
        assert_eq!(good, [(1, true), (3, false), (4, false), (5, false), (6, true)]);
    }

    #[test]
    fn lines_are_read_as_python_reads_them() {
        let row = r#"{"n":18446744073709551617,"x":[NaN,-Infinity],"\ud800":"\ud83d"}"#;
        let deep = "[".repeat(100_000);
        let found = lines("a.jsonl", format!("\u{feff}{row}\r\n{{\"a\":{deep}\n").as_bytes());
        let read = found[0].json.clone().unwrap();
        assert_eq!(Json::Object(read).to_string(), row);
        assert_eq!(found[1].json, Err("broken JSON at column 133: nested too deeply".into()));
    }

    #[test]
    fn compressed_files_are_read() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"{\"a\": 1}\n").unwrap();
        assert_eq!(lines("a.jsonl.gz", &gz.finish().unwrap()).len(), 1);
        let zst = zstd::encode_all(&b"{\"a\": 1}\n{\"a\": 2}\n"[..], 1).unwrap();
        assert_eq!(lines("a.jsonl.zst", &zst).len(), 2);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped() {
        let mut bytes = vec![b'x'; MAX_LINE + 10];
        bytes.extend(b"\n{\"a\": 1}\n");
        let found = lines("a.jsonl", &bytes);
        assert_eq!(found[0].json, Err("the line is longer than 32 MiB".into()));
        assert!(found[1].json.is_ok());
        assert_eq!(found[1].number, 2);
    }

    #[test]
    fn an_empty_file_has_no_lines() {
        assert_eq!(lines("a.jsonl", b""), []);
    }

    #[test]
    fn a_damaged_archive_ends_with_a_message() {
        let found = lines("a.jsonl.gz", b"this is no gzip");
        assert_eq!(found.len(), 1);
        assert!(found[0].json.is_err());
    }

    #[test]
    fn whoever_watches_the_reading_learns_that_an_archive_is_cut_short() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        gz.write_all(b"{\"a\": 1}\n{\"a\": 2}\n").unwrap();
        let bytes = gz.finish().unwrap();
        let file = tempfile::Builder::new().suffix(".jsonl.gz").tempfile().unwrap();
        std::fs::write(file.path(), &bytes[..bytes.len() - 6]).unwrap();
        let lines = JsonLines::open(file.path()).unwrap();
        let reading = lines.reading();
        assert_eq!((reading.damage(), lines.count()), (None, 3));
        let damage = reading.damage().unwrap();
        assert!(damage.contains(".jsonl.gz cannot be read beyond line 2: "), "{damage}");
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = JsonLines::open(folder.path()).err().unwrap();
        assert!(matches!(&error, Error::Usage(text) if text.contains("is a folder")), "{error:?}");
    }
}
