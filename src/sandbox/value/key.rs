//! Which values Python takes for one key of a dictionary, or one item of a set.
//!
//! Invariant: two keys are equal exactly when CPython's `hash` and `==` agree that their values are: `1 == 1.0 == True == 1+0j`, at
//! any size and inside tuples and frozensets; NaN equals nothing.

use std::collections::HashMap;

use super::Value;
use super::canonical::short;

/// A hashable value, so that values that are equal in Python have equal keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Value {
    /// Whether a dictionary takes the value as a key. What has methods of its own is not asked, and is not.
    pub fn is_hashable(&self) -> bool {
        match self {
            Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Complex(..)
            | Self::Str(_)
            | Self::EscapedStr(_)
            | Self::Bytes(_) => true,
            Self::Tuple(items) | Self::FrozenSet(items) => items.iter().all(Self::is_hashable),
            Self::ByteArray(_)
            | Self::List(_)
            | Self::Set(_)
            | Self::Dict(_)
            | Self::Object(..)
            | Self::Derived(..)
            | Self::Opaque(..)
            | Self::Cycle(_) => false,
        }
    }

    /// The key that the value has in common with all values that equal it; `None` if it is not hashable, or equals nothing.
    pub fn key(&self) -> Option<Key> {
        Some(Key(match self {
            Self::None => "None".into(),
            Self::Bool(value) => u8::from(*value).to_string(),
            Self::Int(digits) => digits.clone(),
            Self::Float(x) => number(*x)?,
            Self::Complex(re, im) if *im == 0.0 => number(*re)?,
            Self::Complex(re, im) => format!("{}+{}j", number(*re)?, number(*im)?),
            Self::Str(text) => format!("{text:?}"),
            Self::EscapedStr(escaped) => format!("escaped {escaped:?}"),
            Self::Bytes(bytes) => format!("bytes {bytes:?}"),
            // Otherwise a key would be copied from level to level.
            Self::Tuple(items) => short(format!("({})", keys(items)?.join(","))),
            Self::FrozenSet(items) => {
                let mut keys = keys(items)?;
                keys.sort();
                short(format!("{{{}}}", keys.join(",")))
            }
            Self::ByteArray(_)
            | Self::List(_)
            | Self::Set(_)
            | Self::Dict(_)
            | Self::Object(..)
            | Self::Derived(..)
            | Self::Opaque(..)
            | Self::Cycle(_) => return None,
        }))
    }
}

/// A float, written as the integer that it equals if there is one: with all its digits, and `0` for both zeros.
fn number(x: f64) -> Option<String> {
    if x.is_nan() {
        return None;
    }
    // Adding zero makes the negative zero the positive one. An infinity has no fraction, not even 0.
    Some(if x.fract() == 0.0 { format!("{:.0}", x + 0.0) } else { format!("{x:?}") })
}

fn keys(items: &[Value]) -> Option<Vec<String>> {
    items.iter().map(|item| item.key().map(|Key(text)| text)).collect()
}

/// The items of a set: the first of equal ones; `None` if one is not hashable.
pub fn distinct(items: Vec<Value>) -> Option<Vec<Value>> {
    let entries = items.into_iter().map(|item| (item, ())).collect();
    Some(last_of_each_key(entries)?.into_iter().map(|(item, ())| item).collect())
}

