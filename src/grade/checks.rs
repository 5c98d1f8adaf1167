//! Tests that are code: the answer passes one that runs to its end.
//!
//! Invariant: that a test ran to its end is told by a secret of the job, and apart from the answer wherever that can be done.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use serde_json::json;

use super::calls::{program, shown_loading, shown_result};
use super::{Failing, Grade, GradedTest, Mode, TestResult, shown_error};
use crate::cases::equality::{Compare, plain};
use crate::cases::run::case;
use crate::cases::stated::StatedCase;
use crate::cases::test_cases::{Check, TestPart};
use crate::error::Result;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, Case, CaseResult, End, Execution, Isolation, Job, Observe};

const APART: &str = include_str!("apart.py");
const TOGETHER: &str = include_str!("together.py");
/// How often a test is run anew to learn what it asks for, mostly one call a time.
const MAX_ROUNDS: usize = 2000;
/// Calls of a test that are made at a time: where one never ends, those after it are not made, as the test fails by then.
const BATCH: usize = 16;

/// The tests of a problem.
pub(super) struct CodeTests<'a> {
    pub entry: Option<&'a str>,
    pub setup: Option<&'a str>,
    pub parts: &'a [TestPart],
    /// Whether a reference program has shown how the tests are best run.
    pub is_tried: bool,
}

/// A test that is code.
struct Script<'a> {
    setup: &'a str,
    definitions: &'a str,
    call: &'a str,
}

/// An answer's calls so far and what they gave.
struct Answered<'a> {
    program: &'a str,
    entry: &'a str,
    calls: Vec<(Arguments, CaseResult)>,
    /// Why the answer does not load.
    broken: Option<Execution>,
}

/// The arguments of one call, as text between its brackets and as the pair that a test's own call makes.
#[derive(Clone)]
struct Arguments {
    call: String,
    pair: String,
}

