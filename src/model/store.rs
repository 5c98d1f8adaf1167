//! What the rooms that keep replies in files share: their error, and a reader of lines.
//!
//! Invariant: an error names its file; a full disk, a folder without write permission and a lock
//! are recognised by the kind of the I/O error, never by message.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Why replies or requests could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder could not be read or written.
    #[error("failed to access {path}")]
    Io { path: PathBuf, source: io::Error },
    /// The cache's file is not whole any more.
    #[error("{path} is damaged ({detail}); remove it: its replies will be asked for again")]
    Damaged { path: PathBuf, detail: String },
    /// A file at the cache's path that is not a cache, or one of another format.
    #[error(
        "{path} is not a reply cache that this release can read ({detail}); remove it or name another file"
    )]
    Foreign { path: PathBuf, detail: String },
    /// A line of a file is not what it should be.
    #[error("{path}:{line}: {problem}")]
    Line { path: PathBuf, line: u64, problem: String },
    /// No reply to this request was recorded; `asked` is the start of its last message, `near` what is there instead.
    #[error("{folder} has no reply of {model:?} to {asked:?}; {near}")]
    NotRecorded { folder: PathBuf, model: String, asked: String, near: String },
    /// A request does not fit into any batch file.
    #[error("request {key} takes {bytes} bytes, and a batch file holds at most {limit}")]
    TooLarge { key: super::key::Key, bytes: u64, limit: u64 },
}

impl StoreError {
    /// Makes an error of a file or folder out of an I/O error.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Whether the same work may succeed when it is tried again: only a lock passes by itself.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Io { source, .. } => {
                matches!(source.kind(), ErrorKind::ResourceBusy | ErrorKind::WouldBlock)
            }
            Self::Damaged { .. }
            | Self::Foreign { .. }
            | Self::Line { .. }
            | Self::NotRecorded { .. }
            | Self::TooLarge { .. } => false,
        }
    }
}

/// The longest line that is read; a reply is a small part of this.
const MAX_LINE: u64 = 64 << 20;

/// The lines of a file that are not blank, each with its number from 1.
pub(super) struct Lines {
    reader: BufReader<File>,
    number: u64,
    max: u64,
}

/// A line as it was read.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    /// From 1.
    pub number: u64,
    /// The line with its newline, if it has one; `None` if it is longer than what is read.
    pub bytes: Option<Vec<u8>>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            reader: BufReader::with_capacity(1 << 16, File::open(path)?),
            number: 0,
            max: MAX_LINE,
        })
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut bytes = Vec::new();
            if (&mut self.reader).take(self.max).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let number = self.number;
            if bytes.len() as u64 == self.max && !bytes.ends_with(b"\n") {
                self.reader.skip_until(b'\n')?;
                return Ok(Some(Line { number, bytes: None }));
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Line { number, bytes: Some(bytes) }));
            }
        }
    }
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Takes the first characters of a text, on one line.
pub(super) fn start(text: &str, chars: usize) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_overlong_lines_cost_only_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, "one\n\n \nlonger than eight\n1234567\n12345678\nend").unwrap();
        let lines = Lines { max: 8, ..Lines::open(&path).unwrap() };
        let found: Vec<(u64, Option<Vec<u8>>)> =
            lines.map(|line| line.map(|line| (line.number, line.bytes)).unwrap()).collect();
        let expected = [
            (1, Some(&b"one\n"[..])),
            (4, None),
            (5, Some(b"1234567\n")),
            (6, None),
            (7, Some(b"end")),
        ];
        assert_eq!(found, expected.map(|(number, bytes)| (number, bytes.map(<[u8]>::to_vec))));
    }

    #[test]
    fn only_a_lock_is_transient() {
        let io = |kind: ErrorKind| StoreError::io("f")(kind.into()).is_transient();
        assert!(io(ErrorKind::ResourceBusy) && io(ErrorKind::WouldBlock));
        assert!(!io(ErrorKind::StorageFull) && !io(ErrorKind::PermissionDenied));
        assert!(!StoreError::Damaged { path: "f".into(), detail: String::new() }.is_transient());
    }

    #[test]
    fn the_start_of_a_text_is_cut_between_characters() {
        assert_eq!(start("é\n  ü x", 3), "é ü");
        assert_eq!(start("", 3), "");
    }
}
