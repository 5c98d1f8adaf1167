//! Reads the JSON in which a model has proposed calls, by the types of the parameters.
//!
//! Invariant: a reply is data and none of its bounds are trusted; a call that does not fit costs only itself.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::schema::takes_none;
use crate::fences;
use crate::python::infer::ParamHints;
use crate::python::types::Type;
use crate::python::{Call, Function, ParamKind};
use crate::sandbox::value::{Value, distinct, last_of_each_key};

/// Calls of one reply that are read; no schema asks for nearly as many.
const MAX_CALLS: usize = 200;
/// Digits of a tagged integer, half of what CPython reads.
const MAX_DIGITS: usize = 2000;

/// The groups of a reply; numbers out of range and nesting without end are met call by call.
#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    small: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    large: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    edge: Option<Vec<&'a RawValue>>,
}

/// Reads the distinct calls of a reply; `None` if it is no JSON of the form asked for.
pub(super) fn read(text: &str, function: &Function, hints: &[ParamHints]) -> Option<Vec<Call>> {
    // Models without a grammar put fences around JSON.
    let text = fences::blocks(text).first().map_or(text, |block| block.content);
    let Reply { small, large, edge } = serde_json::from_str(text).ok()?;
    let groups: Vec<Vec<&RawValue>> = [small, large, edge].into_iter().flatten().collect();
    if groups.is_empty() {
        return None;
    }
    let mut calls: Vec<Call> = Vec::new();
    for raw in groups.into_iter().flatten().take(MAX_CALLS) {
        let Some(call) =
            serde_json::from_str(raw.get()).ok().and_then(|json| call(json, function, hints))
        else {
            continue;
        };
        if !calls.iter().any(|other| (&other.args, &other.kwargs) == (&call.args, &call.kwargs)) {
            calls.push(Call { source: raw.get().to_owned(), ..call });
        }
    }
    Some(calls)
}

/// Makes a call of an object with a property for each parameter.
fn call(mut given: Map<String, Json>, function: &Function, hints: &[ParamHints]) -> Option<Call> {
    let (mut args, mut kwargs) = (Vec::new(), Vec::new());
    let mut by_position = true;
    for (param, hint) in function.params.iter().zip(hints) {
        let json = given.remove(&param.name);
        match (param.kind, json) {
            (ParamKind::VarPositional, Some(json)) => match value(&hint.ty, &json)? {
                Value::Tuple(items) if by_position || items.is_empty() => args.extend(items),
                _ => return None,
            },
            (ParamKind::VarKeyword, Some(json)) => {
                let Value::Dict(entries) = value(&hint.ty, &json)? else { return None };
                for (name, value) in entries {
                    let Value::Str(name) = name else { return None };
                    kwargs.push((name, value));
                }
            }
            (ParamKind::VarPositional | ParamKind::VarKeyword, None) => {}
            (_, None) if !param.is_required() => by_position = false,
            (_, Some(Json::Null)) if !param.is_required() && !takes_none(&hint.ty) => {
                by_position = false;
            }
            (_, None) => return None,
            (ParamKind::PositionalOnly | ParamKind::PositionalOrKeyword, Some(json))
                if by_position =>
            {
                args.push(value(&hint.ty, &json)?);
            }
            // No keyword reaches it, and what stands before it was left out.
            (ParamKind::PositionalOnly, Some(_)) => {}
            (ParamKind::PositionalOrKeyword | ParamKind::KeywordOnly, Some(json)) => {
                kwargs.push((param.name.clone(), value(&hint.ty, &json)?));
            }
        }
    }
    let call = Call { args, kwargs, source: String::new() };
    (given.is_empty() && call.bind(function)).then_some(call)
}

/// The value of a type that a JSON value stands for.
fn value(ty: &Type, json: &Json) -> Option<Value> {
    Some(match ty {
        Type::Any => untyped(json)?,
        Type::None => match json {
            Json::Null => Value::None,
            _ => return None,
        },
        Type::Bool => Value::Bool(json.as_bool()?),
        Type::Int => integer(json)?,
        Type::Float => Value::Float(float(json)?),
        Type::Complex => match tagged(json, "complex") {
            Some(parts) => complex(parts)?,
            None => Value::Complex(float(json)?, 0.0),
        },
        Type::Str => Value::str(json.as_str()?),
        Type::Bytes => bytes(json)?,
        Type::List(element) => Value::List(items(element, json)?),
        Type::TupleOf(element) => Value::Tuple(items(element, untagged(json, "tuple"))?),
        Type::Set(element) => Value::Set(distinct(items(element, untagged(json, "set"))?)?),
        Type::FrozenSet(element) => {
            Value::FrozenSet(distinct(items(element, untagged(json, "frozenset"))?)?)
        }
        Type::Tuple(elements) => Value::Tuple(places(elements, untagged(json, "tuple"))?),
        Type::Dict(key, element) => Value::Dict(dictionary(key, element, json)?),
        Type::Record(fields) => Value::Dict(record(fields, json)?),
        // `1` is an integer before it is a float, though both types take it.
        Type::Union(members) => {
            let exact = members
                .iter()
                .filter(|member| is_exact(member, json))
                .find_map(|member| value(member, json));
            exact.or_else(|| members.iter().find_map(|member| value(member, json)))?
        }
        Type::Literal(values) => values
            .iter()
            .find(|known| serde_json::to_value(known).is_ok_and(|known| known == *json))?
            .clone(),
        Type::Callable => return None,
    })
}

/// Whether a number's JSON is of this very type; other types have no such choice.
fn is_exact(ty: &Type, json: &Json) -> bool {
    match (ty, json) {
        (Type::Int, Json::Number(number)) => !number.is_f64(),
        (Type::Float, Json::Number(number)) => number.is_f64(),
        _ => true,
    }
}

