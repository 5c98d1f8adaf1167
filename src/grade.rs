//! Judges an answer: runs it against the tests of its problem and compares on the host.
//!
//! Invariant: a verdict is about the answer alone; the host's trouble is an error, and an answer that was not seen to be right is wrong.

mod calls;
mod checks;
mod matching;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cases::test_cases::{Check, Judge};
use crate::dataset::problems::Problem;
use crate::error::Result;
use crate::flow::Stage;
use crate::outcome::Outcome;
use crate::record::Record;
use crate::sandbox::{End, Execution, Limits, Raised, Sandbox};

pub use matching::{MatchErrors, MatchStdout, Matching};

/// The longest text of a failing case that is kept, in characters.
const SHOWN: usize = 2000;

/// The stage that judges answers.
pub struct Judging<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    pub matching: Matching,
}

/// An answer to judge.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    pub code: String,
    /// Names the problem's tests; the tests themselves may be megabytes.
    pub tests: String,
    pub mode: Mode,
    #[serde(skip)]
    pub problem: Arc<Problem>,
}

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

/// What came of one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Passed,
    /// Another result than the expected one, or a test that said so.
    WrongAnswer,
    /// An exception that was not expected.
    Raised,
    /// The answer is not Python.
    Unparsable,
    /// The answer raised before anything could be called, or does not define what is called.
    LoadFailed,
    /// The answer left the interpreter.
    Exited,
    OutOfFuel,
    OutOfMemory,
    OutputTooLarge,
    Trapped,
    /// Under another hash seed, clock or order the answer gives something else.
    Nondeterministic,
    /// The test did not run to its end.
    Unfinished,
    /// The reply has no code.
    NoCode,
    /// The model's server would not take the question.
    Refused,
}

impl Verdict {
    /// The verdict's name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::WrongAnswer => "wrong-answer",
            Self::Raised => "raised",
            Self::Unparsable => "unparsable",
            Self::LoadFailed => "load-failed",
            Self::Exited => "exited",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfMemory => "out-of-memory",
            Self::OutputTooLarge => "output-too-large",
            Self::Trapped => "trapped",
            Self::Nondeterministic => "nondeterministic",
            Self::Unfinished => "unfinished",
            Self::NoCode => "no-code",
            Self::Refused => "refused",
        }
    }

    /// The verdict on something that ended otherwise than it should have.
    fn of_wrong_end(end: &End) -> Self {
        match end {
            End::Returned { .. } => Self::WrongAnswer,
            End::Raised(_) => Self::Raised,
            End::Exited { .. } => Self::Exited,
            End::OutOfFuel => Self::OutOfFuel,
            End::OutOfMemory => Self::OutOfMemory,
            End::OutputTooLarge => Self::OutputTooLarge,
            End::Trapped { .. } => Self::Trapped,
        }
    }

    /// The verdict on a program that did not get as far as its function.
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
pub struct Judged {
    /// One verdict a test, in the problem's order.
    pub verdicts: Vec<Verdict>,
    /// Fuel that the calls took, or the whole programs where there are no calls.
    pub fuel: u64,
    /// Whether a test shared its interpreter with the answer.
    #[serde(default)]
    pub beside: bool,
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
    /// The class of the exception, where one was raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
}

/// One test's verdict, with what a reader of a failure wants to see.
struct Ruling {
    verdict: Verdict,
    fuel: u64,
    beside: bool,
    failing: Option<Failing>,
}

impl Ruling {
    fn passed(fuel: u64) -> Self {
        Self { verdict: Verdict::Passed, fuel, beside: false, failing: None }
    }

    fn beside(self) -> Self {
        Self { beside: true, ..self }
    }

    fn failed(verdict: Verdict, fuel: u64, failing: Failing) -> Self {
        let clip = |text: String| match text.char_indices().nth(SHOWN) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        };
        let failing = Failing {
            input: clip(failing.input),
            expected: clip(failing.expected),
            got: clip(failing.got),
            exception: failing.exception.map(clip),
            ..failing
        };
        Self { verdict, fuel, beside: false, failing: Some(failing) }
    }
}

impl Judged {
    fn of(rulings: Vec<Ruling>, visible: &[bool]) -> Self {
        let fuel = rulings.iter().map(|ruling| ruling.fuel).sum();
        let beside = rulings.iter().any(|ruling| ruling.beside);
        let verdicts = rulings.iter().map(|ruling| ruling.verdict).collect();
        let first = rulings.into_iter().enumerate().find_map(|(test, ruling)| Some((test, ruling.failing?)));
        let failing = first.map(|(test, failing)| {
            let visible = visible.get(test).copied().unwrap_or_default();
            Failing { test, visible, ..failing }
        });
        Self { verdicts, fuel, beside, failing }
    }

    /// An answer of which nothing could be run.
    pub fn unrun(problem: &Problem, verdict: Verdict, why: &str) -> Self {
        let verdicts = vec![verdict; visible(problem).len().max(1)];
        let failing = Failing { got: why.to_owned(), ..Failing::default() };
        let failing = Ruling::failed(verdict, 0, failing).failing;
        Self { verdicts, fuel: 0, beside: false, failing }
    }

    /// Whether every test passed; no tests are not passed.
    pub fn passes(&self) -> bool {
        !self.verdicts.is_empty() && self.verdicts.iter().all(|&verdict| verdict == Verdict::Passed)
    }
}

