//! Asks by files: requests go out and replies come back in the format of OpenAI's Batch API and of vLLM's `run_batch`.
//!
//! Invariant: a folder has every request once, even if runs were killed; a line that cannot be used
//! affects only itself.
//!
//! A batch holds requests to one model only, so every model has a folder of its own.

mod read;
mod write;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::key::Key;
use super::store::{Lines, StoreError};

pub use read::{BatchFailure, Replies, Skipped, read};
pub use write::BatchWriter;

/// Names the file of requests with this number, from 1.
fn request_file(number: u32) -> String {
    format!("requests-{number:05}.jsonl")
}

/// Reads the number out of the name of a file of requests.
fn request_number(name: &str) -> Option<u32> {
    let number = name.strip_prefix("requests-")?.strip_suffix(".jsonl")?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// Lists a folder's files by name.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(StoreError::io(folder))? {
        let entry = entry.map_err(StoreError::io(folder))?;
        // A name that is not UTF-8 belongs neither to our files nor to replies.
        if let Ok(name) = entry.file_name().into_string() {
            files.push((name, entry.path()));
        }
    }
    files.sort();
    Ok(files)
}

/// The ids that the folder's files of requests ask under.
fn asked(files: &[(String, PathBuf)]) -> Result<HashSet<Key>, StoreError> {
    #[derive(Deserialize)]
    struct Asked {
        custom_id: Key,
    }
    let mut asked = HashSet::new();
    for (_, path) in files.iter().filter(|(name, _)| request_number(name).is_some()) {
        for line in Lines::open(path).map_err(StoreError::io(path))? {
            let line = line.map_err(StoreError::io(path))?;
            let bytes = line.bytes.unwrap_or_default();
            let request: Asked =
                serde_json::from_slice(&bytes).map_err(|error| StoreError::Line {
                    path: path.clone(),
                    line: line.number,
                    problem: format!("not one of our requests: {error}"),
                })?;
            asked.insert(request.custom_id);
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests;
