//! Calls beside the ones that a search has found: each argument in turn becomes an edge case of its own type.
//!
//! A search looks for inputs that reach every branch of the program that it runs; a rewritten one may go wrong elsewhere.
//! Invariant: a call is made of literals, and differs from the one that it was made from in one argument.

use std::collections::BTreeSet;

use crate::python::parse_calls;
use crate::sandbox::value::Value;

/// Calls whose arguments are varied.
const VARIED: usize = 4;
/// Calls that are made.
const MAX_CALLS: usize = 48;

/// The arguments of more calls, none of them given.
pub(super) fn beside(inputs: &[String]) -> Vec<String> {
    let mut seen: BTreeSet<String> = inputs.iter().cloned().collect();
    let mut made = Vec::new();
    // Short inputs come first, and those that reach most come among them.
    for arguments in inputs.iter().take(VARIED) {
        let Some(call) = parse_calls(&format!("f({arguments})"), &[]).calls.into_iter().next()
        else {
            continue;
        };
        for at in 0..call.args.len() + call.kwargs.len() {
            let argument = match at.checked_sub(call.args.len()) {
                Some(keyword) => &call.kwargs[keyword].1,
                None => &call.args[at],
            };
            for edge in edges(argument) {
                let mut call = call.clone();
                match at.checked_sub(call.args.len()) {
                    Some(keyword) => call.kwargs[keyword].1 = edge,
                    None => call.args[at] = edge,
                }
                let Some(arguments) = call.to_source() else { continue };
                if made.len() < MAX_CALLS && seen.insert(arguments.clone()) {
                    made.push(arguments);
                }
            }
        }
    }
    made
}

/// Values of the same type that programs often treat in another way.
fn edges(value: &Value) -> Vec<Value> {
    let ints = |ints: &[i64]| ints.iter().map(|&n| Value::int(n)).collect();
    let parts = |items: &[Value], list: fn(Vec<Value>) -> Value| {
        let mut twice = items.to_vec();
        twice.extend_from_slice(items);
        let reversed = items.iter().rev().cloned().collect();
        vec![
            list(Vec::new()),
            list(items.iter().take(1).cloned().collect()),
            list(twice),
            list(reversed),
        ]
    };
    match value {
        Value::Int(_) => ints(&[0, 1, -1, 2, 10]),
        Value::Bool(flag) => vec![Value::Bool(!flag)],
        Value::Float(x) => vec![Value::Float(0.0), Value::Float(-x), Value::Float(x + 0.5)],
        Value::Str(text) => {
            let reversed: String = text.chars().rev().collect();
            let texts = [
                String::new(),
                "a".into(),
                " ".into(),
                text.to_uppercase(),
                text.repeat(2),
                reversed,
            ];
            texts.into_iter().map(Value::Str).collect()
        }
        Value::List(items) => parts(items, Value::List),
        Value::Tuple(items) => parts(items, Value::Tuple),
        Value::Set(_) => vec![Value::Set(Vec::new())],
        Value::FrozenSet(_) => vec![Value::FrozenSet(Vec::new())],
        Value::Dict(entries) => {
            vec![Value::Dict(Vec::new()), Value::Dict(entries.iter().take(1).cloned().collect())]
        }
        Value::Bytes(_) => vec![Value::Bytes(Vec::new())],
        Value::None
        | Value::Complex(..)
        | Value::EscapedStr(_)
        | Value::ByteArray(_)
        | Value::Object(..)
        | Value::Derived(..)
        | Value::Opaque(..)
        | Value::Cycle(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_argument_becomes_an_edge_case_of_its_type() {
        let made = beside(&["3, b='xy'".into()]);
        let expected = [
            "0, b='xy'",
            "1, b='xy'",
            "-1, b='xy'",
            "2, b='xy'",
            "10, b='xy'",
            "3, b=''",
            "3, b='a'",
            "3, b=' '",
            "3, b='XY'",
            "3, b='xyxy'",
            "3, b='yx'",
        ];
        assert_eq!(made, expected);
        assert_eq!(beside(&["[1, 2]".into()]), ["[]", "[1]", "[1, 2, 1, 2]", "[2, 1]"]);
        assert_eq!(beside(&["None".into(), "x".into()]), Vec::<String>::new());
    }
}
