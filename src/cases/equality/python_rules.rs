//! Random nested values, compared by the rules of Python's `==` written out one by one.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::sandbox::value::{distinct, last_of_each_key};

/// Python's `==` by its rules, with no regard to time. Small numbers only, which floats hold exactly.
fn equal_by_rules(a: &Value, b: &Value) -> bool {
    let each = |a: &[Value], b: &[Value]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal_by_rules(a, b))
    };
    let is_in = |item: &Value, items: &[Value]| items.iter().any(|x| equal_by_rules(item, x));
    match (a, b) {
        (Value::None, Value::None) => true,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a) | Value::ByteArray(a), Value::Bytes(b) | Value::ByteArray(b)) => a == b,
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => each(a, b),
        (Value::Set(a) | Value::FrozenSet(a), Value::Set(b) | Value::FrozenSet(b)) => {
            a.len() == b.len() && a.iter().all(|item| is_in(item, b))
        }
        (Value::Dict(a), Value::Dict(b)) => {
            let has = |(key, value): &(Value, Value)| {
                b.iter().any(|(k, v)| equal_by_rules(key, k) && equal_by_rules(value, v))
            };
            a.len() == b.len() && a.iter().all(has)
        }
        _ => number(a).zip(number(b)).is_some_and(|(a, b)| a == b),
    }
}

/// The real and the imaginary part.
fn number(value: &Value) -> Option<(f64, f64)> {
    match value {
        Value::Bool(value) => Some((f64::from(u8::from(*value)), 0.0)),
        Value::Int(digits) => Some((digits.parse().unwrap(), 0.0)),
        Value::Float(x) => Some((*x, 0.0)),
        Value::Complex(re, im) => Some((*re, *im)),
        _ => None,
    }
}

fn number_of(rng: &mut ChaCha8Rng, x: i8) -> Value {
    let whole = f64::from(x);
    let mut forms = vec![Value::int(x), Value::Float(whole), Value::Complex(whole, 0.0)];
    match x {
        0 => forms.extend([Value::Bool(false), Value::Float(-0.0), Value::Complex(-0.0, -0.0)]),
        1 => forms.push(Value::Bool(true)),
        _ => {}
    }
    forms.choose(rng).unwrap().clone()
}

fn leaf(rng: &mut ChaCha8Rng) -> Value {
    match rng.random_range(0..8) {
        0 => Value::None,
        1 => Value::str(["", "1", "a", "'"][rng.random_range(0..4)]),
        2 => Value::Bytes(vec![b'1'; rng.random_range(0..2)]),
        3 => Value::Float([0.5, f64::INFINITY, f64::NAN][rng.random_range(0..3)]),
        4 => Value::Complex(1.0, 2.0),
        _ => {
            let x = rng.random_range(-1..4);
            number_of(rng, x)
        }
    }
}

fn hashable(rng: &mut ChaCha8Rng, depth: u32) -> Value {
    let items = |rng: &mut ChaCha8Rng| -> Vec<Value> {
        (0..rng.random_range(0..4)).map(|_| hashable(rng, depth - 1)).collect()
    };
    match if depth == 0 { 0 } else { rng.random_range(0..4) } {
        2 => Value::Tuple(items(rng)),
        3 => Value::FrozenSet(distinct(items(rng)).unwrap()),
        _ => leaf(rng),
    }
}

fn value(rng: &mut ChaCha8Rng, depth: u32) -> Value {
    let count = rng.random_range(0..4);
    let keys = |rng: &mut ChaCha8Rng| (0..count).map(|_| hashable(rng, depth - 1)).collect();
    let items = |rng: &mut ChaCha8Rng| (0..count).map(|_| value(rng, depth - 1)).collect();
    match if depth == 0 { 0 } else { rng.random_range(0..6) } {
        1 => Value::List(items(rng)),
        2 => Value::Tuple(items(rng)),
        3 => Value::Set(distinct(keys(rng)).unwrap()),
        4 => {
            let keys: Vec<Value> = keys(rng);
            let values: Vec<Value> = items(rng);
            Value::Dict(last_of_each_key(keys.into_iter().zip(values).collect()).unwrap())
        }
        5 => Value::ByteArray(vec![b'1'; count.min(1)]),
        _ => hashable(rng, depth),
    }
}

