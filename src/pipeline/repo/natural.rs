//! Which of the calls that a search finds somebody would write to show what a function does.
//!
//! Invariant: only what is known of the parameters and written in the file decides; nothing is run.

use std::collections::HashSet;

use crate::index::{Param, ParamKind, Symbol};
use crate::python::docstring::param_type;
use crate::python::types::Type;
use crate::python::{Call, parse_calls};
use crate::sample::SampleCase;
use crate::sandbox::End;
use crate::sandbox::value::Value;

/// Characters of a text.
const MAX_TEXT: usize = 30;
/// Letters in a row that need not be a word of the file.
const MAX_LETTERS: usize = 3;
/// Characters of a text that are neither letters nor digits nor spaces.
const MAX_MARKS: usize = 3;
/// Items of a collection.
const MAX_ITEMS: usize = 5;
/// Characters of a number.
const MAX_NUMBER: usize = 5;

/// Whether a call shows what its function does: it gives arguments of types that are stated, as a person would write them,
/// and something else comes back than what went in.
pub(super) fn is_natural(symbol: &Symbol, case: &SampleCase, words: &HashSet<&str>) -> bool {
    let calls = parse_calls(&format!("f({})", case.arguments), &[]).calls;
    let [call] = calls.as_slice() else { return false };
    let values: Vec<&Value> =
        call.args.iter().chain(call.kwargs.iter().map(|(_, value)| value)).collect();
    let is_echo = match &case.end {
        End::Returned { value, .. } => values.iter().any(|given| {
            Type::of_value(given) == Type::of_value(value)
                && given.to_literal() == value.to_literal()
        }),
        _ => false,
    };
    !is_echo
        && have_types(symbol, call)
        && values.iter().any(|value| says_something(value))
        && values.iter().all(|value| is_written(value, words))
}

/// Whether the type of each parameter that the call fills is stated.
fn have_types(symbol: &Symbol, call: &Call) -> bool {
    let Some(signature) = &symbol.signature else { return false };
    let doc = symbol.docstring.as_deref().unwrap_or_default();
    let is_stated = |param: &Param| {
        let has_default = param.default.as_deref().is_some_and(|default| default != "None");
        param.annotation.is_some() || has_default || param_type(doc, &param.name).is_some()
    };
    let mut by_position = signature.params.iter().filter(|param| match param.kind {
        ParamKind::PositionalOnly | ParamKind::PositionalOrKeyword => true,
        ParamKind::VarPositional | ParamKind::KeywordOnly | ParamKind::VarKeyword => false,
    });
    let are_first = call.args.iter().all(|_| by_position.next().is_some_and(is_stated));
    let named = |name: &str| signature.params.iter().find(|param| param.name == name);
    are_first && call.kwargs.iter().all(|(name, _)| named(name).is_some_and(is_stated))
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::None | Value::Bool(_) => false,
        Value::Int(digits) => digits != "0",
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => text.chars().any(char::is_alphanumeric),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            !items.is_empty()
        }
        Value::Dict(items) => !items.is_empty(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) => !bytes.is_empty(),
        Value::Complex(..)
        | Value::EscapedStr(_)
        | Value::Object(..)
        | Value::Derived(..)
        | Value::Opaque(..)
        | Value::Cycle(_) => false,
    }
}

/// Whether a person would write this value.
fn is_written(value: &Value, words: &HashSet<&str>) -> bool {
    let are_alike = |items: &[Value]| {
        let first = items.first().map(Value::type_name);
        items.len() <= MAX_ITEMS
            && items.iter().all(|item| is_written(item, words) && Some(item.type_name()) == first)
    };
    match value {
        Value::None | Value::Bool(_) => true,
        Value::Int(digits) => digits.len() <= MAX_NUMBER,
        Value::Float(number) => number.is_finite() && number.to_string().len() <= MAX_NUMBER,
        Value::Str(text) => is_text(text, words),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            are_alike(items)
        }
        Value::Dict(pairs) => {
            let (keys, values): (Vec<Value>, Vec<Value>) = pairs.iter().cloned().unzip();
            are_alike(&keys) && are_alike(&values)
        }
        Value::Bytes(bytes) => std::str::from_utf8(bytes).is_ok_and(|text| is_text(text, words)),
        Value::Complex(..)
        | Value::EscapedStr(_)
        | Value::ByteArray(_)
        | Value::Object(..)
        | Value::Derived(..)
        | Value::Opaque(..)
        | Value::Cycle(_) => false,
    }
}

/// Whether a text has words of the file and few marks between them.
fn is_text(text: &str, words: &HashSet<&str>) -> bool {
    let is_mark = |c: &char| !c.is_ascii_alphanumeric() && *c != ' ';
    let is_word = |letters: &str| letters.len() <= MAX_LETTERS || words.contains(letters);
    text.len() <= MAX_TEXT
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && !text.contains('_')
        && text.chars().filter(is_mark).count() <= MAX_MARKS
        && text.split(|c: char| !c.is_ascii_alphabetic()).all(is_word)
}

/// The words of a text.
pub(super) fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_a_search_made_up_are_told_from_those_that_people_write() {
        let words = words("def camel2under(text):  # turns HelloWorld into hello_world");
        let written =
            |text: &str| is_written(&crate::python::literal::parse(text).unwrap(), &words);
        for good in ["'hello'", "12", "[1, 2]", "{'abc': 1.5}", "None", "('a', 'b')", "b'turns'"] {
            assert!(written(good), "{good}");
        }
        for bad in [
            "'hellohello'",
            "'hello_world'",
            "'_,9.cxAf'",
            "'%[]('",
            "123456",
            "[1, 'a']",
            "{'a': 1, 'b': 'c'}",
            "[1, 2, 3, 4, 5, 6]",
        ] {
            assert!(!written(bad), "{bad}");
        }
    }
}
