//! How tests that are code get at the answer.
//!
//! Invariant: no mode is chosen here; the safest that the reference program passes in is.

use serde::{Deserialize, Serialize};

use crate::cases::test_cases::{Check, Tests};

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
        let is_code = match tests {
            Tests::Code { parts, .. } => {
                parts.iter().any(|part| matches!(part.check, Check::Code { .. }))
            }
            Tests::Calls { .. } | Tests::Streams { .. } => false,
        };
        let apart = Self::Apart { calls: Vec::new() };
        match (is_code, tests.entry()) {
            (true, Some(_)) => vec![apart, Self::Guarded, Self::Together],
            // Without one entry there is nothing to hand over.
            (true, None) => vec![Self::Guarded, Self::Together],
            (false, _) => vec![apart],
        }
    }
}
