//! Grades an answer: runs it against its tests and compares on the host.
//!
//! Invariant: a result is about the answer alone; the host's trouble is an error, and an answer that was not seen to be right is wrong.

mod apart;
mod calls;
mod checks;
mod in_order;
mod matching;
mod mode;
mod prelude;
mod script;
mod test_set;
mod together;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cases::test_cases::Tests;
use crate::error::Result;
use crate::flow::Stage;
use crate::named::named_enum;
use crate::outcome::Outcome;
use crate::record::Record;
use crate::report::excerpt;
use crate::sandbox::{End, Execution, Limits, Raised, Sandbox};

use script::CodeTests;

pub use matching::{MatchErrors, MatchStdout, Matching};
pub use mode::Mode;
pub use prelude::Prelude;
pub use test_set::{Allowances, TestSet};

/// Fuel that a program takes which native CPython runs for a second, measured on loops over integers.
pub const FUEL_PER_SECOND: f64 = 35e9;

/// The stage that grades answers.
#[derive(Clone, Copy)]
pub struct Grade<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    pub matching: Matching,
    /// Seconds that a program may take for each second of its problem's time limit; 0 to ignore these limits.
    pub time_factor: f64,
    random_seed: Option<u64>,
}

/// Other seeds of `random` that an answer which uses it is graded under; being right by chance is not being right.
const RANDOM_SEEDS: [u64; 4] = [1, 2, 3, 4];

/// An answer to grade.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    pub code: String,
    /// Written as its digest alone: tests may be megabytes.
    #[serde(serialize_with = "TestSet::digest_of")]
    pub tests: Arc<TestSet>,
    pub mode: Mode,
}

named_enum! {
    /// What came of one test.
    pub enum TestResult {
        Passed = "passed",
        /// Another result than the expected one, or a test that said so.
        WrongAnswer = "wrong-answer",
        /// An exception that was not expected.
        Raised = "raised",
        /// The answer is not Python.
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
        /// The test did not run to its end.
        Unfinished = "unfinished",
        /// The reply has no code.
        NoCode = "no-code",
        /// The model's server would not take the question.
        Refused = "refused",
    }
}

impl TestResult {
    /// The result on something that ended otherwise than it should have.
    fn of_wrong_end(end: &End) -> Self {
        match end {
            End::Returned { .. } => Self::WrongAnswer,
            End::Raised(_) => Self::Raised,
            End::Exited { .. } => Self::Exited,
            End::NotBuilt { .. } => Self::LoadFailed,
            End::OutOfFuel => Self::OutOfFuel,
            End::OutOfMemory => Self::OutOfMemory,
            End::OutputTooLarge => Self::OutputTooLarge,
            End::Trapped { .. } => Self::Trapped,
        }
    }

    /// The result on a program that did not get as far as its function.
    fn of_loading(execution: &Execution) -> Self {
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
}

/// One test's result, with what a reader of a failure wants to see.
struct GradedTest {
    result: TestResult,
    fuel: u64,
    shared_interpreter: bool,
    order_dependent: bool,
    failing: Option<Failing>,
}

impl GradedTest {
    fn passed(fuel: u64) -> Self {
        Self {
            result: TestResult::Passed,
            fuel,
            shared_interpreter: false,
            order_dependent: false,
            failing: None,
        }
    }

    fn shared_interpreter(self) -> Self {
        Self { shared_interpreter: true, ..self }
    }

