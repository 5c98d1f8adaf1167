//! Tests that run in an interpreter of their own and are handed what the answer's calls gave.
//!
//! Invariant: the answer's code never enters the test's interpreter; what does is data of builtin types.

use serde_json::json;

use super::arguments::Arguments;
use super::calls::{shown_loading, shown_result};
use super::script::{Script, secret, unfinished};
use super::test_report::{Got, TestReport};
use super::{Grade, GradedTest, TestResult};
use crate::error::Result;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, Case, CaseResult, End, Execution, Isolation, Job, Observe};

const APART: &str = include_str!("apart.py");
/// Runs of a test to learn which calls it asks for; most runs ask for one.
const MAX_ROUNDS: usize = 2000;
/// The same if every run makes all calls again.
const MAX_ROUNDS_IN_ORDER: usize = 100;
/// Calls made at a time: if one never ends, those after it are not made, since the test has failed by then.
const BATCH: usize = 16;

/// An answer's calls so far and what they gave.
pub(super) struct Answered<'a> {
    program: &'a str,
    entry: &'a str,
    pub calls: Vec<(Arguments, CaseResult)>,
    /// Which calls the test has made, in its order.
    pub made: Vec<usize>,
    /// If the calls are the test's own, one after the other in one interpreter: those made there before.
    before: Option<Vec<Case>>,
    /// In how many runs they were made.
    pub batches: usize,
    /// Why the answer does not load.
    broken: Option<Execution>,
}

/// Whose results a test is given if a call gave different ones under different seeds.
#[derive(Clone, Copy, PartialEq)]
enum Seeds {
    First,
    Other,
}

