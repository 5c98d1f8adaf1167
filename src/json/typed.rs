//! JSON as a type that serde knows.
//!
//! Invariant: a field that the type does not have spoils nothing, whatever it holds.

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::{Json, Object, Text};

impl Json {
    /// The value as a type; an error says what does not fit.
    pub fn typed<'j, T: Deserialize<'j>>(&'j self) -> Result<T, String> {
        T::deserialize(self).map_err(|error| error.to_string())
    }
}

impl Object {
    /// The object as a type; an error says what does not fit.
    pub fn typed<'j, T: Deserialize<'j>>(&'j self) -> Result<T, String> {
        T::deserialize(fields(self)).map_err(|error| error.to_string())
    }
}

type Fields<'de> =
    MapDeserializer<'de, std::iter::Map<std::slice::Iter<'de, (Text, Json)>, AsPair>, Error>;
type AsPair = for<'de> fn(&'de (Text, Json)) -> (&'de str, &'de Json);

fn fields(object: &Object) -> Fields<'_> {
    let pair: AsPair = |(name, value)| (name.lossy(), value);
    MapDeserializer::new(object.0.iter().map(pair))
}

impl<'de> IntoDeserializer<'de, Error> for &'de Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Json {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(flag) => visitor.visit_bool(*flag),
            Json::Int(digits) => match (digits.parse(), digits.parse()) {
                (Ok(n), _) => visitor.visit_u64(n),
                (_, Ok(n)) => visitor.visit_i64(n),
                _ => Err(Error::custom(format!("the integer {digits} does not fit in 64 bits"))),
            },
            Json::Float(x) => visitor.visit_f64(*x),
            Json::Text(text) => match text.as_str() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => Err(Error::custom("a text has a lone surrogate")),
            },
            Json::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Json::Object(object) => visitor.visit_map(fields(object)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.as_str() {
            Some(name) => visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(name)),
            None => Err(Error::custom(format!("expected a text, found {self}"))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::read;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        id: String,
        seed: u64,
        #[serde(default)]
        share: Option<(i32, f64)>,
        kind: Kind,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        FreeText,
    }

    fn typed(text: &str) -> Result<Row, String> {
        read(text).unwrap().typed()
    }

    #[test]
    fn a_row_is_its_fields_whatever_stands_beside_them() {
        let text = r#"{"id": "a", "score": NaN, "\ud800": "\ud800", "n": 18446744073709551617, "seed": 18446744073709551615,
            "share": [-1, 1e309], "kind": "free-text"}"#;
        let row = Row {
            id: "a".into(),
            seed: u64::MAX,
            share: Some((-1, f64::INFINITY)),
            kind: Kind::FreeText,
        };
        assert_eq!(typed(text), Ok(row));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let of = |field: &str| {
            typed(&format!(r#"{{"id": "a", "seed": 1, "kind": "free-text", {field}}}"#))
        };
        for (field, words) in [
            (r#""id": "\udc00""#, "a text has a lone surrogate"),
            (
                r#""seed": 18446744073709551616"#,
                "the integer 18446744073709551616 does not fit in 64 bits",
            ),
            (r#""seed": 1.0"#, "invalid type: floating point `1.0`, expected u64"),
            (r#""kind": []"#, "expected a text, found []"),
        ] {
            assert_eq!(of(field), Err(words.to_owned()), "{field}");
        }
        assert_eq!(typed("{}"), Err("missing field `id`".into()));
    }
}
