//! Python values as the host sees them: a canonical tree that never runs code to be compared.
//!
//! Invariant: two values are equal here exactly when a reader would call them the same result, so NaN equals NaN,
//! `1`, `1.0` and `True` differ, and sets and dictionaries ignore order.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

/// A Python value of any size.
///
/// In JSON, `None`, booleans, integers below 2^53, finite floats, text and lists stand for themselves; everything else is an
/// object with one tag: `{"int": "123…"}`, `{"float": "nan"}`, `{"complex": [re, im]}`, `{"str": "\\ud800"}` (text that is not
/// Unicode), `{"bytes": "hex"}`, `{"bytearray": "hex"}`, `{"tuple": […]}`, `{"set": […]}`, `{"frozenset": […]}`,
/// `{"dict": [[key, value], …]}`, `{"object": type, "fields": […]}`, `{"opaque": type, "repr": text}`, `{"cycle": levels_up}`.
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
    /// Anything else: type name and `repr`.
    Opaque(String, String),
    /// A reference to a container that encloses it, so many levels up.
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

    /// Writes the value as Python source that evaluates to it, or `None` where no literal does (objects, cycles).
    pub fn to_literal(&self) -> Option<String> {
        let mut out = String::new();
        self.write_literal(&mut out).then_some(out)
    }

    fn write_literal(&self, out: &mut String) -> bool {
        match self {
            Self::None => out.push_str("None"),
            Self::Bool(true) => out.push_str("True"),
            Self::Bool(false) => out.push_str("False"),
            Self::Int(digits) => out.push_str(digits),
            Self::Float(x) => out.push_str(&float_source(*x)),
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
            Self::List(items) => return write_items(out, "[", items, "]"),
            Self::Tuple(items) if items.len() == 1 => return write_items(out, "(", items, ",)"),
            Self::Tuple(items) => return write_items(out, "(", items, ")"),
            Self::Set(items) if items.is_empty() => out.push_str("set()"),
            Self::Set(items) => return write_items(out, "{", items, "}"),
            Self::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
            Self::FrozenSet(items) => return write_items(out, "frozenset({", items, "})"),
            Self::Dict(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    if !key.write_literal(out) {
                        return false;
                    }
                    out.push_str(": ");
                    if !value.write_literal(out) {
                        return false;
                    }
                }
                out.push('}');
            }
            Self::Object(..) | Self::Opaque(..) | Self::Cycle(_) => return false,
        }
        true
    }

    /// Writes the value as the JSON that Python's own `json` reads back as the same value, or `None` where there is none.
    pub fn to_plain_json(&self) -> Option<Json> {
        Some(match self {
            Self::None => Json::Null,
            Self::Bool(b) => json!(b),
            Self::Int(digits) => json!(digits.parse::<i64>().ok()?),
            Self::Float(x) if x.is_finite() => json!(x),
            Self::Str(text) => json!(text),
            Self::List(items) => Json::Array(items.iter().map(Self::to_plain_json).collect::<Option<_>>()?),
            Self::Dict(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let Self::Str(key) = key else { return None };
                    map.insert(key.clone(), value.to_plain_json()?);
                }
                Json::Object(map)
            }
            _ => return None,
        })
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
            Self::Object(name, _) | Self::Opaque(name, _) => name,
            Self::Cycle(_) => "cycle",
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::None => Json::Null,
            Self::Bool(b) => json!(b),
            Self::Int(digits) => match digits.parse::<i64>() {
                Ok(n) if n.unsigned_abs() < 1 << 53 => json!(n),
                _ => json!({ "int": digits }),
            },
            Self::Float(x) if x.is_finite() => json!(x),
            Self::Float(x) => json!({ "float": non_finite(*x) }),
            Self::Complex(re, im) => json!({"complex": [Self::Float(*re).to_json(), Self::Float(*im).to_json()]}),
            Self::Str(text) => json!(text),
            Self::EscapedStr(escaped) => json!({ "str": escaped }),
            Self::Bytes(bytes) => json!({ "bytes": hex(bytes) }),
            Self::ByteArray(bytes) => json!({ "bytearray": hex(bytes) }),
            Self::List(items) => list_json(items),
            Self::Tuple(items) => json!({ "tuple": list_json(items) }),
            Self::Set(items) => json!({ "set": list_json(items) }),
            Self::FrozenSet(items) => json!({ "frozenset": list_json(items) }),
            Self::Dict(entries) => {
                json!({"dict": entries.iter().map(|(k, v)| json!([k.to_json(), v.to_json()])).collect::<Vec<_>>()})
            }
            Self::Object(name, fields) => {
                json!({"object": name, "fields": fields.iter().map(|(k, v)| json!([k, v.to_json()])).collect::<Vec<_>>()})
            }
            Self::Opaque(name, repr) => json!({"opaque": name, "repr": repr}),
            Self::Cycle(levels) => json!({ "cycle": levels }),
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        Some(match json {
            Json::Null => Self::None,
            Json::Bool(b) => Self::Bool(b),
            Json::Number(n) if n.is_f64() => Self::Float(n.as_f64()?),
            Json::Number(n) => Self::Int(n.to_string()),
            Json::String(text) => Self::Str(text),
            Json::Array(items) => Self::List(from_items(items)?),
            Json::Object(map) => Self::from_tagged(map)?,
        })
    }

    fn from_tagged(mut map: Map<String, Json>) -> Option<Self> {
        if let Some(name) = map.remove("object") {
            let mut fields = Vec::new();
            for field in array(map.remove("fields")?)? {
                let [key, value] = <[Json; 2]>::try_from(array(field)?).ok()?;
                fields.push((string(key)?, Self::from_json(value)?));
            }
            return Some(Self::Object(string(name)?, fields));
        }
        if let Some(name) = map.remove("opaque") {
            return Some(Self::Opaque(string(name)?, string(map.remove("repr")?)?));
        }
        if map.len() != 1 {
            return None;
        }
        let (tag, body) = map.into_iter().next()?;
        Some(match tag.as_str() {
            "int" => Self::Int(string(body).filter(|digits| is_decimal(digits))?),
            "float" => Self::Float(float_from_name(&string(body)?)?),
            "complex" => {
                let [re, im] = <[Json; 2]>::try_from(array(body)?).ok()?;
                Self::Complex(float_part(re)?, float_part(im)?)
            }
            "str" => Self::EscapedStr(string(body)?),
            "bytes" => Self::Bytes(unhex(&string(body)?)?),
            "bytearray" => Self::ByteArray(unhex(&string(body)?)?),
            "tuple" => Self::Tuple(from_items(array(body)?)?),
            "set" => Self::Set(from_items(array(body)?)?),
            "frozenset" => Self::FrozenSet(from_items(array(body)?)?),
            "dict" => {
                let mut entries = Vec::new();
                for entry in array(body)? {
                    let [key, value] = <[Json; 2]>::try_from(array(entry)?).ok()?;
                    entries.push((Self::from_json(key)?, Self::from_json(value)?));
                }
                Self::Dict(entries)
            }
            "cycle" => Self::Cycle(body.as_u64()?),
            _ => return None,
        })
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
                a.len() == b.len() && (a == b || a.iter().all(|x| b.contains(x)))
            }
            (Self::Dict(a), Self::Dict(b)) => a.len() == b.len() && (a == b || a.iter().all(|x| b.contains(x))),
            (Self::Object(a, x), Self::Object(b, y)) => a == b && x == y,
            (Self::Opaque(a, x), Self::Opaque(b, y)) => a == b && x == y,
            (Self::Cycle(a), Self::Cycle(b)) => a == b,
            _ => false,
        }
    }
}

