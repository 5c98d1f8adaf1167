//! What a problem's solution gives for calls, as data: JSON that programs in any language print.
//!
//! Invariant: a result is recorded only if nothing else comes of the call, and two runs of it give the same.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Plain, json};

use crate::cases::test_cases::{Check, Tests};
use crate::dataset::problems::Problem;
use crate::error::Result;
use crate::json::{self, Json};
use crate::python::Module;
use crate::python::examples::examples;
use crate::sample::problem::TranslatedCase;
use crate::sandbox::value::Value;
use crate::sandbox::{Case, CaseResult, End, Job, Limits, Sandbox};

/// How far apart two floats may be that count as the same, relative to the larger one: languages write and add them in their own ways.
const TOLERANCE: f64 = 1e-9;
/// Bytes of a recorded result; longer ones are no examples.
const LONGEST: usize = 4000;

/// The recorded cases of a problem in Python, at most so many; none if its tests show no calls of one function.
pub async fn recorded(
    problem: &Problem,
    sandbox: &Sandbox,
    limits: Limits,
    most: usize,
) -> Result<Vec<TranslatedCase>> {
    let Some(Shown { entry, program, calls }) = Shown::by(problem) else { return Ok(Vec::new()) };
    let calls: Vec<String> = calls.into_iter().take(most).collect();
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let job = Job {
        code: program,
        entry: Some(entry.clone()),
        cases: calls.iter().map(Case::call).collect(),
        limits,
        ..Job::default()
    };
    let execution = sandbox.submit(job).await?;
    let case = |(call, result): (&String, &CaseResult)| {
        let call = format!("{entry}({call})");
        let result = result_of(result)?.to_string();
        (result.len() <= LONGEST).then_some(TranslatedCase { call, result })
    };
    Ok(calls.iter().zip(&execution.cases).filter_map(case).collect())
}

/// What a problem's tests show.
struct Shown {
    /// The function that they call.
    entry: String,
    /// The program that has it.
    program: String,
    /// The arguments of the calls, each once.
    calls: Vec<String>,
}

impl Shown {
    fn by(problem: &Problem) -> Option<Self> {
        let reference = problem.reference.as_deref()?;
        let entry = problem.tests.entry()?.to_owned();
        let mut calls = Vec::new();
        let mut add = |case: &Case| match case {
            Case::Call { call } => calls.push(call.clone()),
            Case::Arguments { .. } => {}
        };
        let setup = match &problem.tests {
            Tests::Calls { setup, visible, hidden, .. } => {
                visible.iter().chain(hidden).for_each(|stated| add(&stated.case));
                setup
            }
            Tests::Code { parts, setup, .. } => {
                for part in parts {
                    match &part.check {
                        Check::Call(stated) => add(&stated.case),
                        Check::Code { definitions, call } => {
                            let shown = format!("{reference}\n\n\n{definitions}\n\n{call}");
                            let Ok(module) = Module::parse(&shown) else { continue };
                            let Some(function) = module.function(&entry) else { continue };
                            for example in examples(&module, function) {
                                example
                                    .call
                                    .to_source()
                                    .iter()
                                    .for_each(|call| add(&Case::call(call)));
                            }
                        }
                    }
                }
                setup
            }
            Tests::Script { .. } | Tests::Streams { .. } => return None,
        };
        let mut seen = BTreeSet::new();
        calls.retain(|call| seen.insert(call.clone()));
        let setup = setup.as_deref().unwrap_or_default();
        Some(Self { entry, program: format!("{reference}\n\n{setup}\n"), calls })
    }
}

/// What a call gives as JSON; `None` if that is not all that comes of it, or no JSON.
fn result_of(result: &CaseResult) -> Option<Plain> {
    let is_certain = !result.nondeterministic && !result.uses_entropy && !result.order_dependent;
    if !is_certain || !result.stdout.is_empty() || !result.mutated.is_empty() {
        return None;
    }
    match &result.end {
        End::Returned { value, .. } => json_of(value),
        End::Raised(_) => Some(json!({"error": true})),
        End::Exited { .. }
        | End::CompileError { .. }
        | End::OutOfFuel
        | End::OutOfMemory
        | End::OutputTooLarge
        | End::Trapped { .. } => None,
    }
}

