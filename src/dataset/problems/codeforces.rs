//! Rows of `open-r1/codeforces`: a statement in parts, examples and official tests, and maybe a checker in Python.
//!
//! Invariant: only tests that the set has in full are run; a test that the statement shows is not run a second time.

use minijinja::context;

use super::streams::text_of;
use super::{Format, PROGRAM, Problem, Row};
use crate::cases::test_cases::{StreamCase, Tests};
use crate::json::Json;

/// The parts of the statement after the description, with their titles.
const PARTS: [(&str, &str); 3] =
    [("Input", "input_format"), ("Output", "output_format"), ("Note", "note")];
/// The site cuts long tests, and ends them so.
const CUT: &str = "...";

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    if row.optional_text("interaction_format")?.is_some() {
        return Err(
            "the program must talk to an interactor; only stdin and stdout can be graded".into()
        );
    }
    if row.optional_text("input_mode")?.is_some_and(|mode| mode != "stdio") {
        return Err("the program must use files; only stdin and stdout can be graded".into());
    }
    let mut cases = tests(row, "examples", true)?;
    for test in tests(row, "official_tests", false)? {
        let is_shown =
            |shown: &StreamCase| shown.visible && shown.stdin.trim() == test.stdin.trim();
        if !cases.iter().any(is_shown) {
            cases.push(test);
        }
    }
    if cases.is_empty() {
        return Err("the row has no tests".into());
    }
    Ok(Problem {
        id: id.into(),
        format: Format::Codeforces,
        prompt: row.prompt(&PROGRAM, context! { task => statement(row, &cases)? })?,
        prompt_code: None,
        reference: None,
        tests: Tests::streams(cases),
        time_limit: None,
        base_tests: None,
    })
}

fn tests(row: Row<'_>, field: &str, visible: bool) -> Result<Vec<StreamCase>, String> {
    let tests = match row.fields.get(field) {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(tests) => tests.as_list().ok_or_else(|| format!("field {field:?} is not a list"))?,
    };
    let read = |test: &Json| {
        let text = |name| {
            text_of(test.get(name))
                .ok_or_else(|| format!("field {field:?} has a test without {name}"))
        };
        Ok::<_, String>(StreamCase { stdin: text("input")?, stdout: text("output")?, visible })
    };
    let is_whole = |test: &StreamCase| {
        ![&test.stdin, &test.stdout].iter().any(|it| it.trim_end().ends_with(CUT))
    };
    let tests: Vec<StreamCase> = tests.iter().map(read).collect::<Result<_, _>>()?;
    Ok(tests.into_iter().filter(is_whole).collect())
}

/// The statement as the site shows it.
fn statement(row: Row<'_>, cases: &[StreamCase]) -> Result<String, String> {
    let mut text = row.text("description")?.trim().to_owned();
    for (title, field) in PARTS {
        if let Some(part) = row.optional_text(field)? {
            text.push_str(&format!("\n\n{title}\n\n{}", part.trim()));
        }
    }
    for case in cases.iter().filter(|case| case.visible) {
        let (input, output) = (case.stdin.trim_end(), case.stdout.trim_end());
        text.push_str(&format!("\n\nExample input:\n{input}\nExample output:\n{output}"));
    }
    Ok(text)
}
