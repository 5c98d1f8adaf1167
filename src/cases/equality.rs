//! When a result is the expected one.
//!
//! Invariant: values are compared on the host as data; no `__eq__` of a guest's is ever asked, and what has no literal equals none.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::python::literal;
use crate::sandbox::value::{Key, Value};

/// How strictly results are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// The same value of the same type: `1`, `1.0` and `True` differ.
    Exact,
    /// As Python's `==` compares builtin values: `1 == 1.0 == True`, NaN equals nothing, a list is
    /// not a tuple.
    Python,
    /// As `==`, for results that are stated in JSON: a tuple counts as a list, an integer key as
    /// its text, NaN equals NaN, and a stated list of one item also matches that item, since these
    /// sets wrap results in a list.
    Json,
    /// As [`Self::Json`], for sets that never wrap a result.
    UnwrappedJson,
}

impl Compare {
    /// Whether a result counts as the stated one.
    pub fn equal(self, stated: &Value, got: &Value) -> bool {
        match self {
            Self::Exact => self.same(stated, got),
            Self::Python => self.same(stated, &plain(got)),
            Self::Json => as_json_any(stated, &plain(got), |stated, got| self.same(stated, got)),
            Self::UnwrappedJson => self.same(&as_json(stated), &as_json(&plain(got))),
        }
    }

    /// Whether a result counts as the stated one if two numbers, at least one of them a float, may
    /// differ by a share of the larger one.
    pub fn near(self, share: f64, stated: &Value, got: &Value) -> bool {
        match self {
            Self::Exact => self.nearly(share, stated, got),
            Self::Python => self.nearly(share, stated, &plain(got)),
            Self::Json => {
                as_json_any(stated, &plain(got), |stated, got| self.nearly(share, stated, got))
            }
            Self::UnwrappedJson => self.nearly(share, &as_json(stated), &as_json(&plain(got))),
        }
    }

    /// The part of a stated value that a result is compared with, if it is not the whole.
    pub fn part(self, stated: &Value, got: &Value) -> Option<Value> {
        let (Self::Json, Value::List(items)) = (self, as_json(stated)) else { return None };
        let [first] = <[Value; 1]>::try_from(items).ok()?;
        let is_wrapped = match as_json(got) {
            // For a list, it is the part only if the whole is deeper than that.
            Value::List(got) => {
                matches!(first, Value::List(_)) && !matches!(got.first(), Some(Value::List(_)))
            }
            _ => true,
        };
        is_wrapped.then_some(first)
    }

    fn nearly(self, share: f64, stated: &Value, got: &Value) -> bool {
        let near = |(a, b): (&Value, &Value)| self.nearly(share, a, b);
        let all_near = |a: &[Value], b: &[Value]| a.len() == b.len() && a.iter().zip(b).all(near);
        match (stated, got) {
            (Value::Float(_), Value::Float(_) | Value::Int(_))
            | (Value::Int(_), Value::Float(_)) => {
                self.same(stated, got) || are_near(share, stated, got)
            }
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => all_near(a, b),
            (Value::Set(a), Value::Set(b)) | (Value::FrozenSet(a), Value::FrozenSet(b)) => {
                let is_in = |x: &Value, all: &[Value]| all.iter().any(|y| near((x, y)));
                a.len() == b.len()
                    && (self.same(stated, got)
                        || a.iter().all(|x| is_in(x, b)) && b.iter().all(|x| is_in(x, a)))
            }
            (Value::Dict(a), Value::Dict(b)) => {
                self.pairs(a, b).is_some_and(|pairs| pairs.into_iter().all(near))
            }
            (Value::Object(a, x), Value::Object(b, y)) => {
                a == b
                    && x.len() == y.len()
                    && x.iter().zip(y).all(|(a, b)| a.0 == b.0 && near((&a.1, &b.1)))
            }
            _ => self.same(stated, got),
        }
    }

