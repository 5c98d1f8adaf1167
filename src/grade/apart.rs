//! Tests that run in an interpreter of their own and are handed what the answer's calls gave.
//!
//! Invariant: the answer's code never enters the test's interpreter; what does is data of builtin types.

use serde_json::json;

use super::calls::{shown_loading, shown_result};
use super::script::{Script, secret, unfinished};
use super::{Grade, GradedTest, TestResult};
use crate::cases::equality::plain;
use crate::cases::run::case;
use crate::error::Result;
use crate::python::literal;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, CaseResult, End, Execution, Isolation, Job, Observe};

const APART: &str = include_str!("apart.py");
/// Runs of a test to learn which calls it asks for; most runs ask for one.
const MAX_ROUNDS: usize = 2000;
/// Calls made at a time: if one never ends, those after it are not made, since the test has failed by then.
const BATCH: usize = 16;

/// An answer's calls so far and what they gave.
pub(super) struct Answered<'a> {
    program: &'a str,
    entry: &'a str,
    calls: Vec<(Arguments, CaseResult)>,
    /// Why the answer does not load.
    broken: Option<Execution>,
}

/// The arguments of one call, as text between its brackets and as the pair that a test's own call makes.
#[derive(Clone)]
pub(super) struct Arguments {
    call: String,
    pub pair: String,
}

/// What a test reports when it stops.
enum TestReport {
    /// It ran to its end.
    Passed,
    /// It asks for the results of these calls.
    Wants(Vec<Arguments>),
    /// It cannot go on after a call that gave nothing to hand over.
    Stopped { call: Option<usize> },
    /// It raised an exception after a call.
    Failed { class: String, message: String, call: Option<usize> },
    /// It hands over or takes what is not data.
    Foreign,
}

impl TestReport {
    /// Reads what `apart.py` returned; `None` if it can be none of that.
    fn read(report: &[Value], token: &str) -> Option<Self> {
        let (word, rest) = report.split_first()?;
        let Value::Str(word) = word else { return None };
        let call = |index: &str| index.parse().ok();
        match (word.as_str(), rest) {
            ("passed", [Value::Str(shown)]) if shown == token => Some(Self::Passed),
            ("wanted", [Value::List(wanted)]) => {
                let calls: Option<Vec<Arguments>> =
                    wanted.iter().map(Arguments::of_value).collect();
                Some(calls.map_or(Self::Foreign, Self::Wants))
            }
            ("ended", [Value::Int(index)]) => Some(Self::Stopped { call: call(index) }),
            ("failed", [Value::Str(class), message, Value::Int(last)]) => {
                let mut shown = String::new();
                if let Value::Str(text) | Value::EscapedStr(text) = message {
                    shown.clone_from(text);
                }
                Some(Self::Failed { class: class.clone(), message: shown, call: call(last) })
            }
            ("foreign", []) => Some(Self::Foreign),
            _ => None,
        }
    }
}

