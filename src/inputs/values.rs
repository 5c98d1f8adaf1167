//! Makes argument values of a type: small edge cases first, then random ones, then mutations of what worked.
//!
//! Invariant: the same seed gives the same values, and every value has a literal.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::python::types::Type;
use crate::sandbox::value::{Value, distinct};

const MAX_DEPTH: u32 = 4;
const WORDS: [&str; 16] = [
    "",
    "a",
    "abc",
    "hello",
    "Hello World",
    "aba",
    "racecar",
    "x1y2",
    "123",
    "-7",
    "3.5",
    " spaced  out ",
    "MiXeD",
    "a,b,c",
    "héllo",
    "line one\nline two",
];
const INTS: [i64; 14] = [0, 1, 2, 3, -1, 5, 7, 10, -5, 12, 100, 17, 255, 1000];
const FLOATS: [f64; 10] = [0.0, 1.0, 0.5, -1.5, 2.75, 10.0, 100.25, -0.25, 1e-3, 1e6];
/// The types that an argument of unknown type most often has.
pub const GUESSES: [fn() -> Type; 9] = [
    || Type::Int,
    || Type::Str,
    || Type::List(Box::new(Type::Int)),
    || Type::List(Box::new(Type::Str)),
    || Type::Dict(Box::new(Type::Str), Box::new(Type::Int)),
    || Type::List(Box::new(Type::List(Box::new(Type::Int)))),
    || Type::Float,
    || Type::Bool,
    || Type::List(Box::new(Type::Tuple(vec![Type::Int, Type::Int]))),
];

/// Makes the `index`-th value of a type: low indices give the edge cases, `literals` are mixed in.
pub fn value(ty: &Type, literals: &[Value], index: usize, rng: &mut ChaCha8Rng) -> Value {
    let fitting: Vec<&Value> = literals.iter().filter(|value| fits(ty, value)).collect();
    if !fitting.is_empty() && index % 2 == 1 {
        return fitting[(index / 2) % fitting.len()].clone();
    }
    make(ty, literals, index, 0, rng)
}

fn make(ty: &Type, literals: &[Value], index: usize, depth: u32, rng: &mut ChaCha8Rng) -> Value {
    match ty {
        Type::Any => {
            make(&GUESSES[index % GUESSES.len()](), literals, index / GUESSES.len() + 1, depth, rng)
        }
        Type::None => Value::None,
        Type::Bool => Value::Bool(index.is_multiple_of(2)),
        Type::Int => Value::int(match INTS.get(index) {
            Some(&edge) if depth == 0 => edge,
            _ => rng.random_range(-9..=30),
        }),
        Type::Float => Value::Float(match FLOATS.get(index) {
            Some(&edge) if depth == 0 => edge,
            // Two decimals read well and add up to the usual rounding.
            _ => f64::from(rng.random_range(-2_000..=20_000)) / 100.0,
        }),
        Type::Complex => {
            Value::Complex(f64::from(rng.random_range(-5..=5)), f64::from(rng.random_range(-5..=5)))
        }
        Type::Str => text(literals, index, depth, rng),
        Type::Bytes => Value::Bytes(match index {
            0 => Vec::new(),
            1 => b"abc".to_vec(),
            _ => (0..rng.random_range(1..8)).map(|_| rng.random()).collect(),
        }),
        Type::List(element) => Value::List(items(element, literals, index, depth, rng)),
        Type::TupleOf(element) => Value::Tuple(items(element, literals, index, depth, rng)),
        Type::Set(element) => Value::Set(set_items(items(element, literals, index, depth, rng))),
        Type::FrozenSet(element) => {
            Value::FrozenSet(set_items(items(element, literals, index, depth, rng)))
        }
        Type::Tuple(elements) => Value::Tuple(
            elements.iter().map(|element| make(element, literals, index, depth + 1, rng)).collect(),
        ),
        Type::Dict(key, element) => {
            let keys = set_items(items(key, literals, index, depth, rng));
            Value::Dict(
                keys.into_iter()
                    .map(|key| {
                        (key, make(element, literals, rng.random_range(0..20), depth + 1, rng))
                    })
                    .collect(),
            )
        }
        Type::Record(fields) => Value::Dict(
            fields
                .iter()
                .map(|(name, ty)| (Value::str(name), value_below(ty, literals, index, depth, rng)))
                .collect(),
        ),
        Type::Union(members) => match members.get(index % members.len().max(1)) {
            Some(member) => make(member, literals, index / members.len(), depth, rng),
            None => Value::None,
        },
        Type::Literal(values) => {
            values.get(index % values.len().max(1)).cloned().unwrap_or(Value::None)
        }
        // A function has no literal; the names of builtins are tried when text is evaluated, not
        // here.
        Type::Callable => Value::None,
    }
}

