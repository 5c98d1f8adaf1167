//! JSON as Python's `json` reads and writes it.
//!
//! Invariant: no integer becomes a float or loses a digit, and every text that Python reads is read as the same value, up to a depth of
//! [`MAX_DEPTH`].

mod count;
mod read;
mod text;
mod typed;

use std::collections::HashMap;
use std::fmt;

pub use count::values_at_most;
pub use read::{Error, MAX_DEPTH, elements, fields, prefix, read};
pub use text::Text;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// Decimal digits with an optional minus sign, as Python's `str` writes them.
    Int(String),
    /// Also NaN and the infinities.
    Float(f64),
    Text(Text),
    List(Vec<Json>),
    Object(Object),
}

/// Fields that are compared without a table.
const FEW: usize = 8;

/// The fields of an object in their order, each name once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(Vec<(Text, Json)>);

impl Json {
    /// The text, if it is one and Unicode.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.as_str(),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The fields of an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The field of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// The integer, if it is one and not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The number as a float.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(digits) => digits.parse().ok(),
            Self::Float(x) => Some(*x),
            _ => None,
        }
    }

    /// The value with U+FFFD in place of each lone surrogate.
    pub fn lossy(self) -> Self {
        let text = |text: Text| Text::from(text.lossy().to_owned());
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => self,
            Self::Text(it) => Self::Text(text(it)),
            Self::List(items) => Self::List(items.into_iter().map(Self::lossy).collect()),
            Self::Object(object) => Self::Object(Object::new(
                object.into_iter().map(|(name, value)| (text(name), value.lossy())).collect(),
            )),
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl Object {
    /// The fields with the last value of each name, at the place of its first, as Python's `dict` keeps them.
    pub fn new(fields: Vec<(Text, Json)>) -> Self {
        // Most objects are small, and each of their names is soon compared with all others.
        let is_new = |at: usize, name| fields.iter().take(at).all(|(earlier, _)| earlier != name);
        if fields.len() <= FEW && fields.iter().enumerate().all(|(at, (name, _))| is_new(at, name))
        {
            return Self(fields);
        }
        let mut first = HashMap::with_capacity(fields.len());
        let places: Vec<usize> = fields
            .iter()
            .enumerate()
            .map(|(at, (name, _))| *first.entry(name).or_insert(at))
            .collect();
        if first.len() == fields.len() {
            return Self(fields);
        }
        let mut kept: Vec<Option<(Text, Json)>> = Vec::with_capacity(fields.len());
        for ((name, value), place) in fields.into_iter().zip(places) {
            kept.push(None);
            if let Some(slot) = kept.get_mut(place) {
                *slot = Some((name, value));
            }
        }
        Self(kept.into_iter().flatten().collect())
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.iter().find(|(known, _)| known.as_str() == Some(name)).map(|(_, value)| value)
    }

    /// Takes a field out.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        let at = self.0.iter().position(|(known, _)| known.as_str() == Some(name))?;
        Some(self.0.remove(at).1)
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(Text, Json)> {
        self.0.iter()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Object {
    type Item = (Text, Json);
    type IntoIter = std::vec::IntoIter<(Text, Json)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Writes the JSON in one line without blanks, all digits of an integer included.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Int(digits) => f.write_str(digits),
            Self::Float(x) if x.is_nan() => f.write_str("NaN"),
            Self::Float(x) if x.is_infinite() => {
                f.write_str(if *x > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::Float(x) => f.write_str(&serde_json::Value::from(*x).to_string()),
            Self::Text(text) => write!(f, "{text}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Self::Object(object) => {
                f.write_str("{")?;
                for (at, (name, value)) in object.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    write!(f, "{comma}{name}:{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl From<serde_json::Value> for Json {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value;
        match json {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                Some(x) => Self::Float(x),
                None => Self::Int(number.to_string()),
            },
            Value::String(text) => Self::Text(text.into()),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => Self::Object(fields.into()),
        }
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Object {
    fn from(fields: serde_json::Map<String, serde_json::Value>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in [
            "18446744073709551617",
            "-9223372036854775809",
            r#"{"a":[1,-2.5,1e+300,NaN,Infinity,-Infinity],"\ud800x":{"b":null}}"#,
            r#"["\ud83d","é\n",true]"#,
        ] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_lone_surrogate_can_be_given_up() {
        let json = read(r#"[{"\ud800": "a\udc00b"}, "\ud83d\ude00", NaN]"#).unwrap();
        assert_eq!(json.lossy().to_string(), "[{\"\u{fffd}\":\"a\u{fffd}b\"},\"😀\",NaN]");
    }

    #[test]
    fn a_name_that_comes_twice_has_its_first_place_and_its_last_value() {
        let json = read(r#"{"a": 1, "b": 2, "a": 3, "\ud800": 4, "\ud801": 5, "c": 6, "b": 7}"#);
        let expected = r#"{"a":3,"b":7,"\ud800":4,"\ud801":5,"c":6}"#;
        assert_eq!(json.unwrap().to_string(), expected);
    }
}
