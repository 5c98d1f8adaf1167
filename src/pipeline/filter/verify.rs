//! Runs an existing sample again and compares what it gives with what it states.
//!
//! Invariant: a row that does not hold is reported with its first failing call and, as far as
//! running it shows one, the cause.

use std::convert::Infallible;

use serde_json::json;

use super::cause::{Cause, cause, is_missing_import};
use super::held::Held;
use super::same::gives;
use crate::cases::elsewhere::Elsewhere;
use crate::cases::equality::same_class;
use crate::cases::place::Place;
use crate::cases::run::not_loaded;
use crate::cases::script::Solution;
use crate::cases::shown::ShownCase;
use crate::cases::stated::{Expected, FreeText, Stated, StatedCase, StatedPrograms, TestedProgram};
use crate::dataset::problems::Problem;
use crate::dataset::stated::{about_repository, stated};
use crate::error::{Error, Result};
use crate::executor::Executors;
use crate::flow::{Fate, Stage};
use crate::grade::Graded;
use crate::ground::{Ground, Grounding, Subject, ungrounded};
use crate::json::{self, Json};
use crate::marking::{Marking, Rules};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::literal;
use crate::record::{Lineage, Record};
use crate::sample::SampleCase;
use crate::sandbox::{
    Case, CaseResult, End, Execution, Isolation, Job, Limits, Observe, Sandbox, Step, steps,
};

/// The stage that checks samples.
pub struct Verify<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    /// Where programs run in languages that they list.
    pub executors: &'a Executors,
    /// The repository that the rows are about, if they are about one.
    pub held: Option<&'a Held>,
}

impl Stage for Verify<'_> {
    /// A row as it is in its file.
    type In = String;
    type Out = String;
    const NAME: &'static str = "verify";

    fn fingerprint(&self) -> String {
        let repository = self.held.map(|held| format!("|3|{}", held.digest)).unwrap_or_default();
        // With the languages: a row that nothing runs is another's as soon as an executor lists its language.
        let executors: String =
            self.executors.described().iter().map(|executor| format!("|{executor:?}")).collect();
        format!("6|{}|{:?}{repository}{executors}", self.sandbox.fingerprint(), self.limits)
    }

    async fn apply(&self, input: &Record<Self::In>) -> Result<Outcome<Self::Out>> {
        let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
        let row = json::read(&input.body).map_err(|error| unreadable(error.to_string()));
        if let Some(held) = self.held {
            let about = |row: &Json| {
                row.as_object().map_or(Err(unreadable("not an object".into())), about_repository)
            };
            let rejection = match row.and_then(|row| about(&row)) {
                Ok(about) => held.check(self.sandbox, self.limits, &about).await?,
                Err(rejection) => Some(rejection),
            };
            return Ok(match rejection {
                Some(rejection) => Outcome::Rejected(rejection),
                None => Outcome::Accepted(vec![input.clone()]),
            });
        }
        let object =
            |row: &Json| row.as_object().map_or(Err(unreadable("not an object".into())), stated);
        let parts = match row.and_then(|row| object(&row)) {
            Ok(parts) => parts,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        for part in &parts {
            if let Some(programs) = &part.programs {
                if let Some(rejection) = self.check_programs(programs).await? {
                    return Ok(Outcome::Rejected(rejection));
                }
                continue;
            }
            // A text may rest on the code alone, and tests bring their own calls.
            let rests_on_code = part.text.is_some() || !part.tests.is_empty();
            let rejection = if rests_on_code && part.cases.is_empty() {
                None
            } else {
                self.check(part).await?
            };
            let rejection = match rejection {
                None => self.check_text(part).await?,
                some => some,
            };
            let rejection = match rejection {
                None => self.check_tests(part).await?,
                some => some,
            };
            if let Some(rejection) = rejection {
                return Ok(Outcome::Rejected(rejection));
            }
        }
        Ok(Outcome::Accepted(vec![input.clone()]))
    }
}

