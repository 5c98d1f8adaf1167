//! When a result is the expected one.
//!
//! Invariant: values are compared on the host as data; no `__eq__` of a guest's is ever asked, and what has no literal equals none.

use serde::{Deserialize, Serialize};

use crate::sandbox::value::Value;

/// How strictly results are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// The same value of the same type: `1`, `1.0` and `True` differ.
    Exact,
    /// As Python's `==` compares builtin values: `1 == 1.0 == True`, NaN equals nothing, a list is no tuple.
    Python,
    /// As `==`, for results that are stated in JSON: a tuple counts as a list, an integer key as its text, and a stated list of
    /// one item also stands for that item, since these sets wrap results in a list.
    Json,
}

impl Compare {
    /// Whether a result counts as the stated one.
    pub fn equal(self, stated: &Value, got: &Value) -> bool {
        match self {
            Self::Exact => stated == got,
            Self::Python => python_equal(stated, &plain(got)),
            Self::Json => as_json_any(stated, &plain(got), python_equal),
        }
    }

    /// Whether a result counts as the stated one where two numbers, at least one of them a float, may differ by a share of the
    /// larger one.
    pub fn near(self, share: f64, stated: &Value, got: &Value) -> bool {
        match self {
            Self::Exact => self.nearly(share, stated, got),
            Self::Python => self.nearly(share, stated, &plain(got)),
            Self::Json => as_json_any(stated, &plain(got), |stated, got| Self::Python.nearly(share, stated, got)),
        }
    }

    /// The part of a stated value that a result is held to, where it is not the whole.
    pub fn part(self, stated: &Value, got: &Value) -> Option<Value> {
        let (Self::Json, Value::List(items)) = (self, as_json(stated)) else { return None };
        let [first] = <[Value; 1]>::try_from(items).ok()?;
        let is_wrapped = match as_json(got) {
            // Of a list it is the part only where the whole is deeper than that.
            Value::List(got) => matches!(first, Value::List(_)) && !matches!(got.first(), Some(Value::List(_))),
            _ => true,
        };
        is_wrapped.then_some(first)
    }

    fn nearly(self, share: f64, stated: &Value, got: &Value) -> bool {
        let near = |(a, b): (&Value, &Value)| self.nearly(share, a, b);
        let all_near = |a: &[Value], b: &[Value]| a.len() == b.len() && a.iter().zip(b).all(near);
        match (stated, got) {
            (Value::Float(_), Value::Float(_) | Value::Int(_)) | (Value::Int(_), Value::Float(_)) => {
                self.equal(stated, got) || are_near(share, stated, got)
            }
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => all_near(a, b),
            (Value::Set(a), Value::Set(b)) | (Value::FrozenSet(a), Value::FrozenSet(b)) => {
                let is_in = |x: &Value, all: &[Value]| all.iter().any(|y| near((x, y)));
                a.len() == b.len() && a.iter().all(|x| is_in(x, b)) && b.iter().all(|x| is_in(x, a))
            }
            (Value::Dict(a), Value::Dict(b)) => {
                let found = |(key, value): &(Value, Value)| {
                    b.iter().any(|(other, got)| self.equal(key, other) && near((value, got)))
                };
                a.len() == b.len() && a.iter().all(found)
            }
            (Value::Object(a, x), Value::Object(b, y)) => {
                a == b && x.len() == y.len() && x.iter().zip(y).all(|(a, b)| a.0 == b.0 && near((&a.1, &b.1)))
            }
            _ => self.equal(stated, got),
        }
    }
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

/// A value with what derives from a builtin container, such as a `Counter`, as that container: it has its items, and Python's `==`
/// compares these.
pub fn plain(value: &Value) -> Value {
    let all = |items: &[Value]| items.iter().map(plain).collect();
    match value {
        Value::List(items) => Value::List(all(items)),
        Value::Tuple(items) => Value::Tuple(all(items)),
        Value::Set(items) => Value::Set(all(items)),
        Value::FrozenSet(items) => Value::FrozenSet(all(items)),
        Value::Dict(entries) => Value::Dict(entries.iter().map(|(k, value)| (plain(k), plain(value))).collect()),
        // A deque is no list to `==`.
        Value::Object(name, fields) if name != "deque" => match fields.as_slice() {
            [(field, items)] if field == "items" && items.is_container() => plain(items),
            _ => value.clone(),
        },
        other => other.clone(),
    }
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

/// Whether two numbers differ by a share of the larger one at most.
pub fn is_near(share: f64, a: f64, b: f64) -> bool {
    (a - b).abs() <= share * a.abs().max(b.abs())
}

fn python_equal(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
        return a.equals(&b);
    }
    match (a, b) {
        (Value::None, Value::None) => true,
        (Value::Str(a), Value::Str(b)) | (Value::EscapedStr(a), Value::EscapedStr(b)) => a == b,
        (Value::Bytes(a) | Value::ByteArray(a), Value::Bytes(b) | Value::ByteArray(b)) => a == b,
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| python_equal(a, b))
        }
        (Value::Set(a) | Value::FrozenSet(a), Value::Set(b) | Value::FrozenSet(b)) => {
            a.len() == b.len() && (a == b || a.iter().all(|x| b.iter().any(|y| python_equal(x, y))))
        }
        (Value::Dict(a), Value::Dict(b)) => {
            let same =
                |(key, value): &(Value, Value), (k, v): &(Value, Value)| python_equal(key, k) && python_equal(value, v);
            // Mostly the order is the same, too.
            a.len() == b.len()
                && (a.iter().zip(b).all(|(x, y)| same(x, y)) || a.iter().all(|x| b.iter().any(|y| same(x, y))))
        }
        // An object's `==` would be the guest's word.
        _ => false,
    }
}

