//! What a run is told: which samples, how many, in which languages.
//!
//! Invariant: nothing here depends on the repository.

use serde::Serialize;

use crate::sample::repository::TextLanguage;

/// The settings of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Options {
    pub qa: bool,
    pub design: bool,
    /// Whether the index is written, too.
    pub index: bool,
    pub seed: u64,
    /// Functions that are asked about, with their files; `None` for all.
    pub limit: Option<usize>,
    /// Questions about one function at most, and about one file if there is a limit.
    pub per_function: usize,
    pub languages: Vec<TextLanguage>,
    /// The user's own requirements; a model designs for them instead of for the usual topics.
    pub requirements: Vec<String>,
}
