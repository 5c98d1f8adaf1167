//! How tests that are code get at the answer.
//!
//! Invariant: of the modes that see all a test looks at, the safest that the reference program passes in is used.

use serde::{Deserialize, Serialize};

use crate::cases::test_cases::{CHECK_BY_VALUES, Check, TestPart, Tests};
use crate::python::sharing::needs_objects;

/// How tests that are code get at the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The tests run in an interpreter of their own that never sees the answer's code: it is handed what the answer's calls gave.
    /// These calls, as argument text, are known to be asked for.
    Apart { calls: Vec<String> },
    /// Tests and answer share an interpreter, and what the answer's functions return has to be made of builtin types.
    Guarded,
    /// Tests and answer share an interpreter.
    Together,
}

impl Mode {
    /// The modes that tests could be run in, the safest first.
    pub fn safest_first(tests: &Tests) -> Vec<Self> {
        let scripts = match tests {
            Tests::Code { setup, parts, .. } => scripts(setup.as_deref(), parts),
            Tests::Script { .. } => return vec![Self::Together],
            Tests::Calls { .. } | Tests::Streams { .. } => Vec::new(),
        };
        let by_values = |test: &String| test.contains(CHECK_BY_VALUES);
        let needs_objects =
            |entry| scripts.iter().any(|test| !by_values(test) && needs_objects(test, entry));
        let apart = Self::Apart { calls: Vec::new() };
        match tests.entry() {
            _ if scripts.is_empty() => vec![apart],
            Some(entry) if !needs_objects(entry) => vec![apart, Self::Guarded, Self::Together],
            // Copies would hide a mistake, or there is no one entry whose results could be handed over.
            Some(_) | None => vec![Self::Guarded, Self::Together],
        }
    }
}

/// The tests that are code, each with all that it runs.
fn scripts(setup: Option<&str>, parts: &[TestPart]) -> Vec<String> {
    let script = |part: &TestPart| match &part.check {
        Check::Code { definitions, call } => {
            Some(format!("{}{definitions}{call}", setup.unwrap_or_default()))
        }
        Check::Call(_) => None,
    };
    parts.iter().filter_map(script).collect()
}
