//! Python values as the host sees them: a canonical tree that never runs code to be compared.
//!
//! Invariant: two values are equal here exactly when a reader would call them the same result, so NaN equals NaN,
//! `1`, `1.0` and `True` differ, and sets and dictionaries ignore order.

mod canonical;
mod integer;
mod json;
mod key;
mod library;
mod surrogates;
mod walk;

pub use integer::decimal;
pub use json::{hex, unhex};
pub use key::{Key, distinct, last_of_each_key};
pub use library::equal_decimals;
pub use surrogates::{code_points, of_code_points};

use std::fmt;

/// The type name of an [`Value::expression`].
const EXPRESSION: &str = "expression";

/// What source a value may be written as.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Literal,
    /// The standard library's classes are called, too.
    Library,
    /// So is whatever an expression of the host's own says.
    Expressions,
}

/// A Python value of any size.
///
/// In JSON, `None`, booleans, integers below 2^53, finite floats, text and lists are written as
/// they are; everything else is an object with one tag: `{"int": "123…"}`, `{"float": "nan"}`,
/// `{"complex": [re, im]}`, `{"str": "\\ud800"}` (text that is not Unicode), `{"bytes": "hex"}`,
/// `{"bytearray": "hex"}`, `{"tuple": […]}`, `{"set": […]}`, `{"frozenset": […]}`,
/// `{"dict": [[key, value], …]}`, `{"object": type, "fields": […]}`,
/// `{"derived": type, "from": value}`, `{"opaque": type, "repr": text}`, `{"cycle": levels_up}`.
#[derive(Debug, Clone)]
pub enum Value {
    None,
    Bool(bool),
    /// Decimal digits with an optional minus sign; Python integers have no size limit.
    Int(String),
    Float(f64),
    Complex(f64, f64),
    Str(String),
    /// Text with lone surrogates, escaped as Python writes it between quotes.
    EscapedStr(String),
    Bytes(Vec<u8>),
    ByteArray(Vec<u8>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Set(Vec<Value>),
    FrozenSet(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// A dataclass, named tuple, enum member or plain instance: type name and fields in definition order.
    Object(String, Vec<(String, Value)>),
    /// A value of a class of the standard library, such as `fractions.Fraction`, or of a class derived from a builtin one: the class
    /// that decides what it equals, and the builtin value that it is made of.
    Derived(String, Box<Value>),
    /// Anything else: type name and `repr`.
    Opaque(String, String),
    /// A reference to a container that encloses it, this many levels up.
    Cycle(u64),
}

impl Value {
    /// Makes an integer.
    pub fn int(n: impl Into<i128>) -> Self {
        Self::Int(n.into().to_string())
    }

    /// Makes a text.
    pub fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// Writes the value as Python source that evaluates to it, or `None` if no literal does (objects, cycles).
    pub fn to_literal(&self) -> Option<String> {
        let mut out = String::new();
        self.write_source(&mut out, false).then_some(out)
    }

    /// Writes the value as Python source that makes it, as a literal or of the standard library's classes; `None` if nothing does. A
    /// class derived from a builtin one is left out.
    pub fn to_expression(&self) -> Option<String> {
        let mut out = String::new();
        self.write_source(&mut out, true).then_some(out)
    }

    /// Makes a value of Python source that only running can evaluate, such as `Node(1)` or `len`. No guest's value is one.
    pub fn expression(source: impl Into<String>) -> Self {
        Self::Opaque(EXPRESSION.into(), source.into())
    }

    /// The source of an [`Self::expression`].
    pub fn as_expression(&self) -> Option<&str> {
        match self {
            Self::Opaque(kind, source) if kind == EXPRESSION => Some(source),
            _ => None,
        }
    }

    /// Writes a value of the host's own making as Python source, expressions among it. What a guest has given must not be written so:
    /// it could name a class like [`Self::expression`] does.
    pub fn to_source(&self) -> Option<String> {
        let mut out = String::new();
        self.write(&mut out, Form::Expressions).then_some(out)
    }

    fn write_source(&self, out: &mut String, with_calls: bool) -> bool {
        self.write(out, if with_calls { Form::Library } else { Form::Literal })
    }

    fn write(&self, out: &mut String, form: Form) -> bool {
        match self {
            Self::None => out.push_str("None"),
            Self::Bool(true) => out.push_str("True"),
            Self::Bool(false) => out.push_str("False"),
            Self::Int(digits) => out.push_str(digits),
            Self::Float(x) => out.push_str(&float_source(*x)),
            // `-2j` has a real part of -0.0.
            Self::Complex(re, im)
                if *re == 0.0
                    && [re, im].iter().all(|part| part.is_sign_positive())
                    && im.is_finite() =>
            {
                out.push_str(&format!("{}j", short_float(*im)));
            }
            Self::Complex(re, im)
                if re.is_finite() && im.is_finite() && (*re != 0.0 || re.is_sign_positive()) =>
            {
                let plus = if im.is_sign_negative() { "" } else { "+" };
                out.push_str(&format!("({}{plus}{}j)", short_float(*re), short_float(*im)));
            }
            Self::Complex(re, im) => {
                // `complex()` keeps signed zeros and infinities, which `a+bj` would lose.
                out.push_str(&format!("complex({}, {})", float_source(*re), float_source(*im)));
            }
            Self::Str(text) => out.push_str(&quote(text)),
            Self::EscapedStr(escaped) => {
                out.push('\'');
                out.push_str(escaped);
                out.push('\'');
            }
            Self::Bytes(bytes) => out.push_str(&quote_bytes(bytes)),
            Self::ByteArray(bytes) => {
                out.push_str(&format!("bytearray({})", quote_bytes(bytes)));
            }
            Self::List(items) => return write_items(out, form, "[", items, "]"),
            Self::Tuple(items) if items.len() == 1 => {
                return write_items(out, form, "(", items, ",)");
            }
            Self::Tuple(items) => return write_items(out, form, "(", items, ")"),
            Self::Set(items) if items.is_empty() => out.push_str("set()"),
            Self::Set(items) => return write_items(out, form, "{", items, "}"),
            Self::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
            Self::FrozenSet(items) => {
                return write_items(out, form, "frozenset({", items, "})");
            }
            Self::Dict(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    if !key.write(out, form) {
                        return false;
                    }
                    out.push_str(": ");
                    if !value.write(out, form) {
                        return false;
                    }
                }
                out.push('}');
            }
            Self::Opaque(kind, source) if form == Form::Expressions && kind == EXPRESSION => {
                out.push_str(source);
            }
            Self::Derived(class, from) if form != Form::Literal => {
                return library::write(out, class, from);
            }
            Self::Object(..) | Self::Derived(..) | Self::Opaque(..) | Self::Cycle(_) => {
                return false;
            }
        }
        true
    }

    /// The name of the value's Python type.
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Complex(..) => "complex",
            Self::Str(_) | Self::EscapedStr(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::ByteArray(_) => "bytearray",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
            Self::Dict(_) => "dict",
            Self::Object(name, _) | Self::Derived(name, _) | Self::Opaque(name, _) => name,
            Self::Cycle(_) => "cycle",
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => same_float(*a, *b),
            (Self::Complex(a, b), Self::Complex(c, d)) => same_float(*a, *c) && same_float(*b, *d),
            (Self::Str(a), Self::Str(b)) | (Self::EscapedStr(a), Self::EscapedStr(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) | (Self::ByteArray(a), Self::ByteArray(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => a == b,
            (Self::Set(a), Self::Set(b)) | (Self::FrozenSet(a), Self::FrozenSet(b)) => {
                a.len() == b.len() && canonical::sorted(a) == canonical::sorted(b)
            }
            (Self::Dict(a), Self::Dict(b)) => canonical::same_entries(a, b),
            (Self::Object(a, x), Self::Object(b, y)) => a == b && x == y,
            (Self::Derived(a, x), Self::Derived(b, y)) => a == b && x == y,
            (Self::Opaque(a, x), Self::Opaque(b, y)) => a == b && x == y,
            (Self::Cycle(a), Self::Cycle(b)) => a == b,
            _ => false,
        }
    }
}

/// Writes the value as Python source if there is a literal, otherwise its type and fields or
/// `repr`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(name, fields) => {
                write!(f, "{name}(")?;
                for (i, (key, value)) in fields.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{key}={value}")?;
                }
                write!(f, ")")
            }
            Self::Derived(name, from) => write!(f, "{name}({from})"),
            Self::Opaque(_, repr) => f.write_str(repr),
            Self::Cycle(_) => f.write_str("..."),
            literal => match literal.to_literal() {
                Some(source) => f.write_str(&source),
                None => literal.write_items(f),
            },
        }
    }
}