/// For each test of a problem, whether it stands in the prompt.
pub fn visible(problem: &Problem) -> Vec<bool> {
    match &problem.judge {
        Judge::Calls { visible, hidden, .. } => {
            visible.iter().map(|_| true).chain(hidden.iter().map(|_| false)).collect()
        }
        Judge::Tests { parts, .. } => parts.iter().map(|part| part.visible).collect(),
        Judge::Streams { cases } => cases.iter().map(|case| case.visible).collect(),
    }
}

/// The name that an answer has to define, if it is one name.
pub fn entry(problem: &Problem) -> Option<&str> {
    match &problem.judge {
        Judge::Calls { entry, .. } => Some(entry),
        Judge::Tests { entry, .. } => entry.as_deref(),
        Judge::Streams { .. } => None,
    }
}

/// The ways in which a problem's tests could be run, the safest first.
pub fn modes(problem: &Problem) -> Vec<Mode> {
    let is_code = match &problem.judge {
        Judge::Tests { parts, .. } => parts.iter().any(|part| matches!(part.check, Check::Code { .. })),
        Judge::Calls { .. } | Judge::Streams { .. } => false,
    };
    let apart = Mode::Apart { calls: Vec::new() };
    match (is_code, entry(problem)) {
        (true, Some(_)) => vec![apart, Mode::Guarded, Mode::Together],
        // Without one entry there is nothing to hand over.
        (true, None) => vec![Mode::Guarded, Mode::Together],
        (false, _) => vec![apart],
    }
}

impl Judging<'_> {
    /// Judges an answer.
    async fn judge(&self, candidate: &Candidate) -> Result<Judged> {
        let Candidate { code, mode, problem, .. } = candidate;
        let rulings = match &problem.judge {
            Judge::Calls { entry, setup, compare, visible, hidden } => {
                let cases: Vec<_> = visible.iter().chain(hidden).collect();
                let program = calls::program(code, setup.as_deref());
                self.calls(program, entry, *compare, &cases).await?
            }
            Judge::Streams { cases } => self.streams(code, cases).await?,
            Judge::Tests { entry, setup, parts } => {
                let is_tried = problem.reference.is_some();
                let tests = checks::Tests { entry: entry.as_deref(), setup: setup.as_deref(), parts, is_tried };
                self.tests(code, &tests, mode).await?
            }
        };
        Ok(Judged::of(rulings, &visible(problem)))
    }

    fn key(&self) -> String {
        format!("4|{}|{:?}|{:?}", self.sandbox.fingerprint(), self.limits, self.matching)
    }
}

impl Stage for Judging<'_> {
    type In = Candidate;
    type Out = Judged;
    const NAME: &'static str = "judge";

    fn fingerprint(&self) -> String {
        self.key()
    }

    async fn apply(&self, input: &Record<Candidate>) -> Result<Outcome<Judged>> {
        Ok(Outcome::Accepted(vec![input.with_body(self.judge(&input.body).await?)]))
    }
}

/// The stage that judges a problem's own reference program, and finds how its tests are best run.
pub struct Gold<'a>(pub Judging<'a>);

impl Gold<'_> {
    /// What tests that are code ask of a program; running them apart then need not find it out call by call.
    async fn calls_of_tests(&self, candidate: &Candidate) -> Result<Vec<String>> {
        match &candidate.problem.judge {
            Judge::Tests { entry: Some(entry), setup, parts } => {
                let tests = checks::Tests { entry: Some(entry), setup: setup.as_deref(), parts, is_tried: true };
                self.0.record(&candidate.code, &tests).await
            }
            Judge::Tests { entry: None, .. } | Judge::Calls { .. } | Judge::Streams { .. } => Ok(Vec::new()),
        }
    }
}

/// What the reference program showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standard {
    /// What came of the reference program itself.
    pub judged: Judged,
    /// How answers to the problem are to be judged.
    pub mode: Mode,
}

impl Stage for Gold<'_> {
    type In = Candidate;
    type Out = Standard;
    const NAME: &'static str = "reference";

    fn fingerprint(&self) -> String {
        self.0.key()
    }

    async fn apply(&self, input: &Record<Candidate>) -> Result<Outcome<Standard>> {
        let mut found = None;
        for mode in modes(&input.body.problem) {
            let mode = match mode {
                Mode::Apart { .. } => Mode::Apart { calls: self.calls_of_tests(&input.body).await? },
                shared @ (Mode::Guarded | Mode::Together) => shared,
            };
            let judged = self.0.judge(&Candidate { mode: mode.clone(), ..input.body.clone() }).await?;
            let passes = judged.passes();
            let standard = Standard { judged, mode };
            // Where no way lets the reference pass, the safest one judges.
            if passes {
                found = Some(standard);
                break;
            }
            found.get_or_insert(standard);
        }
        let standard = found.expect("every problem has a way to run its tests");
        Ok(Outcome::Accepted(vec![input.with_body(standard)]))
    }
}

/// An exception as a traceback ends.
fn shown_error(raised: &Raised) -> String {
    match raised.message.is_empty() {
        true => raised.kind.clone(),
        false => format!("{}: {}", raised.kind, raised.message),
    }
}

fn is_syntax_error(kind: &str) -> bool {
    matches!(kind, "SyntaxError" | "IndentationError" | "TabError")
}
