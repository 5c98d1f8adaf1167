//! Says in words which JSON a value of a type is, for models that no grammar holds to it.
//!
//! Invariant: the words describe what `schema` asks for and `reply` reads.

use crate::python::types::Type;
use crate::sandbox::value::Value;

/// Known values that are worth listing; more would crowd out the function.
const MAX_CHOICES: usize = 12;

/// Describes the JSON of a type.
pub(super) fn form(ty: &Type) -> String {
    match ty {
        Type::Any => "any JSON value".to_owned(),
        // Functions and objects have no JSON.
        Type::None | Type::Callable | Type::Shown | Type::Instance(_) => "null".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Int => "integer".to_owned(),
        Type::Float => "number".to_owned(),
        Type::Complex => r#"{"complex": [number, number]}"#.to_owned(),
        Type::Str => "text".to_owned(),
        Type::Bytes => r#"{"bytes": hexadecimal}"#.to_owned(),
        Type::List(element) | Type::TupleOf(element) => format!("array of {}", form(element)),
        Type::Set(element) | Type::FrozenSet(element) => {
            format!("array of distinct {}", form(element))
        }
        Type::Tuple(elements) => match elements.split_first() {
            None => "[]".to_owned(),
            Some((first, others)) if others.iter().all(|other| other == first) => {
                format!("array of {} {}", elements.len(), form(first))
            }
            Some(_) => braces(elements.iter().enumerate().map(|(i, ty)| (i.to_string(), ty))),
        },
        Type::Dict(key, value) => {
            format!(r#"array of {{"key": {}, "value": {}}}"#, form(key), form(value))
        }
        Type::Record(fields) => braces(fields.iter().map(|(name, ty)| (name.clone(), ty))),
        Type::Union(members) => joined(members.iter().map(form)),
        Type::Literal(values) => joined(values.iter().take(MAX_CHOICES).map(choice)),
    }
}

fn braces<'t>(fields: impl Iterator<Item = (String, &'t Type)>) -> String {
    let fields: Vec<String> = fields.map(|(name, ty)| format!("{name:?}: {}", form(ty))).collect();
    format!("{{{}}}", fields.join(", "))
}

fn joined(forms: impl Iterator<Item = String>) -> String {
    forms.collect::<Vec<_>>().join(" or ")
}

fn choice(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_told_as_it_is_read() {
        for (annotation, expected) in [
            ("list[tuple[int, int]]", "array of array of 2 integer"),
            ("tuple[int, str]", r#"{"0": integer, "1": text}"#),
            (
                "dict[str, set[float]]",
                r#"array of {"key": text, "value": array of distinct number}"#,
            ),
            ("Optional[bytes]", r#"{"bytes": hexadecimal} or null"#),
            ("Literal['a', 1, b'x']", r#""a" or 1 or {"bytes":"78"}"#),
            ("Foo", "any JSON value"),
        ] {
            assert_eq!(form(&Type::from_annotation(annotation)), expected, "{annotation}");
        }
    }
}
