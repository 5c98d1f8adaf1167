//! Folders in the cache that are made once.
//!
//! Invariant: such a folder appears whole or not at all, whoever else makes it at the same time.

use std::fs::{self, File};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::error::SandboxError;

/// What a folder has in it is noted here, last.
const MANIFEST: &str = "manifest.json";

/// Reads the manifest of a folder; `make` fills a folder that has none, while other processes wait for the lock.
pub fn once<T: Serialize + DeserializeOwned>(
    folder: &Path,
    lock_name: &str,
    make: impl FnOnce(&Path) -> Result<T, SandboxError>,
) -> Result<T, SandboxError> {
    if let Some(manifest) = read(folder) {
        return Ok(manifest);
    }
    let parent = folder.parent().expect("it lies in the cache");
    fs::create_dir_all(parent).map_err(SandboxError::io(parent))?;
    let lock_path = parent.join(lock_name);
    let lock = File::create(&lock_path).map_err(SandboxError::io(&lock_path))?;
    lock.lock().map_err(SandboxError::io(&lock_path))?;
    // Another process may have finished while this one waited.
    if let Some(manifest) = read(folder) {
        return Ok(manifest);
    }
    let staging = tempfile::tempdir_in(parent).map_err(SandboxError::io(parent))?;
    let manifest = make(staging.path())?;
    let path = staging.path().join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data");
    fs::write(&path, text).map_err(SandboxError::io(&path))?;
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(SandboxError::io(folder))?;
    }
    fs::rename(staging.keep(), folder).map_err(SandboxError::io(folder))?;
    Ok(manifest)
}

fn read<T: DeserializeOwned>(folder: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
}
