//! Snapshots that differ from the first in their hash seed, each kept as the pages in which it differs.
//!
//! Invariant: a rehashed snapshot has the code and the table of the first one; its memory and some globals are others.

use std::fs;
use std::path::Path;

use super::super::error::SandboxError;
use super::recipe::RehashedFile;
use super::rewrite::Snapshot;
use super::snapshot::Saved;

/// How many there are. With the two images, six hash seeds decide.
pub const COUNT: u64 = 4;
const PAGE: usize = 4096;
/// Each page follows its number, in little endian.
const NUMBER: usize = 4;
const LEVEL: i32 = 3;

/// What makes a snapshot of the first one.
pub struct Pages {
    /// Bytes of memory.
    pub memory: usize,
    /// The globals that differ, by their index.
    pub globals: Vec<(u32, i32)>,
    bytes: Vec<u8>,
}

/// Writes the pages in which a snapshot differs from the first one.
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
    let mut bytes = Vec::new();
    for (index, page) in snapshot.memory.chunks(PAGE).enumerate() {
        let same = first.memory.get(index * PAGE..).and_then(|rest| rest.get(..page.len()));
        let is_same = same.map_or_else(|| page.iter().all(|&byte| byte == 0), |same| same == page);
        if !is_same {
            let number = u32::try_from(index).expect("a 32-bit memory has fewer pages");
            bytes.extend(number.to_le_bytes());
            bytes.extend(page);
        }
    }
    let packed = zstd::encode_all(&bytes[..], LEVEL).map_err(SandboxError::io("a snapshot"))?;
    let file = format!("rehashed-{number}.zst");
    let path = folder.join(&file);
    fs::write(&path, &packed).map_err(SandboxError::io(&path))?;
    Ok(RehashedFile {
        file,
        entry_object: other.entry_object,
        memory: snapshot.memory.len(),
        globals,
        blake3: blake3::hash(&packed).to_hex().to_string(),
    })
}

impl Pages {
    /// Reads what [`write`] has written.
    pub fn read(folder: &Path, found: &RehashedFile) -> Result<Self, SandboxError> {
        let path = folder.join(&found.file);
        let packed = fs::read(&path).map_err(SandboxError::io(&path))?;
        if blake3::hash(&packed).to_hex().as_str() != found.blake3 {
            return Err(SandboxError::Runtime(format!(
                "{} is damaged; install the runtime again",
                path.display()
            )));
        }
        let bytes = zstd::decode_all(&packed[..]).map_err(SandboxError::io(&path))?;
        Ok(Self { memory: found.memory, globals: found.globals.clone(), bytes })
    }

    /// Turns the memory of the first snapshot into that of this one; it has at least as many bytes as both.
    pub fn put_into(&self, memory: &mut [u8]) {
        for entry in self.bytes.chunks_exact(NUMBER + PAGE) {
            let (number, page) = entry.split_at(NUMBER);
            let number = number.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            if let Some(place) = memory.get_mut(number * PAGE..(number + 1) * PAGE) {
                place.copy_from_slice(page);
            }
        }
    }
}
