//! Whether a rewritten program does the same as the one that it was made from: on the row's tests, and on fresh inputs.
//!
//! Invariant: what both programs do is compared on the host: results, exceptions, printed text and changed arguments; an input
//! that chance has a part in decides nothing.

mod edges;
mod stdin;

use futures_util::future::try_join_all;

use self::edges::beside;
use self::stdin::fresh_stdin;
use super::sample::{Sample, TrialEnd};
use crate::ask::prompt::Prompts;
use crate::cases::execute::Execute;
use crate::cases::run::not_loaded;
use crate::cases::test_cases::{Check, StreamCase, Tests};
use crate::cases::{Proposed, Target};
use crate::dataset::problems::Problem;
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::flow::Stage;
use crate::grade::{Failing, Graded};
use crate::inputs::Propose;
use crate::marking::{Marking, Opened, Rules};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::{Module, same_tree, without_main_block};
use crate::record::Record;
use crate::report::shortened;
use crate::sandbox::{CaseResult, End, Execution, Job, Limits, Raised, Sandbox};

/// The fuel of a fresh input, at most: the search tries hundreds.
const INPUT_FUEL: u64 = 200_000_000;
/// Functions of a row without tests that are called.
const MAX_ENTRIES: usize = 4;
/// The exception whose message names a local variable.
const UNBOUND: &str = "UnboundLocalError";
/// Characters of a call or a result in a sentence.
const SHOWN: usize = 120;

/// Proves that programs do the same.
#[derive(Clone, Copy)]
pub struct Prover<'a> {
    pub sandbox: &'a Sandbox,
    pub prompts: &'a Prompts,
    pub limits: Limits,
    pub seed: u64,
    /// Fresh inputs to compare on, for each function.
    pub inputs: usize,
}

/// A row's program and what it does.
pub struct Original<'a> {
    prover: Prover<'a>,
    /// Marks rewritten programs.
    marking: Marking<'a>,
    tests: Option<(Record<Problem>, Opened)>,
    functions: Vec<(Proposed, Vec<CaseResult>)>,
    scripts: Vec<(String, Execution)>,
}

/// A row and its program, or why nothing can be proven of it; or the outcome of what no technique goes on with.
pub type Opening<'a> = std::result::Result<
    (ProgramRow, std::result::Result<Original<'a>, Rejection>),
    Outcome<Sample>,
>;

/// What came of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Same,
    /// A test fails that the original passes; the sentence says which.
    FailsTest(String),
    /// All tests pass, and a fresh input shows a difference.
    Differs(String),
}

impl<'a> Prover<'a> {
    /// What the results depend on, for the fingerprints of stages.
    pub fn fingerprint(&self) -> String {
        format!(
            "proof-3|{}|{:?}|{}|{}",
            self.sandbox.fingerprint(),
            self.limits,
            self.seed,
            self.inputs
        )
    }

