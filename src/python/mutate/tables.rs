//! What each operator, function and method is exchanged for in a mutant.
//!
//! Invariant: exchanges stay within one kind of operation, so that most mutants still run.

type Swaps = &'static [(&'static str, &'static [&'static str])];

pub(super) const COMPARISONS: Swaps = &[
    ("<", &["<=", ">"]),
    ("<=", &["<", ">"]),
    (">", &[">=", "<"]),
    (">=", &[">", "<"]),
    ("==", &["!="]),
    ("!=", &["=="]),
    ("is", &["is not"]),
    ("is not", &["is"]),
    ("in", &["not in"]),
    ("not in", &["in"]),
];

/// Whether one comparison holds exactly if the other does not.
pub(super) fn is_opposite(one: &str, other: &str) -> bool {
    const PAIRS: [(&str, &str); 5] =
        [("<", ">="), ("<=", ">"), ("==", "!="), ("is", "is not"), ("in", "not in")];
    PAIRS.iter().any(|pair| *pair == (one, other) || *pair == (other, one))
}

/// The first exchange also serves the augmented assignment.
pub(super) const OPERATORS: Swaps = &[
    ("+", &["-", "*"]),
    ("-", &["+"]),
    ("*", &["+", "//", "**"]),
    ("/", &["*", "//"]),
    ("//", &["/", "*"]),
    ("%", &["//", "*"]),
    ("**", &["*"]),
    ("&", &["|"]),
    ("|", &["&"]),
    ("^", &["&"]),
    ("<<", &[">>"]),
    (">>", &["<<"]),
];

/// Functions and methods that are mistaken for each other, in both directions.
const MISTAKEN: &[(&str, &str)] = &[
    ("min", "max"),
    ("any", "all"),
    ("floor", "ceil"),
    ("append", "extend"),
    ("startswith", "endswith"),
    ("lower", "upper"),
    ("lstrip", "rstrip"),
    ("strip", "rstrip"),
    ("find", "rfind"),
    ("index", "rindex"),
    ("split", "rsplit"),
    ("keys", "values"),
    ("union", "intersection"),
    ("issubset", "issuperset"),
    ("popleft", "pop"),
    ("appendleft", "append"),
    ("isdigit", "isalpha"),
    ("isalpha", "isalnum"),
    ("isupper", "islower"),
    ("ljust", "rjust"),
    ("partition", "rpartition"),
    ("bisect_left", "bisect_right"),
    ("combinations", "permutations"),
    ("sin", "cos"),
];

/// What a function or method is mistaken for.
pub(super) fn mistaken_for(name: &str) -> impl Iterator<Item = &'static str> {
    MISTAKEN.iter().filter_map(move |&(one, other)| match name {
        name if name == one => Some(other),
        name if name == other => Some(one),
        _ => None,
    })
}

/// Functions replaced by their first argument.
pub(super) const WRAPPERS: &[&str] = &["sorted", "reversed", "abs", "set", "round", "int"];

/// Methods replaced by their object.
pub(super) const METHODS: &[&str] =
    &["strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "copy"];

/// Functions of an iterable, and what may be put around their argument without a change of its type.
pub(super) const WRAPPED: &[(&str, &str)] = &[
    ("list", "sorted"),
    ("len", "set"),
    ("sum", "set"),
    ("tuple", "sorted"),
    ("enumerate", "sorted"),
];
