//! Values as tagged JSON, and back.
//!
//! Invariant: every value survives the way there and back, and what is not a tagged value is refused.

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Plain, json};

use super::surrogates::{code_points, of_code_points};
use super::{Value, decimal, non_finite};
use crate::json::{self, Json, Object, Text};

impl Value {
    /// Writes the value as the JSON that Python's own `json` reads back as the same value, or `None` if there is none.
    pub fn to_plain_json(&self) -> Option<Plain> {
        Some(match self {
            Self::None => Plain::Null,
            Self::Bool(b) => json!(b),
            Self::Int(digits) => match (digits.parse::<i64>(), digits.parse::<u64>()) {
                (Ok(n), _) => json!(n),
                (_, Ok(n)) => json!(n),
                _ => return None,
            },
            Self::Float(x) if x.is_finite() => json!(x),
            Self::Str(text) => json!(text),
            Self::List(items) => {
                Plain::Array(items.iter().map(Self::to_plain_json).collect::<Option<_>>()?)
            }
            Self::Dict(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let Self::Str(key) = key else { return None };
                    map.insert(key.clone(), value.to_plain_json()?);
                }
                Plain::Object(map)
            }
            _ => return None,
        })
    }

    /// Reads what a value was written as; `None` if it is not a tagged value.
    pub fn from_tagged_text(text: &str) -> Option<Self> {
        Self::from_tagged_json(json::read(text).ok()?)
    }

    /// Reads a tagged value; `None` if it is not one.
    pub fn from_tagged_json(json: Json) -> Option<Self> {
        Some(match json {
            Json::List(items) => Self::List(from_items(items)?),
            Json::Object(object) => Self::from_tagged(object)?,
            plain => Self::from(plain),
        })
    }

    fn from_tagged(mut map: Object) -> Option<Self> {
        if let Some(name) = map.remove("object") {
            let mut fields = Vec::new();
            for field in array(map.remove("fields")?)? {
                let [key, value] = <[Json; 2]>::try_from(array(field)?).ok()?;
                fields.push((string(key)?, Self::from_tagged_json(value)?));
            }
            return Some(Self::Object(string(name)?, fields));
        }
        if let Some(name) = map.remove("derived") {
            let from = Self::from_tagged_json(map.remove("from")?)?;
            return Some(Self::Derived(string(name)?, Box::new(from)));
        }
        if let Some(name) = map.remove("opaque") {
            return Some(Self::Opaque(string(name)?, string(map.remove("repr")?)?));
        }
        if map.len() != 1 {
            return None;
        }
        let (tag, body) = map.into_iter().next()?;
        Some(match tag.as_str()? {
            "int" => Self::Int(decimal(&string(body)?)?),
            "float" => Self::Float(float_from_name(&string(body)?)?),
            "complex" => {
                let [re, im] = <[Json; 2]>::try_from(array(body)?).ok()?;
                Self::Complex(float_part(re)?, float_part(im)?)
            }
            "str" => Self::EscapedStr(string(body).filter(|text| code_points(text).is_some())?),
            "bytes" => Self::Bytes(unhex(string(body)?.as_bytes())?),
            "bytearray" => Self::ByteArray(unhex(string(body)?.as_bytes())?),
            "tuple" => Self::Tuple(from_items(array(body)?)?),
            "set" => Self::Set(from_items(array(body)?)?),
            "frozenset" => Self::FrozenSet(from_items(array(body)?)?),
            "dict" => {
                let mut entries = Vec::new();
                for entry in array(body)? {
                    let [key, value] = <[Json; 2]>::try_from(array(entry)?).ok()?;
                    entries.push((Self::from_tagged_json(key)?, Self::from_tagged_json(value)?));
                }
                Self::Dict(entries)
            }
            "cycle" => Self::Cycle(body.as_u64()?),
            _ => return None,
        })
    }
}

/// The value that Python's `json` reads, in which nothing is a tag.
impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::None,
            Json::Bool(flag) => Self::Bool(flag),
            Json::Int(digits) => Self::Int(digits),
            Json::Float(x) => Self::Float(x),
            Json::Text(text) => of_text(text),
            Json::List(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Json::Object(object) => {
                Self::Dict(object.into_iter().map(|(k, v)| (of_text(k), v.into())).collect())
            }
        }
    }
}

fn of_text(text: Text) -> Value {
    text.into_string().map_or_else(|text| of_code_points(text.code_points()), Value::Str)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_unit(),
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::Int(digits) => match digits.parse::<i64>() {
                Ok(n) if n.unsigned_abs() < 1 << 53 => serializer.serialize_i64(n),
                _ => tagged(serializer, "int", digits),
            },
            Self::Float(x) if x.is_finite() => serializer.serialize_f64(*x),
            Self::Float(x) => tagged(serializer, "float", non_finite(*x)),
            Self::Complex(re, im) => {
                tagged(serializer, "complex", &[Self::Float(*re), Self::Float(*im)])
            }
            Self::Str(text) => serializer.serialize_str(text),
            Self::EscapedStr(escaped) => tagged(serializer, "str", escaped),
            Self::Bytes(bytes) => tagged(serializer, "bytes", &hex(bytes)),
            Self::ByteArray(bytes) => tagged(serializer, "bytearray", &hex(bytes)),
            Self::List(items) => items.serialize(serializer),
            Self::Tuple(items) => tagged(serializer, "tuple", items),
            Self::Set(items) => tagged(serializer, "set", items),
            Self::FrozenSet(items) => tagged(serializer, "frozenset", items),
            Self::Dict(entries) => tagged(serializer, "dict", entries),
            Self::Object(name, fields) => {
                twice_tagged(serializer, ("object", name), ("fields", fields))
            }
            Self::Derived(name, from) => {
                twice_tagged(serializer, ("derived", name), ("from", from))
            }
            Self::Opaque(name, repr) => twice_tagged(serializer, ("opaque", name), ("repr", repr)),
            Self::Cycle(levels) => tagged(serializer, "cycle", levels),
        }
    }
}

fn tagged<S: Serializer>(
    serializer: S,
    tag: &str,
    body: &(impl Serialize + ?Sized),
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, body)?;
    map.end()
}

fn twice_tagged<S: Serializer>(
    serializer: S,
    (tag, name): (&str, &str),
    (part, body): (&str, &impl Serialize),
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry(tag, name)?;
    map.serialize_entry(part, body)?;
    map.end()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_tagged_json(Plain::deserialize(deserializer)?.into())
            .ok_or_else(|| D::Error::custom("not a tagged Python value"))
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
    match Value::from_tagged_json(json)? {
        Value::Float(x) => Some(x),
        _ => None,
    }
}

fn from_items(items: Vec<Json>) -> Option<Vec<Value>> {
    items.into_iter().map(Value::from_tagged_json).collect()
}

fn array(json: Json) -> Option<Vec<Json>> {
    match json {
        Json::List(items) => Some(items),
        _ => None,
    }
}

fn string(json: Json) -> Option<String> {
    match json {
        Json::Text(text) => text.into_string().ok(),
        _ => None,
    }
}

/// Writes bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes that hexadecimal digits stand for.
pub fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