    /// Reads a row and runs its program; a text, and a row that no technique can go on with, has its outcome at once.
    pub async fn open(&self, input: &Record<Sample>) -> Result<Opening<'a>> {
        if input.body.is_text {
            return Ok(Err(Outcome::Accepted(vec![input.clone()])));
        }
        let row = match input.body.open(self.prompts) {
            Ok(row) => row,
            Err(why) => return Ok(Err(Outcome::Rejected(why))),
        };
        Ok(match self.run(input, &row).await? {
            Ok(original) => Ok((row, Ok(original))),
            Err(why) if why.reason == Reason::Unproven => Ok((row, Err(why))),
            Err(why) => Err(Outcome::Rejected(why)),
        })
    }

    /// Runs a row's own program; one that fails its tests, or that nothing can be compared on, is rejected.
    async fn run(
        &self,
        input: &Record<Sample>,
        row: &ProgramRow,
    ) -> Result<std::result::Result<Original<'a>, Rejection>> {
        let marking = |fuel| {
            let limits = Limits { fuel, ..self.limits };
            Marking::unremembered(self.sandbox, limits, Rules::default())
        };
        let mut original = Original {
            prover: *self,
            // A program that does the same may take some more fuel.
            marking: marking(self.limits.fuel.saturating_mul(2)),
            tests: None,
            functions: Vec::new(),
            scripts: Vec::new(),
        };
        if let Some(problem) = &row.problem {
            let record = input.with_body(problem.clone());
            let Ok(opened) = marking(self.limits.fuel).open(&record).await? else {
                return Ok(Err(Rejection::new(Reason::TestFailed, "the tests cannot be run")));
            };
            if let Some(failure) = opened.reference.as_ref().and_then(|it| failure(&it.graded)) {
                let why = format!("the row's program fails its own tests: {failure}");
                return Ok(Err(Rejection::new(Reason::TestFailed, why)));
            }
            original.tests = Some((record, opened));
        }
        original.functions = self.functions(input, row).await?;
        if let Some(Problem { tests: Tests::Streams { cases, .. }, .. }) = &row.problem {
            original.scripts = self.scripts(&input.id, &row.runnable(&row.program), cases).await?;
        }
        // What only raises may do so because no input suits it, which shows nothing of the rest.
        let returns = |(_, cases): &(Proposed, Vec<CaseResult>)| {
            cases.iter().any(|case| matches!(case.end, End::Returned { .. }))
        };
        if original.tests.is_none() && !original.functions.iter().any(returns) {
            let why = "the row has no tests, and no function of it returns from any input";
            return Ok(Err(Rejection::new(Reason::Unproven, why)));
        }
        Ok(Ok(original))
    }

    /// What the row's functions give for fresh inputs.
    async fn functions(
        &self,
        input: &Record<Sample>,
        row: &ProgramRow,
    ) -> Result<Vec<(Proposed, Vec<CaseResult>)>> {
        let propose = Propose {
            sandbox: self.sandbox,
            prompts: self.prompts,
            model: None,
            limits: self.input_limits(),
            seed: self.seed,
            inputs: self.inputs,
        };
        let mut functions = Vec::new();
        for (entry, examples) in entries(row) {
            let target = Target {
                program: loaded(row, &row.program),
                entry,
                source: None,
                examples,
                elsewhere: Vec::new(),
            };
            let found = propose.apply(&input.with_body(target)).await?;
            let Outcome::Accepted(found) = found else { continue };
            let Some(Record { body: mut proposed, .. }) = found.into_iter().next() else {
                continue;
            };
            let more = beside(&proposed.inputs);
            proposed.inputs.extend(more);
            if let Some(function) = self.sure_cases(proposed).await? {
                functions.push(function);
            }
        }
        Ok(functions)
    }

    /// The inputs that chance has no part in, and what they give; `None` if there is no such input.
    async fn sure_cases(
        &self,
        mut proposed: Proposed,
    ) -> Result<Option<(Proposed, Vec<CaseResult>)>> {
        // Once one case has shown a difference, no further seeds are tried on the others, which may be as unsure.
        loop {
            let execution = self.sandbox.submit(self.execute().job(&proposed)).await?;
            let before = proposed.inputs.len();
            let cases = proposed.inputs.into_iter().zip(execution.cases);
            let (inputs, cases): (Vec<_>, Vec<_>) =
                cases.filter(|(_, case)| is_telling(case)).unzip();
            proposed.inputs = inputs;
            if proposed.inputs.is_empty() {
                return Ok(None);
            }
            if proposed.inputs.len() == before {
                return Ok(Some((proposed, cases)));
            }
        }
    }

    fn execute(&self) -> Execute<'a> {
        Execute { sandbox: self.sandbox, limits: self.input_limits() }
    }

    fn input_limits(&self) -> Limits {
        Limits { fuel: self.limits.fuel.min(INPUT_FUEL), ..self.limits }
    }

    /// What a program prints for fresh texts on stdin.
    async fn scripts(
        &self,
        id: &str,
        program: &str,
        cases: &[StreamCase],
    ) -> Result<Vec<(String, Execution)>> {
        let inputs = fresh_stdin(self.seed, id, cases, self.inputs);
        let runs = inputs.into_iter().map(async |stdin| {
            let execution = self.script(program, &stdin).await?;
            Ok::<_, crate::error::Error>((stdin, execution))
        });
        let runs = try_join_all(runs).await?;
        let is_telling = |execution: &Execution| matches!(execution.end, End::Exited { .. });
        Ok(runs.into_iter().filter(|(_, execution)| is_telling(execution)).collect())
    }

    async fn script(&self, program: &str, stdin: &str) -> Result<Execution> {
        let job = Job {
            code: program.to_owned(),
            stdin: stdin.as_bytes().to_vec(),
            limits: self.limits,
            native: true,
            ..Job::default()
        };
        Ok(self.sandbox.submit(job).await?)
    }
}

