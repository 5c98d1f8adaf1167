//! Our own case2code samples.
//!
//! Invariant: the cases are the sample's, visible and hidden as there.

use super::{Format, Problem, Row};
use crate::cases::equality::Compare;
use crate::cases::test_cases::Tests;
use crate::dataset::stated::own_case;
use crate::sample::Case2Code;

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let sample: Case2Code = row.fields.typed()?;
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