/// Writes the value as Python source where there is a literal, else its type and fields or `repr`.
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
            Self::Opaque(_, repr) => f.write_str(repr),
            Self::Cycle(_) => f.write_str("..."),
            literal => match literal.to_literal() {
                Some(source) => f.write_str(&source),
                None => f.write_str(&self.to_json().to_string()),
            },
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Json::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not a tagged Python value"))
    }
}

fn same_float(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
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

fn float_from_name(name: &str) -> Option<f64> {
    match name {
        "nan" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn float_part(json: Json) -> Option<f64> {
    match Value::from_json(json)? {
        Value::Float(x) => Some(x),
        _ => None,
    }
}

fn is_decimal(digits: &str) -> bool {
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn write_items(out: &mut String, open: &str, items: &[Value], close: &str) -> bool {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        if !item.write_literal(out) {
            return false;
        }
    }
    out.push_str(close);
    true
}

/// Quotes text as Python's `repr` does, except that every printable character stands for itself.
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

fn list_json(items: &[Value]) -> Json {
    Json::Array(items.iter().map(Value::to_json).collect())
}

fn from_items(items: Vec<Json>) -> Option<Vec<Value>> {
    items.into_iter().map(Value::from_json).collect()
}

fn array(json: Json) -> Option<Vec<Json>> {
    match json {
        Json::Array(items) => Some(items),
        _ => None,
    }
}

fn string(json: Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
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
            Value::Opaque("function".into(), "<function f>".into()),
            Value::Cycle(1),
        ];
        for value in values {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
        }
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
        let plain = Value::Dict(vec![(Value::str("a"), Value::List(vec![Value::int(1), Value::Float(2.0)]))]);
        assert_eq!(plain.to_plain_json(), Some(json!({"a": [1, 2.0]})));
        assert_eq!(Value::Tuple(vec![]).to_plain_json(), None);
        assert_eq!(Value::Dict(vec![(Value::int(1), Value::None)]).to_plain_json(), None);
        assert_eq!(Value::Int("99999999999999999999".into()).to_plain_json(), None);
    }

    #[test]
    fn unknown_tags_are_refused() {
        for text in [r#"{"int": "x"}"#, r#"{"bytes": "0"}"#, r#"{"what": 1}"#, r#"{"tuple": 3}"#] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }
}
