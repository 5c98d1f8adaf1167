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

/// The first exchange also serves the augmented assignment.
pub(super) const OPERATORS: Swaps = &[
    ("+", &["-"]),
    ("-", &["+"]),
    ("*", &["+", "//"]),
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

pub(super) const SWAPPED_FUNCTIONS: &[(&str, &str)] =
    &[("min", "max"), ("max", "min"), ("any", "all"), ("all", "any")];

/// Functions replaced by their first argument.
pub(super) const WRAPPERS: &[&str] = &["sorted", "reversed", "abs", "set", "round", "int"];

/// Methods replaced by their object.
pub(super) const METHODS: &[&str] =
    &["strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "copy"];
