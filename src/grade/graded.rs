//! What came of tests, and what readers see of the first that fails.
//!
//! Invariant: no tests are not passed tests.

use serde::{Deserialize, Serialize};

use super::{checks, is_syntax_error};
use crate::cases::test_cases::Tests;
use crate::named::named_enum;
use crate::report::{excerpt, shortened};
use crate::sandbox::{End, Execution, Limits};

/// Expected of a test that is code and states no result.
pub const RUNS_TO_END: &str = "the test runs to its end";
/// The longest part of a failure that is told in one line, in characters.
const LINE: usize = 160;

named_enum! {
    /// What came of one test.
    pub enum TestResult {
        Passed = "passed",
        /// Another result than the expected one, or a test that said so.
        WrongAnswer = "wrong-answer",
        /// An exception that was not expected.
        Raised = "raised",
        /// The answer is not Python, or does not compile.
        Unparsable = "unparsable",
        /// The answer raised before anything could be called, or does not define what is called.
        LoadFailed = "load-failed",
        /// The answer left the interpreter.
        Exited = "exited",
        OutOfFuel = "out-of-fuel",
        OutOfMemory = "out-of-memory",
        OutputTooLarge = "output-too-large",
        Trapped = "trapped",
        /// Under another hash seed, clock or order the answer gives something else.
        Nondeterministic = "nondeterministic",
        /// Two runs on an executor are not the same.
        Unrepeatable = "unrepeatable",
        /// The program took longer than its executor gives it.
        TimedOut = "timed-out",
        /// The test did not run to its end.
        Unfinished = "unfinished",
        /// The problem's checker failed, and fails on the stated output, too.
        CheckerFailed = "checker-failed",
        /// The reply has no code.
        NoCode = "no-code",
        /// The model's server would not take the question.
        Refused = "refused",
    }
}

impl TestResult {
    /// The result on something that ended otherwise than it should have.
    pub(super) fn of_wrong_end(end: &End) -> Self {
        match end {
            End::Returned { .. } => Self::WrongAnswer,
            End::Raised(_) => Self::Raised,
            End::Exited { .. } => Self::Exited,
            End::CompileError { .. } => Self::LoadFailed,
            End::OutOfFuel => Self::OutOfFuel,
            End::OutOfMemory => Self::OutOfMemory,
            End::OutputTooLarge => Self::OutputTooLarge,
            End::Trapped { .. } => Self::Trapped,
        }
    }

    /// The result on a program that did not get as far as its function.
    pub(super) fn of_loading(execution: &Execution) -> Self {
        match (&execution.end, &execution.error) {
            (End::Exited { .. }, Some(error)) if is_syntax_error(&error.kind) => Self::Unparsable,
            (End::Exited { .. }, Some(_)) => Self::LoadFailed,
            (end, _) => Self::of_wrong_end(end),
        }
    }
}

/// What came of all the tests of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// One result for each test, in the problem's order.
    #[serde(alias = "verdicts")]
    pub results: Vec<TestResult>,
    /// Fuel that the calls took, or the whole programs if there are no calls.
    pub fuel: u64,
    /// Whether a test shared its interpreter with the answer.
    #[serde(default, alias = "beside")]
    pub shared_interpreter: bool,
    /// Whether calls give something else after others; it is graded by calls in the tests' order then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub order_dependent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
}

/// The first test that an answer fails.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Failing {
    /// Which test, from 0.
    pub test: usize,
    pub visible: bool,
    pub input: String,
    pub expected: String,
    pub got: String,
    /// The class of the exception, if one was raised.
    #[serde(default)]
    pub exception: Option<String>,
}

impl Failing {
    /// What failed, in one line.
    pub fn in_a_line(&self) -> String {
        let line = |text: &str| shortened(text.lines().next().unwrap_or_default(), LINE);
        let got = line(&self.got);
        match self.expected.as_str() {
            // A script takes more than a line.
            RUNS_TO_END | "" => got,
            expected => format!("{}: expected {}, got {got}", line(&self.input), line(expected)),
        }
    }
}