impl Grade<'_> {
    /// Makes more of an answer's calls.
    pub(super) async fn answer(
        &self,
        answered: &mut Answered<'_>,
        mut calls: Vec<Arguments>,
    ) -> Result<()> {
        if answered.before.is_some() {
            return self.answer_in_order(answered, calls).await;
        }
        while !calls.is_empty() && answered.broken.is_none() {
            let later = calls.split_off(calls.len().min(BATCH));
            self.answer_batch(answered, calls).await?;
            calls = later;
            if answered.calls.iter().any(|(_, result)| result.end == End::OutOfFuel) {
                let unmade =
                    |arguments| (arguments, CaseResult::ended(End::OutOfFuel, 0, String::new()));
                answered.calls.extend(calls.drain(..).map(unmade));
            }
        }
        Ok(())
    }

    async fn answer_batch(&self, answered: &mut Answered<'_>, calls: Vec<Arguments>) -> Result<()> {
        let cases = calls.iter().map(Arguments::case).collect();
        let job = self.call_job(answered.program, answered.entry, cases);
        let mut execution = self.run_cases(job).await?;
        let results = std::mem::take(&mut execution.cases);
        if results.is_empty() {
            answered.broken = Some(execution);
        }
        answered.calls.extend(calls.into_iter().zip(results));
        answered.batches += 1;
        Ok(())
    }

    /// A job that makes calls of an answer as a test would, in which results are data as far as they can be.
    pub(super) fn call_job(&self, program: &str, entry: &str, cases: Vec<Case>) -> Job {
        Job {
            entry: Some(entry.to_owned()),
            cases,
            observe: vec![Observe::Mutations, Observe::ValueBases, Observe::ErrorBases],
            ..self.job(program)
        }
    }

    /// Makes all calls of a test one after the other: those that it has made, and the next.
    async fn answer_in_order(
        &self,
        answered: &mut Answered<'_>,
        next: Vec<Arguments>,
    ) -> Result<()> {
        let made = answered.made.iter().filter_map(|&index| answered.calls.get(index));
        let calls: Vec<Arguments> =
            made.map(|(arguments, _)| arguments.clone()).chain(next).collect();
        let before = answered.before.iter().flatten().cloned();
        let cases: Vec<Case> = before.chain(calls.iter().map(Arguments::case)).collect();
        let skipped = cases.len() - calls.len();
        let job = self.call_job(answered.program, answered.entry, cases);
        let mut execution =
            self.sandbox.submit(Job { isolation: Isolation::InOrder, ..job }).await?;
        let results = execution.cases.split_off(skipped.min(execution.cases.len()));
        if results.is_empty() {
            answered.broken = Some(execution);
        }
        answered.calls = calls.into_iter().zip(results).collect();
        Ok(())
    }

    /// Runs a test that is given what the answer's calls gave; `None` if the test hands over what is not data.
    ///
    /// If calls give different results under different seeds, the test has to come out the same with both.
    pub(super) async fn apart(
        &self,
        answered: &mut Answered<'_>,
        script: &Script<'_>,
    ) -> Result<Option<GradedTest>> {
        let first = self.apart_under(Seeds::First, answered, script).await?;
        let differs = |(_, result): &(Arguments, CaseResult)| differs(result);
        if !answered.calls.iter().any(differs) {
            return Ok(first);
        }
        let made = answered.made.clone();
        let other = self.apart_under(Seeds::Other, answered, script).await?;
        answered.made = made;
        let (Some(mut graded), Some(other)) = (first, other) else { return Ok(None) };
        if graded.result != other.result {
            let failing = graded.failing.or(other.failing);
            graded = GradedTest {
                result: TestResult::Nondeterministic,
                failing,
                ..GradedTest::passed(graded.fuel)
            };
        }
        Ok(Some(graded))
    }

    /// Runs a test under one pair of seeds, again with more calls until it asks for nothing new.
    async fn apart_under(
        &self,
        seeds: Seeds,
        answered: &mut Answered<'_>,
        script: &Script<'_>,
    ) -> Result<Option<GradedTest>> {
        let rounds = if answered.before.is_some() { MAX_ROUNDS_IN_ORDER } else { MAX_ROUNDS };
        for _ in 0..rounds {
            if let Some(execution) = &answered.broken {
                let exception = execution.error.as_ref().map(|error| error.kind.clone());
                let failing = script.failing(shown_loading(execution), exception);
                return Ok(Some(GradedTest::failed(TestResult::of_loading(execution), 0, failing)));
            }
            let report = match self.report(seeds, answered, script).await? {
                Ok((report, made)) => {
                    answered.made = made;
                    report
                }
                Err(why) => return Ok(Some(unfinished(&why))),
            };
            match report {
                TestReport::Passed => {
                    let fuel = answered.calls.iter().map(|(_, result)| result.fuel).sum();
                    return Ok(Some(GradedTest::passed(fuel)));
                }
                TestReport::Wants(calls) => self.answer(answered, calls).await?,
                TestReport::Stopped { call, case } => {
                    let after_script = answered.shown(call);
                    let Some((_, result)) = answered.at(call) else {
                        return Ok(Some(unfinished(&after_script)));
                    };
                    let got = Got { after_script, of_call: shown_result(result) };
                    let result = TestResult::of_wrong_end(&result.under(seeds).end);
                    let failing = case.failing(script, got, None);
                    return Ok(Some(GradedTest::failed(result, 0, failing)));
                }
                TestReport::Failed { class, message, case } => {
                    let result = if class == "AssertionError" {
                        TestResult::WrongAnswer
                    } else {
                        TestResult::Raised
                    };
                    let of_call = format!("{class}: {message}");
                    let last = answered.shown(answered.made.last().copied());
                    let got = Got { after_script: format!("{of_call}\nafter {last}"), of_call };
                    let failing = case.failing(script, got, Some(class));
                    return Ok(Some(GradedTest::failed(result, 0, failing)));
                }
                TestReport::Foreign => return Ok(None),
            }
        }
        Ok(Some(unfinished("the test needs more calls than are allowed")))
    }

    /// Runs a test once, with the calls that are known, and reads its report; a text says why there is none.
    async fn report(
        &self,
        seeds: Seeds,
        answered: &Answered<'_>,
        script: &Script<'_>,
    ) -> Result<std::result::Result<(TestReport, Vec<usize>), String>> {
        let token = secret();
        let Script { setup, definitions, call } = script;
        let (table, in_order) = (answered.table(seeds), answered.before.is_some());
        let arguments = json!([setup, definitions, call, answered.entry, table, token, in_order]);
        // Once, under one seed: there is nothing of the answer's in it, and what it draws at random stays the same each time.
        let returned =
            self.run(&script.with_pytest(APART), "grade", arguments, Isolation::Program).await?;
        Ok(returned.and_then(|value| {
            let Value::Tuple(report) = value else {
                return Err("the test returned nothing".to_owned());
            };
            TestReport::read(&report, &token)
                .ok_or_else(|| "the test returned nothing readable".to_owned())
        }))
    }
}

