//! Arguments that belong together: a bound below the other, an item of the list, a node of the graph, a piece of the text.
//!
//! Invariant: a value keeps its type, and now and then arguments have nothing to do with each other.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::kinds::same_kind;
use crate::python::Param;
use crate::sandbox::value::Value;

const LOWER: [&str; 9] =
    ["low", "lo", "start", "begin", "left", "minimum", "min_value", "lower", "from_"];
const UPPER: [&str; 10] =
    ["high", "hi", "end", "stop", "right", "maximum", "max_value", "upper", "to", "finish"];
const ITEMS: [&str; 16] = [
    "target", "x", "item", "value", "key", "needle", "element", "elem", "val", "num", "n", "query",
    "search", "start", "end", "source",
];
const NODES: [&str; 14] = [
    "start",
    "end",
    "source",
    "target",
    "node",
    "root",
    "src",
    "dst",
    "goal",
    "dest",
    "destination",
    "begin",
    "vertex",
    "finish",
];
const PIECES: [&str; 16] = [
    "sub",
    "substring",
    "substr",
    "pattern",
    "needle",
    "prefix",
    "suffix",
    "word",
    "char",
    "ch",
    "c",
    "letter",
    "target",
    "old",
    "sep",
    "key",
];

/// Names of what an object is compared with, which is equal to it now and then.
const OTHERS: [&str; 5] = ["other", "another", "rhs", "that", "o"];

/// Makes the values of a call's parameters belong together.
pub(super) fn relate(
    params: &[Param],
    values: &mut [Option<Value>],
    k: usize,
    rng: &mut ChaCha8Rng,
) {
    if k % 5 == 4 {
        return;
    }
    for at in 0..values.len() {
        let name = params.get(at).map_or("", |param| param.name.as_str());
        let Some(value) = values[at].clone() else { continue };
        if at == 1
            && k % 3 == 1
            && OTHERS.contains(&name)
            && let [Some(first), ..] = values
            && same_kind(first, &value)
        {
            values[1] = Some(first.clone());
            continue;
        }
        let others = values.iter().enumerate().filter(|(i, _)| *i != at);
        let mut others = others.filter_map(|(_, other)| other.as_ref());
        if let Some(found) = others.find_map(|other| related(name, &value, other, rng)) {
            values[at] = Some(found);
        }
        let is_bound = |names: &[&str], name: &str| names.contains(&name);
        let lower = (0..at).rev().find(|&i| {
            let other = params.get(i).map_or("", |param| param.name.as_str());
            is_bound(&LOWER, other) && is_bound(&UPPER, name)
        });
        if let Some(lower) = lower {
            let number = |value: &Option<Value>| match value {
                Some(Value::Int(digits)) => digits.parse::<f64>().ok(),
                Some(Value::Float(x)) => Some(*x),
                _ => None,
            };
            if let (Some(low), Some(high)) = (number(&values[lower]), number(&values[at]))
                && low > high
            {
                values.swap(lower, at);
            }
        }
    }
}

/// A value of the same type that another argument has in it.
fn related(name: &str, value: &Value, other: &Value, rng: &mut ChaCha8Rng) -> Option<Value> {
    match (value, other) {
        (Value::Str(_) | Value::Int(_), Value::Dict(entries)) if NODES.contains(&name) => {
            let graph = entries
                .iter()
                .any(|(_, value)| matches!(value, Value::List(_) | Value::Dict(_) | Value::Set(_)));
            let (node, _) = entries.choose(rng)?;
            (graph && (value.type_name() == node.type_name() || matches!(value, Value::Int(_))))
                .then(|| node.clone())
        }
        (
            Value::Str(_) | Value::Int(_) | Value::Float(_),
            Value::List(items) | Value::Tuple(items),
        ) if ITEMS.contains(&name) || rng.random_bool(0.3) => {
            items.choose(rng).filter(|item| item.type_name() == value.type_name()).cloned()
        }
        (Value::Str(_) | Value::Int(_), Value::Dict(entries))
            if ITEMS.contains(&name) || rng.random_bool(0.4) =>
        {
            let (key, _) = entries.choose(rng)?;
            (key.type_name() == value.type_name()).then(|| key.clone())
        }
        (Value::Str(_), Value::Str(text)) if PIECES.contains(&name) => {
            let chars: Vec<char> = text.chars().collect();
            if chars.is_empty() {
                return None;
            }
            let len = match name {
                "char" | "ch" | "c" | "letter" | "sep" => 1,
                _ => rng.random_range(1..=chars.len().min(3)),
            };
            let start = match name {
                "prefix" => 0,
                "suffix" => chars.len() - len,
                _ => rng.random_range(0..=chars.len() - len),
            };
            Some(Value::Str(chars[start..start + len].iter().collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::python::Module;

    #[test]
    fn arguments_belong_together() {
        let module = Module::parse("def f(text, prefix, low, high): pass\n").unwrap();
        let params = &module.functions()[0].params;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut values = vec![
            Some(Value::str("banana")),
            Some(Value::str("x")),
            Some(Value::int(9)),
            Some(Value::int(2)),
        ];
        relate(params, &mut values, 0, &mut rng);
        let Some(Value::Str(prefix)) = &values[1] else { panic!("{values:?}") };
        assert!("banana".starts_with(prefix.as_str()));
        assert_eq!(values[2..], [Some(Value::int(2)), Some(Value::int(9))]);
    }
}
