//! The names of programming languages, as datasets write them.
//!
//! Invariant: a name that is not known is no evidence; the parser decides then.

/// Languages other than Python that code sets name.
const OTHERS: [&str; 33] = [
    "bash",
    "c",
    "c#",
    "c++",
    "clojure",
    "cpp",
    "csharp",
    "dart",
    "elixir",
    "erlang",
    "fortran",
    "go",
    "golang",
    "haskell",
    "java",
    "javascript",
    "js",
    "julia",
    "kotlin",
    "lua",
    "matlab",
    "ocaml",
    "perl",
    "php",
    "r",
    "racket",
    "ruby",
    "rust",
    "scala",
    "shell",
    "swift",
    "ts",
    "typescript",
];

/// Whether a name is one of Python: `Python 3`, `py3`, `python 3.11`.
pub fn is_python(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("py"));
    let version = version.map(|rest| rest.trim_start_matches([' ', '-', '_']));
    version.is_some_and(|version| version.is_empty() || version == "3" || version.starts_with("3."))
}

/// Whether a name is that of a programming language other than Python.
pub fn is_other(name: &str) -> bool {
    OTHERS.contains(&name.trim().to_ascii_lowercase().as_str())
}