impl<'a> Answered<'a> {
    pub(super) fn new(program: &'a str, entry: &'a str) -> Self {
        Self {
            program,
            entry,
            calls: Vec::new(),
            made: Vec::new(),
            before: None,
            batches: 0,
            broken: None,
        }
    }

    /// Calls that are made in the test's own order, after others in the same interpreter.
    pub(super) fn in_order(program: &'a str, entry: &'a str, before: Vec<Case>) -> Self {
        Self { before: Some(before), ..Self::new(program, entry) }
    }

    /// The arguments of the calls that the test has made, in its order.
    pub(super) fn made(&self) -> impl Iterator<Item = &Arguments> {
        self.made.iter().filter_map(|&index| self.calls.get(index)).map(|(arguments, _)| arguments)
    }

    fn at(&self, call: Option<usize>) -> Option<&(Arguments, CaseResult)> {
        self.calls.get(call?)
    }

    fn shown(&self, call: Option<usize>) -> String {
        match self.at(call) {
            Some((arguments, result)) => {
                format!("{}({}) = {}", self.entry, arguments.call, shown_result(result))
            }
            None => "no call".into(),
        }
    }

    /// The calls and their results as Python source, each result with its number last.
    fn table(&self, seeds: Seeds) -> String {
        let row = |(index, (arguments, result)): (usize, &(Arguments, CaseResult))| {
            let result = result.under(seeds);
            let outcome = match &result.end {
                // The test would get a generator or a coroutine, not what comes of it.
                End::Returned { .. } | End::Raised(_) if result.kind.is_some() => None,
                End::Returned { value, .. } => value.to_expression().and_then(|value| {
                    let changed: Option<Vec<String>> = result.mutated.iter().map(changed).collect();
                    Some(format!("('returned', {value}, [{}], {index})", changed?.join(", ")))
                }),
                End::Raised(raised) => {
                    let text = |text: &str| Value::str(text).to_literal().unwrap_or_default();
                    let bases: Vec<String> = raised.bases.iter().map(|base| text(base)).collect();
                    Some(format!(
                        "('raised', {}, {}, [{}], {index})",
                        text(&raised.kind),
                        text(&raised.message),
                        bases.join(", ")
                    ))
                }
                End::Exited { .. }
                | End::CompileError { .. }
                | End::OutOfFuel
                | End::OutOfMemory
                | End::OutputTooLarge
                | End::Trapped { .. } => None,
            };
            // A result without a literal cannot be handed to a test.
            let outcome = outcome.unwrap_or_else(|| format!("('ended', {index}, {index})"));
            format!("({}, {outcome})", arguments.pair)
        };
        format!("[{}]", self.calls.iter().enumerate().map(row).collect::<Vec<_>>().join(", "))
    }
}

fn changed((key, value): &(ArgumentKey, Value)) -> Option<String> {
    let key = match key {
        ArgumentKey::Position(index) => index.to_string(),
        ArgumentKey::Name(name) => Value::str(name).to_literal()?,
    };
    Some(format!("({key}, {})", value.to_expression()?))
}

/// Whether a call gives something else under other seeds; what it prints does not count.
pub(super) fn differs(result: &CaseResult) -> bool {
    result.nondeterministic && !result.prints_differ
}

impl CaseResult {
    fn under(&self, seeds: Seeds) -> &Self {
        match &self.elsewhere.0 {
            Some(elsewhere) if seeds == Seeds::Other => elsewhere,
            Some(_) | None => self,
        }
    }
}
