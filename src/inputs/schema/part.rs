//! The parts that a schema is put together of, each with the longest text that it lets through.
//!
//! Invariant: `tokens` is never less than what a value takes that fits the schema, as models write values.

use serde_json::{Map, Value as Json, json};

/// Tokens of the names and marks of a property besides its value, with the blanks that grammars allow.
const PROPERTY_TOKENS: usize = 5;
pub(super) const ITEM_TOKENS: usize = 2;
const BRACKET_TOKENS: usize = 3;
/// A sign, seven digits, a point and a few more: models rarely write longer numbers, though llama.cpp would let them.
const NUMBER_TOKENS: usize = 10;

/// A schema with the most tokens of a value that fits it.
pub(super) struct Part {
    pub schema: Json,
    pub tokens: usize,
}

/// Nothing but `null`.
pub(super) fn null() -> Part {
    Part { schema: json!({"type": "null"}), tokens: 1 }
}

/// `true` or `false`.
pub(super) fn boolean() -> Part {
    Part { schema: json!({"type": "boolean"}), tokens: 1 }
}

/// A text that matches a pattern, of at most this many characters.
pub(super) fn text(pattern: &str, most: usize) -> Part {
    Part { schema: json!({"type": "string", "pattern": pattern}), tokens: most + 2 }
}

/// An integer between two bounds, which belong to it.
pub(super) fn integer((least, most): (i64, i64)) -> Part {
    let tokens = least.to_string().len().max(most.to_string().len());
    Part { schema: json!({"type": "integer", "minimum": least, "maximum": most}), tokens }
}

/// A number between two bounds, which belong to it.
pub(super) fn number((least, most): (f64, f64)) -> Part {
    Part {
        schema: json!({"type": "number", "minimum": least, "maximum": most}),
        tokens: NUMBER_TOKENS,
    }
}

/// One of these values; strict mode requires their type, so each type has its own choice.
pub(super) fn choice(values: Vec<Json>) -> Part {
    let mut by_type: Vec<(&str, Vec<Json>)> = Vec::new();
    for value in values {
        let ty = match &value {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(number) if number.is_f64() => "number",
            Json::Number(_) => "integer",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        };
        match by_type.iter_mut().find(|(other, _)| *other == ty) {
            Some((_, same)) => same.push(value),
            None => by_type.push((ty, vec![value])),
        }
    }
    let parts = by_type.into_iter().map(|(ty, values)| {
        let tokens = values.iter().map(|value| value.to_string().len()).max().unwrap_or(0);
        Part { schema: json!({"type": ty, "enum": values}), tokens }
    });
    any_of(parts.collect())
}

/// What any of the parts takes.
pub(super) fn any_of(parts: Vec<Part>) -> Part {
    let tokens = parts.iter().map(|part| part.tokens).max().unwrap_or(0);
    let mut schemas: Vec<Json> = Vec::new();
    for Part { schema, .. } in parts {
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }
    let schema = match schemas.len() {
        0 => null().schema,
        1 => schemas.remove(0),
        _ => json!({ "anyOf": schemas }),
    };
    Part { schema, tokens }
}

/// An array with a fewest and a most of items.
pub(super) fn list(items: Part, bounds: (usize, usize)) -> Part {
    let tokens = BRACKET_TOKENS + bounds.1 * (items.tokens + ITEM_TOKENS);
    Part { schema: array(items.schema, bounds), tokens }
}

/// The schema of an array.
pub(super) fn array(items: Json, (least, most): (usize, usize)) -> Json {
    json!({"type": "array", "items": items, "minItems": least, "maxItems": most})
}

/// An object with a tag alone, as `tgsand exec` writes values that JSON lacks.
pub(super) fn tagged(tag: &str, body: Part) -> Part {
    properties(vec![(tag.to_owned(), body)])
}

/// An object with all of these properties.
pub(super) fn properties(parts: Vec<(String, Part)>) -> Part {
    let tokens: usize =
        parts.iter().map(|(name, part)| name.len() / 2 + PROPERTY_TOKENS + part.tokens).sum();
    let schemas = parts.into_iter().map(|(name, part)| (name, part.schema)).collect();
    Part { schema: object(schemas), tokens: BRACKET_TOKENS + tokens }
}

/// The schema of an object: with all of these properties, and no others.
pub(super) fn object(properties: Map<String, Json>) -> Json {
    let required: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties})
}
