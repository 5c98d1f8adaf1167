//! From text to tree, and from a tree's node back to its text: the only place that calls the parser.
//!
//! Invariant: a tree leaves this room only when it has no syntax error and is shallow enough to be walked and dropped
//! by plain recursion on a 2 MiB stack, unless `deep_module` is asked for more.

use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, Mod, ModModule, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse};
use ruff_text_size::Ranged;

use super::depth::{self, MAX_DEPTH, Reason};

/// Bytes; a text this short cannot make too deep a tree, even through the parser's error recovery.
const SHORT: usize = 1000;

/// The reason why a text is not a Python program, with its 1-based line and column (in characters).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    pub message: String,
    pub line: usize,
    pub column: usize,
}

impl SyntaxError {
    fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, column) = position(source, offset);
        Self { message: message.into(), line, column }
    }
}

/// Parses a whole program of Python 3.15.
pub(crate) fn module(source: &str) -> Result<ModModule, SyntaxError> {
    deep_module(source, MAX_DEPTH)
}

/// Parses a whole program whose tree may be deeper than others; only for a stack that is as much larger.
pub(crate) fn deep_module(source: &str, max_depth: usize) -> Result<ModModule, SyntaxError> {
    match tree(source, Mode::Module, max_depth)? {
        Mod::Module(module) => Ok(module),
        Mod::Expression(_) => Err(SyntaxError::at(source, 0, "not a module")),
    }
}

/// Parses a whole program of Python 3.15 with its tokens, as a linter needs it.
pub(crate) fn module_with_tokens(source: &str) -> Result<Parsed<ModModule>, SyntaxError> {
    let parsed = checked(source, Mode::Module, MAX_DEPTH)?;
    parsed.try_into_module().ok_or_else(|| SyntaxError::at(source, 0, "not a module"))
}

/// Parses one expression, or answers `None`.
pub(crate) fn expression(source: &str) -> Option<Expr> {
    match tree(source, Mode::Expression, MAX_DEPTH).ok()? {
        Mod::Expression(expression) => Some(*expression.body),
        Mod::Module(_) => None,
    }
}

/// Lists the tokens of a program with their byte ranges; none if it does not parse.
pub(crate) fn tokens(source: &str) -> Vec<(TokenKind, Range<usize>)> {
    if depth::check(source, MAX_DEPTH).is_err() {
        return Vec::new();
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY315);
    match parse(source, options) {
        Ok(parsed) if parsed.unsupported_syntax_errors().is_empty() => parsed
            .tokens()
            .iter()
            .map(|token| (token.kind(), token.range().to_std_range()))
            .collect(),
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// The bytes of a node.
pub(crate) fn span_of(node: &impl Ranged) -> Range<usize> {
    node.start().to_usize()..node.end().to_usize()
}

/// The source text of a node.
pub(super) fn text(source: &str, node: &impl Ranged) -> String {
    source[span_of(node)].to_owned()
}

/// A text with other text in some places, which are in order and apart from each other.
pub fn with_replacements(source: &str, found: Vec<(Range<usize>, String)>) -> String {
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    for (span, replacement) in found {
        text.push_str(source.get(at..span.start).unwrap_or_default());
        text.push_str(&replacement);
        at = span.end;
    }
    text.push_str(source.get(at..).unwrap_or_default());
    text
}

/// The 1-based line and column (in characters) of a byte offset.
pub(crate) fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.bytes().filter(|&byte| byte == b'\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

fn tree(source: &str, mode: Mode, max_depth: usize) -> Result<Mod, SyntaxError> {
    checked(source, mode, max_depth).map(Parsed::into_syntax)
}

fn checked(source: &str, mode: Mode, max_depth: usize) -> Result<Parsed<Mod>, SyntaxError> {
    if let Err(fault) = depth::check(source, max_depth) {
        // The parser knows the exact place of a bad token.
        let exact = (fault.reason == Reason::BadToken && source.len() <= SHORT)
            .then(|| parsed(source, mode).err());
        let message = fault.reason.message().to_owned();
        return Err(exact.flatten().unwrap_or(SyntaxError {
            message,
            line: fault.line,
            column: 1,
        }));
    }
    parsed(source, mode)
}

fn parsed(source: &str, mode: Mode) -> Result<Parsed<Mod>, SyntaxError> {
    let options = ParseOptions::from(mode).with_target_version(PythonVersion::PY315);
    let parsed = parse(source, options).map_err(|error| {
        SyntaxError::at(source, error.location.start().to_usize(), error.error.to_string())
    })?;
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        return Err(SyntaxError::at(source, error.range.start().to_usize(), error.to_string()));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(source: String) -> Result<(), String> {
        std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || module(&source).map(|_| ()).map_err(|error| error.message))
            .unwrap()
            .join()
            .unwrap()
    }

    #[test]
    fn a_syntax_error_says_where() {
        let error = module("def f():\n    return é 1\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 14));
        assert!(error.to_string().starts_with("line 2, column 14: "), "{error}");
    }

    #[test]
    fn deep_sources_are_refused_on_a_small_stack() {
        let n = 100_000;
        let blocks: String = (0..1000).map(|i| format!("{}if x:\n", " ".repeat(i))).collect();
        let hostile = [
            "(".repeat(n),
            "(".repeat(SHORT),
            "-".repeat(SHORT - 1) + "?",
            "a.".repeat(SHORT / 2 - 1) + "?",
            format!("{}1{}", "(".repeat(n), ")".repeat(n)),
            format!("{}1{}", "[".repeat(300), "]".repeat(300)),
            format!("x = {}a", "a+".repeat(n)),
            format!("x = {}a", "a**".repeat(n)),
            format!("x = {}a", "a.".repeat(n)),
            format!("x = f{}", "()".repeat(n)),
            format!("x = {}a", "a if b else ".repeat(n)),
            format!("x = {}a", "not ".repeat(n)),
            format!("x = {}a", "-".repeat(n)),
            format!("x = {}a", "lambda a, b: ".repeat(n)),
            format!("{}x = 1", "async ".repeat(n)),
            format!("x = {}1", "yield a, ".repeat(n)),
            format!("x = {}{}", "f'{".repeat(n), "}'".repeat(n)),
            format!("(\n{blocks}{}pass\n)", " ".repeat(1000)),
            format!("{blocks}{}pass\n", " ".repeat(1000)),
        ];
        for source in hostile {
            let head = source.chars().take(30).collect::<String>();
            assert!(outcome(source).is_err(), "{head}");
        }
    }

    #[test]
    fn long_but_shallow_sources_are_read() {
        let n = 20_000;
        let shallow = [
            format!("if a:\n    pass\n{}", "elif b:\n    pass\n".repeat(n)),
            format!("x = {}a", "a and ".repeat(n)),
            format!("x = {}a", "a < ".repeat(n)),
            format!("x = [{}]", "-a.b.c(1) + 2, ".repeat(n)),
            "a.b = 1\n".repeat(n),
            format!("x = {}", "'s' ".repeat(n)),
            format!("x = {}a", "(a + ".repeat(90)) + &")".repeat(90),
        ];
        for source in shallow {
            let head = source.chars().take(30).collect::<String>();
            assert_eq!(outcome(source), Ok(()), "{head}");
        }
    }

    #[test]
    fn syntax_of_later_versions_is_read() {
        for source in [
            "match x:\n    case [1, *_]:\n        pass\n",
            "type A[T] = list[T]\n",
            "x = f'{a!r:>{w}}'\n",
        ] {
            assert_eq!(outcome(source.to_owned()), Ok(()));
        }
    }
}