impl Value {
    /// Writes a container that has more than literals in it.
    fn write_items(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed =
            |items: &[Self]| items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::List(items) => write!(f, "[{}]", listed(items)),
            Self::Tuple(items) if items.len() == 1 => write!(f, "({},)", listed(items)),
            Self::Tuple(items) => write!(f, "({})", listed(items)),
            Self::Set(items) => write!(f, "{{{}}}", listed(items)),
            Self::FrozenSet(items) => write!(f, "frozenset({{{}}})", listed(items)),
            Self::Dict(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{key}: {value}"));
                write!(f, "{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            other => f.write_str(&serde_json::to_string(other).unwrap_or_default()),
        }
    }
}

fn same_float(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// A float as `repr` writes it inside a complex number: without `.0`.
fn short_float(x: f64) -> String {
    let text = python_float(x);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn float_source(x: f64) -> String {
    if x.is_finite() { python_float(x) } else { format!("float('{}')", non_finite(x)) }
}

/// Formats a finite float as Python's `repr` does: shortest digits that round-trip, exponent outside 1e-4..1e16.
pub fn python_float(x: f64) -> String {
    if x != 0.0 && !(1e-4..1e16).contains(&x.abs()) {
        let text = format!("{x:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |e| ("-", e));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{x:?}")
}

fn non_finite(x: f64) -> &'static str {
    if x.is_nan() {
        "nan"
    } else if x > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

fn write_items(out: &mut String, form: Form, open: &str, items: &[Value], close: &str) -> bool {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        if !item.write(out, form) {
            return false;
        }
    }
    out.push_str(close);
    true
}

/// Quotes text as Python's `repr` does, except that every printable character is kept.
fn quote(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(mark);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == mark => {
                out.push('\\');
                out.push(c);
            }
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push(mark);
    out
}

fn quote_bytes(bytes: &[u8]) -> String {
    let mut out = String::from("b'");
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\'' => out.push_str("\\'"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(byte as char),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_survives_json() {
        let values = [
            Value::None,
            Value::Bool(true),
            Value::int(-7),
            Value::Int("123456789012345678901234567890".into()),
            Value::Float(1.0),
            Value::Float(f64::NAN),
            Value::Float(-0.0),
            Value::Complex(0.5, f64::INFINITY),
            Value::str("é\n"),
            Value::EscapedStr("\\ud800".into()),
            Value::Bytes(vec![0, 255]),
            Value::Tuple(vec![Value::int(1)]),
            Value::Set(vec![]),
            Value::Dict(vec![(Value::Tuple(vec![]), Value::List(vec![Value::None]))]),
            Value::Object("Point".into(), vec![("x".into(), Value::int(1))]),
            Value::Derived("collections.deque".into(), Box::new(Value::List(vec![Value::None]))),
            Value::Opaque("function".into(), "<function f>".into()),
            Value::Cycle(1),
        ];
        for value in values {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn escaped_text_is_nothing_but_text() {
        for text in [r"\ud800", r"\'\\", r"\x00\U0010ffff", "~ \"a\""] {
            let read = serde_json::from_value::<Value>(json!({ "str": text })).unwrap();
            assert_eq!(read, Value::EscapedStr(text.into()), "{text}");
        }
        for text in ["'+f()+'", r"\", r"\\'", r"\u12", r"\xg0", r"\N{DIGIT ONE}", r"\n", "\n", "é"]
        {
            assert!(serde_json::from_value::<Value>(json!({ "str": text })).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_values_are_compared_once() {
        let deep = |leaf: Value| {
            (0..60).fold(leaf, |value, _| Value::Dict(vec![(Value::str("k"), value)]))
        };
        assert_ne!(deep(Value::int(1)), deep(Value::int(2)));
        let deep = |leaf: Value| {
            (0..60).fold(leaf, |value, _| Value::FrozenSet(vec![value, Value::int(7)]))
        };
        assert_ne!(deep(Value::int(1)), deep(Value::int(2)));
        assert_eq!(deep(Value::int(1)), deep(Value::int(1)));
        let (a, b) = (Value::int(1), Value::Float(1.0));
        let set = |items: &[&Value]| Value::Set(items.iter().map(|&item| item.clone()).collect());
        assert_eq!(set(&[&a, &b]), set(&[&b, &a]));
        assert_ne!(set(&[&a]), set(&[&b]));
    }

    #[test]
    fn long_texts_at_any_depth_are_compared_whole() {
        let deep = |last: &str| {
            let text = Value::str("x".repeat(1000) + last);
            (0..20).fold(text, |value, n| Value::FrozenSet(vec![Value::int(n), value]))
        };
        assert_eq!(deep("a"), deep("a"));
        assert_ne!(deep("a"), deep("b"));
        assert_eq!(deep("a").key(), deep("a").key());
        assert_ne!(deep("a").key(), deep("b").key());
    }

    #[test]
    fn large_values_are_compared_in_any_order() {
        let texts = |last: &str| {
            let all = (0..40_000).map(|i| Value::str(i.to_string()));
            all.chain([Value::str(last)]).collect::<Vec<Value>>()
        };
        let reversed = |mut items: Vec<Value>| {
            items.reverse();
            items
        };
        let dict = |keys: Vec<Value>| {
            Value::Dict(keys.into_iter().map(|key| (key.clone(), key)).collect())
        };
        assert_eq!(dict(texts("a")), dict(reversed(texts("a"))));
        assert_ne!(dict(texts("a")), dict(reversed(texts("b"))));
        assert_eq!(Value::Set(texts("a")), Value::Set(reversed(texts("a"))));
        assert_ne!(Value::Set(texts("a")), Value::Set(texts("b")));
        let nan = |value| (Value::Float(f64::NAN), Value::int(value));
        assert_eq!(Value::Dict(vec![nan(1), nan(2)]), Value::Dict(vec![nan(1), nan(2)]));
    }

    #[test]
    fn numbers_of_different_types_differ() {
        assert_ne!(Value::int(1), Value::Float(1.0));
        assert_ne!(Value::int(1), Value::Bool(true));
        assert_ne!(Value::Float(0.0), Value::Float(-0.0));
    }

    #[test]
    fn literals_are_python_source() {
        let value = Value::Dict(vec![(Value::str("it's"), Value::Tuple(vec![Value::Float(1e22)]))]);
        assert_eq!(value.to_literal().unwrap(), "{\"it's\": (1e+22,)}");
        assert_eq!(Value::Float(1e-5).to_literal().unwrap(), "1e-05");
        assert_eq!(Value::Float(123456789.0).to_literal().unwrap(), "123456789.0");
        assert_eq!(Value::Set(vec![]).to_literal().unwrap(), "set()");
        assert_eq!(Value::Opaque("function".into(), "f".into()).to_literal(), None);
    }

    #[test]
    fn plain_json_is_given_only_where_it_means_the_same() {
        let plain = Value::Dict(vec![(
            Value::str("a"),
            Value::List(vec![Value::int(1), Value::Float(2.0)]),
        )]);
        assert_eq!(plain.to_plain_json(), Some(json!({"a": [1, 2.0]})));
        assert_eq!(Value::Tuple(vec![]).to_plain_json(), None);
        assert_eq!(Value::Dict(vec![(Value::int(1), Value::None)]).to_plain_json(), None);
        assert_eq!(Value::Int(u64::MAX.to_string()).to_plain_json(), Some(json!(u64::MAX)));
        assert_eq!(Value::Int("99999999999999999999".into()).to_plain_json(), None);
    }

    #[test]
    fn what_python_reads_of_json_is_the_value() {
        let text = r#"[18446744073709551617, NaN, -1e309, 1.0, {"int": "1", "\ud800'": null}]"#;
        let value = Value::from(crate::json::read(text).unwrap());
        let expected = [
            Value::Int("18446744073709551617".into()),
            Value::Float(f64::NAN),
            Value::Float(f64::NEG_INFINITY),
            Value::Float(1.0),
            Value::Dict(vec![
                (Value::str("int"), Value::str("1")),
                (Value::EscapedStr("\\ud800\\'".into()), Value::None),
            ]),
        ];
        assert_eq!(value, Value::List(expected.into()));
    }

    #[test]
    fn tagged_values_written_by_others_are_read_exactly() {
        let text = r#"{"tuple": [18446744073709551617, {"int": "007"}, NaN, 1e309, "\ud800"]}"#;
        let expected = [
            Value::Int("18446744073709551617".into()),
            Value::int(7),
            Value::Float(f64::NAN),
            Value::Float(f64::INFINITY),
            Value::EscapedStr("\\ud800".into()),
        ];
        assert_eq!(Value::from_tagged_text(text), Some(Value::Tuple(expected.into())));
    }

    #[test]
    fn unknown_tags_are_refused() {
        for text in [r#"{"int": "x"}"#, r#"{"bytes": "0"}"#, r#"{"what": 1}"#, r#"{"tuple": 3}"#] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }
}
