//! LiveCodeBench rows: a question, with public tests and private ones that may be packed.
//!
//! Invariant: all tests of a row are of one type; public tests are those that the question shows.

use minijinja::context;

use super::json_calls::{case, checked_name, setup};
use super::packed::unpack;
use super::{FUNCTION, Format, PROGRAM, Problem, Row};
use crate::cases::equality::Compare;
use crate::cases::test_cases::{StreamCase, Tests};
use crate::fences::fence_for;
use crate::json::{self, Json};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let question = row.text("question_content")?.trim();
    let public = tests(row, "public_test_cases")?;
    let private = tests(row, "private_test_cases")?;
    let all = || public.iter().map(|test| (true, test)).chain(private.iter().map(|it| (false, it)));
    if all().next().is_none() {
        return Err("the row has no tests".into());
    }
    let is_functional = |test: &Json| match test.get("testtype").and_then(Json::as_str) {
        Some("functional") => Ok(true),
        Some("stdin") => Ok(false),
        _ => Err("a test has a testtype other than stdin and functional".to_owned()),
    };
    let types = all().map(|(_, test)| is_functional(test)).collect::<Result<Vec<bool>, _>>()?;
    let (prompt, tests) = if types.iter().all(|&is_functional| is_functional) {
        let entry = function(row)?;
        let entry = checked_name(&entry)?;
        let starter = row.optional_text("starter_code")?.unwrap_or_default();
        let calls = |tests: &[Json]| tests.iter().map(call).collect::<Result<Vec<_>, String>>();
        let tests = Tests::Calls {
            entry: entry.into(),
            setup: Some(setup(entry)),
            compare: Compare::UnwrappedJson,
            visible: calls(&public)?,
            hidden: calls(&private)?,
        };
        let values = context! { task => question, starter => starter.trim_end(), entry => entry, fence => fence_for(starter) };
        (row.prompt(&FUNCTION, values)?, tests)
    } else if types.contains(&true) {
        return Err("the row has both stdin and functional tests".into());
    } else {
        let cases = all().map(|(visible, test)| stream(visible, test)).collect::<Result<_, _>>()?;
        (row.prompt(&PROGRAM, context! { task => question })?, Tests::streams(cases))
    };
    Ok(Problem {
        id: id.into(),
        format: Format::LiveCodeBench,
        prompt,
        prompt_code: None,
        reference: None,
        tests,
        time_limit: None,
        base_tests: None,
    })
}

/// The tests of a field: a list, or a text of one, which may be packed.
fn tests(row: Row<'_>, field: &str) -> Result<Vec<Json>, String> {
    let read = |text: &str| {
        json::read(text).map_err(|error| format!("field {field:?} is not JSON: {error}"))
    };
    let tests = match row.fields.get(field) {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Text(text)) if text.lossy().trim().is_empty() => return Ok(Vec::new()),
        Some(Json::Text(text)) if text.lossy().trim_start().starts_with('[') => {
            read(&text.with_escapes())?
        }
        Some(Json::Text(text)) => {
            read(&unpack(text.lossy()).map_err(|why| format!("field {field:?} is {why}"))?)?
        }
        Some(other) => other.clone(),
    };
    match tests {
        Json::List(tests) => Ok(tests),
        _ => Err(format!("field {field:?} is not a list of tests")),
    }
}

/// The name of the function in `metadata`.
fn function(row: Row<'_>) -> Result<String, String> {
    let metadata = match row.fields.get("metadata") {
        Some(Json::Text(text)) => json::read(text.lossy()).unwrap_or(Json::Null),
        other => other.cloned().unwrap_or(Json::Null),
    };
    let name = metadata.get("func_name").and_then(Json::as_str);
    name.map(str::to_owned).ok_or_else(|| "field \"metadata\" has no func_name".into())
}

fn call(test: &Json) -> Result<crate::cases::stated::StatedCase, String> {
    match (test.get("input"), test.get("output")) {
        (Some(input @ Json::Text(_)), Some(output)) => case(input, output),
        _ => Err("a test has no input or output".into()),
    }
}

fn stream(visible: bool, test: &Json) -> Result<StreamCase, String> {
    let text = |name: &str| {
        let text = test.get(name).and_then(Json::as_str).map(str::to_owned);
        text.ok_or_else(|| format!("the {name} of a test is not text"))
    };
    Ok(StreamCase { stdin: text("input")?, stdout: text("output")?, visible })
}
