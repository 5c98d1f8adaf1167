//! What built-in functions, methods and well-known library functions say about the values they are used with.
//!
//! Invariant: an entry is listed only when (nearly) every value it accepts has the type named.

use ruff_python_ast::Expr;

use super::shapes::Hint;
use crate::sandbox::value::Value;

/// What passing a value to a function says about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Use {
    As(Hint),
    ElementsAs(Hint),
    Nothing,
}

/// What a function's arguments are, in order and cyclic; `count` is the number of positional arguments.
pub(super) fn of_function(name: &str, count: usize) -> &'static [Use] {
    match name {
        "range" | "chr" | "hex" | "bin" | "oct" | "factorial" | "gcd" | "isqrt" | "comb" => {
            &[Use::As(Hint::Int)]
        }
        "ord" | "open" | "eval" => &[Use::As(Hint::Str)],
        "abs" | "round" | "pow" | "divmod" | "sqrt" | "floor" | "ceil" | "log" | "log10"
        | "exp" | "sin" | "cos" | "tan" | "radians" | "degrees" => &[Use::As(Hint::Number)],
        "sum" => &[Use::ElementsAs(Hint::Number), Use::Nothing],
        "min" | "max" if count > 1 => &[Use::As(Hint::Number)],
        "len" | "min" | "max" | "any" | "all" | "Counter" | "permutations" | "combinations"
        | "reduce" | "zip" => &[Use::As(Hint::Sequence)],
        "enumerate" => &[Use::As(Hint::Sequence), Use::As(Hint::Int)],
        "map" | "filter" => &[Use::Nothing, Use::As(Hint::Sequence), Use::As(Hint::Sequence)],
        name if keeps_elements(name) => &[Use::As(Hint::Sequence)],
        _ => &[],
    }
}

/// What the arguments of a function reached through another object are, such as `math.sqrt` or `', '.join`.
pub(super) fn of_library(name: &str, receiver: Option<Hint>) -> &'static [Use] {
    if receiver == Some(Hint::Str) {
        return match name {
            "join" => &[Use::ElementsAs(Hint::Str)],
            "startswith" | "endswith" | "split" | "replace" | "find" | "index" | "count"
            | "strip" => &[Use::As(Hint::Str)],
            _ => &[],
        };
    }
    match name {
        "extend" | "choice" | "shuffle" | "sample" | "permutations" | "combinations"
        | "accumulate" | "Counter" | "mean" | "median" => &[Use::As(Hint::Sequence)],
        "sqrt" | "floor" | "ceil" | "log" | "log2" | "log10" | "exp" | "sin" | "cos" | "tan"
        | "asin" | "acos" | "atan" | "atan2" | "radians" | "degrees" | "fabs" | "hypot" | "pow" => {
            &[Use::As(Hint::Number)]
        }
        "factorial" | "gcd" | "lcm" | "comb" | "perm" | "isqrt" => &[Use::As(Hint::Int)],
        "loads" | "match" | "search" | "fullmatch" | "findall" | "finditer" | "sub"
        | "basename" | "dirname" | "splitext" | "exists" | "isfile" | "isdir" | "abspath"
        | "strptime" | "literal_eval" => &[Use::As(Hint::Str)],
        _ => &[],
    }
}

/// What calling a method says about its object.
pub(super) fn of_method(name: &str, args: &[Expr]) -> Hint {
    match name {
        "items" | "keys" | "values" | "get" | "setdefault" | "popitem" | "update" | "has_key" => {
            Hint::Dict
        }
        "pop" if matches!(args.first(), Some(Expr::StringLiteral(_))) => Hint::Dict,
        "append" | "sort" | "extend" | "insert" | "reverse" | "remove" | "pop" => Hint::List,
        "index" | "count" | "copy" | "clear" => Hint::Sequence,
        "add"
        | "union"
        | "intersection"
        | "difference"
        | "symmetric_difference"
        | "issubset"
        | "issuperset"
        | "discard"
        | "isdisjoint" => Hint::Set,
        "bit_length" | "bit_count" => Hint::Int,
        "is_integer" | "as_integer_ratio" => Hint::Float,
        "decode" | "hex" => Hint::Bytes,
        "conjugate" => Hint::Complex,
        name if gives_text(name) || OTHER_TEXT_METHODS.contains(&name) => Hint::Str,
        _ => Hint::Object,
    }
}

