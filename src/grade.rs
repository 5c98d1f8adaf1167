//! Grades an answer: runs it against its tests and compares on the host.
//!
//! Invariant: a result is about the answer alone; the host's trouble is an error, and an answer that was not seen to be right is wrong.

mod apart;
mod arguments;
mod calls;
mod checker;
mod checks;
mod coverage;
mod graded;
mod in_order;
mod matching;
mod mode;
mod prelude;
mod pytest;
mod script;
mod streams;
mod test_report;
mod test_set;
mod together;
mod whole;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cases::test_cases::Tests;
use crate::error::{Error, Result};
use crate::executor::Executors;
use crate::flow::Stage;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::sandbox::{Limits, Raised, Sandbox};

use graded::GradedTest;
use script::CodeTests;

pub use coverage::coverage;
pub use graded::{Failing, Graded, RUNS_TO_END, TestResult};
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
    /// Where programs run in languages that they list.
    executors: Option<&'a Executors>,
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

impl<'a> Grade<'a> {
    /// Grades in this sandbox, within these limits.
    pub fn new(sandbox: &'a Sandbox, limits: Limits, matching: Matching, time_factor: f64) -> Self {
        Self { sandbox, limits, matching, time_factor, executors: None, random_seed: None }
    }

    /// The same with executors for languages that they list.
    pub fn with_executors(self, executors: &'a Executors) -> Self {
        Self { executors: Some(executors), ..self }
    }
}

impl Grade<'_> {
    /// Runs an answer against its tests; one that draws at random has to be right whatever it draws.
    async fn grade(&self, candidate: &Candidate) -> Result<Graded> {
        let mut graded = self.grade_once(candidate).await?;
        let is_whole = match candidate.tests.tests {
            Tests::Script { .. } | Tests::Streams { .. } => true,
            Tests::Calls { .. } | Tests::Code { .. } => false,
        };
        if is_whole || !candidate.code.contains("random") {
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
            Tests::Script { language, parts } => own.whole(code, language, parts).await?,
            Tests::Streams { cases, checker } => {
                own.streams(code, cases, checker.as_deref()).await?
            }
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
            "8|{}|{:?}|{:?}|{}",
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
        match self.grade(&input.body).await {
            Ok(graded) => Ok(Outcome::Accepted(vec![input.with_body(graded)])),
            Err(error) => refused(error),
        }
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
            Tests::Code { entry: None, .. }
            | Tests::Calls { .. }
            | Tests::Script { .. }
            | Tests::Streams { .. } => Ok(Vec::new()),
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
            let candidate = Candidate { mode: mode.clone(), ..input.body.clone() };
            let graded = match self.0.grade(&candidate).await {
                Ok(graded) => graded,
                Err(error) => return refused(error),
            };
            if graded.results.contains(&TestResult::Unrepeatable) {
                return Ok(Outcome::Rejected(unrepeatable(&graded)));
            }
            if graded.passes() {
                found = Some(ReferenceResult { graded, mode });
                break;
            }
            // If the reference passes in no mode, the safest one is used.
            let safest =
                found.get_or_insert_with(|| ReferenceResult { graded: graded.clone(), mode });
            if safest.graded.needs_objects() {
                // Why it fails is what it shows where it gets as far as its tests.
                safest.graded.failing = graded.failing;
            }
        }
        let reference_result = found.expect("there is a way to run any tests");
        Ok(Outcome::Accepted(vec![input.with_body(reference_result)]))
    }
}

/// Rejects a record whose program an executor does not take; any other trouble is the host's.
fn refused<T>(error: Error) -> Result<Outcome<T>> {
    match error {
        Error::Executor(error) if error.is_about_the_program() => {
            Ok(Outcome::Rejected(Rejection::new(Reason::RequestRefused, error.to_string())))
        }
        error => Err(error),
    }
}

/// Rejects a problem that nothing can be graded by: its own program does not do the same twice.
fn unrepeatable(graded: &Graded) -> Rejection {
    let why = graded.failing.as_ref().map(|failing| failing.got.as_str()).unwrap_or_default();
    Rejection::new(Reason::Unrepeatable, format!("the reference program cannot be graded: {why}"))
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
