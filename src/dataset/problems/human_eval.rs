//! HumanEval and the sets in its format: a function to complete, and a check of it.
//!
//! Invariant: the check sees the prompt's helpers as the prompt has them, even if an answer
//! redefines these names.

use minijinja::context;

use super::{COMPLETE, Format, Problem, Row, stated_case};
use crate::cases::test_cases::{Check, TestPart, Tests};
use crate::fences::fence_for;
use crate::python::checked::checked;
use crate::python::{Module, is_identifier};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let (code, entry, test) = (row.text("prompt")?, row.text("entry_point")?, row.text("test")?);
    let reference =
        row.optional_text("canonical_solution")?.map(|solution| format!("{code}{solution}"));
    if !is_identifier(entry) {
        return Err(format!("field \"entry_point\" is not an identifier: {entry}"));
    }
    if !defines(code, entry) && !reference.as_ref().is_some_and(|code| defines(code, entry)) {
        return Err(format!("field \"prompt\" does not define {entry}, the entry point"));
    }
    let checked = checked(test, "check").ok_or("field \"test\" defines no check(candidate)")?;
    if checked.tests_nothing {
        return Err("the test tests nothing".into());
    }
    let calls = checked.calls.iter().filter_map(stated_case);
    let mut parts: Vec<TestPart> =
        calls.map(|case| TestPart { visible: false, check: Check::Call(case) }).collect();
    if !checked.is_whole || parts.len() < checked.calls.len() {
        // The calls are compared on the host all the same: an answer cannot fake that.
        let definitions = format!("{}{test}\n", helpers(code, entry));
        parts.push(TestPart {
            visible: false,
            check: Check::Code { definitions, call: format!("check({entry})\n") },
        });
    }
    Ok(Problem {
        id: id.into(),
        format: Format::HumanEval,
        prompt: row.prompt(
            &COMPLETE,
            context! { entry => entry, code => code.trim(), fence => fence_for(code) },
        )?,
        time_limit: None,
        base_tests: None,
        prompt_code: Some(code.into()),
        reference,
        tests: Tests::Code { entry: Some(entry.into()), setup: None, parts },
    })
}

/// Whether code, which may end with a function's head, defines a name.
fn defines(code: &str, name: &str) -> bool {
    let completed = format!("{}\n    pass\n", code.trim_end());
    let is_defined = |code: &str| Module::parse(code).map(|module| module.defines(name));
    match is_defined(&completed).or_else(|_| is_defined(code)) {
        Ok(is_defined) => is_defined,
        Err(_) => code.contains(name),
    }
}

/// What the prompt defines before the entry.
fn helpers(code: &str, entry: &str) -> String {
    let completed = format!("{}\n    pass\n", code.trim_end());
    let before =
        Module::parse(&completed).ok().and_then(|module| module.before(entry).map(str::to_owned));
    before
        .map(|before| before.trim().to_owned())
        .filter(|before| !before.is_empty())
        .map_or(String::new(), |before| before + "\n\n\n")
}
