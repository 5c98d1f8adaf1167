//! Whether a new row holds: its tests pass on the solution and fail on programs that are wrong, or its text is true of its program.
//!
//! Invariant: tests decide about programs and grounding about texts; no model has a say.

use super::draft::Draft;
use super::row::row;
use super::task::Task;
use crate::ask::prompt::Prompts;
use crate::dataset::problems::Problem;
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::grade::{Failing, Graded};
use crate::ground::{Ground, Grounding, Subject, ungrounded};
use crate::marking::{Marking, Opened, Rules};
use crate::outcome::{Reason, Rejection};
use crate::python::Module;
use crate::record::{Lineage, Record};
use crate::sample::Text;
use crate::sandbox::{Limits, Sandbox};

/// The bodies of functions that do no work; tests that pass with one of them decide nothing.
const STUBS: [&str; 5] =
    ["return None", "raise NotImplementedError", "return args[0]", "return True", "return False"];

/// Holds rows against what they state.
pub(super) struct Verifier<'a> {
    pub sandbox: &'a Sandbox,
    pub prompts: &'a Prompts,
    pub limits: Limits,
}

impl Verifier<'_> {
    /// What does not hold of a row, if anything.
    pub async fn fault_of(&self, task: Task, draft: &Draft) -> Result<Option<Rejection>> {
        // What is written has to be read again.
        let read = match ProgramRow::read(row(task, draft, None), self.prompts) {
            Ok(read) => read,
            Err(why) => {
                let why = format!("the tests cannot be used: {}", why.detail);
                return Ok(Some(Rejection::new(Reason::ToothlessTests, why)));
            }
        };
        if let Some(fault) = misplaced(task, draft) {
            return Ok(Some(fault));
        }
        match (task, &read.problem) {
            (Task::Summary, _) => self.ungrounded(draft).await,
            (Task::Generation | Task::Translation | Task::Repair, Some(problem)) => {
                self.failing(task, draft, problem).await
            }
            (Task::Generation | Task::Translation | Task::Repair, None) => {
                Ok(Some(Rejection::new(Reason::ToothlessTests, "there are no tests")))
            }
        }
    }

    /// What the tests show to be wrong.
    async fn failing(
        &self,
        task: Task,
        draft: &Draft,
        problem: &Problem,
    ) -> Result<Option<Rejection>> {
        let marking = Marking::unremembered(self.sandbox, self.limits, Rules::default());
        let lineage = Lineage { file: String::new(), line: 0 };
        let record = Record { id: String::new(), lineage, body: problem.clone() };
        let Ok(opened) = marking.open(&record).await? else {
            return Ok(Some(Rejection::new(Reason::TestFailed, "the tests cannot be run")));
        };
        let of_solution = opened.reference.as_ref().map(|reference| &reference.graded);
        if let Some(graded) = of_solution.filter(|graded| !graded.passes()) {
            let why =
                format!("the solution fails its own tests: {}", failure(graded, &draft.tests));
            return Ok(Some(Rejection::new(Reason::TestFailed, why)));
        }
        for body in STUBS {
            let program = stubbed(&draft.solution, problem, body);
            if self.passes(&marking, &record, &opened, &program).await? {
                let why = format!("the tests pass if the body of the function is only `{body}`");
                return Ok(Some(Rejection::new(Reason::ToothlessTests, why)));
            }
        }
        if task == Task::Repair
            && self.passes(&marking, &record, &opened, &draft.information).await?
        {
            let why = "the tests pass on the faulty program, too";
            return Ok(Some(Rejection::new(Reason::ToothlessTests, why)));
        }
        Ok(None)
    }

    async fn passes(
        &self,
        marking: &Marking<'_>,
        record: &Record<Problem>,
        opened: &Opened,
        program: &str,
    ) -> Result<bool> {
        let graded = marking.grade(record, opened, std::iter::once(program)).await?;
        Ok(graded.is_ok_and(|graded| graded.get(program).is_some_and(Graded::passes)))
    }

    /// What a text states that its program does not show.
    async fn ungrounded(&self, draft: &Draft) -> Result<Option<Rejection>> {
        let program = &draft.information;
        let Ok(module) = Module::parse(program) else { return Ok(None) };
        let Some(function) = module.candidates().into_iter().last() else {
            let why = "`information` defines no function";
            return Ok(Some(Rejection::new(Reason::NoTargetFunction, why)));
        };
        let ground = Ground { sandbox: self.sandbox, limits: self.limits };
        let subject = Subject { program, entry: &function.name, cases: &[] };
        let parts = vec![("solution".to_owned(), draft.solution.clone())];
        let text = Text { parts, adds: Vec::new() };
        Ok(match ground.check(&subject, &text).await? {
            Grounding::Holds(_) => None,
            Grounding::Fails(failed) => Some(ungrounded(&failed)),
        })
    }
}

/// What is not in the language that its task asks for.
fn misplaced(task: Task, draft: &Draft) -> Option<Rejection> {
    for program in draft.programs(task) {
        if let Err(error) = Module::parse(program) {
            let field = if program == draft.solution { "solution" } else { "information" };
            let why = format!("`{field}` is not Python: {error}");
            return Some(Rejection::new(Reason::UnparsableSource, why));
        }
    }
    let is_python = |text: &str| Module::parse(text).is_ok_and(|it| !it.functions().is_empty());
    (task == Task::Translation && is_python(&draft.information)).then(|| {
        let why = "`information` is Python, not a program in another language";
        Rejection::new(Reason::UnsupportedLanguage, why)
    })
}

/// The solution with all that its tests may call replaced by functions that do no work.
fn stubbed(solution: &str, problem: &Problem, body: &str) -> String {
    let module = Module::parse(solution).ok();
    let functions = module.iter().flat_map(Module::functions);
    let mut names: Vec<&str> = functions.map(|function| function.name.as_str()).collect();
    names.extend(problem.tests.entry());
    names.sort_unstable();
    names.dedup();
    let stubs = names.iter().map(|name| format!("\n\ndef {name}(*args, **kwargs):\n    {body}\n"));
    format!("{}\n{}", solution.trim_end(), stubs.collect::<String>())
}

/// The first test that fails, and what it showed.
fn failure(graded: &Graded, tests: &[String]) -> String {
    let Some(failing) = &graded.failing else { return "no test was run".to_owned() };
    let told = Failing::in_a_line(failing);
    match tests.get(failing.test) {
        Some(test) => format!("`{}`: {told}", test.trim()),
        None => told,
    }
}
