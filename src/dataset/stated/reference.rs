//! Rows of the Case2Code paper's test set, and what they state of their examples.
//!
//! Invariant: each stated output belongs to one example, in order.

use crate::cases::stated::{Expected, Stated, StatedCase};
use crate::dataset::rows;
use crate::json::{self, Json, Object};
use crate::sandbox::Case;

/// A reference row: `example_str` is Python that builds the list `examples` of keyword arguments, and `example_outputs` has
/// one entry for each, `{"return": …}` or `{"error": …}` with a JSON text inside.
pub fn reference(row: &Object) -> Result<Stated, String> {
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
            case: example(index),
            shown: format!("**examples[{index}]"),
            expected,
        });
    }
    // The inputs are Python, so the guest builds them, where the reference did: in the program's own namespace.
    let program = format!("{}\n\n{}\n", field("code")?, field("example_str")?);
    let beyond = Some(example(cases.len()));
    Ok(Stated { beyond, ..Stated::new(program, field("func_name")?, cases) })
}

fn example(index: usize) -> Case {
    Case::Arguments { args: "()".into(), kwargs: format!("examples[{index}]").into() }
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
        let stated = reference(Json::from(row).as_object().unwrap()).unwrap();
        assert_eq!(stated.cases[0].expected, Expected::Repr("1".into()));
        let error = Expected::Error { class: "ValueError".into(), message: "no".into() };
        assert_eq!(stated.cases[1].expected, error);
    }
}
