//! What became of a run's input, as its `run.json` says.
//!
//! Invariant: reasons are taken as they stand, so that those of other versions are shown, too.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Records in, accepted, and rejected by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Yield {
    #[serde(rename = "in")]
    pub records: u64,
    pub accepted: u64,
    #[serde(default)]
    pub rejected: BTreeMap<String, u64>,
    #[serde(default)]
    pub deferred: u64,
}

impl Yield {
    /// Reads the `run.json` of a folder; `None` if there is none yet.
    pub fn of(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("run.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path)(error)),
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| Error::Usage(format!("{} cannot be read: {error}", path.display())))
    }
}