    /// Whether two values, neither of them an object that is a dictionary, are the same.
    fn same(self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            _ if self == Self::Exact => a == b,
            (Value::Float(a), Value::Float(b)) if a.is_nan() && self != Self::Python => b.is_nan(),
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a) | Value::ByteArray(a), Value::Bytes(b) | Value::ByteArray(b)) => {
                a == b
            }
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same(a, b))
            }
            (Value::Set(a) | Value::FrozenSet(a), Value::Set(b) | Value::FrozenSet(b)) => {
                let keys = |items: &[Value]| items.iter().map(Value::key).collect();
                let (x, y): (Option<BTreeSet<Key>>, Option<BTreeSet<Key>>) = (keys(a), keys(b));
                a.len() == b.len() && x.zip(y).is_some_and(|(x, y)| x == y)
            }
            (Value::Dict(a), Value::Dict(b)) => self
                .pairs(a, b)
                .is_some_and(|pairs| pairs.into_iter().all(|(a, b)| self.same(a, b))),
            // What is hashable equals what has its key. An object has none, since its `==` would be the guest's word.
            (a, b) => a.key().is_some_and(|key| b.key() == Some(key)),
        }
    }

    /// The values that two dictionaries have under the same keys; `None` if they have different keys.
    fn pairs<'v>(
        self,
        a: &'v [(Value, Value)],
        b: &'v [(Value, Value)],
    ) -> Option<Vec<(&'v Value, &'v Value)>> {
        if a.len() != b.len() {
            return None;
        }
        // Mostly the order is the same, too. No pair is compared twice, which would double at every level.
        if a.iter().zip(b).all(|((key, _), (other, _))| self.same(key, other)) {
            return Some(a.iter().zip(b).map(|((_, value), (_, got))| (value, got)).collect());
        }
        let by_key = |entries: &'v [(Value, Value)]| {
            let keyed = entries.iter().map(|(key, value)| Some((key.key()?, (key, value))));
            keyed.collect::<Option<BTreeMap<Key, (&Value, &Value)>>>()
        };
        let (x, y) = by_key(a).zip(by_key(b))?;
        if !x.keys().eq(y.keys()) {
            return None;
        }
        let pairs = x.into_values().zip(y.into_values());
        pairs.map(|((k, value), (l, got))| self.same(k, l).then_some((value, got))).collect()
    }
}

/// A result as the builtin value that it equals; what was too deep to be sent as data is read from its literal.
fn plain(got: &Value) -> Value {
    got.plain(&literal::parse)
}

/// Compares in terms of JSON: with the stated value, and with the only item of a stated list.
fn as_json_any(stated: &Value, got: &Value, same: impl Fn(&Value, &Value) -> bool) -> bool {
    let (stated, got) = (as_json(stated), as_json(got));
    let wrapped = match &stated {
        Value::List(items) if items.len() == 1 => same(&items[0], &got),
        _ => false,
    };
    wrapped || same(&stated, &got)
}

fn are_near(share: f64, a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Int(digits) => digits.parse::<f64>().ok(),
        Value::Float(x) => Some(*x),
        _ => None,
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.is_finite() && b.is_finite() && is_near(share, a, b),
        (None, _) | (_, None) => false,
    }
}

/// Whether two numbers differ by the tolerance at most, or by that share of the larger one.
pub fn is_near(tolerance: f64, a: f64, b: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// Whether two names are of one class; the reference writes its program's own classes with a module.
pub fn same_class(stated: &str, got: &str) -> bool {
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    stated == got || last(stated) == last(got)
}

/// Whether two values are the same except for floats that differ by less than one part in 10^12.
pub fn nearly_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(x), Value::Float(y)) => (x - y).abs() <= 1e-12 * x.abs().max(y.abs()),
        (Value::List(x), Value::List(y)) | (Value::Tuple(x), Value::Tuple(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(a, b)| nearly_equal(a, b))
        }
        (Value::Dict(x), Value::Dict(y)) => {
            x.len() == y.len()
                && x.iter().zip(y).all(|((k, v), (l, w))| k == l && nearly_equal(v, w))
        }
        _ => a == b,
    }
}