/// A value inside a record: a known literal now and then, else as at the top.
fn value_below(
    ty: &Type,
    literals: &[Value],
    index: usize,
    depth: u32,
    rng: &mut ChaCha8Rng,
) -> Value {
    let fitting: Vec<&Value> = literals.iter().filter(|value| fits(ty, value)).collect();
    match fitting.choose(rng) {
        Some(value) if rng.random_bool(0.5) => (*value).clone(),
        _ => make(ty, literals, index + rng.random_range(0..8), depth + 1, rng),
    }
}

fn items(
    element: &Type,
    literals: &[Value],
    index: usize,
    depth: u32,
    rng: &mut ChaCha8Rng,
) -> Vec<Value> {
    if depth >= MAX_DEPTH {
        return Vec::new();
    }
    // Empty, one, two, … then any length; deeper lists stay short.
    let len = match index {
        0 if depth == 0 => 0,
        1..=3 if depth == 0 => index,
        _ => rng.random_range(1..=if depth == 0 { 7 } else { 3 }),
    };
    (0..len)
        .map(|_| {
            let index = rng.random_range(0..24);
            value_below(element, literals, index, depth, rng)
        })
        .collect()
}

/// The items that a set of these keeps.
fn set_items(mut items: Vec<Value>) -> Vec<Value> {
    items.retain(Value::is_hashable);
    distinct(items).unwrap_or_default()
}

fn text(literals: &[Value], index: usize, depth: u32, rng: &mut ChaCha8Rng) -> Value {
    if depth == 0
        && let Some(word) = WORDS.get(index)
    {
        return Value::str(*word);
    }
    // Text made of the function's own literals gets further into parsers than noise does.
    let pieces: Vec<&str> = literals
        .iter()
        .filter_map(|value| match value {
            Value::Str(text) if text.chars().count() <= 12 => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if !pieces.is_empty() && rng.random_bool(0.4) {
        let count = rng.random_range(1..=5);
        return Value::Str((0..count).filter_map(|_| pieces.choose(rng).copied()).collect());
    }
    if rng.random_bool(0.3) {
        return Value::str(WORDS[rng.random_range(1..WORDS.len())]);
    }
    let alphabet: Vec<char> = "abcdefgxyzABZ0129 _-.,".chars().collect();
    Value::Str((0..rng.random_range(1..=8)).filter_map(|_| alphabet.choose(rng)).collect())
}

/// Whether a value is of a type, as far as its outermost parts tell.
pub fn fits(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Any, _)
        | (Type::None, Value::None)
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Float, Value::Float(_) | Value::Int(_))
        | (Type::Str, Value::Str(_))
        | (Type::Bytes, Value::Bytes(_)) => true,
        (Type::List(element), Value::List(items)) | (Type::Set(element), Value::Set(items)) => {
            items.iter().all(|item| fits(element, item))
        }
        (Type::Union(members), value) => members.iter().any(|member| fits(member, value)),
        _ => false,
    }
}

