//! Words that any text about code has, and that therefore tell nothing.
//!
//! Invariant: words are compared without regard to case.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::python::builtins::is_builtin;

static WORDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("common.txt").split_whitespace().collect());

/// Files that most projects have.
#[rustfmt::skip]
const FILES: [&str; 44] = [
    "__init__", "__main__", "admin", "api", "app", "base", "cargo", "changelog", "cli", "common", "compat", "config", "conftest",
    "constants", "core", "errors", "exceptions", "forms", "helpers", "index", "init", "lib", "license", "main", "makefile", "mod",
    "models", "package", "pyproject", "readme", "requirements", "settings", "setup", "test", "test_utils", "tests", "tox", "types",
    "urls", "util", "utils", "version", "views", "wsgi",
];
/// Parts of the names that anybody gives to what a script is about.
#[rustfmt::skip]
const PARTS: [&str; 62] = [
    "all", "args", "base", "case", "cmd", "code", "config", "count", "current", "data", "default", "dir", "end", "error", "file",
    "files", "first", "full", "func", "get", "has", "id", "index", "info", "input", "is", "item", "items", "key", "keys", "last",
    "len", "line", "lines", "list", "log", "max", "min", "msg", "name", "names", "new", "num", "old", "output", "path", "paths",
    "result", "results", "root", "run", "set", "size", "start", "str", "temp", "test", "text", "tmp", "total", "type", "value",
];

/// Modules of Python's own library.
#[rustfmt::skip]
const LIBRARY: [&str; 60] = [
    "abc", "argparse", "array", "ast", "asyncio", "base64", "bisect", "collections", "contextlib", "copy", "csv", "dataclasses",
    "datetime", "decimal", "difflib", "email", "enum", "fractions", "functools", "glob", "gzip", "hashlib", "heapq", "html", "http",
    "inspect", "io", "itertools", "json", "locale", "logging", "math", "operator", "os", "pathlib", "pickle", "platform", "queue",
    "random", "re", "secrets", "shutil", "signal", "socket", "sqlite3", "statistics", "string", "struct", "subprocess", "sys",
    "tempfile", "textwrap", "threading", "time", "typing", "unicodedata", "unittest", "urllib", "uuid", "zlib",
];

/// Whether the name that follows a text is one of Python's own library, as in `email.utils.`.
pub(super) fn is_of_library(before: &str) -> bool {
    let Some(owner) = before.strip_suffix('.') else { return false };
    let start = owner.rfind(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
    let owner = &owner[start.map_or(0, |at| at + 1)..];
    LIBRARY.contains(&owner.split('.').next().unwrap_or_default())
}

/// Whether most projects have a file of this name, without its ending.
pub(super) fn is_common_file(stem: &str) -> bool {
    FILES.contains(&stem.to_lowercase().as_str())
}

/// Whether a name in `snake_case` is what anybody would call something, such as `file_path`.
pub(super) fn is_plain_name(name: &str) -> bool {
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    parts.all(|part| part.len() < 3 && part.is_ascii() || PARTS.contains(&part))
}

/// Whether a word is an everyday one of English or of code, or a name of the languages themselves.
pub(super) fn is_common(word: &str) -> bool {
    let folded = word.to_lowercase();
    let has = |word: &str| WORDS.contains(word);
    // `parses`, `parsed` and `parsing` are as common as `parse`.
    let is_form = ["s", "es", "d", "ed", "r", "er", "ing", "ly"].iter().any(|ending| {
        folded
            .strip_suffix(ending)
            .is_some_and(|stem| stem.len() > 2 && (has(stem) || has(&format!("{stem}e"))))
    });
    has(&folded)
        || is_form
        || is_builtin(word)
        || folded.starts_with("__") && folded.ends_with("__")
}
