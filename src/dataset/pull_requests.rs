//! How tasks were solved in the end: the pull requests behind them.
//!
//! Invariant: only those that are asked for are held in memory, however large the file is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::jsonl::JsonLines;
use crate::error::Result;
use crate::json::Json;

/// A pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    pub patch: String,
    /// What its author says about it; may be empty.
    pub description: String,
}

/// The fields that describe a pull request, in the order in which they are shown.
const DESCRIPTIONS: [&str; 4] = ["title", "pr_title", "description", "pr_description"];

/// Reads the pull requests of some tasks, the first of each, and counts the rows that cannot be read.
pub fn read(
    path: &Path,
    wanted: &BTreeSet<String>,
) -> Result<(BTreeMap<String, PullRequest>, u64)> {
    let (mut found, mut unreadable) = (BTreeMap::new(), 0);
    for line in JsonLines::open(path)? {
        let Ok(row) = line?.json else {
            unreadable += 1;
            continue;
        };
        let text = |name: &str| row.get(name).and_then(Json::as_str);
        let (Some(instance), Some(patch)) = (text("instance_id"), text("patch")) else {
            unreadable += 1;
            continue;
        };
        if wanted.contains(instance) && !found.contains_key(instance) {
            let described = DESCRIPTIONS.iter().filter_map(|name| text(name));
            let description = described.collect::<Vec<_>>().join("\n\n");
            let request = PullRequest { patch: patch.to_owned(), description };
            found.insert(instance.to_owned(), request);
        }
        if found.len() == wanted.len() {
            break;
        }
    }
    Ok((found, unreadable))
}
