//! HumanEval and the sets in its format: a function to complete, and a check of it.
//!
//! Invariant: the check sees the prompt's helpers as the prompt has them, even if an answer
//! redefines these names.

use minijinja::context;

use super::{COMPLETE, Format, Problem, Row, stated_case};
use crate::cases::test_cases::{Check, TestPart, Tests};
use crate::fences::fence_for;
use crate::python::{Module, asserts};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let (code, entry, test) = (row.text("prompt")?, row.text("entry_point")?, row.text("test")?);
    let checked =
        asserts::checked(test, "check").ok_or("field \"test\" defines no check(candidate)")?;
    let calls = checked.calls.iter().filter_map(stated_case);
    let mut parts: Vec<TestPart> =
        calls.map(|case| TestPart { visible: false, check: Check::Call(case) }).collect();
    if !checked.is_whole() || parts.len() < checked.calls.len() {
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
        reference: row
            .optional_text("canonical_solution")?
            .map(|solution| format!("{code}{solution}")),
        tests: Tests::Code { entry: Some(entry.into()), setup: None, parts },
    })
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