impl Original<'_> {
    /// The inputs that programs are compared on beyond the tests.
    pub fn fresh_inputs(&self) -> usize {
        self.scripts.len() + self.functions.iter().map(|(_, cases)| cases.len()).sum::<usize>()
    }

    /// Whether another program for the row does the same.
    pub async fn compare(&self, row: &ProgramRow, program: &str) -> Result<Verdict> {
        let runnable = row.runnable(program);
        if let Some((record, opened)) = &self.tests {
            let codes = std::iter::once(runnable.as_str());
            let graded = match self.marking.grade(record, opened, codes).await? {
                Ok(graded) => graded.get(runnable.as_str()).and_then(failure),
                Err(_) => Some("the tests cannot be run".to_owned()),
            };
            if let Some(failure) = graded {
                return Ok(Verdict::FailsTest(failure));
            }
        }
        let whole = loaded(row, program);
        for (proposed, expected) in &self.functions {
            let target = Target { program: whole.clone(), ..proposed.target.clone() };
            let proposed = Proposed { target, ..proposed.clone() };
            let execution =
                self.prover.sandbox.submit(self.prover.execute().job(&proposed)).await?;
            if let Some(why) = not_loaded(&execution) {
                return Ok(Verdict::Differs(why.detail));
            }
            let both = expected.iter().zip(&execution.cases).zip(&proposed.inputs);
            for ((expected, got), arguments) in both {
                if !is_same(expected, got) {
                    let call = shortened(&format!("{}({arguments})", proposed.target.entry), SHOWN);
                    return Ok(Verdict::Differs(format!("{call}: {}", difference(expected, got))));
                }
            }
        }
        for (stdin, expected) in &self.scripts {
            let got = self.prover.script(&runnable, stdin).await?;
            let is_same = got.end == expected.end
                && got.stdout == expected.stdout
                && got.error.as_ref().map(Raised::told)
                    == expected.error.as_ref().map(Raised::told);
            if !is_same {
                let stdin = shortened(&format!("{stdin:?}"), SHOWN);
                return Ok(Verdict::Differs(format!(
                    "on the input {stdin} it prints something else"
                )));
            }
        }
        Ok(Verdict::Same)
    }
}

/// What comes of replacing a program by another.
pub(super) async fn end_of(
    row: &ProgramRow,
    original: Option<&Original<'_>>,
    before: &str,
    after: &str,
) -> Result<(TrialEnd, String)> {
    if row.with_program(after).is_none() {
        return Ok((TrialEnd::Misplaced, "the change is outside of the solution".to_owned()));
    }
    if same_tree(before, after) {
        return Ok((TrialEnd::SameTree, String::new()));
    }
    let Some(original) = original else {
        return Ok((TrialEnd::Differs, "nothing of the row can be run".to_owned()));
    };
    Ok(match original.compare(row, after).await? {
        Verdict::Same => (TrialEnd::Same, String::new()),
        Verdict::FailsTest(why) => (TrialEnd::FailsTest, why),
        Verdict::Differs(why) => (TrialEnd::Differs, why),
    })
}