/// The value in another form, which Python takes for equal, unless chance changes one of its leaves.
fn varied(rng: &mut ChaCha8Rng, of: &Value) -> Value {
    let all = |rng: &mut ChaCha8Rng, items: &[Value]| -> Vec<Value> {
        items.iter().map(|item| varied(rng, item)).collect()
    };
    match of {
        Value::List(items) => Value::List(all(rng, items)),
        Value::Tuple(items) => Value::Tuple(all(rng, items)),
        Value::Set(items) | Value::FrozenSet(items) => {
            let mut items = all(rng, items);
            items.shuffle(rng);
            let items = distinct(items).unwrap();
            // Only a frozenset can be an item again.
            if matches!(of, Value::Set(_)) { Value::Set(items) } else { Value::FrozenSet(items) }
        }
        Value::Dict(entries) => {
            let mut entries: Vec<(Value, Value)> =
                entries.iter().map(|(k, v)| (varied(rng, k), varied(rng, v))).collect();
            entries.shuffle(rng);
            Value::Dict(last_of_each_key(entries).unwrap())
        }
        _ if rng.random_bool(0.03) => leaf(rng),
        Value::Bytes(bytes) => Value::Bytes(bytes.clone()),
        _ => match number(of) {
            Some((re, 0.0)) if re.fract() == 0.0 => {
                #[expect(clippy::cast_possible_truncation, reason = "the leaves are small")]
                let whole = re as i8;
                number_of(rng, whole)
            }
            _ => of.clone(),
        },
    }
}

#[test]
fn random_values_are_equal_exactly_by_pythons_rules() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (mut equal, mut different) = (0, 0);
    for _ in 0..20_000 {
        let a = value(&mut rng, 4);
        let b = if rng.random_bool(0.8) { varied(&mut rng, &a) } else { value(&mut rng, 3) };
        let found = Compare::Python.equal(&a, &b);
        assert_eq!(found, equal_by_rules(&a, &b), "{a} {b}");
        assert_eq!(found, Compare::Python.equal(&b, &a), "{a} {b}");
        let is_plain = equal_by_rules(&a, &a);
        assert_eq!(Compare::Python.equal(&a, &a), is_plain, "{a}");
        assert!(Compare::Exact.equal(&a, &a), "{a}");
        assert!(!(Compare::Exact.equal(&a, &b) && is_plain) || found, "{a} {b}");
        assert!(!found || Compare::Python.near(1e-9, &a, &b), "{a} {b}");
        if found { equal += 1 } else { different += 1 }
    }
    assert!(equal > 5_000 && different > 2_000, "{equal} equal, {different} different");
}

#[test]
fn deep_and_large_values_are_compared_in_any_order() {
    let wrapped: [fn(Value) -> Value; 2] =
        [|deep| Value::Dict(vec![(Value::int(0), deep)]), |deep| Value::FrozenSet(vec![deep])];
    let large =
        |last: &str| (0..40_000).map(|i| Value::str(i.to_string())).chain([Value::str(last)]);
    let entries = |last: &str| large(last).map(|key| (key.clone(), key)).collect::<Vec<_>>();
    let mut reversed = entries("a");
    reversed.reverse();
    for compare in [Compare::Exact, Compare::Python, Compare::Json, Compare::UnwrappedJson] {
        for wrap in wrapped {
            let deep = |leaf: &str| (0..60).fold(Value::str(leaf), |deep, _| wrap(deep));
            assert!(compare.equal(&deep("a"), &deep("a")));
            assert!(!compare.equal(&deep("a"), &deep("b")));
        }
        let sets = |last: &str| Value::Set(large(last).collect());
        assert!(compare.equal(&sets("a"), &sets("a")) && !compare.equal(&sets("a"), &sets("b")));
        let dict = |entries: &[(Value, Value)]| Value::Dict(entries.to_vec());
        assert!(compare.equal(&dict(&reversed), &dict(&entries("a"))));
        assert!(compare.near(1e-6, &dict(&reversed), &dict(&entries("a"))));
        assert!(!compare.equal(&dict(&reversed), &dict(&entries("b"))));
        assert!(!compare.near(1e-6, &dict(&reversed), &dict(&entries("b"))));
    }
}