fn as_json(value: &Value) -> Value {
    match value {
        Value::List(items) | Value::Tuple(items) => {
            Value::List(items.iter().map(as_json).collect())
        }
        Value::Dict(entries) => {
            let key = |key: &Value| match key {
                Value::Int(digits) => Value::Str(digits.clone()),
                other => other.clone(),
            };
            Value::Dict(entries.iter().map(|(k, value)| (key(k), as_json(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod python_rules;

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(compare: Compare, stated: &str, got: &str) -> bool {
        compare.equal(&literal::parse(stated).unwrap(), &literal::parse(got).unwrap())
    }

    #[test]
    fn python_compares_numbers_of_all_types() {
        for (a, b) in [
            ("1", "1.0"),
            ("1", "True"),
            ("0", "-0.0"),
            ("1e22", "10000000000000000000000"),
            ("2", "complex(2, 0)"),
            ("[1, (2,)]", "[1.0, (True and 2,)]"),
            ("{1: 'a', 2: 'b'}", "{2.0: 'b', True: 'a'}"),
            ("{1, 2}", "frozenset({2, 1.0})"),
        ] {
            let b = b.replace("True and 2", "2.0");
            assert!(equal(Compare::Python, a, &b) && equal(Compare::Python, &b, a), "{a} {b}");
            assert!(!equal(Compare::Exact, a, &b), "{a} {b}");
        }
    }

    #[test]
    fn python_tells_other_values_apart() {
        for (a, b) in [
            ("1", "2"),
            ("1", "1.5"),
            ("1", "'1'"),
            ("[1]", "(1,)"),
            ("float('nan')", "float('nan')"),
            ("None", "False"),
            ("9007199254740993", "9007199254740992.0"),
            ("{1: 2}", "{1: 3}"),
            ("'a'", "b'a'"),
            ("[]", "None"),
        ] {
            assert!(!equal(Compare::Python, a, b) && !equal(Compare::Python, b, a), "{a} {b}");
        }
        let object = Value::Object("C".into(), vec![]);
        assert!(!Compare::Python.equal(&object, &object));
    }

    #[test]
    fn what_the_library_derives_equals_what_python_says() {
        let derived = |class: &str, from: &str| {
            Value::Derived(class.into(), Box::new(literal::parse(from).unwrap()))
        };
        for (stated, class, from) in [
            ("{'a': 1}", "collections.Counter", "{'a': 1}"),
            ("{'a': 1, 'b': 2}", "collections.OrderedDict", "{'b': 2, 'a': 1}"),
            ("1", "fractions.Fraction", "(1, 1)"),
            ("0.5", "fractions.Fraction", "(1, 2)"),
            ("1", "decimal.Decimal", "'1.0'"),
            ("(1, 2)", "tuple", "(1, 2)"),
            ("3", "int", "3"),
            ("{'a', 'b'}", "dict_keys", "{'b', 'a'}"),
            ("{('a', 1)}", "dict_items", "{('a', 1)}"),
        ] {
            let (stated, got) = (literal::parse(stated).unwrap(), derived(class, from));
            let in_list = |value: &Value| Value::List(vec![value.clone()]);
            assert!(Compare::Python.equal(&stated, &got), "{stated} {got}");
            assert!(Compare::Python.equal(&in_list(&stated), &in_list(&got)), "{stated} {got}");
            assert!(!Compare::Exact.equal(&stated, &got), "{stated} {got}");
        }
        for (stated, class, from) in [
            ("{'a': 1}", "collections.Counter", "{'a': 2}"),
            ("[1]", "collections.deque", "[1]"),
            ("[1]", "dict_values", "[1]"),
            ("[0, 1]", "range", "(0, 2, 1)"),
            ("(0, 2, 1)", "range", "(0, 2, 1)"),
            ("(1, 2)", "fractions.Fraction", "(1, 2)"),
            ("0.3333333333333333", "fractions.Fraction", "(1, 3)"),
            ("0.1", "decimal.Decimal", "'0.1'"),
            ("'1.0'", "decimal.Decimal", "'1.0'"),
            ("[1, 2]", "tuple", "(1, 2)"),
        ] {
            let (stated, got) = (literal::parse(stated).unwrap(), derived(class, from));
            assert!(!Compare::Python.equal(&stated, &got), "{stated} {got}");
        }
        let named = Value::Object(
            "Counter".into(),
            vec![("items".into(), literal::parse("{'a': 1}").unwrap())],
        );
        assert!(!Compare::Python.equal(&literal::parse("{'a': 1}").unwrap(), &named));
    }

    #[test]
    fn json_takes_tuples_and_wrapped_results() {
        for (stated, got) in [
            ("[[1, 2]]", "(1, 2)"),
            ("[1, 2]", "[1.0, 2]"),
            ("[5]", "5"),
            ("[{'1': [2]}]", "{1: (2,)}"),
            ("[float('nan'), 1]", "(float('nan'), 1.0)"),
            (r"'\ud800'", r"'\uD800'"),
        ] {
            assert!(equal(Compare::Json, stated, got), "{stated} {got}");
        }
        for (stated, got) in [
            ("5", "[5]"),
            ("[5, 6]", "5"),
            ("[5, 6]", "6"),
            ("[]", "None"),
            ("float('nan')", "1.0"),
        ] {
            assert!(!equal(Compare::Json, stated, got), "{stated} {got}");
        }
    }

    #[test]
    fn a_result_that_is_never_wrapped_is_not_taken_out_of_a_list() {
        let same = |stated, got| equal(Compare::UnwrappedJson, stated, got);
        assert!(same("[(1, 2.0)]", "((1, 2),)") && same("{'1': 2}", "{1: 2}"));
        assert!(same("float('nan')", "float('nan')") && !same("[5]", "5") && !same("5", "[5]"));
        assert!(Compare::UnwrappedJson.near(0.1, &Value::Float(1.0), &Value::Float(1.01)));
    }

    #[test]
    fn a_result_is_held_to_the_first_item_where_the_whole_is_deeper() {
        let part = |stated: &str, got: &str| {
            let part =
                Compare::Json.part(&literal::parse(stated).unwrap(), &literal::parse(got).unwrap());
            part.map(|part| part.to_literal().unwrap())
        };
        assert_eq!(part("[1.5]", "1.5000003"), Some("1.5".into()));
        assert_eq!(part("[[1, 2]]", "(1, 3)"), Some("[1, 2]".into()));
        for (stated, got) in
            [("1.5", "2"), ("[1, 2]", "[1, 3]"), ("[[1, 2]]", "[[1, 3]]"), ("[]", "1")]
        {
            assert_eq!(part(stated, got), None, "{stated} {got}");
        }
        assert_eq!(Compare::Python.part(&literal::parse("[1]").unwrap(), &Value::int(1)), None);
    }
}