/// Why an answer is not right, in a line.
fn failure(graded: &Graded) -> Option<String> {
    let in_a_line = || graded.failing.as_ref().map_or_else(String::new, Failing::in_a_line);
    (!graded.passes()).then(in_a_line)
}

/// The program as its functions are called: with what the row imports and the tests set up, and without what it does as a script.
fn loaded(row: &ProgramRow, program: &str) -> String {
    let setup = match row.problem.as_ref().map(|problem| &problem.tests) {
        Some(Tests::Code { setup, .. }) => setup.as_deref(),
        Some(Tests::Calls { .. } | Tests::Script { .. } | Tests::Streams { .. }) | None => None,
    };
    let program = row.runnable(&without_main_block(program));
    match setup {
        // The tests' imports come first, as a solution may rely on them.
        Some(setup) => format!("{setup}\n{program}"),
        None => program,
    }
}

/// The functions of a row that are called, with the arguments that its tests call them with.
fn entries(row: &ProgramRow) -> Vec<(String, Vec<String>)> {
    let Ok(module) = Module::parse(&row.program) else { return Vec::new() };
    match row.problem.as_ref().map(|problem| &problem.tests) {
        Some(Tests::Script { .. } | Tests::Streams { .. }) => Vec::new(),
        Some(tests @ (Tests::Code { .. } | Tests::Calls { .. })) => {
            let entry = tests.entry().filter(|entry| module.function(entry).is_some());
            entry.map(|entry| (entry.to_owned(), stated_arguments(tests))).into_iter().collect()
        }
        None => {
            let functions = module.functions().iter().rev().take(MAX_ENTRIES);
            functions.map(|function| (function.name.clone(), Vec::new())).collect()
        }
    }
}

/// The arguments of the calls that tests state.
fn stated_arguments(tests: &Tests) -> Vec<String> {
    match tests {
        Tests::Calls { visible, hidden, .. } => {
            visible.iter().chain(hidden).map(|stated| stated.shown.clone()).collect()
        }
        Tests::Code { parts, .. } => parts
            .iter()
            .filter_map(|part| match &part.check {
                Check::Call(stated) => Some(stated.shown.clone()),
                Check::Code { .. } => None,
            })
            .collect(),
        Tests::Script { .. } | Tests::Streams { .. } => Vec::new(),
    }
}

/// Whether a case shows what its program does: it came to an end that chance has no part in.
fn is_telling(case: &CaseResult) -> bool {
    let is_sure = !case.nondeterministic && !case.uses_entropy && !case.order_dependent;
    is_sure && matches!(case.end, End::Returned { .. } | End::Raised(_))
}

fn is_same(expected: &CaseResult, got: &CaseResult) -> bool {
    let same_end = match (&expected.end, &got.end) {
        // A rewrite may name variables in another way, and the message has the name.
        (End::Raised(expected), End::Raised(got)) if expected.kind == UNBOUND => {
            got.kind == UNBOUND
        }
        (expected, got) => expected.is_same(got),
    };
    same_end
        && !got.nondeterministic
        && expected.kind == got.kind
        && expected.stdout == got.stdout
        && expected.mutated == got.mutated
}

/// What two runs of a call do, in a sentence.
fn difference(expected: &CaseResult, got: &CaseResult) -> String {
    let end = |case: &CaseResult| match &case.end {
        End::Returned { repr, .. } => format!("returns {}", shortened(repr, SHOWN)),
        End::Raised(raised) => {
            format!("raises {}: {}", raised.kind, shortened(&raised.message, SHOWN))
        }
        other => serde_json::to_value(other)
            .ok()
            .and_then(|end| end.get("end")?.as_str().map(|end| format!("ends {end}")))
            .unwrap_or_default(),
    };
    let (before, after) = (end(expected), end(got));
    if got.nondeterministic {
        return format!("{before} before, and something that chance decides after");
    }
    match before == after {
        true => format!("{before} before and after, and prints or changes something else"),
        false => format!("{before} before, {after} after"),
    }
}
