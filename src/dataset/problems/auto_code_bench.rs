//! AutoCodeBench rows: a question, and two test scripts, in any language.
//!
//! Invariant: a test in Python that nothing calls is called, so that it cannot pass by doing nothing.

use super::{Format, Problem, Row, other_language, task_prompt, unfenced, without_fence};
use crate::cases::test_cases::{Check, ScriptTest, TestPart, Tests};
use crate::python::{Module, mentions};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let named = row.optional_text("language")?;
    let other = other_language(named);
    // Sets of the format in other languages name them.
    let hint = match named {
        Some(_) => "",
        None => "; the row has no `language`, so it is read as Python",
    };
    let language = other.as_ref();
    let reference = row.optional_text("canonical_solution")?.map(|text| unfenced(text, language));
    let mut scripts = Vec::new();
    for (visible, field) in [(true, "demo_test_func"), (false, "full_test_func")] {
        scripts.extend(
            row.optional_text(field)?.map(|script| (visible, field, unfenced(script, language))),
        );
    }
    if scripts.iter().all(|(visible, ..)| *visible) {
        return Err("field \"full_test_func\" is empty".into());
    }
    let tests = match language {
        Some(language) => {
            let part = |(visible, _, code)| ScriptTest { visible, code };
            Tests::Script {
                language: language.clone(),
                parts: scripts.into_iter().map(part).collect(),
            }
        }
        None => {
            let part = |(visible, field, script): (bool, &str, String)| {
                let check = Check::of_script(&script);
                let check = check.ok_or_else(|| {
                    format!("field {field:?} is not Python or tests nothing{hint}")
                })?;
                Ok::<_, String>(TestPart { visible, check })
            };
            let parts = scripts.into_iter().map(part).collect::<Result<_, _>>()?;
            Tests::Code { entry: entry(row, reference.as_deref()), setup: None, parts }
        }
    };
    let question = row.text("question")?;
    Ok(Problem {
        id: id.into(),
        format: Format::AutoCodeBench,
        prompt: task_prompt(row.prompts, question, language).map_err(|error| error.to_string())?,
        time_limit: None,
        base_tests: None,
        prompt_code: None,
        tests,
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
