//! What a sample states of calls: a program, its calls, and the result of each.
//!
//! Invariant: a stated result is data; anything that is not a literal stays text.

use serde::{Deserialize, Serialize};

use crate::sample::{SampleCase, Text};
use crate::sandbox::Case;

/// A program with calls and what a sample states of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    pub program: String,
    pub entry: String,
    pub cases: Vec<StatedCase>,
    /// The free text about the program, if the sample has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

impl Stated {
    /// What is stated without a text.
    pub fn new(program: String, entry: String, cases: Vec<StatedCase>) -> Self {
        Self { program, entry, cases, text: None }
    }
}

/// A call and its stated result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatedCase {
    pub case: Case,
    /// The call as a reader sees it.
    pub shown: String,
    pub expected: Expected,
}

/// What a sample states of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// The whole outcome, in our own terms.
    Outcome(Box<SampleCase>),
    /// The `repr` of the result.
    Repr(String),
    /// The class of the exception, such as `ValueError`, and its message.
    Error { class: String, message: String },
}
