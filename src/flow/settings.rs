//! The settings of a run, as its `run.json` states them, and how those of two runs differ.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::frame::REPORT_SCHEMA;
use super::run_folder::REPORT;
use crate::error::{Error, Result};
use crate::schema;

/// The settings that differ between two runs, by name, with both values.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Differing(pub Map<String, Json>);

impl Differing {
    /// Compares the settings that both runs state; one within another is named `outer.inner`.
    pub fn of(first: &Map<String, Json>, second: &Map<String, Json>) -> Self {
        let mut found = Self::default();
        for (name, own) in first {
            if let Some(other) = second.get(name) {
                found.add(name, own, other);
            }
        }
        found
    }

    /// The names of those that differ.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    fn add(&mut self, name: &str, first: &Json, second: &Json) {
        match (first, second) {
            (Json::Object(own), Json::Object(others)) => {
                // What a group such as the sampling does not name is not set, which is a setting too.
                let names: BTreeSet<&String> = own.keys().chain(others.keys()).collect();
                for inner in names {
                    let value =
                        |group: &Map<String, Json>| group.get(inner).cloned().unwrap_or_default();
                    self.add(&format!("{name}.{inner}"), &value(own), &value(others));
                }
            }
            (own, other) if own != other => {
                self.0.insert(name.to_owned(), serde_json::json!([own, other]));
            }
            (_, _) => {}
        }
    }
}

/// Reads the settings of the run in a folder; `None` if no run has finished there, or if an older version wrote its report.
pub fn stated(folder: &Path) -> Result<Option<Map<String, Json>>> {
    let report = report(folder)?;
    Ok(match report.and_then(|mut report| report.get_mut("settings").map(Json::take)) {
        Some(Json::Object(settings)) => Some(settings),
        Some(_) | None => None,
    })
}

/// Reads the `run.json` of a folder; `None` if no run has finished there.
pub fn report(folder: &Path) -> Result<Option<Map<String, Json>>> {
    let file = folder.join(REPORT);
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::input(file)(error)),
    };
    let wrong = |why: String| Error::Usage(format!("{}: {why}", file.display()));
    let report: Map<String, Json> =
        serde_json::from_slice(&text).map_err(|why| wrong(why.to_string()))?;
    schema::of(report.get(schema::FIELD).and_then(Json::as_str), &[REPORT_SCHEMA])
        .map_err(wrong)?;
    Ok(Some(report))
}
