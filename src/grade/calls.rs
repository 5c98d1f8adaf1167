//! Answers that are called with the stated arguments.
//!
//! Invariant: what is expected never enters the guest.

use super::{Failing, Grade, GradedTest, TestResult, shown_error};
use crate::cases::equality::Compare;
use crate::cases::notation;
use crate::cases::run::case;
use crate::cases::stated::{Expected, StatedCase};
use crate::error::Result;
use crate::python::{literal, without_main_block};
use crate::sandbox::{
    ArgumentKey, CallKind, Case, CaseResult, End, Execution, Job, Limits, Observe,
};

/// Fuel that is given at first.
const SOME_FUEL: u64 = 2_000_000_000;

/// An answer with what has to run after it, before anything is called; what it does as a script would only wait for input.
pub(super) fn program(code: &str, setup: Option<&str>) -> String {
    let code = without_main_block(code);
    match setup {
        Some(setup) => format!("{code}\n\n{setup}\n"),
        None => code,
    }
}

/// What a program may print beyond what is expected of it before that is too much.
pub(super) const SPARE_OUTPUT: u64 = 64 << 10;

/// Bytes of a message for each byte of a literal, at most: `0, ` is `{"int":"0"},`, and the result's own text comes after that.
const MESSAGE_SHARE: u64 = 8;

/// Bytes of memory for each byte of a literal that the host may need for the result, at most: a value of a message and its text.
const MEMORY_SHARE: usize = 64;

/// The length of the literal that a call's result should equal. What was stated by a run of ours is within the usual bounds.
fn expected_len(stated: &StatedCase) -> usize {
    match &stated.expected {
        Expected::Repr(repr) => repr.len(),
        Expected::Outcome(_) | Expected::Error { .. } => 0,
    }
}

/// A job, with room for the results that its calls are expected to give.
pub(super) fn expecting(job: Job, cases: &[&StatedCase]) -> Job {
    let expected = cases.iter().map(|stated| expected_len(stated)).max().unwrap_or_default();
    let output = (expected as u64).saturating_mul(MESSAGE_SHARE) + SPARE_OUTPUT;
    let limits = Limits { output: job.limits.output.max(output), ..job.limits };
    Job { limits, expected, ..job }
}