    fn failed(result: TestResult, fuel: u64, failing: Failing) -> Self {
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
    fn of(graded: Vec<GradedTest>, visible: &[bool]) -> Self {
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

    /// An answer that could not be run at all.
    pub fn unrun(tests: &Tests, result: TestResult, why: &str) -> Self {
        let results = vec![result; tests.visible().len().max(1)];
        let failing = Failing { got: why.to_owned(), ..Failing::default() };
        let failing = GradedTest::failed(result, 0, failing).failing;
        Self { results, fuel: 0, shared_interpreter: false, order_dependent: false, failing }
    }

    /// Says which limit a test met that ran out of fuel or memory.
    fn name_limit(&mut self, limits: Limits, seconds: Option<f64>) {
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

    /// Whether every test passed; no tests are not passed.
    pub fn passes(&self) -> bool {
        !self.results.is_empty() && self.results.iter().all(|&result| result == TestResult::Passed)
    }
}

impl<'a> Grade<'a> {
    /// Grades in this sandbox, within these limits.
    pub fn new(sandbox: &'a Sandbox, limits: Limits, matching: Matching, time_factor: f64) -> Self {
        Self { sandbox, limits, matching, time_factor, random_seed: None }
    }
}

impl Grade<'_> {
    /// Runs an answer against its tests; one that draws at random has to be right whatever it draws.
    async fn grade(&self, candidate: &Candidate) -> Result<Graded> {
        let mut graded = self.grade_once(candidate).await?;
        let is_stream = matches!(candidate.tests.tests, Tests::Streams { .. });
        if is_stream || !candidate.code.contains("random") {
            return Ok(graded);
        }
        for seed in RANDOM_SEEDS {
            if !graded.passes() {
                break;
            }
            let again = Grade { random_seed: Some(seed), ..*self }.grade_once(candidate).await?;
            let failing = |(result, again): (&mut TestResult, &TestResult)| {
                if again != result {
                    *result = TestResult::Nondeterministic;
                }
            };
            graded.results.iter_mut().zip(&again.results).for_each(failing);
            graded.failing = again.failing;
        }
        Ok(graded)
    }

    /// Runs an answer against its tests under the seeds of the snapshots, or under one of ours.
    async fn grade_once(&self, candidate: &Candidate) -> Result<Graded> {
        let Candidate { code, tests, mode } = candidate;
        let own = self.allowing(&tests.allowances);
        let graded = match &tests.tests {
            Tests::Calls { entry, setup, compare, visible, hidden } => {
                let cases: Vec<_> = visible.iter().chain(hidden).collect();
                let program = calls::program(code, setup.as_deref());
                own.calls(program, entry, *compare, &cases).await?
            }
            Tests::Streams { cases } => own.streams(code, cases).await?,
            Tests::Code { entry, setup, parts } => {
                let code_tests = CodeTests {
                    entry: entry.as_deref(),
                    setup: setup.as_deref(),
                    parts,
                    is_tried: tests.has_reference,
                };
                own.tests(code, &code_tests, mode).await?
            }
        };
        let mut graded = Graded::of(graded, &tests.tests.visible());
        let seconds = tests.allowances.seconds.filter(|_| own.limits != self.limits);
        graded.name_limit(own.limits, seconds);
        Ok(graded)
    }

    /// The same, with what a problem's own grader allows.
    fn allowing(&self, allowances: &Allowances) -> Self {
        let seconds = allowances.seconds.unwrap_or_default() * self.time_factor;
        let fuel = self.limits.fuel.max((seconds * FUEL_PER_SECOND) as u64);
        let output_tolerance = self.matching.float_tolerance.or(allowances.output_tolerance);
        let stdout = allowances.stdout.unwrap_or(self.matching.stdout);
        let any_exit_code = allowances.any_exit_code;
        Self {
            limits: Limits { fuel, ..self.limits },
            matching: Matching { output_tolerance, stdout, any_exit_code, ..self.matching },
            ..*self
        }
    }

    fn key(&self) -> String {
        format!(
            "5|{}|{:?}|{:?}|{}",
            self.sandbox.fingerprint(),
            self.limits,
            self.matching,
            self.time_factor
        )
    }
}

impl Stage for Grade<'_> {
    type In = Candidate;
    type Out = Graded;
    const NAME: &'static str = "judge";

    fn fingerprint(&self) -> String {
        self.key()
    }

    async fn apply(&self, input: &Record<Candidate>) -> Result<Outcome<Graded>> {
        Ok(Outcome::Accepted(vec![input.with_body(self.grade(&input.body).await?)]))
    }
}

/// The stage that grades a reference program and finds how its tests are best run.
pub struct GradeReference<'a>(pub Grade<'a>);

impl GradeReference<'_> {
    /// What tests that are code ask of a program; running them apart then need not find it out call by call.
    async fn calls_of_tests(&self, candidate: &Candidate) -> Result<Vec<String>> {
        match &candidate.tests.tests {
            Tests::Code { entry: Some(entry), setup, parts } => {
                let tests = CodeTests {
                    entry: Some(entry),
                    setup: setup.as_deref(),
                    parts,
                    is_tried: true,
                };
                self.0.record(&candidate.code, &tests).await
            }
            Tests::Code { entry: None, .. } | Tests::Calls { .. } | Tests::Streams { .. } => {
                Ok(Vec::new())
            }
        }
    }
}

/// What the reference program showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceResult {
    /// What came of the reference program itself.
    #[serde(alias = "judged")]
    pub graded: Graded,
    /// How answers to the problem are to be graded.
    pub mode: Mode,
}

impl Stage for GradeReference<'_> {
    type In = Candidate;
    type Out = ReferenceResult;
    const NAME: &'static str = "reference";

    fn fingerprint(&self) -> String {
        self.0.key()
    }

    async fn apply(&self, input: &Record<Candidate>) -> Result<Outcome<ReferenceResult>> {
        let mut found = None;
        for mode in Mode::safest_first(&input.body.tests.tests) {
            let mode = match mode {
                Mode::Apart { .. } => {
                    Mode::Apart { calls: self.calls_of_tests(&input.body).await? }
                }
                shared @ (Mode::Guarded | Mode::Together) => shared,
            };
            let graded =
                self.0.grade(&Candidate { mode: mode.clone(), ..input.body.clone() }).await?;
            let passes = graded.passes();
            let reference_result = ReferenceResult { graded, mode };
            // If the reference passes in no mode, the safest one is used.
            if passes {
                found = Some(reference_result);
                break;
            }
            found.get_or_insert(reference_result);
        }
        let reference_result = found.expect("there is a way to run any tests");
        Ok(Outcome::Accepted(vec![input.with_body(reference_result)]))
    }
}

/// An exception as a traceback ends.
fn shown_error(raised: &Raised) -> String {
    if raised.message.is_empty() {
        raised.kind.clone()
    } else {
        format!("{}: {}", raised.kind, raised.message)
    }
}

fn is_syntax_error(kind: &str) -> bool {
    matches!(kind, "SyntaxError" | "IndentationError" | "TabError")
}
