//! Our own case2code samples.
//!
//! Invariant: the cases are the sample's, visible and hidden as there.

use super::{Format, Problem, Row};
use crate::cases::equality::Compare;
use crate::cases::test_cases::Tests;
use crate::dataset::stated::own_case;
use crate::sample::{Case2Code, SampleCase};

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let sample: Case2Code = row.fields.typed().map_err(|error| bad_case(row).unwrap_or(error))?;
    if sample.visible_cases.is_empty() && sample.hidden_cases.is_empty() {
        return Err("the sample has no cases".into());
    }
    Ok(Problem {
        id: id.into(),
        format: Format::Case2Code,
        prompt: sample.prompt,
        time_limit: None,
        base_tests: None,
        prompt_code: None,
        reference: Some(sample.program),
        tests: Tests::Calls {
            entry: sample.entry,
            setup: None,
            compare: Compare::Exact,
            visible: sample.visible_cases.into_iter().map(own_case).collect(),
            hidden: sample.hidden_cases.into_iter().map(own_case).collect(),
        },
    })
}

/// Which case of a row cannot be read, and why; `None` if the row itself cannot.
fn bad_case(row: Row<'_>) -> Option<String> {
    let in_field = |field: &str| {
        let cases = row.fields.get(field)?.as_list()?.iter().enumerate();
        cases.into_iter().find_map(|(index, case)| {
            let error = case.typed::<SampleCase>().err()?;
            Some(format!("case {} of field {field:?}: {error}", index + 1))
        })
    };
    ["visible_cases", "hidden_cases"].into_iter().find_map(in_field)
}
