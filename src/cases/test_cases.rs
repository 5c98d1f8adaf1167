//! Tests as data: calls with results, code that checks, and programs that read stdin.
//!
//! Invariant: tests shown to a model are distinguished from hidden ones.

use serde::{Deserialize, Serialize};

use super::equality::Compare;
use super::stated::StatedCase;
use crate::executor::OtherLanguage;
use crate::python::asserts::test_script;

/// How a check of our own begins, which compares results by their values alone.
pub const CHECK_BY_VALUES: &str = "def _check_by_reference(";

/// Distinguishes a right answer from a wrong one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tests {
    /// Calls of a function; results are compared on the host.
    Calls {
        /// The function to call, in the namespace of answer and setup.
        entry: String,
        /// Code that runs once after the answer: it builds inputs, or makes the entry out of what the answer defines.
        setup: Option<String>,
        compare: Compare,
        /// The calls shown in the prompt.
        visible: Vec<StatedCase>,
        hidden: Vec<StatedCase>,
    },
    /// Tests that run after the answer.
    #[serde(rename = "tests")]
    Code {
        /// The function under test, if there is one.
        entry: Option<String>,
        /// Code that runs once after the answer and before every part: imports, helpers.
        setup: Option<String>,
        parts: Vec<TestPart>,
    },
    /// Tests in a language other than Python, each of which follows the answer in one program.
    Script { language: OtherLanguage, parts: Vec<ScriptTest> },
    /// A program that reads stdin and writes stdout.
    Streams {
        cases: Vec<StreamCase>,
        /// A Python program that tells whether an output other than the stated one is right.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        checker: Option<String>,
    },
}

impl Tests {
    /// Tests of a program with one right output for each input.
    pub fn streams(cases: Vec<StreamCase>) -> Self {
        Self::Streams { cases, checker: None }
    }

    /// For each test, whether it is shown to a model.
    pub fn visible(&self) -> Vec<bool> {
        match self {
            Self::Calls { visible, hidden, .. } => {
                visible.iter().map(|_| true).chain(hidden.iter().map(|_| false)).collect()
            }
            Self::Code { parts, .. } => parts.iter().map(|part| part.visible).collect(),
            Self::Script { parts, .. } => parts.iter().map(|part| part.visible).collect(),
            Self::Streams { cases, .. } => cases.iter().map(|case| case.visible).collect(),
        }
    }

    /// The name that an answer has to define, if it is one name.
    pub fn entry(&self) -> Option<&str> {
        match self {
            Self::Calls { entry, .. } => Some(entry),
            Self::Code { entry, .. } => entry.as_deref(),
            Self::Script { .. } | Self::Streams { .. } => None,
        }
    }

    /// The language of answers, if it is not Python.
    pub fn language(&self) -> Option<&OtherLanguage> {
        match self {
            Self::Script { language, .. } => Some(language),
            Self::Calls { .. } | Self::Code { .. } | Self::Streams { .. } => None,
        }
    }
}

/// A test that follows the answer in its program; it fails by an exit code other than 0, or if it does not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptTest {
    /// Whether the prompt shows the test.
    pub visible: bool,
    pub code: String,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestPart {
    /// Whether the prompt shows the test.
    pub visible: bool,
    pub check: Check,
}

/// How a test is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// A call of the entry; its result is compared on the host as [`Compare::Python`] does.
    Call(StatedCase),
    /// Code that raises if the answer is wrong; if it does not run to its end, nothing is shown.
    Code {
        /// Definitions, after answer and setup; they replace the answer's definitions of the same
        /// names.
        definitions: String,
        /// Whole statements at the left margin that run the test in the same namespace. Strings in
        /// them may span lines, so they must be executed unchanged, not indented.
        call: String,
    },
}

impl Check {
    /// A script that tests; `None` if it is not Python or tests nothing.
    pub fn of_script(source: &str) -> Option<Self> {
        let script = test_script(source)?;
        Some(Self::Code { definitions: script.definitions, call: script.call })
    }
}

/// What a program reads and what it has to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamCase {
    pub stdin: String,
    pub stdout: String,
    /// Whether the prompt shows the case.
    pub visible: bool,
}
