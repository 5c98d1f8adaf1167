//! Scripts of ours that run a test in the sandbox.
//!
//! Invariant: a script's result is a value or the reason why there is none; nothing that it prints counts.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use serde_json::json;

use super::calls::shown_result;
use super::{Failing, Grade, GradedTest, RUNS_TO_END, TestResult, shown_error};
use crate::cases::test_cases::TestPart;
use crate::error::Result;
use crate::sandbox::value::Value;
use crate::sandbox::{Case, CaseResult, End, Isolation, Job};

/// The tests of a problem.
pub(super) struct CodeTests<'a> {
    pub entry: Option<&'a str>,
    pub setup: Option<&'a str>,
    pub parts: &'a [TestPart],
    /// Whether a reference program has shown how the tests are best run.
    pub is_tried: bool,
}

/// A test that is code.
pub(super) struct Script<'a> {
    pub setup: &'a str,
    pub definitions: &'a str,
    pub call: &'a str,
}

impl Script<'_> {
    pub(super) fn failing(&self, got: String, exception: Option<String>) -> Failing {
        Failing {
            input: format!("{}{}", self.definitions, self.call),
            expected: RUNS_TO_END.to_owned(),
            got,
            exception,
            ..Failing::default()
        }
    }
}

impl Grade<'_> {
    /// A job that calls a function of a script of ours.
    pub(super) fn script(
        &self,
        code: &str,
        entry: &str,
        arguments: serde_json::Value,
        isolation: Isolation,
    ) -> Job {
        Job {
            entry: Some(entry.to_owned()),
            cases: vec![Case::Arguments { args: arguments, kwargs: json!({}) }],
            isolation,
            ..self.job(code)
        }
    }

    /// A job as the published runners would run it, natively.
    pub(super) fn job(&self, code: &str) -> Job {
        Job {
            code: code.to_owned(),
            limits: self.limits,
            native: true,
            random_seed: self.random_seed,
            ..Job::default()
        }
    }

    /// Runs a script of ours; gives what it returned, or why it did not.
    pub(super) async fn run(
        &self,
        code: &str,
        entry: &str,
        arguments: serde_json::Value,
        isolation: Isolation,
    ) -> Result<std::result::Result<Value, String>> {
        let mut execution =
            self.sandbox.submit(self.script(code, entry, arguments, isolation)).await?;
        Ok(match execution.cases.pop() {
            Some(CaseResult { end: End::Returned { value, .. }, .. }) => Ok(value),
            Some(other) => Err(shown_result(&other)),
            None => Err(execution
                .error
                .as_ref()
                .map_or_else(|| "the test does not load".into(), shown_error)),
        })
    }
}

/// The result on a test that did not run to its end.
pub(super) fn unfinished(why: &str) -> GradedTest {
    let failing =
        Failing { expected: RUNS_TO_END.to_owned(), got: why.to_owned(), ..Failing::default() };
    GradedTest::failed(TestResult::Unfinished, 0, failing)
}

/// A text that nobody can know beforehand; results do not depend on which it is.
pub(super) fn secret() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}
