//! Types that parameter names suggest: the last resort.
//!
//! Invariant: a name is judged by its last word, after any plural, so that `max_count` counts as `count`.

use super::types::Type;

/// The type that programmers usually give to a parameter of this name.
pub(super) fn by_name(name: &str) -> Option<Type> {
    let lower = snake(name);
    if ["is_", "has_", "use_", "should_", "allow_"].iter().any(|prefix| lower.starts_with(prefix)) {
        return Some(Type::Bool);
    }
    if lower.starts_with("dict_") || lower.ends_with("_map") {
        return Some(Type::dict(Type::Str, Type::Any));
    }
    if lower.starts_with("num_") || lower.starts_with("n_") {
        return Some(Type::Int);
    }
    let word = lower
        .rsplit('_')
        .find(|word| !word.is_empty())?
        .trim_end_matches(|c: char| c.is_ascii_digit());
    TABLE.iter().find(|(words, _)| words.contains(&word)).map(|(_, make)| make())
}

type Row = (&'static [&'static str], fn() -> Type);

const TABLE: &[Row] = &[
    (
        &[
            "n", "num", "number", "count", "k", "i", "j", "m", "idx", "index", "size", "length",
            "len", "year", "month", "day", "days", "hour", "hours", "minute", "minutes", "second",
            "seconds", "age", "limit", "width", "height", "int", "integer", "id", "level", "step",
            "steps", "depth", "row", "col", "column", "pos", "position", "start", "end", "stop",
            "low", "high", "lo", "hi", "left", "right", "base", "digit", "bits", "port", "score",
        ],
        || Type::Int,
    ),
    (
        &[
            "price",
            "rate",
            "ratio",
            "temp",
            "temperature",
            "weight",
            "radius",
            "amount",
            "alpha",
            "beta",
            "gamma",
            "theta",
            "prob",
            "probability",
            "percent",
            "percentage",
            "angle",
            "speed",
            "float",
            "distance",
            "mass",
            "celsius",
            "fahrenheit",
            "lat",
            "lon",
            "frequency",
            "salary",
            "cost",
            "threshold",
            "tolerance",
            "eps",
        ],
        || Type::Float,
    ),
    (
        &[
            "s",
            "str",
            "string",
            "text",
            "word",
            "name",
            "line",
            "msg",
            "message",
            "filename",
            "path",
            "url",
            "password",
            "char",
            "c",
            "ch",
            "sentence",
            "key",
            "title",
            "email",
            "file",
            "prefix",
            "suffix",
            "pattern",
            "date",
            "token",
            "txt",
            "letter",
            "content",
            "phrase",
            "code",
            "input",
            "substring",
            "label",
            "tag",
            "address",
            "username",
            "language",
            "color",
            "extension",
            "ext",
            "html",
            "query",
            "delimiter",
            "sep",
            "separator",
            "passport",
            "binary",
            "sequence",
            "dna",
            "genome",
        ],
        || Type::Str,
    ),
    (
        &[
            "words",
            "lines",
            "names",
            "strings",
            "strs",
            "tokens",
            "texts",
            "sentences",
            "files",
            "filenames",
            "paths",
            "labels",
            "keys",
            "tags",
            "letters",
            "chars",
            "args",
            "argv",
            "columns",
            "titles",
            "urls",
        ],
        || Type::list(Type::Str),
    ),
    (
        &[
            "lst",
            "list",
            "arr",
            "array",
            "nums",
            "numbers",
            "items",
            "values",
            "vals",
            "data",
            "seq",
            "l",
            "xs",
            "elements",
            "scores",
            "digits",
            "ints",
            "integers",
            "prices",
            "weights",
            "heights",
            "stones",
            "ids",
            "vector",
            "vec",
            "sizes",
            "counts",
            "array_like",
            "iterable",
            "list_",
            "indices",
            "costs",
            "coins",
        ],
        || Type::list(Type::Int),
    ),
    (&["matrix", "grid", "board", "mat", "image", "img", "table", "rows", "maze"], || {
        Type::list(Type::list(Type::Int))
    }),
    (&["intervals", "pairs", "points", "coords", "edges", "ranges"], || {
        Type::list(Type::Tuple(vec![Type::Int, Type::Int]))
    }),
    (&["point", "coord", "coordinates", "pair", "interval"], || {
        Type::Tuple(vec![Type::Int, Type::Int])
    }),
    (
        &[
            "d",
            "dict",
            "dic",
            "dictionary",
            "mapping",
            "config",
            "params",
            "settings",
            "options",
            "kwargs",
            "json",
        ],
        || Type::dict(Type::Str, Type::Any),
    ),
    (&["graph", "adj"], || Type::dict(Type::Str, Type::list(Type::Str))),
    (&["flag", "verbose", "debug", "reverse", "inclusive", "strict", "ascending"], || Type::Bool),
    (&["fn", "func", "function", "callback", "f", "predicate", "key_func", "cb"], || {
        Type::Callable
    }),
];

/// Splits `camelCase` into words and lowers the case.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut previous_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && previous_lower {
            out.push('_');
        }
        previous_lower = c.is_lowercase();
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_a_name_counts() {
        assert_eq!(by_name("maxCount"), Some(Type::Int));
        assert_eq!(by_name("file_name"), Some(Type::Str));
        assert_eq!(by_name("nums2"), Some(Type::list(Type::Int)));
        assert_eq!(by_name("is_open"), Some(Type::Bool));
        assert_eq!(by_name("player"), None);
        assert_eq!(by_name("_"), None);
    }
}
