//! The tests that an answer is graded by, with the digest that names them.
//!
//! Invariant: the digest follows from the tests, the interpreter of their language and whether they have a reference program; journals are keyed by it, so the
//! bytes that it is taken of must not change.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::MatchStdout;
use crate::cases::test_cases::Tests;

/// The tests of one problem.
#[derive(Debug, Clone, PartialEq)]
pub struct TestSet {
    pub(super) tests: Tests,
    /// Whether a reference program has shown how the tests are best run.
    pub(super) has_reference: bool,
    pub(super) allowances: Allowances,
    digest: String,
}

/// What a problem's own grader allows beyond the settings of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Allowances {
    /// The problem's time limit.
    pub seconds: Option<f64>,
    /// The tolerance of numbers in a program's output, absolute or relative.
    pub output_tolerance: Option<f64>,
    /// How a program's output is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<MatchStdout>,
    /// Whether a program may leave with any exit code, as long as it raises nothing else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub any_exit_code: bool,
}

impl TestSet {
    /// Names a set of tests by its digest.
    ///
    /// `interpreter` names what runs tests in a language other than Python.
    pub fn new(
        tests: Tests,
        has_reference: bool,
        allowances: Allowances,
        interpreter: Option<String>,
    ) -> Self {
        let bytes = match (&interpreter, allowances == Allowances::default()) {
            (Some(interpreter), _) => {
                serde_json::to_vec(&(&tests, has_reference, allowances, interpreter))
            }
            (None, true) => serde_json::to_vec(&(&tests, has_reference)),
            (None, false) => serde_json::to_vec(&(&tests, has_reference, allowances)),
        };
        let digest = blake3::hash(&bytes.expect("tests are plain data")).to_hex().to_string();
        Self { tests, has_reference, allowances, digest }
    }

    /// Writes the digest in place of the tests.
    pub(super) fn digest_of<S: Serializer>(
        tests: &Arc<Self>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&tests.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::{Candidate, Mode};

    #[test]
    fn a_candidate_is_written_as_journals_are_keyed_by_it() {
        let tests =
            Arc::new(TestSet::new(Tests::streams(Vec::new()), false, Allowances::default(), None));
        let candidate = Candidate {
            code: "x = 1\n".into(),
            tests,
            mode: Mode::Apart { calls: vec!["((1,), {})".into()] },
        };
        let digest = blake3::hash(br#"[{"streams":{"cases":[]}},false]"#).to_hex();
        assert_eq!(
            serde_json::to_string(&candidate).unwrap(),
            format!(
                r#"{{"code":"x = 1\n","tests":"{digest}","mode":{{"apart":{{"calls":["((1,), {{}})"]}}}}}}"#
            )
        );
    }
}
