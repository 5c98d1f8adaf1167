//! Values as tagged JSON, and back.
//!
//! Invariant: every value survives the way there and back, and what is not a tagged value is refused.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::{Value, non_finite};

impl Value {
    /// Writes the value as the JSON that Python's own `json` reads back as the same value, or `None` if there is none.
    pub fn to_plain_json(&self) -> Option<Json> {
        Some(match self {
            Self::None => Json::Null,
            Self::Bool(b) => json!(b),
            Self::Int(digits) => json!(digits.parse::<i64>().ok()?),
            Self::Float(x) if x.is_finite() => json!(x),
            Self::Str(text) => json!(text),
            Self::List(items) => {
                Json::Array(items.iter().map(Self::to_plain_json).collect::<Option<_>>()?)
            }
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
            Self::Complex(re, im) => {
                json!({"complex": [Self::Float(*re).to_json(), Self::Float(*im).to_json()]})
            }
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
            Self::Derived(name, from) => json!({"derived": name, "from": from.to_json()}),
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
        if let Some(name) = map.remove("derived") {
            let from = Self::from_json(map.remove("from")?)?;
            return Some(Self::Derived(string(name)?, Box::new(from)));
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
            "str" => Self::EscapedStr(string(body).filter(|text| is_escaped(text))?),
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

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Json::deserialize(deserializer)?)
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
    match Value::from_json(json)? {
        Value::Float(x) => Some(x),
        _ => None,
    }
}

/// Whether a text between single quotes in Python source is nothing but a string. It comes from a
/// guest, which may be hostile, and may be evaluated in another one.
fn is_escaped(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let digits = match c {
            '\\' => match chars.next() {
                Some('\\' | '\'') => 0,
                Some('x') => 2,
                Some('u') => 4,
                Some('U') => 8,
                Some(_) | None => return false,
            },
            ' '..='~' if c != '\'' => 0,
            _ => return false,
        };
        if !(0..digits).all(|_| chars.next().is_some_and(|digit| digit.is_ascii_hexdigit())) {
            return false;
        }
    }
    true
}

fn is_decimal(digits: &str) -> bool {
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
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

/// Writes bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