/// The entries of a dictionary: the first key and the last value of equal keys; `None` if a key is not hashable.
pub fn last_of_each_key<T>(entries: Vec<(Value, T)>) -> Option<Vec<(Value, T)>> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut kept: Vec<(Value, T)> = Vec::new();
    for (value, content) in entries {
        if !value.is_hashable() {
            return None;
        }
        let next = kept.len();
        let place = value.key().map_or(next, |key| *places.entry(key).or_insert(next));
        match kept.get_mut(place) {
            Some(earlier) => earlier.1 = content,
            None => kept.push((value, content)),
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(digits: &str) -> Value {
        Value::Int(digits.into())
    }

    fn tuple(item: Value) -> Value {
        Value::Tuple(vec![item])
    }

    #[track_caller]
    fn are_one_key(a: Value, b: Value) {
        assert!(a.key().is_some(), "{a} is no key");
        assert_eq!(a.key(), b.key(), "{a} and {b}");
        assert_eq!(distinct(vec![a.clone(), b]).unwrap(), [a]);
    }

    #[track_caller]
    fn are_two_keys(a: Value, b: Value) {
        assert!(a.key().is_none() || a.key() != b.key(), "{a} and {b}");
        assert_eq!(distinct(vec![a, b]).unwrap().len(), 2);
    }

    #[test]
    fn numbers_of_all_types_are_one_key_if_they_are_equal() {
        are_one_key(int("1"), Value::Float(1.0));
        are_one_key(Value::Bool(true), int("1"));
        are_one_key(Value::Complex(1.0, 0.0), int("1"));
        are_one_key(Value::Complex(1.0, -0.0), Value::Bool(true));
        are_one_key(Value::Float(-0.0), int("0"));
        are_one_key(Value::Complex(-0.0, 2.0), Value::Complex(0.0, 2.0));
        are_two_keys(int("1"), Value::Float(1.5));
        are_two_keys(Value::Complex(1.0, 1.0), int("1"));
        are_two_keys(Value::Complex(1.0, 2.0), Value::Complex(1.0, -2.0));
        are_two_keys(int("1"), Value::str("1"));
        are_two_keys(Value::str("a"), Value::Bytes(b"a".to_vec()));
    }

    #[test]
    fn integers_and_floats_are_compared_exactly_at_any_size() {
        are_two_keys(int("9007199254740992"), int("9007199254740993"));
        are_one_key(int("9007199254740992"), Value::Float(9_007_199_254_740_992.0));
        are_two_keys(int("9007199254740993"), Value::Float(9_007_199_254_740_992.0));
        are_one_key(int("10000000000000000000000"), Value::Float(1e22));
        are_one_key(int("99999999999999991611392"), Value::Float(1e23));
        are_two_keys(int("100000000000000000000000"), Value::Float(1e23));
        are_two_keys(Value::Float(f64::INFINITY), Value::Float(f64::NEG_INFINITY));
    }

    #[test]
    fn equal_numbers_inside_tuples_and_frozensets_make_equal_keys() {
        are_one_key(tuple(int("1")), tuple(Value::Float(1.0)));
        are_one_key(tuple(tuple(Value::Bool(false))), tuple(tuple(Value::Float(-0.0))));
        are_one_key(
            Value::FrozenSet(vec![int("1"), int("2")]),
            Value::FrozenSet(vec![Value::Float(2.0), Value::Bool(true)]),
        );
        are_two_keys(tuple(int("1")), int("1"));
        are_two_keys(
            Value::Tuple(vec![Value::str("a"), Value::str("b")]),
            tuple(Value::str("\"a\",\"b\"")),
        );
    }

    #[test]
    fn nan_is_a_key_that_equals_none() {
        for nan in [Value::Float(f64::NAN), Value::Complex(0.0, f64::NAN)] {
            are_two_keys(nan.clone(), nan.clone());
            are_two_keys(tuple(nan.clone()), tuple(nan));
        }
    }

    #[test]
    fn what_can_change_is_not_a_key() {
        for value in [
            Value::List(vec![]),
            Value::Set(vec![]),
            Value::Dict(vec![]),
            Value::ByteArray(vec![]),
            tuple(Value::List(vec![])),
            Value::Object("C".into(), vec![]),
        ] {
            assert_eq!(value.key(), None, "{value}");
            assert_eq!(distinct(vec![value]), None);
        }
    }

    #[test]
    fn a_dictionary_keeps_the_first_key_and_the_last_value() {
        let entries = vec![(int("1"), "a"), (int("2"), "b"), (Value::Bool(true), "c")];
        assert_eq!(last_of_each_key(entries).unwrap(), [(int("1"), "c"), (int("2"), "b")]);
    }
}
