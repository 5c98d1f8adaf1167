//! Rows with `verification_info`, as sets for reinforcement learning have them: a prompt, a solution and tests.
//!
//! Invariant: all tests of a row are of one type, and the prompt is the row's own.

use std::borrow::Cow;

use super::json_calls::{case, checked_name, compare, setup};
use super::streams::text_of;
use super::{Format, Problem, Row, python_only, without_fence};
use crate::cases::test_cases::{StreamCase, Tests};
use crate::json::{self, Json};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let info = match row.fields.get("verification_info") {
        Some(Json::Text(text)) => Cow::Owned(
            json::read(&text.with_escapes())
                .map_err(|error| format!("field \"verification_info\" is not JSON: {error}"))?,
        ),
        other => Cow::Borrowed(other.unwrap_or(&Json::Null)),
    };
    python_only(info.get("language").and_then(Json::as_str))?;
    let tests = info.get("test_cases").and_then(Json::as_list);
    let tests = tests.ok_or("field \"verification_info\" has no list of test_cases")?;
    let names: Vec<Option<&str>> = tests.iter().map(name).collect::<Result<_, _>>()?;
    let first = *names.first().ok_or("field \"verification_info\" has no tests")?;
    if names.iter().any(|&name| name != first) {
        return Err("the tests are not all of one function or of one program".into());
    }
    let tests = match first {
        Some(entry) => calls(entry, tests)?,
        None => Tests::streams(tests.iter().map(stream).collect::<Result<_, _>>()?),
    };
    Ok(Problem {
        id: id.into(),
        format: Format::VerificationInfo,
        prompt: row.text("prompt")?.to_owned(),
        prompt_code: None,
        reference: row.optional_text("gold_standard_solution")?.map(without_fence),
        tests,
        time_limit: None,
        base_tests: None,
    })
}

/// The function that a test calls; `None` for a program.
fn name(test: &Json) -> Result<Option<&str>, String> {
    match (test.get("type").and_then(Json::as_str), test.get("fn_name").and_then(Json::as_str)) {
        (Some("stdin_stdout"), _) | (None, None) => Ok(None),
        (Some("function_call") | None, Some(name)) => checked_name(name).map(Some),
        (Some("function_call"), None) => Err("a test has no fn_name".into()),
        (Some(_), _) => Err("a test has a type other than stdin_stdout and function_call".into()),
    }
}

fn calls(entry: &str, tests: &[Json]) -> Result<Tests, String> {
    let cases = tests.iter().map(|test| match (test.get("input"), test.get("output")) {
        (Some(input), Some(output)) => case(input, output),
        _ => Err("a test has no input or output".into()),
    });
    Ok(Tests::Calls {
        entry: entry.into(),
        setup: Some(setup(entry)),
        compare: compare(tests.iter().filter_map(|test| test.get("input"))),
        visible: Vec::new(),
        hidden: cases.collect::<Result<_, _>>()?,
    })
}

fn stream(test: &Json) -> Result<StreamCase, String> {
    let text = |name: &str| {
        text_of(test.get(name)).ok_or_else(|| format!("the {name} of a test is not text"))
    };
    Ok(StreamCase { stdin: text("input")?, stdout: text("output")?, visible: false })
}