/// A value as JSON of the kind that every language can print: tuples are lists, sets are lists in ascending order, and keys are texts.
fn json_of(value: &Value) -> Option<Plain> {
    let list = |items: &[Value]| items.iter().map(json_of).collect::<Option<Vec<Plain>>>();
    Some(match value {
        Value::Tuple(items) | Value::List(items) => Plain::Array(list(items)?),
        Value::Set(items) | Value::FrozenSet(items) => {
            let mut items = list(items)?;
            items.sort_by(|a, b| match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => a.to_string().cmp(&b.to_string()),
            });
            Plain::Array(items)
        }
        Value::Dict(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let (Value::Str(key) | Value::Int(key)) = key else { return None };
                map.insert(key.clone(), json_of(value)?);
            }
            Plain::Object(map)
        }
        other => other.to_plain_json()?,
    })
}

/// The lines that a program printed, as JSON; the error says which one is none.
pub fn lines(stdout: &str) -> std::result::Result<Vec<(String, Json)>, String> {
    let lines = stdout.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .enumerate()
        .map(|(at, line)| match json::read(line) {
            Ok(value) => Ok((line.to_owned(), value)),
            Err(error) => Err(format!("line {} is not JSON ({error}): {line}", at + 1)),
        })
        .collect()
}

/// Where printed results differ from recorded ones, in a sentence that names the languages that gave them.
pub fn difference(
    recorded: &[TranslatedCase],
    printed: &[(String, Json)],
    [source, target]: [&str; 2],
) -> Option<String> {
    for (at, (case, (text, value))) in recorded.iter().zip(printed).enumerate() {
        if !json::read(&case.result).is_ok_and(|recorded| same(&recorded, value)) {
            let TranslatedCase { call, result } = case;
            return Some(format!(
                "case {}, `{call}`: {source} gives {result}, {target} gives {text}",
                at + 1
            ));
        }
    }
    (recorded.len() != printed.len()).then(|| {
        format!("there are {} cases, and {target} prints {} lines", recorded.len(), printed.len())
    })
}

/// Whether two values are the same result, whichever languages have printed them.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Int(a), Json::Int(b)) => a == b,
        (Json::Int(_) | Json::Float(_), Json::Int(_) | Json::Float(_)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            a == b || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()) || a.is_nan() && b.is_nan()
        }
        (Json::List(a), Json::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.iter().count() == b.iter().count()
                && a.iter().all(|(name, value)| {
                    let other = b.iter().find(|(other, _)| other == name);
                    other.is_some_and(|(_, other)| same(value, other))
                })
        }
        (
            Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::Text(_)
            | Json::List(_)
            | Json::Object(_),
            _,
        ) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_same(a: &str, b: &str) -> bool {
        same(&json::read(a).unwrap(), &json::read(b).unwrap())
    }

    #[test]
    fn results_are_compared_as_data() {
        for (a, b) in [
            ("3", "3.0"),
            ("0.1", "0.10000000000000002"),
            (r#"{"a": 1, "b": [2]}"#, r#"{"b": [2.0], "a": 1}"#),
            ("[null, true, \"\\u00e4\"]", "[null, true, \"ä\"]"),
            ("NaN", "NaN"),
        ] {
            assert!(are_same(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("3", "4"),
            ("1", "true"),
            ("9007199254740993", "9007199254740992"),
            ("[1, 2]", "[2, 1]"),
            ("null", "0"),
            (r#""3""#, "3"),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#),
            ("0.1", "0.1001"),
        ] {
            assert!(!are_same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn what_differs_is_named_with_its_case() {
        let case = |call: &str, result: &str| TranslatedCase {
            call: call.to_owned(),
            result: result.to_owned(),
        };
        let recorded = [case("f(1)", "2"), case("f(2)", "[4]")];
        let difference =
            |stdout: &str| difference(&recorded, &lines(stdout).unwrap(), ["Python", "Go"]);
        assert_eq!(difference("2\n\n[4]\n"), None);
        let why = "case 2, `f(2)`: Python gives [4], Go gives [5]";
        assert_eq!(difference("2\n[5]\n").as_deref(), Some(why));
        let why = "there are 2 cases, and Go prints 1 lines";
        assert_eq!(difference("2\n").as_deref(), Some(why));
        assert!(lines("2\nx\n").unwrap_err().starts_with("line 2 is not JSON ("));
    }

    #[test]
    fn python_values_become_json_that_other_languages_have() {
        let of = |value: Value| json_of(&value).map(|json| json.to_string());
        let set = Value::Set(vec![Value::int(10), Value::int(9)]);
        assert_eq!(of(set).as_deref(), Some("[9,10]"));
        let dict = Value::Dict(vec![(Value::int(1), Value::Tuple(vec![Value::str("a")]))]);
        assert_eq!(of(dict).as_deref(), Some(r#"{"1":["a"]}"#));
        assert_eq!(of(Value::Complex(1.0, 2.0)), None);
    }
}
