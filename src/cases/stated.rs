//! What a sample states of calls: a program, its calls, and the result of each.
//!
//! Invariant: a stated result is data; anything that is not a literal stays text.

use serde::{Deserialize, Serialize};

use super::shown::ShownCase;
use crate::executor::OtherLanguage;
use crate::sample::{SampleCase, Text};
use crate::sandbox::{Case, Step};

/// A program with calls and what a sample states of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stated {
    pub program: String,
    /// The program's language, if it is not Python.
    pub language: Option<OtherLanguage>,
    pub entry: String,
    pub cases: Vec<StatedCase>,
    /// Calls that the sample's prompt shows, and the text that shows each.
    pub shown: Vec<ShownCase>,
    /// The line trace of the first call, if the sample states one.
    pub steps: Option<Vec<Step>>,
    /// The call after the last, if the program lists its inputs: there must not be one more.
    pub beyond: Option<Case>,
    /// The free text about the program, if the sample has one.
    pub text: Option<FreeText>,
    /// Test scripts that pass after the program, and fail after one that does nothing.
    pub tests: Vec<String>,
    /// Programs for a problem with tests, if the sample is a pair of them.
    pub programs: Option<StatedPrograms>,
}

/// Programs for one problem, and how many of its tests each passes.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedPrograms {
    /// The problem with its tests, as JSON text.
    pub problem: String,
    pub tests: u64,
    /// What the sample asks for.
    pub prompt: String,
    pub programs: Vec<TestedProgram>,
}

/// A program, and what its tests are said to have shown.
#[derive(Debug, Clone, PartialEq)]
pub struct TestedProgram {
    pub code: String,
    pub passes: u64,
    /// The first test that it fails, in one line; empty if the sample does not say.
    pub failure: String,
}

/// A free text, and the calls that it rests on as the sample states them.
#[derive(Debug, Clone, PartialEq)]
pub struct FreeText {
    pub text: Text,
    pub claims: Vec<SampleCase>,
}

impl Stated {
    /// Calls and their results, and nothing else.
    pub fn new(program: String, entry: String, cases: Vec<StatedCase>) -> Self {
        Self { program, entry, cases, ..Self::default() }
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
