//! Tokens, and tokens that mean the same for two texts that differ only in names, comments and layout.
//!
//! Invariant: for anonymous tokens, renaming variables, reformatting, and editing comments or docstrings changes nothing.

use std::collections::HashSet;
use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, Parameter, Stmt};

use super::builtins::is_builtin;
use super::syntax;

/// A token, and the name that it is if it is neither a builtin nor an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The text; `v` for a name.
    pub shape: String,
    pub name: Option<TokenName>,
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenName {
    /// The text itself gives the name its meaning, so that another would do as well.
    Own(String),
    /// The name comes from elsewhere.
    Foreign(String),
}

/// Lists a program's tokens; every name that is neither a builtin nor an attribute reads `v`. None if it does not parse.
pub fn anonymous_tokens(source: &str) -> Vec<String> {
    significant_tokens(source, true).into_iter().map(|(token, _)| token).collect()
}

/// The same tokens, with the names behind them.
pub fn named_tokens(source: &str) -> Vec<Token> {
    let mut bound = Bound(HashSet::new());
    if let Ok(module) = syntax::module(source) {
        bound.visit_body(&module.body);
    }
    let told = |name: &str| match bound.0.contains(name) {
        true => TokenName::Own(name.to_owned()),
        false => TokenName::Foreign(name.to_owned()),
    };
    significant_tokens(source, true)
        .into_iter()
        .map(|(shape, name)| Token { shape, name: name.map(told) })
        .collect()
}

/// The names that a text binds anywhere, other than by imports.
struct Bound(HashSet<String>);

impl<'a> Visitor<'a> for Bound {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => _ = self.0.insert(def.name.to_string()),
            Stmt::ClassDef(def) => _ = self.0.insert(def.name.to_string()),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr
            && name.ctx == ExprContext::Store
        {
            self.0.insert(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.0.insert(parameter.name.to_string());
        visitor::walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(caught) = handler;
        self.0.extend(caught.name.as_ref().map(ToString::to_string));
        visitor::walk_except_handler(self, handler);
    }
}

/// Lists a program's tokens without comments, docstrings and layout. None if it does not parse.
pub fn bare_tokens(source: &str) -> Vec<String> {
    significant_tokens(source, false).into_iter().map(|(token, _)| token).collect()
}

/// The tokens, each with the name behind it if that is left out.
fn significant_tokens(source: &str, is_anonymous: bool) -> Vec<(String, Option<&str>)> {
    let mut tokens: Vec<(String, Option<&str>)> = Vec::new();
    let mut previous = TokenKind::Newline;
    for (kind, range) in syntax::tokens(source) {
        let text = source.get(range).unwrap_or_default();
        match kind {
            TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::EndOfFile => continue,
            // A text that is a statement of its own is a docstring.
            TokenKind::String
                if matches!(
                    previous,
                    TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent | TokenKind::Colon
                ) => {}
            TokenKind::Newline
                if tokens.last().is_none_or(|last| matches!(last.0.as_str(), "\n" | ">" | "<")) => {
            }
            TokenKind::Newline | TokenKind::Semi => tokens.push(("\n".into(), None)),
            TokenKind::Indent => tokens.push((">".into(), None)),
            TokenKind::Dedent => tokens.push(("<".into(), None)),
            TokenKind::Name if is_anonymous && previous != TokenKind::Dot && !is_builtin(text) => {
                tokens.push(("v".into(), Some(text)));
            }
            _ => tokens.push((text.to_owned(), None)),
        }
        previous = kind;
    }
    tokens
}

/// The lines that are all comment or docstring, counted from 1; none if the program does not parse.
pub fn prose_lines(source: &str) -> Vec<u32> {
    let mut found = Vec::new();
    let mut previous = TokenKind::Newline;
    let line = |at: usize| source.get(..at).unwrap_or_default().matches('\n').count() as u32 + 1;
    for (kind, range) in syntax::tokens(source) {
        let is_statement = matches!(
            previous,
            TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent | TokenKind::Colon
        );
        let before = source.get(..range.start).unwrap_or_default();
        let is_alone = before.rsplit('\n').next().is_some_and(|text| text.trim().is_empty());
        match kind {
            TokenKind::Comment if is_alone => found.push(line(range.start)),
            TokenKind::String if is_statement && is_alone => {
                found.extend(line(range.start)..=line(range.end));
            }
            _ => {}
        }
        if !matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline) {
            previous = kind;
        }
    }
    found
}

/// Lists the tokens of a program with their byte ranges, comments and line ends among them. None if it does not parse.
pub(crate) fn tokens(source: &str) -> Vec<(TokenKind, Range<usize>)> {
    syntax::tokens(source)
}

/// Lists the names of a program with their lines, without those that a `def`, a `class` or an import introduces.
pub fn mentioned_names(source: &str) -> Vec<(&str, u32)> {
    let mut found = Vec::new();
    let (mut previous, mut is_import, mut is_start) = (TokenKind::Newline, false, true);
    let (mut line, mut at) = (1, 0);
    for (kind, range) in syntax::tokens(source) {
        match kind {
            TokenKind::Comment | TokenKind::NonLogicalNewline => continue,
            TokenKind::Newline | TokenKind::Semi => is_import = false,
            TokenKind::Import | TokenKind::From if is_start => is_import = true,
            TokenKind::Name
                if !is_import && !matches!(previous, TokenKind::Def | TokenKind::Class) =>
            {
                let before = source.get(at..range.start).unwrap_or_default();
                line += before.bytes().filter(|&byte| byte == b'\n').count() as u32;
                at = range.start;
                found.push((source.get(range).unwrap_or_default(), line));
            }
            _ => {}
        }
        is_start = matches!(
            kind,
            TokenKind::Newline | TokenKind::Semi | TokenKind::Indent | TokenKind::Dedent
        );
        previous = kind;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_comments_and_layout_do_not_count() {
        let one = "def f(a, b):\n    \"\"\"Adds.\"\"\"\n    # now\n    return a.x + len(b)\n";
        let two = "def g(first,second):\n\n  return first.x+len( second )\n";
        assert_eq!(anonymous_tokens(one), anonymous_tokens(two));
    }

    #[test]
    fn names_count_in_bare_tokens() {
        assert_eq!(bare_tokens("x = ( a )  # c\n"), bare_tokens("x = ( a\n)"));
        assert_ne!(bare_tokens("x = a\n"), bare_tokens("x = b\n"));
    }

    #[test]
    fn operators_attributes_and_literals_count() {
        let tokens = |source| anonymous_tokens(source);
        assert_ne!(tokens("x = a + 1"), tokens("x = a - 1"));
        assert_ne!(tokens("x = a.strip()"), tokens("x = a.lower()"));
        assert_ne!(tokens("x = 'a'"), tokens("x = 'b'"));
    }

    #[test]
    fn names_are_mentioned_where_they_are_not_introduced() {
        let source =
            "from a import f\nimport b; f(x)\n\ndef g(f):\n    # f\n    return f\"{f.g}\"\n";
        assert_eq!(mentioned_names(source), [("f", 2), ("x", 2), ("f", 4), ("f", 6), ("g", 6)]);
    }
}
