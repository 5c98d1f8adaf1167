//! Reads the JSON in which a model has proposed calls, by the types of the parameters.
//!
//! Invariant: a reply is data and none of its bounds are trusted; a call that does not fit costs only itself.

use super::schema::takes_none;
use crate::fences;
use crate::json::{self, Json, Object, Text};
use crate::python::infer::ParamHints;
use crate::python::types::Type;
use crate::python::{Call, Function, ParamKind};
use crate::sandbox::value::{Value, decimal, distinct, last_of_each_key};

/// Calls of one reply that are read; no schema asks for nearly as many.
const MAX_CALLS: usize = 200;
/// Digits of a tagged integer, half of what CPython reads.
const MAX_DIGITS: usize = 2000;

/// The groups of a reply.
const GROUPS: [&str; 3] = ["small", "large", "edge"];

/// Reads the distinct calls of a reply; `None` if it is no JSON of the form asked for.
pub(super) fn read(text: &str, function: &Function, hints: &[ParamHints]) -> Option<Vec<Call>> {
    // Models without a grammar put fences around JSON.
    let text = fences::blocks(text).first().map_or(text, |block| block.content);
    let groups = groups(text)?;
    let mut calls: Vec<Call> = Vec::new();
    // What cannot be read, such as nesting without end, is met call by call.
    for written in groups.into_iter().flatten().take(MAX_CALLS) {
        let Ok(Json::Object(given)) = json::read(written) else { continue };
        let Some(call) = call(given, function, hints) else { continue };
        if !calls.iter().any(|other| (&other.args, &other.kwargs) == (&call.args, &call.kwargs)) {
            calls.push(Call { source: written.to_owned(), ..call });
        }
    }
    Some(calls)
}

/// The calls of each group that a reply has, as they are written.
fn groups(text: &str) -> Option<Vec<Vec<&str>>> {
    let fields = json::fields(text).ok()?;
    let mut groups = Vec::new();
    for name in GROUPS {
        let last = fields.iter().rev().find(|(known, _)| known.as_str() == Some(name));
        if let Some((_, written)) = last.filter(|(_, written)| *written != "null") {
            groups.push(json::elements(written).ok()?);
        }
    }
    (!groups.is_empty()).then_some(groups)
}

/// Makes a call of an object with a property for each parameter.
fn call(mut given: Object, function: &Function, hints: &[ParamHints]) -> Option<Call> {
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
        Type::Bool => match json {
            Json::Bool(flag) => Value::Bool(*flag),
            _ => return None,
        },
        Type::Int => integer(json)?,
        Type::Float => Value::Float(float(json)?),
        Type::Complex => match tagged(json, "complex") {
            Some(parts) => complex(parts)?,
            None => Value::Complex(float(json)?, 0.0),
        },
        Type::Str => match json {
            Json::Text(_) => json.clone().into(),
            _ => return None,
        },
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
        Type::Literal(values) => {
            let given = Value::from_tagged_json(json.clone())?;
            values.iter().find(|known| **known == given)?.clone()
        }
        Type::Callable | Type::Shown | Type::Instance(_) => return None,
    })
}

/// Whether a number's JSON is of this very type; other types have no such choice.
fn is_exact(ty: &Type, json: &Json) -> bool {
    !matches!((ty, json), (Type::Int, Json::Float(_)) | (Type::Float, Json::Int(_)))
}

/// A value whose type is not known: plain JSON, or an object with one of the tags that `tgsand exec` writes.
///
/// The tags for escaped text and for objects are no literals: what they say could be anything.
fn untyped(json: &Json) -> Option<Value> {
    let any = Type::Any;
    Some(match json {
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Text(_) => {
            json.clone().into()
        }
        Json::List(_) => Value::List(items(&any, json)?),
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
fn only_tag(map: &Object) -> Option<&str> {
    map.iter().next().filter(|_| map.len() == 1)?.0.as_str()
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
    json.as_list()?.iter().map(|item| value(element, item)).collect()
}

/// The items of a tuple with a type for each place: an array, or an object whose keys count the places.
fn places(elements: &[Type], json: &Json) -> Option<Vec<Value>> {
    let at = |i: usize| match json {
        Json::List(items) => items.get(i),
        Json::Object(map) => map.get(&i.to_string()),
        _ => None,
    };
    let len = json.as_list().map(<[Json]>::len).or_else(|| json.as_object().map(Object::len))?;
    (len == elements.len())
        .then(|| elements.iter().enumerate().map(|(i, ty)| value(ty, at(i)?)).collect())?
}

/// The entries of a dictionary: pairs, or an object where text can tell the keys.
fn dictionary(key: &Type, element: &Type, json: &Json) -> Option<Vec<(Value, Value)>> {
    let body = untagged(json, "dict");
    let entries: Option<Vec<_>> = match (body, json) {
        (Json::List(pairs), _) => pairs.iter().map(|pair| entry(key, element, pair)).collect(),
        (_, Json::Object(map)) => {
            let text_key = |name: &Text| {
                let number = || value(key, &Json::Int(decimal(name.as_str()?)?));
                value(key, &Json::Text(name.clone())).or_else(number)
            };
            map.iter().map(|(name, json)| Some((text_key(name)?, value(element, json)?))).collect()
        }
        _ => None,
    };
    last_of_each_key(entries?)
}

fn entry(key: &Type, element: &Type, json: &Json) -> Option<(Value, Value)> {
    let (key_json, element_json) = match json {
        Json::List(pair) => match pair.as_slice() {
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
        Json::Int(digits) => Some(Value::Int(digits.clone())),
        // Models write integers so too; beyond 2^53 a float does not say which one was meant.
        Json::Float(x) if x.fract() == 0.0 && x.abs() < (1_u64 << 53) as f64 => {
            Some(Value::int(*x as i64))
        }
        _ => None,
    }
}

fn float(json: &Json) -> Option<f64> {
    match tagged(json, "float") {
        // Python has no float for an integer as large as that.
        None => json.as_f64().filter(|x| x.is_finite() || matches!(json, Json::Float(_))),
        Some(name) => match name.as_str()? {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
    }
}

fn complex(parts: &Json) -> Option<Value> {
    match parts.as_list()? {
        [real, imaginary] => Some(Value::Complex(float(real)?, float(imaginary)?)),
        _ => None,
    }
}

/// Bytes as hexadecimal digits behind their tag.
fn bytes(json: &Json) -> Option<Value> {
    ["bytes", "bytearray"].iter().find(|tag| tagged(json, tag).is_some())?;
    Value::from_tagged_json(json.clone())
}

#[cfg(test)]
mod tests;
