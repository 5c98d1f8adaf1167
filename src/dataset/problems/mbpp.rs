//! MBPP and the sets in its format: a task in words, and assertions.
//!
//! Invariant: every assertion of `test_list` is one part; what states a literal result of a literal call is compared on the host.

use minijinja::context;

use super::{Format, PYTHON, Problem, Row, TASK, large_case, stated_case};
use crate::cases::test_cases::{Check, TestPart, Tests};
use crate::fences::fence_for;
use crate::python::builtins::is_builtin;
use crate::python::{Module, asserts, mentions};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let task = row.optional_text("text")?.or(row.optional_text("prompt")?);
    let task = task.or(row.optional_text("question")?).ok_or("the row has no task")?;
    // Published scores are of these alone: `challenge_test_list` would make them incomparable.
    let shown = row.texts("test_list")?;
    let reference = match row.optional_text("code")? {
        None => row.optional_text("solutions")?,
        code => code,
    };
    let entry = entry(&shown, reference).ok_or("field \"test_list\" calls no function")?;
    let mut parts = Vec::new();
    for assertion in &shown {
        let stated = asserts::stated_call(assertion, &entry);
        let on_host = stated.as_ref().and_then(stated_case).map(Check::Call);
        let large = || stated.as_ref().and_then(|stated| large_case(stated, &entry));
        let check = match on_host.or_else(large) {
            Some(check) => check,
            None => Check::of_script(assertion)
                .ok_or_else(|| format!("a test tests nothing: {assertion}"))?,
        };
        parts.push(TestPart { visible: true, check });
    }
    if let Some(test) = row.optional_text("test")? {
        // MBPP+ has more tests, as a script.
        let check =
            Check::of_script(test).ok_or("field \"test\" is not Python or tests nothing")?;
        parts.push(TestPart { visible: false, check });
    }
    let mut setup: String =
        row.texts("test_imports")?.iter().map(|line| format!("{line}\n")).collect();
    setup.extend(row.optional_text("test_setup_code")?.map(|code| format!("{code}\n")));
    let tests = shown.join("\n");
    Ok(Problem {
        id: id.into(),
        format: Format::Mbpp,
        prompt: row.prompt(
            &TASK,
            context! { task => task.trim(), fence => fence_for(&tests), tests => tests, language => PYTHON },
        )?,
        time_limit: None,
        base_tests: None,
        prompt_code: None,
        reference: reference.map(str::to_owned),
        tests: Tests::Code {
            entry: Some(entry),
            setup: Some(setup).filter(|setup| !setup.is_empty()),
            parts,
        },
    })
}

/// The function under test: one that the reference defines and the tests call or at least mention, else the first that is called.
fn entry(tests: &[&str], reference: Option<&str>) -> Option<String> {
    let all = |names: fn(&str) -> Vec<String>| -> Vec<String> {
        tests.iter().flat_map(|test| names(test)).collect()
    };
    let called = all(mentions::called_names);
    let module = reference.and_then(|code| Module::parse(code).ok());
    let defined = module.and_then(|module| {
        let mut names = called.iter().cloned().chain(all(mentions::mentioned_names));
        names.find(|name| module.defines(name))
    });
    // A builtin's name is the function under test only if the reference defines it.
    defined.or_else(|| called.into_iter().find(|name| !is_builtin(name)))
}