/// A value whose type is not known: plain JSON, or an object with one of the tags that `tgsand exec` writes.
///
/// The tags for escaped text and for objects are no literals: what they say could be anything.
fn untyped(json: &Json) -> Option<Value> {
    let any = Type::Any;
    Some(match json {
        Json::Null => Value::None,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(number) if number.is_f64() => Value::Float(number.as_f64()?),
        Json::Number(number) => Value::Int(number.to_string()),
        Json::String(text) => Value::str(text),
        Json::Array(_) => Value::List(items(&any, json)?),
        Json::Object(map) => match only_tag(map) {
            Some("int") => value(&Type::Int, json)?,
            Some("float") => value(&Type::Float, json)?,
            Some("complex") => value(&Type::Complex, json)?,
            Some("bytes" | "bytearray") => value(&Type::Bytes, json)?,
            Some("tuple") => value(&Type::TupleOf(Box::new(any)), json)?,
            Some("set") => value(&Type::Set(Box::new(any)), json)?,
            Some("frozenset") => value(&Type::FrozenSet(Box::new(any)), json)?,
            _ => value(&Type::dict(any.clone(), any), json)?,
        },
    })
}

/// The tag of an object that has nothing else.
fn only_tag(map: &Map<String, Json>) -> Option<&str> {
    map.keys().next().filter(|_| map.len() == 1).map(String::as_str)
}

/// What stands behind a tag.
fn tagged<'j>(json: &'j Json, tag: &str) -> Option<&'j Json> {
    json.as_object().filter(|map| only_tag(map) == Some(tag))?.get(tag)
}

/// What stands behind a tag, or the JSON itself where the type says the same.
fn untagged<'j>(json: &'j Json, tag: &str) -> &'j Json {
    tagged(json, tag).unwrap_or(json)
}

fn items(element: &Type, json: &Json) -> Option<Vec<Value>> {
    json.as_array()?.iter().map(|item| value(element, item)).collect()
}

/// The items of a tuple with a type for each place: an array, or an object whose keys count the places.
fn places(elements: &[Type], json: &Json) -> Option<Vec<Value>> {
    let at = |i: usize| match json {
        Json::Array(items) => items.get(i),
        Json::Object(map) => map.get(&i.to_string()),
        _ => None,
    };
    let len = json.as_array().map(Vec::len).or_else(|| json.as_object().map(Map::len))?;
    (len == elements.len())
        .then(|| elements.iter().enumerate().map(|(i, ty)| value(ty, at(i)?)).collect())?
}

/// The entries of a dictionary: pairs, or an object where text can tell the keys.
fn dictionary(key: &Type, element: &Type, json: &Json) -> Option<Vec<(Value, Value)>> {
    let body = untagged(json, "dict");
    let entries: Option<Vec<_>> = match (body, json) {
        (Json::Array(pairs), _) => pairs.iter().map(|pair| entry(key, element, pair)).collect(),
        (_, Json::Object(map)) => {
            let text_key = |name: &str| {
                let number = || value(key, &Json::from(name.parse::<i64>().ok()?));
                value(key, &Json::from(name)).or_else(number)
            };
            map.iter().map(|(name, json)| Some((text_key(name)?, value(element, json)?))).collect()
        }
        _ => None,
    };
    last_of_each_key(entries?)
}

fn entry(key: &Type, element: &Type, json: &Json) -> Option<(Value, Value)> {
    let (key_json, element_json) = match json {
        Json::Array(pair) => match pair.as_slice() {
            [key, element] => (key, element),
            _ => return None,
        },
        Json::Object(map) if map.len() == 2 => (map.get("key")?, map.get("value")?),
        _ => return None,
    };
    Some((value(key, key_json)?, value(element, element_json)?))
}

fn record(fields: &[(String, Type)], json: &Json) -> Option<Vec<(Value, Value)>> {
    let map = json.as_object().filter(|map| map.len() == fields.len())?;
    fields.iter().map(|(name, ty)| Some((Value::str(name), value(ty, map.get(name)?)?))).collect()
}

fn integer(json: &Json) -> Option<Value> {
    if let Some(digits) = tagged(json, "int") {
        let digits = digits.as_str().filter(|digits| digits.len() <= MAX_DIGITS)?;
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
        let is_canonical = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        return (is_canonical && !digits.is_empty()).then(|| Value::Int(format!("{sign}{digits}")));
    }
    match json {
        Json::Number(number) if !number.is_f64() => Some(Value::Int(number.to_string())),
        // JSON has one kind of number, so the type tells; beyond 2^53 a float does not say which integer was meant.
        Json::Number(number) => {
            let x =
                number.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < (1_u64 << 53) as f64)?;
            Some(Value::int(x as i64))
        }
        _ => None,
    }
}

fn float(json: &Json) -> Option<f64> {
    match tagged(json, "float") {
        None => json.as_f64(),
        Some(name) => match name.as_str()? {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
    }
}

fn complex(parts: &Json) -> Option<Value> {
    match parts.as_array()?.as_slice() {
        [real, imaginary] => Some(Value::Complex(float(real)?, float(imaginary)?)),
        _ => None,
    }
}

/// Bytes as hexadecimal digits behind their tag.
fn bytes(json: &Json) -> Option<Value> {
    let is_tagged = ["bytes", "bytearray"].iter().any(|tag| tagged(json, tag).is_some());
    serde_json::from_value(json.clone()).ok().filter(|_| is_tagged)
}

#[cfg(test)]
mod tests;