/// Changes a value a little, keeping its type if that is easy.
pub fn mutate(value: &Value, rng: &mut ChaCha8Rng) -> Value {
    match value {
        Value::Bool(b) => Value::Bool(!b),
        Value::Int(digits) => {
            let n: i64 = digits.parse().unwrap_or(0);
            Value::int(match rng.random_range(0..6) {
                0 => n.saturating_add(1),
                1 => n.saturating_sub(1),
                2 => n.saturating_neg(),
                3 => n.saturating_mul(2),
                4 => n / 2,
                _ => rng.random_range(-20..=60),
            })
        }
        Value::Float(x) => Value::Float(match rng.random_range(0..4) {
            0 => -x,
            1 => x * 2.0,
            2 => x + 1.0,
            _ => (x / 3.0 * 100.0).round() / 100.0,
        }),
        Value::Str(text) => Value::Str(mutate_text(text, rng)),
        Value::List(items) => Value::List(mutate_items(items, rng)),
        Value::Tuple(items) if items.is_empty() => Value::Tuple(Vec::new()),
        Value::Tuple(items) => {
            // A tuple's length is part of its meaning.
            let mut items = items.clone();
            let at = rng.random_range(0..items.len());
            items[at] = mutate(&items[at], rng);
            Value::Tuple(items)
        }
        Value::Set(items) => Value::Set(set_items(mutate_items(items, rng))),
        Value::FrozenSet(items) => Value::FrozenSet(set_items(mutate_items(items, rng))),
        Value::Dict(entries) if !entries.is_empty() => {
            let mut entries = entries.clone();
            let at = rng.random_range(0..entries.len());
            match rng.random_range(0..4) {
                0 => drop(entries.remove(at)),
                _ => entries[at].1 = mutate(&entries[at].1, rng),
            }
            Value::Dict(entries)
        }
        Value::Bytes(bytes) => {
            Value::Bytes(bytes.iter().rev().copied().chain([rng.random()]).collect())
        }
        other => other.clone(),
    }
}

fn mutate_text(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    match rng.random_range(0..7) {
        0 => chars.reverse(),
        1 => return text.to_uppercase(),
        2 => return format!("{text}{text}"),
        3 if !chars.is_empty() => drop(chars.remove(rng.random_range(0..chars.len()))),
        4 if chars.len() > 1 => {
            let (a, b) = (rng.random_range(0..chars.len()), rng.random_range(0..chars.len()));
            chars.swap(a, b);
        }
        5 => chars
            .insert(rng.random_range(0..=chars.len()), char::from(rng.random_range(b' '..=b'~'))),
        _ => chars.truncate(chars.len() / 2),
    }
    chars.into_iter().collect()
}

fn mutate_items(items: &[Value], rng: &mut ChaCha8Rng) -> Vec<Value> {
    let mut items = items.to_vec();
    if items.is_empty() {
        return items;
    }
    let at = rng.random_range(0..items.len());
    match rng.random_range(0..6) {
        0 => items.reverse(),
        1 => drop(items.remove(at)),
        2 => items.push(items[at].clone()),
        3 => items.insert(0, mutate(&items[at], rng)),
        _ => items[at] = mutate(&items[at], rng),
    }
    items
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn values_are_of_their_type_and_have_literals() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let ty = Type::Dict(Box::new(Type::Str), Box::new(Type::List(Box::new(Type::Int))));
        for index in 0..50 {
            let made = value(&ty, &[], index, &mut rng);
            assert_eq!(made.type_name(), "dict");
            assert!(made.to_literal().is_some());
        }
    }

    #[test]
    fn edge_cases_come_first() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(value(&Type::Int, &[], 0, &mut rng), Value::int(0));
        assert_eq!(value(&Type::Str, &[], 0, &mut rng), Value::str(""));
        assert_eq!(value(&Type::List(Box::new(Type::Int)), &[], 0, &mut rng), Value::List(vec![]));
    }

    #[test]
    fn a_set_is_made_of_the_items_that_python_keeps_in_one() {
        let items = vec![Value::int(1), Value::List(vec![]), Value::Float(1.0), Value::Bool(true)];
        assert_eq!(set_items(items), [Value::int(1)]);
    }
}
