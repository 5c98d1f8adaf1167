//! Functions to give to a function that calls what it is given: builtins and short lambdas that fit the call.
//!
//! Invariant: each is Python that needs nothing but builtins, and works on the types that it is chosen for.

use super::types::Type;
use crate::sandbox::value::Value;

/// Lists functions for a call with arguments of these types, the most usual first.
pub fn fitting(given: &[Type], name: &str, is_condition: bool) -> Vec<Value> {
    let name = name.to_ascii_lowercase();
    let is_condition = is_condition
        || ["pred", "cond", "test", "filter", "is_", "should", "match"]
            .iter()
            .any(|word| name.contains(word));
    let texts: &[&str] = match (given, is_condition) {
        ([], _) => &["list", "lambda: 0", "dict", "lambda: 'ready'"],
        ([Type::Str], true) => {
            &["str.isdigit", "str.isupper", "lambda s: len(s) > 3", "str.isalpha"]
        }
        ([Type::Str], false) => &["len", "str.upper", "lambda s: s[::-1]", "str.lower"],
        ([Type::Float], true) => &["lambda x: x > 1", "float.is_integer", "lambda x: x < 0"],
        ([Type::Float], false) => &["lambda x: x * x", "round", "abs", "lambda x: x / 2 + 1"],
        ([Type::List(_) | Type::TupleOf(_) | Type::Set(_) | Type::Dict(..)], true) => {
            &["len", "lambda xs: len(xs) > 2", "any"]
        }
        ([Type::List(_) | Type::TupleOf(_) | Type::Set(_) | Type::Dict(..)], false) => {
            &["len", "sorted", "lambda xs: len(xs) % 2"]
        }
        ([Type::Tuple(parts)], _) if parts.len() > 1 => {
            &["lambda pair: pair[1]", "lambda pair: pair[0]", "sum"]
        }
        ([_], true) => &["lambda x: x % 2 == 0", "lambda x: x > 2", "bool", "lambda x: x < 0"],
        ([_], false) => &["abs", "lambda x: x * 2", "lambda x: x % 3", "lambda x: x + 1", "str"],
        ([_, _], true) => &["lambda a, b: a < b", "lambda a, b: a == b", "lambda a, b: a != b"],
        ([Type::Str, Type::Str], false) => &["lambda a, b: a + b", "max", "min"],
        ([_, _], false) => {
            &["max", "lambda a, b: a + b", "lambda a, b: a * b", "lambda a, b: a - b"]
        }
        ([_, _, _], _) => &["max", "lambda a, b, c: a + b + c", "lambda a, b, c: a * b - c"],
        (_, true) => &["lambda *args: len(args) > 2", "lambda *args: sum(args) > 3"],
        (_, false) => &["lambda *args: sum(args)", "max"],
    };
    texts.iter().copied().map(Value::expression).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_fit_what_they_are_called_with() {
        let first = |given: &[Type], name| {
            fitting(given, name, false)[0].as_expression().map(str::to_owned)
        };
        assert_eq!(first(&[Type::Str], "pred").as_deref(), Some("str.isdigit"));
        assert_eq!(first(&[Type::Str], "key").as_deref(), Some("len"));
        assert_eq!(first(&[Type::Int], "predicate").as_deref(), Some("lambda x: x % 2 == 0"));
        assert_eq!(first(&[Type::Any, Type::Any], "func").as_deref(), Some("max"));
    }
}