/// One test's result, with what a reader of a failure wants to see.
pub(super) struct GradedTest {
    pub result: TestResult,
    pub fuel: u64,
    pub shared_interpreter: bool,
    pub order_dependent: bool,
    pub failing: Option<Failing>,
}

impl GradedTest {
    pub(super) fn passed(fuel: u64) -> Self {
        Self {
            result: TestResult::Passed,
            fuel,
            shared_interpreter: false,
            order_dependent: false,
            failing: None,
        }
    }

    pub(super) fn shared_interpreter(self) -> Self {
        Self { shared_interpreter: true, ..self }
    }

    pub(super) fn failed(result: TestResult, fuel: u64, failing: Failing) -> Self {
        let clip = |text: String| match excerpt(&text) {
            start if start.len() < text.len() => format!("{start}…"),
            _ => text,
        };
        let failing = Failing {
            input: clip(failing.input),
            expected: clip(failing.expected),
            got: clip(failing.got),
            exception: failing.exception.map(clip),
            ..failing
        };
        Self { result, failing: Some(failing), ..Self::passed(fuel) }
    }
}

impl Graded {
    pub(super) fn of(graded: Vec<GradedTest>, visible: &[bool]) -> Self {
        let fuel = graded.iter().map(|graded| graded.fuel).sum();
        let shared_interpreter = graded.iter().any(|graded| graded.shared_interpreter);
        let order_dependent = graded.iter().any(|graded| graded.order_dependent);
        let results = graded.iter().map(|graded| graded.result).collect();
        let first =
            graded.into_iter().enumerate().find_map(|(test, graded)| Some((test, graded.failing?)));
        let failing = first.map(|(test, failing)| {
            let visible = visible.get(test).copied().unwrap_or_default();
            Failing { test, visible, ..failing }
        });
        Self { results, fuel, shared_interpreter, order_dependent, failing }
    }

    /// How many tests pass.
    pub fn passed_tests(&self) -> u64 {
        self.results.iter().filter(|result| **result == TestResult::Passed).count() as u64
    }

    /// The first test that fails, in one line; empty if none does.
    pub fn failure(&self) -> String {
        self.failing.as_ref().map(Failing::in_a_line).unwrap_or_default()
    }

    /// An answer that could not be run at all.
    pub fn unrun(tests: &Tests, result: TestResult, why: &str) -> Self {
        let results = vec![result; tests.visible().len().max(1)];
        let failing = Failing { got: why.to_owned(), ..Failing::default() };
        let failing = GradedTest::failed(result, 0, failing).failing;
        Self { results, fuel: 0, shared_interpreter: false, order_dependent: false, failing }
    }

    /// Says which limit a test met that ran out of fuel or memory.
    pub(super) fn name_limit(&mut self, limits: Limits, seconds: Option<f64>) {
        let Some(failing) = &mut self.failing else { return };
        let limit = match self.results.get(failing.test) {
            Some(TestResult::OutOfFuel) => {
                let source = match seconds {
                    Some(seconds) => format!("the problem's time limit of {seconds} s"),
                    None => "--fuel".to_owned(),
                };
                format!("{}G of fuel, from {source}", limits.fuel as f64 / 1e9)
            }
            Some(TestResult::OutOfMemory) => {
                format!("{} MiB of memory, from --memory", limits.memory >> 20)
            }
            Some(_) | None => return,
        };
        let got = failing.got.trim_end().to_owned();
        failing.got = format!("{got}\nthe limit was {limit}");
    }

    /// Whether the tests could not be run apart.
    pub(super) fn needs_objects(&self) -> bool {
        self.failing.as_ref().is_some_and(|failing| failing.got == checks::FOREIGN)
    }

    /// Whether every test passed; no tests are not passed.
    pub fn passes(&self) -> bool {
        !self.results.is_empty() && self.results.iter().all(|&result| result == TestResult::Passed)
    }
}
