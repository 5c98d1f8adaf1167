//! What a program compares while it runs: a part of an argument is put in place of what it was compared with.
//!
//! Invariant: a call that is made here differs from one that was tried in one value alone.

use crate::python::Call;
use crate::python::literal::with_other;
use crate::sandbox::value::Value;

/// Characters of a text that is looked for within others, which have a shorter one by chance.
const MIN_PART: usize = 2;

/// The calls that a call becomes if one value that it compared is replaced by the other side of the comparison.
pub(super) fn replaced(call: &Call, compared: &Value) -> Vec<Call> {
    let Value::List(pairs) = compared else { return Vec::new() };
    let pairs = pairs.iter().filter_map(|pair| match pair {
        Value::Tuple(sides) => match &sides[..] {
            [left, right] => Some((left, right)),
            _ => None,
        },
        _ => None,
    });
    let both = pairs.flat_map(|(left, right)| [(left, right), (right, left)]);
    let mut calls = Vec::new();
    for (from, to) in both {
        for place in 0..call.args.len() + call.kwargs.len() {
            let mut changed = Call { source: String::new(), ..call.clone() };
            let slot = match place.checked_sub(call.args.len()) {
                Some(keyword) => &mut changed.kwargs[keyword].1,
                None => &mut changed.args[place],
            };
            if replace(slot, from, to) {
                calls.push(changed);
            }
        }
    }
    calls
}

/// Replaces the first place where a value stands within another.
fn replace(value: &mut Value, from: &Value, to: &Value) -> bool {
    if value == from {
        *value = to.clone();
        return true;
    }
    match value {
        Value::List(items) | Value::Tuple(items) => {
            items.iter_mut().any(|item| replace(item, from, to))
        }
        Value::Dict(entries) => entries
            .iter_mut()
            .any(|(key, value)| replace(key, from, to) || replace(value, from, to)),
        Value::Str(text) => match (from, to) {
            (Value::Str(from), Value::Str(to))
                if from.chars().count() >= MIN_PART && text.contains(from.as_str()) =>
            {
                *text = text.replacen(from.as_str(), to, 1);
                true
            }
            _ => false,
        },
        other => {
            let made = other.as_expression().and_then(|text| with_other(text, from, to));
            made.map(|text| *other = Value::expression(text)).is_some()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compared_is_put_in_place_of_the_part_that_was() {
        let call = Call {
            args: vec![Value::str("GET /x"), Value::List(vec![Value::int(3), Value::int(4)])],
            kwargs: vec![("key".to_owned(), Value::str("name"))],
            source: String::new(),
        };
        let pair = |a: Value, b: Value| Value::Tuple(vec![a, b]);
        let compared = Value::List(vec![
            pair(Value::str("GET"), Value::str("POST")),
            pair(Value::int(9), Value::int(4)),
            pair(Value::str("name"), Value::str("size")),
            pair(Value::str("a"), Value::str("/")),
        ]);
        let shown: Vec<String> =
            replaced(&call, &compared).iter().filter_map(Call::to_source).collect();
        assert_eq!(
            shown,
            [
                "'POST /x', [3, 4], key='name'",
                "'GET /x', [3, 9], key='name'",
                "'GET /x', [3, 4], key='size'",
            ]
        );
        assert_eq!(replaced(&call, &Value::None), []);
        let made = Value::expression("(a := Account(17, 'x'), a.add(-3))[0]");
        let call = Call { args: vec![made], kwargs: Vec::new(), source: String::new() };
        let compared = Value::List(vec![
            pair(Value::int(17), Value::int(0)),
            pair(Value::int(-3), Value::int(5)),
        ]);
        let shown: Vec<String> =
            replaced(&call, &compared).iter().filter_map(Call::to_source).collect();
        assert_eq!(
            shown,
            ["(a := Account(0, 'x'), a.add(-3))[0]", "(a := Account(17, 'x'), a.add(5))[0]",]
        );
    }
}
