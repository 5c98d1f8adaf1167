//! Snapshots that differ from the first in their hash seed, each kept as the parts of memory in which it differs.
//!
//! Invariant: a rehashed snapshot has the code and the table of the first one; its memory and some globals are others.

use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;

use super::super::error::SandboxError;
use super::kept::Changes;
use super::pages::{self, PAGE};
use super::recipe::RehashedFile;
use super::rewrite::Snapshot;
use super::snapshot::Saved;

/// How many there are. With the two images, six hash seeds decide.
pub const COUNT: u64 = 4;
/// Parts of memory that are kept of each: every instance maps each of them by itself, and a process has 65,530 mappings.
const MOST_RANGES: usize = 48;

/// Writes the parts of memory in which a snapshot differs from the first one.
pub fn write(
    first: &Snapshot,
    other: &Saved,
    folder: &Path,
    number: u64,
) -> Result<RehashedFile, SandboxError> {
    let snapshot = &other.snapshot;
    if snapshot.entry_slot != first.entry_slot {
        return Err(SandboxError::Runtime("another hash seed moves the harness entry".into()));
    }
    // The end of the stack is one: it stands where memory ends.
    let globals = (0_u32..).zip(snapshot.globals.iter().zip(&first.globals));
    let globals = globals.filter(|(_, (own, first))| own != first);
    let globals: Option<Vec<(u32, i32)>> =
        globals.map(|(index, (&own, _))| Some((index, i32::try_from(own).ok()?))).collect();
    let globals = globals
        .ok_or_else(|| SandboxError::Runtime("another hash seed changes a wide global".into()))?;
    let ranges = pages::merge(differences(&first.memory, &snapshot.memory), MOST_RANGES);
    let mut bytes = Vec::new();
    for range in &ranges {
        let end = range.end.min(snapshot.memory.len());
        bytes.extend_from_slice(snapshot.memory.get(range.start..end).unwrap_or_default());
        // Memory beyond what it has is empty, whatever the first one has there.
        bytes.resize(bytes.len() + range.len() - end.saturating_sub(range.start), 0);
    }
    let file = format!("rehashed-{number}.pages");
    let path = folder.join(&file);
    fs::write(&path, &bytes).map_err(SandboxError::io(&path))?;
    Ok(RehashedFile {
        file,
        entry_object: other.entry_object,
        memory: snapshot.memory.len(),
        globals,
        ranges,
        blake3: blake3::hash(&bytes).to_hex().to_string(),
    })
}

/// The pages in which two memories differ, in ranges of bytes; the shorter one ends in zeros.
fn differences(first: &[u8], other: &[u8]) -> Vec<Range<usize>> {
    let page = |memory: &[u8], at: usize| -> [u8; PAGE] {
        let mut page = [0; PAGE];
        let found = memory.get(at..(at + PAGE).min(memory.len())).unwrap_or_default();
        page[..found.len()].copy_from_slice(found);
        page
    };
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for at in (0..first.len().max(other.len())).step_by(PAGE) {
        if page(first, at) == page(other, at) {
            continue;
        }
        match ranges.last_mut() {
            Some(last) if last.end == at => last.end = at + PAGE,
            _ => ranges.push(at..at + PAGE),
        }
    }
    ranges
}

/// Opens what [`write`] has written.
pub fn open(folder: &Path, found: &RehashedFile) -> Result<Changes, SandboxError> {
    let path = folder.join(&found.file);
    let file = File::open(&path).map_err(SandboxError::io(&path))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&file).map_err(SandboxError::io(&path))?;
    if hasher.finalize().to_hex().as_str() != found.blake3 {
        return Err(SandboxError::Runtime(format!(
            "{} is damaged; install the runtime again",
            path.display()
        )));
    }
    Ok(Changes { file, ranges: found.ranges.clone(), globals: found.globals.clone() })
}
