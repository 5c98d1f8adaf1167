//! KodCode rows: a question, a solution, and tests that import from a module `solution`.
//!
//! Invariant: the tests are hidden, and each function of them is called.

use minijinja::context;

use super::{FUNCTION, Format, PYTHON, Problem, Row, TASK};
use crate::cases::test_cases::{Check, TestPart, Tests};
use crate::fences::fence_for;
use crate::json::{self, Json};
use crate::python::{Module, mentions};

/// The module that the tests import the answer from.
const MODULE: &str = "solution";

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let (question, solution) = (row.text("question")?.trim(), row.text("solution")?);
    let test = mentions::without_imports_of(row.text("test")?, MODULE);
    let check = Check::of_script(&test).ok_or("field \"test\" is not Python or tests nothing")?;
    let tested = tested(row);
    let defined = Module::parse(solution).ok();
    let entry = match tested.as_slice() {
        [(name, _)] if defined.is_some_and(|module| module.function(name).is_some()) => Some(name),
        _ => None,
    };
    let declarations: Vec<&str> =
        tested.iter().map(|(_, declaration)| declaration.trim()).collect();
    let starter = declarations.join("\n");
    let prompt = match entry {
        Some(entry) => row.prompt(
            &FUNCTION,
            context! { task => question, starter => &starter, entry => entry, fence => fence_for(&starter) },
        )?,
        None => row.prompt(
            &TASK,
            context! { task => format!("{question}\n\n{starter}").trim(), fence => "", tests => "", language => PYTHON },
        )?,
    };
    Ok(Problem {
        id: id.into(),
        format: Format::KodCode,
        prompt,
        prompt_code: None,
        reference: Some(solution.into()),
        tests: Tests::Code {
            entry: entry.cloned(),
            setup: None,
            parts: vec![TestPart { visible: false, check }],
        },
        time_limit: None,
        base_tests: None,
    })
}

/// The functions that `test_info` names, with their declarations.
fn tested(row: Row<'_>) -> Vec<(String, String)> {
    let info = match row.fields.get("test_info") {
        Some(Json::Text(text)) => json::read(text.lossy()).unwrap_or(Json::Null),
        other => other.cloned().unwrap_or(Json::Null),
    };
    let text =
        |function: &Json, name: &str| function.get(name).and_then(Json::as_str).map(str::to_owned);
    let functions = info.as_list().unwrap_or_default().iter();
    functions
        .filter_map(|function| {
            let declaration = text(function, "function_declaration").unwrap_or_default();
            Some((text(function, "function_name")?, declaration))
        })
        .collect()
}