impl Grade<'_> {
    /// Judges an answer by all tests.
    pub(super) async fn tests(
        &self,
        code: &str,
        tests: &CodeTests<'_>,
        mode: &Mode,
    ) -> Result<Vec<GradedTest>> {
        let program = program(code, tests.setup);
        let stated: Vec<&StatedCase> = tests
            .parts
            .iter()
            .filter_map(|part| match &part.check {
                Check::Call(stated) => Some(stated),
                Check::Code { .. } => None,
            })
            .collect();
        let called = self
            .calls(program.clone(), tests.entry.unwrap_or_default(), Compare::Python, &stated)
            .await?;
        let mut called = called.into_iter();
        let mut answered = match (mode, tests.entry) {
            (Mode::Apart { calls }, Some(entry)) => {
                let mut answered =
                    Answered { program: &program, entry, calls: Vec::new(), broken: None };
                let calls: Option<Vec<Arguments>> =
                    calls.iter().map(|call| Arguments::of_text(call)).collect();
                self.answer(&mut answered, calls.unwrap_or_default()).await?;
                Some(answered)
            }
            (Mode::Apart { .. } | Mode::Guarded | Mode::Together, _) => None,
        };
        let mut graded = Vec::new();
        for part in tests.parts {
            graded.push(match &part.check {
                // As many results as calls were made, in their order.
                Check::Call(_) => called.next().unwrap_or_else(|| unfinished("")),
                Check::Code { definitions, call } => {
                    let script =
                        Script { setup: tests.setup.unwrap_or_default(), definitions, call };
                    match &mut answered {
                        Some(answered) => match self.apart(answered, &script).await? {
                            Some(graded) => graded,
                            // No reference program has shown it beforehand.
                            None if !tests.is_tried => {
                                self.together(code, &script, true).await?.shared_interpreter()
                            }
                            None => unfinished(FOREIGN),
                        },
                        None => self
                            .together(code, &script, *mode == Mode::Guarded)
                            .await?
                            .shared_interpreter(),
                    }
                }
            });
        }
        Ok(graded)
    }

    /// Makes more of an answer's calls.
    async fn answer(&self, answered: &mut Answered<'_>, mut calls: Vec<Arguments>) -> Result<()> {
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

    /// Runs a test that is given what the answer's calls gave, again with more of them until it asks for nothing new; `None` where
    /// the test hands over what is no data.
    async fn apart(
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
            let told = self.run(APART, "grade", json!(arguments), Isolation::Program).await?;
            let told = match &told {
                Ok(Value::Tuple(told)) => told.as_slice(),
                Ok(_) => return Ok(Some(unfinished("the test gave nothing"))),
                Err(why) => return Ok(Some(unfinished(why))),
            };
            match told {
                [Value::Str(word), Value::Str(shown)] if word == "passed" && *shown == token => {
                    return Ok(Some(GradedTest::passed(
                        answered.calls.iter().map(|(_, result)| result.fuel).sum(),
                    )));
                }
                [Value::Str(word), Value::List(wanted)] if word == "wanted" => {
                    let calls: Option<Vec<Arguments>> =
                        wanted.iter().map(Arguments::of_value).collect();
                    let Some(calls) = calls else { return Ok(None) };
                    self.answer(answered, calls).await?;
                }
                [Value::Str(word), Value::Int(index)] if word == "ended" => {
                    let shown = answered.shown(index);
                    let Some((_, result)) = answered.at(index) else {
                        return Ok(Some(unfinished(&shown)));
                    };
                    let result = match result.nondeterministic && !result.prints_differ {
                        true => TestResult::Nondeterministic,
                        false => TestResult::of_wrong_end(&result.end),
                    };
                    return Ok(Some(GradedTest::failed(result, 0, script.failing(shown, None))));
                }
                [Value::Str(word), Value::Str(kind), message, Value::Int(last)]
                    if word == "failed" =>
                {
                    let message = match message {
                        Value::Str(text) | Value::EscapedStr(text) => text,
                        _ => "",
                    };
                    let result = if kind == "AssertionError" {
                        TestResult::WrongAnswer
                    } else {
                        TestResult::Raised
                    };
                    let got = format!("{kind}: {message}\nafter {}", answered.shown(last));
                    return Ok(Some(GradedTest::failed(
                        result,
                        0,
                        script.failing(got, Some(kind.clone())),
                    )));
                }
                [Value::Str(word)] if word == "foreign" => return Ok(None),
                _ => return Ok(Some(unfinished("the test gave nothing that can be read"))),
            }
        }
        Ok(Some(unfinished("the test asks for more calls than are made")))
    }

    /// Runs a test beside the answer.
    async fn together(&self, code: &str, script: &Script<'_>, guarded: bool) -> Result<GradedTest> {
        let token = secret();
        let arguments = json!([
            program(code, None),
            script.setup,
            script.definitions,
            script.call,
            guarded,
            token
        ]);
        let job = self.script(TOGETHER, "grade", arguments, Isolation::Case);
        let execution = self.run_cases(job).await?;
        let Some(got) = execution.cases.first() else {
            return Ok(unfinished(&shown_loading(&execution)));
        };
        let (result, exception) = match &got.end {
            _ if got.nondeterministic && !got.prints_differ => (TestResult::Nondeterministic, None),
            End::Returned { value: Value::Str(shown), .. } if *shown == token => {
                return Ok(GradedTest::passed(got.fuel));
            }
            End::Returned { .. } => (TestResult::Unfinished, None),
            End::Raised(raised) if raised.kind == "AssertionError" => {
                (TestResult::WrongAnswer, Some(&raised.kind))
            }
            End::Raised(raised) if raised.kind == "Foreign" => (TestResult::WrongAnswer, None),
            End::Raised(raised) if super::is_syntax_error(&raised.kind) => {
                (TestResult::Unparsable, Some(&raised.kind))
            }
            End::Raised(raised) => (TestResult::Raised, Some(&raised.kind)),
            end => (TestResult::of_wrong_end(end), None),
        };
        let shown = match &got.end {
            End::Raised(raised) if raised.kind == "Foreign" => {
                format!("an object of class {}", raised.message)
            }
            _ => shown_result(got).replace(&token, "…"),
        };
        Ok(GradedTest::failed(result, got.fuel, script.failing(shown, exception.cloned())))
    }

    /// Lists the calls that tests make of a program, each once, as far as running both together shows them.
    pub(super) async fn record(&self, code: &str, tests: &CodeTests<'_>) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        let scripts = tests.parts.iter().filter_map(|part| match &part.check {
            Check::Code { definitions, call } => Some((definitions, call)),
            Check::Call(_) => None,
        });
        for (definitions, call) in scripts {
            let (setup, entry) = (tests.setup.unwrap_or_default(), tests.entry.unwrap_or_default());
            let arguments = json!([program(code, None), setup, definitions, call, entry]);
            if let Ok(Value::List(calls)) =
                self.run(TOGETHER, "record", arguments, Isolation::Program).await?
            {
                for call in calls.iter().filter_map(Arguments::of_value) {
                    if !found.contains(&call.pair) {
                        found.push(call.pair);
                    }
                }
            }
        }
        Ok(found)
    }

    fn script(
        &self,
        code: &str,
        entry: &str,
        arguments: serde_json::Value,
        isolation: Isolation,
    ) -> Job {
        Job {
            code: code.to_owned(),
            entry: Some(entry.to_owned()),
            cases: vec![Case::Arguments { args: arguments, kwargs: json!({}) }],
            limits: self.limits,
            isolation,
            ..Job::default()
        }
    }

    /// Runs a script of ours, and tells what it returned or why it did not.
    async fn run(
        &self,
        code: &str,
        entry: &str,
        arguments: serde_json::Value,
        isolation: Isolation,
    ) -> Result<std::result::Result<Value, String>> {
        let mut execution =
            self.sandbox.submit(self.script(code, entry, arguments, isolation)).await?;
        Ok(match execution.cases.pop() {
            Some(CaseResult { end: End::Returned { value, .. }, .. }) => Ok(value),
            Some(other) => Err(shown_result(&other)),
            None => Err(execution
                .error
                .as_ref()
                .map_or_else(|| "the test does not load".into(), shown_error)),
        })
    }
}

