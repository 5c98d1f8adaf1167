//! The test rows of the Case2Code paper, as published.
//!
//! Invariant: a case is visible exactly when the row says that its prompt shows it.

use super::{Format, Problem, Row};
use crate::cases::equality::Compare;
use crate::cases::stated::Stated;
use crate::cases::test_cases::Tests;
use crate::dataset::stated::reference;
use crate::json::Json;
use crate::python::parse_calls;

pub(super) fn problem(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let Stated { entry, mut cases, .. } = reference(row.fields)?;
    let chosen = row.fields.get("choosed_example_idx").and_then(Json::as_list);
    let chosen = chosen.ok_or("field \"choosed_example_idx\" is not a list")?;
    let mut shown = Vec::new();
    for index in chosen {
        let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
        let index = index.filter(|&index| index < cases.len());
        shown.push(index.ok_or("field \"choosed_example_idx\" names no example")?);
    }
    // A reader of a failure wants to see the input; if it is not a plain literal, its number has to
    // do.
    let inputs = parse_calls(row.text("example_str")?, &[]);
    if inputs.skipped == 0 && inputs.calls.len() == cases.len() {
        for (case, input) in cases.iter_mut().zip(&inputs.calls) {
            case.shown = input.to_source().unwrap_or(std::mem::take(&mut case.shown));
        }
    }
    let visible = shown.iter().filter_map(|&index| cases.get(index).cloned()).collect();
    let hidden = cases
        .iter()
        .enumerate()
        .filter(|(index, _)| !shown.contains(index))
        .map(|(_, case)| case.clone());
    Ok(Problem {
        id: id.into(),
        format: Format::Case2CodeReference,
        prompt: row.text("prompt")?.into(),
        time_limit: None,
        base_tests: None,
        prompt_code: None,
        reference: Some(row.text("code")?.into()),
        tests: Tests::Calls {
            entry,
            // The inputs are Python: the guest builds them.
            setup: Some(row.text("example_str")?.into()),
            compare: Compare::Exact,
            visible,
            hidden: hidden.collect(),
        },
    })
}
