//! The files of EvalPlus, HumanEval+ and MBPP+: inputs without results, which the row's own solution gives.
//!
//! Invariant: the solution runs in the test, which is apart from the answer wherever that can be done.

use minijinja::context;

use super::{COMPLETE, Format, PYTHON, Problem, Row, TASK};
use crate::cases::test_cases::{Check, TestPart, Tests};
use crate::fences::fence_for;
use crate::json::Json;
use crate::python::{Module, mentions};
use crate::sandbox::value::{Value, decimal};

const CHECK: &str = include_str!("eval_plus.py");
/// Problems of MBPP+ whose results are compared without their order, and those of which only counts whether there is a result.
const SETS: [&str; 8] = [
    "similar_elements",
    "find_char_long",
    "common_in_nested_lists",
    "extract_singly",
    "larg_nnum",
    "intersection_array",
    "find_dissimilar",
    "Diff",
];
const FOUND: [&str; 3] = ["check_str", "text_match_three", "text_starta_endb"];

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let (prompt, entry) = (row.text("prompt")?, row.text("entry_point")?);
    let solution = row.text("canonical_solution")?;
    let is_whole = Module::parse(solution).is_ok_and(|module| module.defines(entry));
    let reference = format!("{prompt}{solution}");
    if Module::parse(&reference).is_err() {
        return Err("fields \"prompt\" and \"canonical_solution\" are not Python together".into());
    }
    let atol = row.fields.get("atol").and_then(Json::as_f64).unwrap_or_default();
    let oracle = oracle(entry, is_whole);
    // The inputs are JSON; the calls that MBPP+ shows have the types that JSON lacks.
    let shown = format!("{prompt}\n{}", row.optional_text("assertion")?.unwrap_or_default());
    let example = mentions::literal_calls(&asserts(&shown), entry).into_iter().next();
    let example = example.map(|call| Value::List(call.args)).filter(|_| is_whole);
    let (mut parts, mut base_tests) = (Vec::new(), None);
    for field in ["base_input", "plus_input"] {
        let inputs = inputs(row, field, example.as_ref())?;
        if inputs.is_empty() {
            continue;
        }
        let literal = |value: Value| {
            value.to_literal().ok_or("a value cannot be written as a Python literal")
        };
        let call = format!(
            "_check_by_reference({entry}, {}, {}, {}, {}, {})\n",
            literal(Value::str(&reference))?,
            literal(Value::str(entry))?,
            literal(Value::List(inputs))?,
            literal(Value::Float(atol))?,
            literal(Value::str(oracle))?,
        );
        let check = Check::Code { definitions: CHECK.into(), call };
        parts.push(TestPart { visible: false, check });
        if field == "base_input" {
            base_tests = Some(parts.len());
        }
    }
    if parts.is_empty() {
        return Err("fields \"base_input\" and \"plus_input\" have no inputs".into());
    }
    let asked = match is_whole {
        true => {
            let task = prompt.trim().trim_matches('"').trim();
            row.prompt(
                &TASK,
                context! { task => task, fence => "", tests => "", language => PYTHON },
            )?
        }
        false => row.prompt(
            &COMPLETE,
            context! { entry => entry, code => prompt.trim(), fence => fence_for(prompt) },
        )?,
    };
    Ok(Problem {
        id: id.into(),
        format: Format::EvalPlus,
        prompt: asked,
        prompt_code: (!is_whole).then(|| prompt.into()),
        reference: Some(reference),
        tests: Tests::Code { entry: Some(entry.into()), setup: None, parts },
        time_limit: None,
        base_tests,
    })
}

/// How results are compared, if not as values.
fn oracle(entry: &str, is_mbpp: bool) -> &'static str {
    match entry {
        // Any root of the polynomial is right.
        "find_zero" if !is_mbpp => "root",
        _ if !is_mbpp => "",
        _ if SETS.contains(&entry) => "set",
        _ if FOUND.contains(&entry) => "found",
        "are_equivalent" => "anything",
        "sum_div" => "zero",
        "surface_Area" => "pyramid",
        "digit_distance_nums" => "digits",
        _ => "",
    }
}

/// The lines of a text that are assertions.
fn asserts(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("assert "));
    lines.filter(|line| Module::parse(line).is_ok()).collect::<Vec<_>>().join("\n")
}

/// The argument lists of a field.
fn inputs(row: Row<'_>, field: &str, example: Option<&Value>) -> Result<Vec<Value>, String> {
    let none = || format!("field {field:?} is not a list of argument lists");
    let inputs = match row.fields.get(field) {
        None | Some(Json::Null) => return Ok(Vec::new()),
        // MBPP+ has an empty object where there are none.
        Some(Json::Object(inputs)) if inputs.is_empty() => return Ok(Vec::new()),
        Some(inputs) => inputs.as_list().ok_or_else(none)?,
    };
    let all = inputs.iter().map(|input| {
        input.as_list().ok_or_else(none)?;
        let input = Value::from(input.clone());
        Ok(match example {
            Some(example) => shaped(input, example),
            None => input,
        })
    });
    all.collect()
}

/// A value of JSON with the types of an example: its tuples and sets, and its keys that are integers.
fn shaped(value: Value, example: &Value) -> Value {
    let items = |items: Vec<Value>, examples: &[Value]| -> Vec<Value> {
        let shaped_item = |(at, item): (usize, Value)| match examples.get(at).or(examples.first()) {
            Some(example) => shaped(item, example),
            None => item,
        };
        items.into_iter().enumerate().map(shaped_item).collect()
    };
    match (value, example) {
        (Value::List(list), Value::List(examples)) => Value::List(items(list, examples)),
        (Value::List(list), Value::Tuple(examples)) => Value::Tuple(items(list, examples)),
        (Value::List(list), Value::Set(examples)) => Value::Set(items(list, examples)),
        (Value::Dict(entries), Value::Dict(examples)) => {
            let first = examples.first();
            let entry = |(key, value): (Value, Value)| match first {
                Some((Value::Int(_), as_value)) => (integer(key), shaped(value, as_value)),
                Some((_, as_value)) => (key, shaped(value, as_value)),
                None => (key, value),
            };
            Value::Dict(entries.into_iter().map(entry).collect())
        }
        (value, _) => value,
    }
}

/// A key that JSON has as text.
fn integer(key: Value) -> Value {
    match &key {
        Value::Str(text) => decimal(text).map_or(key, Value::Int),
        _ => key,
    }
}