enum Number<'v> {
    Int(&'v str),
    Float(f64),
    Complex(f64, f64),
}

impl<'v> Number<'v> {
    fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::Bool(true) => Some(Self::Int("1")),
            Value::Bool(false) => Some(Self::Int("0")),
            Value::Int(digits) => Some(Self::Int(digits)),
            Value::Float(x) => Some(Self::Float(*x)),
            Value::Complex(re, im) => Some(Self::Complex(*re, *im)),
            _ => None,
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => is_integer(*b, a),
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Complex(re, im), Self::Complex(x, y)) => re == x && im == y,
            (Self::Complex(re, im), other) | (other, Self::Complex(re, im)) => {
                *im == 0.0 && Self::Float(*re).equals(other)
            }
        }
    }
}

/// Whether a float is exactly an integer: a float without a fraction is written with all its digits.
fn is_integer(x: f64, digits: &str) -> bool {
    x.is_finite() && x.fract() == 0.0 && format!("{:.0}", if x == 0.0 { 0.0 } else { x }) == digits
}

fn as_json(value: &Value) -> Value {
    match value {
        Value::List(items) | Value::Tuple(items) => Value::List(items.iter().map(as_json).collect()),
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
mod tests {
    use super::*;
    use crate::python::literal;

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
    fn what_derives_from_a_container_equals_its_items() {
        let object = |name: &str, items: &str| {
            Value::Object(name.into(), vec![("items".into(), literal::parse(items).unwrap())])
        };
        let stated = literal::parse("{'a': 1}").unwrap();
        assert!(Compare::Python.equal(&stated, &object("Counter", "{'a': 1}")));
        assert!(!Compare::Python.equal(&stated, &object("Counter", "{'a': 2}")));
        assert!(!Compare::Exact.equal(&stated, &object("Counter", "{'a': 1}")));
        let stated = literal::parse("[1]").unwrap();
        assert!(!Compare::Python.equal(&stated, &object("deque", "[1]")));
        assert!(!Compare::Python.equal(&Value::int(1), &object("Box", "1")));
    }

    #[test]
    fn json_takes_tuples_and_wrapped_results() {
        for (stated, got) in
            [("[[1, 2]]", "(1, 2)"), ("[1, 2]", "[1.0, 2]"), ("[5]", "5"), ("[{'1': [2]}]", "{1: (2,)}")]
        {
            assert!(equal(Compare::Json, stated, got), "{stated} {got}");
        }
        for (stated, got) in [("5", "[5]"), ("[5, 6]", "5"), ("[5, 6]", "6"), ("[]", "None")] {
            assert!(!equal(Compare::Json, stated, got), "{stated} {got}");
        }
    }

    #[test]
    fn a_result_is_held_to_the_first_item_where_the_whole_is_deeper() {
        let part = |stated: &str, got: &str| {
            let part = Compare::Json.part(&literal::parse(stated).unwrap(), &literal::parse(got).unwrap());
            part.map(|part| part.to_literal().unwrap())
        };
        assert_eq!(part("[1.5]", "1.5000003"), Some("1.5".into()));
        assert_eq!(part("[[1, 2]]", "(1, 3)"), Some("[1, 2]".into()));
        for (stated, got) in [("1.5", "2"), ("[1, 2]", "[1, 3]"), ("[[1, 2]]", "[[1, 3]]"), ("[]", "1")] {
            assert_eq!(part(stated, got), None, "{stated} {got}");
        }
        assert_eq!(Compare::Python.part(&literal::parse("[1]").unwrap(), &Value::int(1)), None);
    }
}
