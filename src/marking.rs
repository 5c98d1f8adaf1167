//! Marks replies to a problem: takes the code out, and grades it as the problem's format has it.
//!
//! Invariant: the same code of one problem is graded once, and a problem's own program shows first how its tests are best run.

mod convention;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use futures_util::future::join_all;

use self::convention::Convention;
use crate::cases::place::Place;
use crate::cases::test_cases::Tests;
use crate::dataset::problems::Problem;
use crate::error::Result;
use crate::executor::Executors;
use crate::flow::frame::Run;
use crate::flow::journal::Journal;
use crate::flow::{self, Fate, Stage};
use crate::grade::{
    Allowances, Candidate, Grade, GradeReference, Graded, Matching, Mode, Prelude, ReferenceResult,
    TestSet,
};
use crate::outcome::{Outcome, Rejection};
use crate::record::{Record, digest};
use crate::reply::{self, Ask, Extracted, Pick};
use crate::sandbox::{Limits, Sandbox};

/// How replies are marked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    pub matching: Matching,
    /// Which of a reply's blocks is its answer.
    pub pick: Pick,
    /// Whose imports go before the answers; `None` for those of each problem's own grader.
    pub prelude: Option<Prelude>,
    /// Whether output is compared as `matching` has it even if a problem's own grader compares it in another way.
    pub own_stdout: bool,
    /// Seconds that a program may take for each second of its problem's time limit.
    pub time_factor: f64,
}

impl Default for Rules {
    /// As the published grader of each format has it.
    fn default() -> Self {
        Self {
            matching: Matching::default(),
            pick: Pick::Last,
            prelude: None,
            own_stdout: false,
            time_factor: 1.0,
        }
    }
}