impl Grade<'_> {
    /// Makes more of an answer's calls.
    pub(super) async fn answer(
        &self,
        answered: &mut Answered<'_>,
        mut calls: Vec<Arguments>,
    ) -> Result<()> {
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
        let job = Job {
            code: answered.program.to_owned(),
            entry: Some(answered.entry.to_owned()),
            cases: calls.iter().map(|arguments| case(&arguments.call)).collect(),
            limits: self.limits,
            observe: vec![Observe::Mutations],
            ..Job::default()
        };
        let mut execution = self.run_cases(job).await?;
        let results = std::mem::take(&mut execution.cases);
        if results.is_empty() {
            answered.broken = Some(execution);
        }
        answered.calls.extend(calls.into_iter().zip(results));
        Ok(())
    }

    /// Runs a test that is given what the answer's calls gave, again with more of them until it asks for nothing new; `None` if
    /// the test hands over what is not data.
    pub(super) async fn apart(
        &self,
        answered: &mut Answered<'_>,
        script: &Script<'_>,
    ) -> Result<Option<GradedTest>> {
        for _ in 0..MAX_ROUNDS {
            if let Some(execution) = &answered.broken {
                let exception = execution.error.as_ref().map(|error| error.kind.clone());
                let failing = script.failing(shown_loading(execution), exception);
                return Ok(Some(GradedTest::failed(TestResult::of_loading(execution), 0, failing)));
            }
            let report = match self.report(answered, script).await? {
                Ok(report) => report,
                Err(why) => return Ok(Some(unfinished(&why))),
            };
            match report {
                TestReport::Passed => {
                    let fuel = answered.calls.iter().map(|(_, result)| result.fuel).sum();
                    return Ok(Some(GradedTest::passed(fuel)));
                }
                TestReport::Wants(calls) => self.answer(answered, calls).await?,
                TestReport::Stopped { call } => {
                    let shown = answered.shown(call);
                    let Some((_, result)) = answered.at(call) else {
                        return Ok(Some(unfinished(&shown)));
                    };
                    let result = if result.nondeterministic && !result.prints_differ {
                        TestResult::Nondeterministic
                    } else {
                        TestResult::of_wrong_end(&result.end)
                    };
                    return Ok(Some(GradedTest::failed(result, 0, script.failing(shown, None))));
                }
                TestReport::Failed { class, message, call } => {
                    let result = if class == "AssertionError" {
                        TestResult::WrongAnswer
                    } else {
                        TestResult::Raised
                    };
                    let got = format!("{class}: {message}\nafter {}", answered.shown(call));
                    let failing = script.failing(got, Some(class));
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
        answered: &Answered<'_>,
        script: &Script<'_>,
    ) -> Result<std::result::Result<TestReport, String>> {
        let token = secret();
        let arguments = [
            script.setup,
            script.definitions,
            script.call,
            answered.entry,
            &answered.table(),
            &token,
        ];
        // Once, under one seed: there is nothing of the answer's in it, and what it draws at random stays the same each time.
        let returned = self.run(APART, "grade", json!(arguments), Isolation::Program).await?;
        Ok(returned.and_then(|value| {
            let Value::Tuple(report) = value else {
                return Err("the test returned nothing".to_owned());
            };
            TestReport::read(&report, &token)
                .ok_or_else(|| "the test returned nothing readable".to_owned())
        }))
    }
}

impl Arguments {
    /// Reads a pair `((…), {…})` that a test's call made; `None` if it has no literal.
    pub(super) fn of_value(pair: &Value) -> Option<Self> {
        let Value::Tuple(parts) = pair else { return None };
        let [Value::Tuple(args), Value::Dict(kwargs)] = parts.as_slice() else { return None };
        let mut parts = Vec::new();
        for arg in args {
            parts.push(arg.to_literal()?);
        }
        for (key, value) in kwargs {
            let Value::Str(name) = key else { return None };
            parts.push(format!("{name}={}", value.to_literal()?));
        }
        Some(Self { call: parts.join(", "), pair: pair.to_literal()? })
    }

    pub(super) fn of_text(pair: &str) -> Option<Self> {
        Self::of_value(&literal::parse(pair)?)
    }
}

impl<'a> Answered<'a> {
    pub(super) fn new(program: &'a str, entry: &'a str) -> Self {
        Self { program, entry, calls: Vec::new(), broken: None }
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
    fn table(&self) -> String {
        let row = |(index, (arguments, result)): (usize, &(Arguments, CaseResult))| {
            let outcome = match &result.end {
                End::Returned { .. } | End::Raised(_)
                    if result.nondeterministic && !result.prints_differ =>
                {
                    None
                }
                // The test would get a generator or a coroutine, not what comes of it.
                End::Returned { .. } | End::Raised(_) if result.kind.is_some() => None,
                End::Returned { value, .. } => plain(value).to_literal().and_then(|value| {
                    let changed: Option<Vec<String>> = result.mutated.iter().map(changed).collect();
                    Some(format!("('returned', {value}, [{}], {index})", changed?.join(", ")))
                }),
                End::Raised(raised) => {
                    let text = |text: &str| Value::str(text).to_literal().unwrap_or_default();
                    Some(format!(
                        "('raised', {}, {}, {index})",
                        text(&raised.kind),
                        text(&raised.message)
                    ))
                }
                End::Exited { .. }
                | End::NotBuilt { .. }
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
    Some(format!("({key}, {})", value.to_literal()?))
}