/// The calls that are made in one job, so that all their results have room together.
fn batches<'a>(cases: &'a [&'a StatedCase], limits: &Limits) -> Vec<&'a [&'a StatedCase]> {
    let mut left = cases;
    let mut batches = Vec::new();
    while !left.is_empty() {
        let mut room = limits.job_room();
        let fits = left.iter().take_while(|stated| {
            let need = expected_len(stated).saturating_mul(MEMORY_SHARE);
            let fits = need <= room;
            room = room.saturating_sub(need);
            fits
        });
        let (batch, later) = left.split_at(fits.count().max(1));
        batches.push(batch);
        left = later;
    }
    batches
}

/// The same call, with arguments that are plain literals as data: the guest need not compile them.
pub(super) fn light(stated: &Case) -> Case {
    match stated {
        Case::Call { call } => case(call),
        Case::Arguments { .. } => stated.clone(),
    }
}

impl Grade<'_> {
    /// Calls an answer's function, each time as if in fresh memory.
    pub(super) async fn calls(
        &self,
        program: String,
        entry: &str,
        compare: Compare,
        cases: &[&StatedCase],
    ) -> Result<Vec<GradedTest>> {
        if cases.is_empty() {
            return Ok(Vec::new());
        }
        let changes_arguments = |case: &&StatedCase| matches!(&case.expected, Expected::Outcome(stated) if !stated.mutated.is_empty());
        let mut observe = vec![Observe::ErrorBases];
        // Exact comparisons are of the classes themselves.
        observe.extend((compare != Compare::Exact).then_some(Observe::ValueBases));
        observe.extend(cases.iter().any(changes_arguments).then_some(Observe::Mutations));
        let job = Job { entry: Some(entry.to_owned()), observe, ..self.job(&program) };
        let mut graded = Vec::with_capacity(cases.len());
        for batch in batches(cases, &self.limits) {
            let calls = batch.iter().map(|stated| light(&stated.case)).collect();
            let job = expecting(Job { cases: calls, ..job.clone() }, batch);
            let execution = Grade { limits: job.limits, ..*self }.run_cases(job).await?;
            let called = batch.iter().enumerate();
            graded.extend(
                called.map(|(index, stated)| self.call(entry, compare, stated, &execution, index)),
            );
        }
        Ok(graded)
    }

    /// Grades one call of those that were made.
    pub(super) fn call(
        &self,
        entry: &str,
        compare: Compare,
        stated: &StatedCase,
        execution: &Execution,
        index: usize,
    ) -> GradedTest {
        let failing = |stated: &StatedCase,
                       (expected, got): (String, String),
                       exception: Option<String>| Failing {
            input: format!("{entry}({})", stated.shown),
            expected,
            got,
            exception,
            ..Failing::default()
        };
        let Some(got) = execution.cases.get(index) else {
            let result = TestResult::of_loading(execution);
            let exception = execution.error.as_ref().map(|error| error.kind.clone());
            let shown = (shown_expected(&stated.expected), shown_loading(execution));
            return GradedTest::failed(result, 0, failing(stated, shown, exception));
        };
        let graded = match self.matching.call(compare, &stated.expected, got) {
            TestResult::Passed => GradedTest::passed(got.fuel),
            result => {
                let exception = if let End::Raised(raised) = &got.end {
                    Some(raised.kind.clone())
                } else {
                    None
                };
                let shown = shown_pair(compare, &stated.expected, got);
                GradedTest::failed(result, got.fuel, failing(stated, shown, exception))
            }
        };
        GradedTest { order_dependent: got.order_dependent, ..graded }
    }

    /// Runs a job's cases with some fuel first, and with the full amount if that was not enough.
    ///
    /// After one that takes even that, the others are left as they are: an answer that never ends would take it in every case.
    pub(super) async fn run_cases(&self, job: Job) -> Result<Execution> {
        let some = self.some_fuel();
        let mut execution = self.sandbox.submit(Job { limits: some, ..job.clone() }).await?;
        if some == self.limits {
            return Ok(execution);
        }
        if execution.cases.is_empty() && execution.end == End::OutOfFuel {
            return Ok(self.sandbox.submit(job).await?);
        }
        for (result, case) in execution.cases.iter_mut().zip(&job.cases) {
            // Two seeds take different fuel, so that one may end within it and the other not.
            let ran_out = result.end == End::OutOfFuel
                || (result.nondeterministic && result.fuel > some.fuel / 2);
            if !ran_out {
                continue;
            }
            let again =
                self.sandbox.submit(Job { cases: vec![case.clone()], ..job.clone() }).await?;
            let Some(again) = again.cases.into_iter().next() else { break };
            *result = again;
            if result.end == End::OutOfFuel {
                break;
            }
        }
        Ok(execution)
    }

    pub(super) fn some_fuel(&self) -> Limits {
        Limits { fuel: self.limits.fuel.min(SOME_FUEL), ..self.limits }
    }
}

fn shown_expected(expected: &Expected) -> String {
    match expected {
        Expected::Outcome(stated) => {
            let mut text = notation::result_text(&stated.end);
            push_arguments(&mut text, &notation::mutations(&stated.mutated));
            push_stdout(&mut text, &stated.stdout);
            text
        }
        Expected::Repr(repr) => repr.clone(),
        Expected::Error { class, message } => format!("{class}: {message}"),
    }
}

/// What is expected of a call and what it gave, as far as the two were compared.
fn shown_pair(compare: Compare, expected: &Expected, got: &CaseResult) -> (String, String) {
    match (expected, &got.end) {
        (Expected::Outcome(stated), _) => {
            let is_changed = |key: &ArgumentKey| got.mutated.iter().any(|(other, _)| other == key);
            let unchanged = stated.mutated.iter().filter(|(key, _)| !is_changed(key));
            let unchanged =
                unchanged.map(|(key, _)| format!("{} is unchanged", notation::argument(key)));
            (shown_expected(expected), shown_beside(got, unchanged.collect()))
        }
        (Expected::Repr(repr), End::Returned { value, .. }) => {
            let part =
                literal::parse(repr).and_then(|stated| compare.part(&stated, value)?.to_literal());
            (part.unwrap_or_else(|| repr.clone()), shown_result(got))
        }
        (Expected::Repr(_) | Expected::Error { .. }, _) => {
            (shown_expected(expected), shown_result(got))
        }
    }
}

/// What a call gave, as a reader sees it.
pub(super) fn shown_result(got: &CaseResult) -> String {
    shown_beside(got, Vec::new())
}