/// Told of tests that need more of an answer than data.
const FOREIGN: &str = "the test hands over or takes what is not made of builtin types";

fn unfinished(why: &str) -> GradedTest {
    let failing = Failing {
        expected: "the test runs to its end".into(),
        got: why.to_owned(),
        ..Failing::default()
    };
    GradedTest::failed(TestResult::Unfinished, 0, failing)
}

/// A text that nobody can know beforehand; results do not depend on which it is.
fn secret() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

impl Script<'_> {
    fn failing(&self, got: String, exception: Option<String>) -> Failing {
        let expected = "the test runs to its end".to_owned();
        Failing {
            input: format!("{}{}", self.definitions, self.call),
            expected,
            got,
            exception,
            ..Failing::default()
        }
    }
}

impl Arguments {
    /// Reads a pair `((…), {…})` that a test's call made; `None` where it has no literal.
    fn of_value(pair: &Value) -> Option<Self> {
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

    fn of_text(pair: &str) -> Option<Self> {
        Self::of_value(&crate::python::literal::parse(pair)?)
    }
}

impl Answered<'_> {
    fn at(&self, index: &str) -> Option<&(Arguments, CaseResult)> {
        self.calls.get(index.parse::<usize>().ok()?)
    }

    fn shown(&self, index: &str) -> String {
        match self.at(index) {
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
                | End::OutOfFuel
                | End::OutOfMemory
                | End::OutputTooLarge
                | End::Trapped { .. } => None,
            };
            // What has no literal is no result that a test could compare.
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
