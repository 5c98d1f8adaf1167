//! Writes requests into files that a batch takes.
//!
//! Invariant: a file of requests has its name only when it is whole and on the disk.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::IgnoredAny;

use super::{Key, StoreError, asked, files, request_file, request_number};

/// What a file that is not whole yet has after its name.
const PARTIAL: &str = ".partial";

/// How much a file holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub requests: u64,
    pub bytes: u64,
}

/// What OpenAI takes in one file.
const OPENAI: Bounds = Bounds { requests: 50_000, bytes: 200_000_000 };

/// Writes requests into a folder; one at a time writes into it.
pub struct BatchWriter {
    folder: PathBuf,
    bounds: Bounds,
    state: Mutex<State>,
    /// Holds the folder's lock.
    _lock: File,
}

struct State {
    asked: HashSet<Key>,
    next: u32,
    /// The file that is written.
    open: Option<Part>,
    /// The files that are full, not yet under their names.
    full: Vec<Part>,
    /// Why a request is missing from a file that asked for it: nothing may come of such files.
    failed: Option<ErrorKind>,
}

struct Part {
    partial: PathBuf,
    path: PathBuf,
    file: BufWriter<File>,
    requests: u64,
    bytes: u64,
}

impl BatchWriter {
    /// Opens or makes a folder of requests; what a killed run left unfinished is removed.
    ///
    /// Fails on a file of requests that is not ours, and while another process writes into the folder.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::with_bounds(folder, OPENAI)
    }

    pub(super) fn with_bounds(folder: &Path, bounds: Bounds) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let lock = File::open(folder).map_err(StoreError::io(folder))?;
        lock.try_lock().map_err(|error| StoreError::io(folder)(error.into()))?;
        let files = files(folder)?;
        let is_left_over =
            |name: &str| name.strip_suffix(PARTIAL).and_then(request_number).is_some();
        for (_, path) in files.iter().filter(|(name, _)| is_left_over(name)) {
            fs::remove_file(path).map_err(StoreError::io(path))?;
        }
        let last = files.iter().filter_map(|(name, _)| request_number(name)).max().unwrap_or(0);
        let state = State {
            asked: asked(&files)?,
            next: last.saturating_add(1),
            open: None,
            full: Vec::new(),
            failed: None,
        };
        Ok(Self { folder: folder.into(), bounds, state: Mutex::new(state), _lock: lock })
    }

    /// Writes a request, the JSON of a chat completion's body, and returns whether it is new to the
    /// folder.
    pub fn write(&self, key: &Key, body: &[u8]) -> Result<bool, StoreError> {
        let mut state = self.state();
        self.refuse_after_failure(&state)?;
        if state.asked.contains(key) {
            return Ok(false);
        }
        let line = line(key, body).map_err(StoreError::io(&self.folder))?;
        let bytes = line.len() as u64;
        if bytes > self.bounds.bytes {
            return Err(StoreError::TooLarge { key: *key, bytes, limit: self.bounds.bytes });
        }
        let is_full = |part: &Part| {
            part.requests >= self.bounds.requests || part.bytes + bytes > self.bounds.bytes
        };
        if state.open.as_ref().is_some_and(is_full) {
            let full = state.open.take();
            state.full.extend(full);
        }
        let written = self.append(&mut state, &line);
        if let Err(StoreError::Io { source, .. }) = &written {
            state.failed = Some(source.kind());
        }
        written?;
        state.asked.insert(*key);
        Ok(true)
    }

    /// Moves the files to their final names, and returns the new ones; more may be written
    /// afterwards, into further files.
    pub fn finish(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut state = self.state();
        self.refuse_after_failure(&state)?;
        let parts: Vec<Part> =
            std::mem::take(&mut state.full).into_iter().chain(state.open.take()).collect();
        // All are on the disk before the first has its name.
        let synced = parts.into_iter().map(Part::sync).collect::<Result<Vec<_>, _>>();
        let renamed = synced.and_then(|parts| parts.into_iter().map(Part::rename).collect());
        if let Err(StoreError::Io { source, .. }) = &renamed {
            state.failed = Some(source.kind());
        }
        renamed
    }

    fn append(&self, state: &mut State, line: &[u8]) -> Result<(), StoreError> {
        let part = match &mut state.open {
            Some(part) => part,
            None => {
                let part = Part::create(&self.folder, state.next)?;
                state.next = state.next.saturating_add(1);
                state.open.insert(part)
            }
        };
        part.file.write_all(line).map_err(StoreError::io(&part.partial))?;
        part.requests += 1;
        part.bytes += line.len() as u64;
        Ok(())
    }

    fn refuse_after_failure(&self, state: &State) -> Result<(), StoreError> {
        match state.failed {
            Some(kind) => Err(StoreError::io(&self.folder)(kind.into())),
            None => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A request is marked as asked only after it was written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    fn create(folder: &Path, number: u32) -> Result<Self, StoreError> {
        let name = request_file(number);
        let partial = folder.join(format!("{name}{PARTIAL}"));
        let file = File::create(&partial).map_err(StoreError::io(&partial))?;
        Ok(Self {
            path: folder.join(name),
            partial,
            file: BufWriter::new(file),
            requests: 0,
            bytes: 0,
        })
    }

    fn sync(mut self) -> Result<Self, StoreError> {
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(StoreError::io(&self.partial))?;
        Ok(self)
    }

    fn rename(self) -> Result<PathBuf, StoreError> {
        fs::rename(&self.partial, &self.path).map_err(StoreError::io(&self.path))?;
        Ok(self.path)
    }
}

fn line(key: &Key, body: &[u8]) -> io::Result<Vec<u8>> {
    let is_object = body.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<IgnoredAny>(body).is_ok();
    if !is_object {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "the body of a request is not a JSON object",
        ));
    }
    let mut line =
        format!(r#"{{"custom_id":"{key}","method":"POST","url":"/v1/chat/completions","body":"#)
            .into_bytes();
    // In JSON, a line break occurs only between tokens, where a blank works as well.
    line.extend(body.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
    line.extend(b"}\n");
    Ok(line)
}
