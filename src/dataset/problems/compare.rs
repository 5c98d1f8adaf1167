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
    /// As `==`, for results that are stated in JSON: a tuple counts as a list, an integer key as its text, and a stated list
    /// also stands for its first item, since these sets wrap results in a list.
    Json,
}

impl Compare {
    /// Whether a result counts as the stated one.
    pub fn equal(self, stated: &Value, got: &Value) -> bool {
        match self {
            Self::Exact => stated == got,
            Self::Python => python_equal(stated, got),
            Self::Json => {
                let (stated, got) = (as_json(stated), as_json(got));
                let wrapped = match &stated {
                    Value::List(items) => items.first().is_some_and(|first| python_equal(first, &got)),
                    _ => false,
                };
                wrapped || python_equal(&stated, &got)
            }
        }
    }
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
    fn json_takes_tuples_and_wrapped_results() {
        for (stated, got) in
            [("[[1, 2]]", "(1, 2)"), ("[1, 2]", "[1.0, 2]"), ("[5]", "5"), ("[{'1': [2]}]", "{1: (2,)}")]
        {
            assert!(equal(Compare::Json, stated, got), "{stated} {got}");
        }
        for (stated, got) in [("5", "[5]"), ("[5, 6]", "6"), ("[]", "None")] {
            assert!(!equal(Compare::Json, stated, got), "{stated} {got}");
        }
    }
}