/// What a call gave, with more to be said of its arguments.
fn shown_beside(got: &CaseResult, mut arguments: Vec<String>) -> String {
    let mut text = match &got.end {
        End::Returned { value, repr } if repr.is_empty() => value.to_string(),
        End::Returned { repr, .. } => repr.clone(),
        End::Raised(raised) => shown_error(raised),
        End::OutputTooLarge if got.stdout.is_empty() => "the result is too large".into(),
        End::Exited { .. }
        | End::CompileError { .. }
        | End::OutOfFuel
        | End::OutOfMemory
        | End::OutputTooLarge
        | End::Trapped { .. } => notation::result_text(&got.end),
    };
    if !got.mutated.is_empty() {
        arguments.insert(0, notation::mutations(&got.mutated));
    }
    push_arguments(&mut text, &arguments.join("; "));
    match got.kind {
        Some(CallKind::Coroutine) => text.push_str("\nfrom a coroutine"),
        Some(CallKind::Generator) => text.push_str("\nfrom a generator"),
        Some(CallKind::AsyncGenerator) => text.push_str("\nfrom an asynchronous generator"),
        Some(CallKind::Iterator | CallKind::Iterators | CallKind::NestedIterators) => {
            text.push_str("\nfrom an iterator");
        }
        Some(CallKind::Attributes) => text.push_str("\nas the attributes of an object"),
        Some(CallKind::Property) => text.push_str("\nfrom a property"),
        None => {}
    }
    if got.nondeterministic {
        text.push_str("\nand a different result under another hash seed, clock or order");
    }
    push_stdout(&mut text, &got.stdout);
    text
}

fn push_arguments(text: &mut String, arguments: &str) {
    if !arguments.is_empty() {
        text.push_str(&format!("; {arguments}"));
    }
}

fn push_stdout(text: &mut String, stdout: &str) {
    if !stdout.is_empty() {
        text.push_str(&format!("\nprinted: {stdout}"));
    }
}

/// Why a program did not get as far as its function, as a reader sees it.
pub(super) fn shown_loading(execution: &Execution) -> String {
    match (&execution.error, &execution.end) {
        (Some(error), _) => shown_error(error),
        (None, end) => notation::result_text(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::SampleCase;
    use crate::sandbox::value::Value;

    #[test]
    fn calls_whose_results_need_more_room_than_there_is_are_made_in_several_jobs() {
        let stated = |len: usize| StatedCase {
            case: Case::call(""),
            shown: String::new(),
            expected: Expected::Repr("0".repeat(len)),
        };
        let limits = Limits::default();
        let whole = limits.job_room() / MEMORY_SHARE;
        let cases = [whole / 2, whole / 2, 1, 2 * whole, 1, 1].map(stated);
        let cases: Vec<&StatedCase> = cases.iter().collect();
        let lens: Vec<usize> = batches(&cases, &limits).into_iter().map(<[_]>::len).collect();
        assert_eq!(lens, [2, 1, 1, 2]);
    }

    fn ended(mutated: Vec<(ArgumentKey, Value)>) -> CaseResult {
        let end = End::Returned { value: Value::None, repr: "None".into() };
        CaseResult { mutated, ..CaseResult::ended(end, 1, String::new()) }
    }

    #[test]
    fn a_failure_shows_the_arguments_that_were_to_be_changed() {
        let list =
            |items: &[i64]| Value::List(items.iter().map(|&item| Value::int(item)).collect());
        let mutated = vec![
            (ArgumentKey::Position(0), list(&[1, 2, 3])),
            (ArgumentKey::Name("seen".into()), list(&[1])),
        ];
        let end = End::Returned { value: Value::None, repr: "None".into() };
        let stated = SampleCase {
            arguments: "[3, 1, 2]".into(),
            end,
            kind: None,
            stdout: "hi".into(),
            mutated,
        };
        let expected = Expected::Outcome(Box::new(stated));
        let (wanted, got) = shown_pair(
            Compare::Exact,
            &expected,
            &ended(vec![(ArgumentKey::Position(0), list(&[3, 1, 2]))]),
        );
        assert_eq!(wanted, "None; argument 1 is then [1, 2, 3]; seen is then [1]\nprinted: hi");
        assert_eq!(got, "None; argument 1 is then [3, 1, 2]; seen is unchanged");
    }

    #[test]
    fn a_failure_shows_the_wrapped_result_that_was_compared() {
        let got = CaseResult::ended(
            End::Returned { value: Value::Float(1.5000003), repr: "1.5000003".into() },
            1,
            String::new(),
        );
        let expected = Expected::Repr("[1.5]".into());
        let shown = |compare| shown_pair(compare, &expected, &got);
        assert_eq!(shown(Compare::Json), ("1.5".into(), "1.5000003".into()));
        assert_eq!(shown(Compare::Python), ("[1.5]".into(), "1.5000003".into()));
    }
}
