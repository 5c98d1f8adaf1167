//! Samples that exist: the programs in them, and what they state that these give.
//!
//! Invariant: nothing of a row is evaluated here; what is no literal is left to the guest.

use super::format::RowFormat;
use super::rows;
use crate::cases::stated::{Expected, Stated, StatedCase};
use crate::fences;
use crate::json::{self, Json, Object};
use crate::sample::{Case2Code, Design, MutantPair, Qa, QuestionKind, SampleCase, text};
use crate::sandbox::Case;

/// The formats that state what calls give.
const SAMPLES: [RowFormat; 5] = [
    RowFormat::Case2Code,
    RowFormat::MutantPair,
    RowFormat::Qa,
    RowFormat::Design,
    RowFormat::Reference,
];

/// Reads what a row states, in our own formats or the reference's.
pub fn stated(row: &Object) -> Result<Vec<Stated>, String> {
    match RowFormat::of(row, &SAMPLES)? {
        Some(RowFormat::Case2Code) => Ok(vec![case2code(row.typed()?)]),
        Some(RowFormat::MutantPair) => mutant_pair(&row.typed()?),
        Some(RowFormat::Qa) => Ok(vec![qa(row.typed()?)?]),
        Some(RowFormat::Design) => Ok(vec![design(row.typed()?)?]),
        Some(RowFormat::Reference) => Ok(vec![reference(row)?]),
        Some(_) | None => Err(RowFormat::unknown(row, "sample")),
    }
}

/// The formats of samples with their fields, as a message lists them.
pub fn known_formats() -> String {
    RowFormat::listed(&SAMPLES)
}

fn case2code(sample: Case2Code) -> Stated {
    let cases = sample.visible_cases.into_iter().chain(sample.hidden_cases).map(own_case).collect();
    Stated::new(sample.program, sample.entry, cases)
}

fn mutant_pair(sample: &MutantPair) -> Result<Vec<Stated>, String> {
    let side = |text: &str, case: &SampleCase| {
        let blocks = fences::blocks(text);
        let block = blocks.first().ok_or("a side of the duel has no fenced program")?;
        Ok::<_, String>(Stated::new(
            block.content.to_owned(),
            sample.entry.clone(),
            vec![own_case(case.clone())],
        ))
    };
    Ok(vec![
        side(&sample.chosen, &sample.evidence.expected)?,
        side(&sample.rejected, &sample.evidence.got)?,
    ])
}

fn qa(sample: Qa) -> Result<Stated, String> {
    let text = (sample.kind == QuestionKind::FreeText).then(|| sample.text());
    if text.is_none() && sample.check.is_none() {
        return Err("the question has no check".into());
    }
    if sample.completion != text::completion(&sample.trace, &sample.answer) {
        return Err("the completion is not the trace and the answer".into());
    }
    let cases = sample.check.into_iter().chain(sample.claims).map(own_case).collect();
    Ok(Stated { text, ..Stated::new(sample.code, sample.function_name, cases) })
}

fn design(sample: Design) -> Result<Stated, String> {
    if sample.completion != text::completion(&sample.trace, &sample.design) {
        return Err("the completion is not the trace and the design".into());
    }
    let text = Some(sample.text());
    let cases = sample.claims.into_iter().map(own_case).collect();
    Ok(Stated { text, ..Stated::new(sample.code, sample.function_name, cases) })
}

pub(super) fn own_case(case: SampleCase) -> StatedCase {
    StatedCase {
        case: Case::call(&case.arguments),
        shown: case.arguments.clone(),
        expected: Expected::Outcome(Box::new(case)),
    }
}

/// A reference row: `example_str` is Python that builds the list `examples` of keyword arguments, and `example_outputs` has
/// one entry for each, `{"return": …}` or `{"error": …}` with a JSON text inside.
fn reference(row: &Object) -> Result<Stated, String> {
    let field =
        |name: &str| rows::text(row.get(name).unwrap_or(&Json::Null), name).map(str::to_owned);
    let outputs = row
        .get("example_outputs")
        .and_then(Json::as_list)
        .ok_or_else(|| "field \"example_outputs\" is not a list".to_owned())?;
    let mut cases = Vec::new();
    for (index, output) in outputs.iter().enumerate() {
        let stated = |name: &str| output.get(name).and_then(Json::as_str).map(inner_text);
        let expected = match (stated("return"), stated("error")) {
            (Some(repr), None) => Expected::Repr(repr),
            (None, Some(error)) => reference_error(&error),
            _ => return Err(format!("example_outputs[{index}] has neither return nor error")),
        };
        cases.push(StatedCase {
            case: Case::Arguments {
                args: "()".into(),
                kwargs: format!("examples[{index}]").into(),
            },
            shown: format!("**examples[{index}]"),
            expected,
        });
    }
    // The inputs are Python, so the guest builds them, where the reference did: in the program's own namespace.
    let program = format!("{}\n\n{}\n", field("code")?, field("example_str")?);
    Ok(Stated::new(program, field("func_name")?, cases))
}

/// The reference writes a text as JSON inside of JSON.
fn inner_text(text: &str) -> String {
    match json::read(text).as_ref().map(Json::as_str) {
        Ok(Some(inner)) => inner.to_owned(),
        Ok(None) | Err(_) => text.to_owned(),
    }
}

/// Splits `<class 'ValueError'>: message`.
fn reference_error(error: &str) -> Expected {
    // Its program's own marker may stand before the class.
    let from_class = error.find("<class '").map_or(error, |at| &error[at + "<class '".len()..]);
    let (class, message) =
        from_class.split_once("'>: ").unwrap_or((from_class.trim_end_matches("'>"), ""));
    Expected::Error { class: class.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_row_is_read() {
        let row = serde_json::json!({
            "func_name": "f", "code": "def f(a):\n    return a\n", "example_str": "examples = [dict(a=1), dict(a=2)]",
            "example_outputs": [{"return": "\"1\""}, {"error": "\"<class 'ValueError'>: no\""}]
        });
        let stated = stated(Json::from(row).as_object().unwrap()).unwrap();
        assert_eq!(stated[0].cases[0].expected, Expected::Repr("1".into()));
        let error = Expected::Error { class: "ValueError".into(), message: "no".into() };
        assert_eq!(stated[0].cases[1].expected, error);
    }

    #[test]
    fn an_unknown_row_is_told_its_fields() {
        let row = serde_json::json!({"text": "x", "id": 1});
        assert_eq!(
            stated(Json::from(row).as_object().unwrap()).unwrap_err(),
            "the fields text, id match no known sample format"
        );
        assert!(known_formats().contains("example_outputs"));
    }
}