/// The stages that mark, with their journals.
pub struct Marking<'a> {
    rules: Rules,
    reference: (GradeReference<'a>, Option<Journal>),
    grade: (Grade<'a>, Option<Journal>),
    executors: Option<&'a Executors>,
}

/// A problem whose own program has been graded.
pub struct Opened {
    pub prelude: Prelude,
    /// Absent if the problem has no program of its own.
    pub reference: Option<ReferenceResult>,
    /// How answers are graded.
    pub mode: Mode,
    /// The executor that runs them, if one does.
    pub executor: Option<String>,
    tests: Arc<TestSet>,
}

/// What a step gives: its result, or the fate that ends the record's way.
pub type Step<T> = std::result::Result<T, Fate<Infallible>>;

impl<'a> Marking<'a> {
    /// Opens the journals of a run.
    pub fn new(run: &Run<'a>, rules: Rules) -> Result<Self> {
        let Run { sandbox, executors, limits, folder, .. } = *run;
        let mut marking = Self::unremembered(sandbox, limits, rules).with_executors(executors);
        marking.reference.1 = Some(folder.journal(GradeReference::NAME)?);
        marking.grade.1 = Some(folder.journal(Grade::NAME)?);
        Ok(marking)
    }

    /// Marks within a stage that has a journal of its own.
    pub fn unremembered(sandbox: &'a Sandbox, limits: Limits, rules: Rules) -> Self {
        let grading = || Grade::new(sandbox, limits, rules.matching, rules.time_factor);
        let (reference, grade) = ((GradeReference(grading()), None), (grading(), None));
        Self { rules, reference, grade, executors: None }
    }

    /// The same with executors for languages that they list.
    pub fn with_executors(mut self, executors: &'a Executors) -> Self {
        self.executors = Some(executors);
        self.reference.0.0 = self.reference.0.0.with_executors(executors);
        self.grade.0 = self.grade.0.with_executors(executors);
        self
    }

    /// Why nothing can run answers to a problem, if nothing can.
    pub fn nowhere(&self, record: &Record<Problem>) -> Option<Rejection> {
        let why = Place::of(record.body.tests.language()?, self.executors).err()?;
        // The row is as good as its neighbours; its place tells which one is meant.
        Some(Rejection { detail: format!("{}: {}", record.lineage, why.detail), ..why })
    }

    /// Whose imports go before the answers to a problem.
    pub fn prelude_of(&self, problem: &Problem) -> Prelude {
        match problem.tests.language() {
            // They are imports of Python.
            Some(_) => Prelude::Nothing,
            None => self.rules.prelude.unwrap_or_else(|| Convention::of(problem.format).prelude),
        }
    }

    /// Grades a problem's own program, if it has one.
    pub async fn open(&self, record: &Record<Problem>) -> Result<Step<Opened>> {
        if let Some(why) = self.nowhere(record) {
            return Ok(Err(Fate::rejected(record.id.clone(), record.lineage.clone(), why)));
        }
        let problem = &record.body;
        let place = problem.tests.language();
        let place = place.and_then(|language| Place::of(language, self.executors).ok());
        let convention = Convention::of(problem.format);
        let allowances = Allowances {
            seconds: problem.time_limit,
            output_tolerance: convention.output_tolerance,
            stdout: convention.stdout.filter(|_| !self.rules.own_stdout),
            any_exit_code: convention.any_exit_code,
        };
        let tests = TestSet::new(
            problem.tests.clone(),
            problem.reference.is_some(),
            allowances,
            place.and_then(Place::identity),
        );
        let modes = Mode::safest_first(&problem.tests);
        let mode = modes.into_iter().next().unwrap_or(Mode::Together);
        let mut opened = Opened {
            prelude: self.prelude_of(problem),
            reference: None,
            mode,
            executor: place.and_then(Place::executor).map(|executor| executor.name().to_owned()),
            tests: Arc::new(tests),
        };
        if let Some(reference) = &problem.reference {
            let (stage, journal) = &self.reference;
            let work = record.with_body(opened.candidate(reference));
            match made(stage, journal.as_ref(), &work).await? {
                Ok(result) => {
                    opened.mode = result.mode.clone();
                    opened.reference = Some(result);
                }
                Err(fate) => return Ok(Err(fate)),
            }
        }
        Ok(Ok(opened))
    }

    /// The code of a reply to a problem.
    pub fn extracted(&self, problem: &Problem, reply: &str) -> Extracted {
        if let Some(language) = problem.tests.language() {
            return reply::extract_other(reply, &language.names(), self.rules.pick);
        }
        let ask = Ask {
            entry: problem.tests.entry(),
            prompt_code: problem.prompt_code.as_deref(),
            pick: self.rules.pick,
            reads_stdin: matches!(problem.tests, Tests::Streams { .. }),
        };
        reply::extract(reply, &ask)
    }

    /// Grades codes, each once; an empty one is not graded.
    pub async fn grade<'c>(
        &self,
        record: &Record<Problem>,
        opened: &Opened,
        codes: impl Iterator<Item = &'c str>,
    ) -> Result<Step<BTreeMap<&'c str, Graded>>> {
        let codes: BTreeMap<&str, ()> =
            codes.filter(|code| !code.is_empty()).map(|code| (code, ())).collect();
        let (stage, journal) = &self.grade;
        let grading = codes.keys().map(|&code| {
            // The same code of the same problem is the same work, whichever sample it is.
            let mut work = record.with_body(opened.candidate(code));
            work.id = format!("{}@{}", record.id, digest(code.as_bytes()));
            async move { made(stage, journal.as_ref(), &work).await }
        });
        let mut graded = BTreeMap::new();
        for (&code, found) in codes.keys().zip(join_all(grading).await) {
            match found? {
                Ok(result) => graded.insert(code, result),
                Err(fate) => return Ok(Err(fate)),
            };
        }
        Ok(Ok(graded))
    }
}

impl Opened {
    fn candidate(&self, code: &str) -> Candidate {
        Candidate {
            code: self.prelude.before(code),
            tests: Arc::clone(&self.tests),
            mode: self.mode.clone(),
        }
    }
}

async fn made<S: Stage>(
    stage: &S,
    journal: Option<&Journal>,
    record: &Record<S::In>,
) -> Result<Step<S::Out>> {
    let Some(journal) = journal else {
        return Ok(match stage.apply(record).await? {
            Outcome::Accepted(records) => {
                let made = records.into_iter().next().expect("an outcome is never empty");
                Ok(made.body)
            }
            Outcome::Rejected(why) => {
                Err(Fate::rejected(record.id.clone(), record.lineage.clone(), why))
            }
        });
    };
    step(stage, journal, record).await
}

/// Takes a record through a stage that makes one record of it.
pub async fn step<S: Stage>(
    stage: &S,
    journal: &Journal,
    record: &Record<S::In>,
) -> Result<Step<S::Out>> {
    let fate = flow::step(stage, journal, record).await?.into_iter().next();
    Ok(match fate.expect("an outcome is never empty") {
        Fate::Live(record) => Ok(record.body),
        Fate::Rejected(dropped) => Err(Fate::Rejected(dropped)),
        Fate::Deferred(dropped) => Err(Fate::Deferred(dropped)),
    })
}