impl Verify<'_> {
    /// Holds a sample's free text against its program once more, given only the calls that the sample itself brings.
    async fn check_text(&self, part: &Stated) -> Result<Option<Rejection>> {
        let Some(FreeText { text, claims }) = &part.text else { return Ok(None) };
        let subject = Subject { program: &part.program, entry: &part.entry, cases: claims };
        let ground = Ground { sandbox: self.sandbox, limits: self.limits };
        Ok(match ground.check(&subject, text).await? {
            Grounding::Holds(used) if is_same_set(&used, claims) => None,
            Grounding::Holds(_) => Some(Rejection::new(
                Reason::Contradictory,
                "the claims are not the calls that the text rests on",
            )),
            Grounding::Fails(failed) => Some(ungrounded(&failed)),
        })
    }

    /// Runs the tests of a problem on both programs of a pair once more.
    async fn check_programs(&self, stated: &StatedPrograms) -> Result<Option<Rejection>> {
        let problem: Problem = match serde_json::from_str(&stated.problem) {
            Ok(problem) => problem,
            Err(error) => {
                let why = format!("the problem cannot be read: {error}");
                return Ok(Some(Rejection::new(Reason::UnreadableRecord, why)));
            }
        };
        let contradictory = |why: &str| Ok(Some(Rejection::new(Reason::Contradictory, why)));
        if problem.tests.visible().len() as u64 != stated.tests {
            return contradictory("the number of tests is not that of the problem");
        }
        if problem.prompt != stated.prompt {
            return contradictory("the prompt is not that of the problem");
        }
        let marking = Marking::unremembered(self.sandbox, self.limits, Rules::default())
            .with_executors(self.executors);
        let lineage = Lineage { file: String::new(), line: 0 };
        let record = Record { id: problem.id.clone(), lineage, body: problem };
        let opened = match marking.open(&record).await? {
            Ok(opened) => opened,
            Err(fate) => return Ok(rejection_of(fate)),
        };
        let codes = stated.programs.iter().map(|program| program.code.as_str());
        let graded = match marking.grade(&record, &opened, codes).await? {
            Ok(graded) => graded,
            Err(fate) => return Ok(rejection_of(fate)),
        };
        for TestedProgram { code, passes, failure } in &stated.programs {
            let graded = graded.get(code.as_str());
            let found = graded.map_or(0, Graded::passed_tests);
            let failing = graded.map(Graded::failure).unwrap_or_default();
            if !failure.is_empty() && *failure != failing {
                let why = format!(
                    "the first test that fails is {failing:?}, and the row states {failure:?}"
                );
                return Ok(Some(Rejection::new(Reason::NotReproduced, why)));
            }
            if found != *passes {
                let why = format!(
                    "a program passes {found} of {} tests, and the row states {passes}",
                    stated.tests
                );
                return Ok(Some(Rejection::new(Reason::NotReproduced, why)));
            }
        }
        Ok(None)
    }

    /// Runs a problem's tests after its solution, and after programs that do nothing.
    async fn check_tests(&self, part: &Stated) -> Result<Option<Rejection>> {
        let Stated { program, entry, language, .. } = part;
        let place = language.as_ref().map(|language| Place::of(language, Some(self.executors)));
        let place = match place.transpose() {
            Ok(place) => place,
            Err(nowhere) => return Ok(Some(nowhere)),
        };
        let language = match (place, language) {
            (Some(Place::Executor(executor)), Some(language)) => {
                let solution = Elsewhere { executor, language, solution: program };
                let tests: Vec<&str> = part.tests.iter().map(String::as_str).collect();
                return match solution.fault_of(&tests).await {
                    Err(Error::Executor(error)) if error.is_about_the_program() => {
                        Ok(Some(Rejection::new(Reason::RequestRefused, error.to_string())))
                    }
                    fault => fault,
                };
            }
            (Some(Place::Sandbox(language)), _) => Some(language),
            (Some(Place::Executor(_)) | None, _) => None,
        };
        let (sandbox, limits) = (self.sandbox, self.limits);
        let solution = Solution { sandbox, limits, program, entry, language };
        for test in &part.tests {
            if let Some(fault) = solution.fault_of(test).await? {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }

    async fn check(&self, part: &Stated) -> Result<Option<Rejection>> {
        let shown = part.shown.iter().map(|case| Case::call(&case.arguments));
        let stated = part.cases.iter().map(|case| case.case.clone());
        let mut job = Job {
            code: part.program.clone(),
            entry: Some(part.entry.clone()),
            cases: stated.chain(shown).chain(part.beyond.clone()).collect(),
            limits: self.limits,
            observe: vec![Observe::Mutations],
            ..Job::default()
        };
        if part.steps.is_some() {
            job.observe.push(Observe::Steps);
        }
        let execution = self.sandbox.submit(job.clone()).await?;
        if let Some(rejection) = not_loaded(&execution) {
            let missing =
                execution.error.as_ref().is_some_and(|error| is_missing_import(&error.kind));
            let cause = if missing { Cause::MissingImport } else { Cause::Difference };
            let evidence = json!({"cause": cause, "loading": rejection.evidence});
            let detail = format!("the program does not load: {}", rejection.detail);
            return Ok(Some(Rejection::new(Reason::NotReproduced, detail).with_evidence(evidence)));
        }
        let failing =
            part.cases.iter().zip(&execution.cases).position(|(case, got)| !holds(case, got));
        let Some(first) = failing else { return Ok(beside_results(part, &execution)) };
        let (case, got) = (&part.cases[first], &execution.cases[first]);
        let failing =
            part.cases.iter().zip(&execution.cases).filter(|(case, got)| !holds(case, got)).count();
        let cause = match cause(case, got) {
            Cause::Difference => {
                // Once more as the row was made, maybe: all calls in one interpreter.
                job.isolation = Isolation::Program;
                let shared = self.sandbox.submit(job).await?;
                let all_hold =
                    part.cases.iter().zip(&shared.cases).all(|(case, got)| holds(case, got));
                if all_hold && shared.cases.len() >= part.cases.len() {
                    Cause::StateBetweenCases
                } else {
                    Cause::Difference
                }
            }
            known => known,
        };
        let detail = format!(
            "{failing} of {} calls give a different result; the first is {}({})",
            part.cases.len(),
            part.entry,
            case.shown
        );
        let evidence =
            json!({"cause": cause, "call": case.shown, "expected": case.expected, "got": got.end});
        Ok(Some(Rejection::new(Reason::NotReproduced, detail).with_evidence(evidence)))
    }
}

fn rejection_of(fate: Fate<Infallible>) -> Option<Rejection> {
    match fate {
        Fate::Live(record) => match record.body {},
        Fate::Rejected(dropped) => Some(dropped.why),
        // A step without a journal gives its trouble as an error.
        Fate::Deferred(_) => None,
    }
}

/// Whether a call gives what is stated of it: values canonically, the reference's errors by their class.
fn holds(case: &StatedCase, got: &CaseResult) -> bool {
    if got.nondeterministic {
        return false;
    }
    match (&case.expected, &got.end) {
        (Expected::Outcome(stated), _) => gives(got, stated),
        (Expected::Repr(stated), End::Returned { value, repr }) => {
            stated == repr || literal::parse(stated).is_some_and(|stated| stated == *value)
        }
        // An error in the arguments is not one of the call: there is no such input.
        (Expected::Error { class, .. }, End::Raised(raised)) => {
            !raised.in_arguments && same_class(class, &raised.kind)
        }
        (Expected::Repr(_) | Expected::Error { .. }, _) => false,
    }
}

/// Rejects a row that states something other beside the results of its calls than the run shows: a trace, the cases of its
/// prompt, or fewer results than there are inputs.
fn beside_results(part: &Stated, execution: &Execution) -> Option<Rejection> {
    let mut rest = execution.cases.iter().skip(part.cases.len());
    let shown = |case: &ShownCase, got: Option<&CaseResult>| {
        let written =
            |got| case.notation.write(&part.entry, &SampleCase::new(&case.arguments, got));
        got.is_some_and(|got| !got.nondeterministic && written(got) == case.text)
    };
    let is_traced = |steps: &[Step]| {
        // A trace follows some of the calls, or none.
        execution.cases.first().is_some_and(|got| steps::shows(&got.steps, steps))
    };
    let detail = if part.steps.as_deref().is_some_and(|steps| !is_traced(steps)) {
        "the steps are not those of the call".to_owned()
    } else if let Some(case) = part.shown.iter().find(|case| !shown(case, rest.next())) {
        format!("the prompt shows a call that gives a different result: {}", case.text)
    } else if part.beyond.is_some() && !rest.next().is_some_and(is_missing_input) {
        format!("the row states {} results, and there are more inputs", part.cases.len())
    } else {
        return None;
    };
    let evidence = json!({"cause": Cause::Difference});
    Some(Rejection::new(Reason::NotReproduced, detail).with_evidence(evidence))
}

fn is_missing_input(got: &CaseResult) -> bool {
    matches!(&got.end, End::Raised(raised) if raised.in_arguments && raised.kind == "IndexError")
}

fn is_same_set(a: &[SampleCase], b: &[SampleCase]) -> bool {
    a.len() == b.len() && a.iter().all(|case| b.contains(case))
}
