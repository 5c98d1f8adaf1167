//! AutoCodeBench rows: a question, and two test scripts.
//!
//! Invariant: a test that nothing calls is called, so that it cannot pass by doing nothing.

use super::{Format, Problem, Row, python_only, task_prompt, without_fence};
use crate::cases::test_cases::{Check, TestPart, Tests};
use crate::python::{Module, mentions};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    python_only(row.optional_text("language")?)?;
    let reference = row.optional_text("canonical_solution")?.map(without_fence);
    let mut parts = Vec::new();
    for (visible, field) in [(true, "demo_test_func"), (false, "full_test_func")] {
        let Some(test) = row.optional_text(field)? else { continue };
        let check = Check::of_script(&without_fence(test))
            .ok_or_else(|| format!("field {field:?} is not Python or tests nothing"))?;
        parts.push(TestPart { visible, check });
    }
    if parts.iter().all(|part| part.visible) {
        return Err("field \"full_test_func\" is empty".into());
    }
    let question = row.text("question")?;
    Ok(Problem {
        id: id.into(),
        format: Format::AutoCodeBench,
        prompt: task_prompt(row.prompts, question).map_err(|error| error.to_string())?,
        time_limit: None,
        base_tests: None,
        prompt_code: None,
        tests: Tests::Code { entry: entry(row, reference.as_deref()), setup: None, parts },
        reference,
    })
}

/// The one function of the reference that the full test calls; several have no single name.
fn entry(row: Row<'_>, reference: Option<&str>) -> Option<String> {
    let module = Module::parse(reference?).ok()?;
    let called = mentions::called_names(&without_fence(row.text("full_test_func").ok()?));
    let mut defined = called.into_iter().filter(|name| module.function(name).is_some());
    defined.next().filter(|_| defined.next().is_none())
}
