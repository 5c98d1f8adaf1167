//! Arguments that belong together: a bound below the other, an item of the list, a node of the graph, a piece of the text.
//!
//! Invariant: a value keeps its type, and now and then arguments have nothing to do with each other.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::kinds::same_kind;
use super::values::mutate;
use crate::python::Param;
use crate::python::prepared;
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
/// Further names of nodes, if another argument is a graph.
const VERTICES: [&str; 10] = ["u", "v", "w", "s", "t", "n", "x", "y", "center", "initial_node"];
const NODE_LISTS: [&str; 10] = [
    "nodes",
    "nbunch",
    "node_list",
    "nodelist",
    "sources",
    "targets",
    "S",
    "T",
    "terminal_nodes",
    "roots",
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

/// Names of what an object is compared with, which is equal to it now and then, or nearly.
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
            && !k.is_multiple_of(3)
            && OTHERS.contains(&name)
            && let [Some(first), ..] = values
            && same_kind(first, &value)
        {
            // An equal object, or one that differs in a single number.
            let is_equal = k % 3 == 1;
            values[1] = Some(if is_equal { first.clone() } else { mutate(first, rng) });
            continue;
        }
        let others = values.iter().enumerate().filter(|(i, _)| *i != at);
        let mut others = others.filter_map(|(_, other)| other.as_ref());
        let is_open = params.get(at).is_none_or(|param| param.annotation.is_none());
        if k % 4 != 3
            && let Some(found) = others.clone().find_map(|other| held(other, rng))
            && (is_open || same_kind(&found, &value))
        {
            // Something that is in the object, or near to it.
            values[at] = Some(if k % 4 == 1 { mutate(&found, rng) } else { found });
            continue;
        }
        if is_open && let Some(found) = others.clone().find_map(|other| nodes(name, other, rng)) {
            values[at] = Some(found);
            continue;
        }
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

/// Something that an object holds, as far as the calls tell that made it ready.
fn held(object: &Value, rng: &mut ChaCha8Rng) -> Option<Value> {
    let given = prepared::given_to(object.as_expression()?);
    let atoms: Vec<&Value> = given
        .iter()
        .flat_map(Value::walk)
        .filter(|value| value.children().next().is_none())
        .collect();
    atoms.choose(rng).map(|value| (*value).clone())
}

/// A node, or some of the nodes, of a graph that an expression makes with a number of nodes: those of `path_graph(5)` are 0 to 4.
fn nodes(name: &str, other: &Value, rng: &mut ChaCha8Rng) -> Option<Value> {
    let (_, arguments) = other.as_expression()?.split_once("_graph(")?;
    let digits: String = arguments.chars().take_while(char::is_ascii_digit).collect();
    let count = digits.parse::<i64>().ok().filter(|count| (2..100).contains(count))?;
    if NODES.contains(&name) || VERTICES.contains(&name) {
        return Some(Value::int(rng.random_range(0..count)));
    }
    if !NODE_LISTS.contains(&name) {
        return None;
    }
    let mut all: Vec<i64> = (0..count).collect();
    all.shuffle(rng);
    all.truncate(rng.random_range(1..=3));
    all.sort_unstable();
    Some(Value::List(all.into_iter().map(Value::int).collect()))
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

    #[test]
    fn the_nodes_are_those_of_the_graph() {
        let module = Module::parse("def f(G, source, nbunch, weight, u: str): pass\n").unwrap();
        let params = &module.functions()[0].params;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let text = || Some(Value::str("cat"));
        let graph = Some(Value::expression("nx.path_graph(4)"));
        let mut values = vec![graph, text(), text(), text(), text()];
        relate(params, &mut values, 0, &mut rng);
        let is_node = |value: &Value| matches!(value, Value::Int(digits) if ["0", "1", "2", "3"].contains(&digits.as_str()));
        assert!(values[1].as_ref().is_some_and(is_node), "{values:?}");
        let Some(Value::List(items)) = &values[2] else { panic!("{values:?}") };
        assert!(!items.is_empty() && items.iter().all(is_node));
        assert_eq!(values[3..], [text(), text()]);
    }
}