/// Whether a method's first argument is an ingredient of the object: a piece of a text, an element of a list.
pub(super) fn takes_own_kind(name: &str) -> bool {
    matches!(
        name,
        "startswith"
            | "endswith"
            | "split"
            | "rsplit"
            | "partition"
            | "replace"
            | "find"
            | "rfind"
            | "index"
            | "count"
            | "strip"
            | "lstrip"
            | "rstrip"
            | "remove"
    )
}

/// Whether a method turns a text into another.
pub(super) fn gives_text(name: &str) -> bool {
    matches!(
        name,
        "strip"
            | "lstrip"
            | "rstrip"
            | "lower"
            | "upper"
            | "title"
            | "capitalize"
            | "swapcase"
            | "casefold"
            | "replace"
            | "zfill"
            | "ljust"
            | "rjust"
            | "center"
            | "expandtabs"
            | "translate"
            | "removeprefix"
            | "removesuffix"
            | "format"
            | "join"
    )
}

const OTHER_TEXT_METHODS: &[&str] = &[
    "split",
    "rsplit",
    "splitlines",
    "partition",
    "rpartition",
    "startswith",
    "endswith",
    "find",
    "rfind",
    "rindex",
    "isdigit",
    "isalpha",
    "isalnum",
    "isnumeric",
    "isdecimal",
    "isspace",
    "isupper",
    "islower",
    "istitle",
    "isidentifier",
    "isprintable",
    "isascii",
    "encode",
    "format_map",
];

/// Whether a function hands on the elements of its argument.
pub(super) fn keeps_elements(name: &str) -> bool {
    matches!(
        name,
        "sorted" | "list" | "tuple" | "set" | "frozenset" | "reversed" | "iter" | "deque"
    )
}

/// The type of what a function returns.
pub(super) fn result_type(name: &str) -> Option<Hint> {
    Some(match name {
        "int" | "len" | "ord" | "round" => Hint::Int,
        "sum" | "abs" => Hint::Number,
        "float" | "sqrt" => Hint::Float,
        "str" | "chr" | "input" | "repr" | "hex" | "bin" | "oct" | "format" => Hint::Str,
        "list" | "sorted" => Hint::List,
        "dict" => Hint::Dict,
        "set" => Hint::Set,
        "tuple" => Hint::Tuple,
        "bool" | "isinstance" | "any" | "all" | "callable" => Hint::Bool,
        _ => return None,
    })
}

/// The hint that a known value gives.
pub(super) fn hint_of(value: &Value) -> Hint {
    match value {
        Value::None => Hint::None,
        Value::Bool(_) => Hint::Bool,
        Value::Int(_) => Hint::Number,
        Value::Float(_) => Hint::Float,
        Value::Complex(..) => Hint::Complex,
        Value::Str(_) | Value::EscapedStr(_) => Hint::Str,
        Value::Bytes(_) | Value::ByteArray(_) => Hint::Bytes,
        Value::List(_) => Hint::List,
        Value::Tuple(_) => Hint::Tuple,
        Value::Set(_) | Value::FrozenSet(_) => Hint::Set,
        Value::Dict(_) => Hint::Dict,
        Value::Object(..) | Value::Derived(..) | Value::Opaque(..) | Value::Cycle(_) => {
            Hint::Object
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_argument_of_max_is_a_sequence() {
        assert_eq!(of_function("max", 1), [Use::As(Hint::Sequence)]);
        assert_eq!(of_function("max", 2), [Use::As(Hint::Number)]);
    }

    #[test]
    fn an_unknown_method_means_an_object() {
        assert_eq!(of_method("fly", &[]), Hint::Object);
        assert_eq!(of_method("isdigit", &[]), Hint::Str);
    }
}
