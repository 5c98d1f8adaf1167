//! Whether a program can show its docstrings, and whether a step has changed them.
//!
//! Invariant: a program that mentions none of the ways to read a docstring never sees one of its own.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, ModModule, Stmt};

use crate::python::{mentions, syntax};

/// The attribute, also as a text that `getattr` takes.
const ATTRIBUTE: &str = "__doc__";
/// Names, also of attributes and modules, that read docstrings.
const READERS: [&str; 5] = ["getdoc", "doctest", "pydoc", "inspect", "getsource"];
/// A function that prints them, and a word that people give their own things.
const HELP: &str = "help";

/// Whether nobody can tell a program's docstrings from those that it had before.
pub(super) fn stay(before: &str, after: &str) -> bool {
    !shows(before) || docstrings(before) == docstrings(after)
}

fn shows(source: &str) -> bool {
    let is_reader = |(kind, range): (TokenKind, std::ops::Range<usize>)| {
        kind == TokenKind::Name && READERS.contains(&source.get(range).unwrap_or_default())
    };
    source.contains(ATTRIBUTE)
        || syntax::tokens(source).into_iter().any(is_reader)
        || mentions::mentioned_names(source).iter().any(|name| name == HELP)
}

/// The docstrings of a program, as it sees them.
fn docstrings(source: &str) -> Vec<String> {
    let mut docs = Docs(Vec::new());
    if let Ok(ModModule { body, .. }) = syntax::module(source) {
        docs.add(&body);
        docs.visit_body(&body);
    }
    docs.0
}

struct Docs(Vec<String>);

impl Docs {
    fn add(&mut self, body: &[Stmt]) {
        if let Some(Stmt::Expr(first)) = body.first()
            && let Expr::StringLiteral(text) = &*first.value
        {
            self.0.push(text.value.to_str().to_owned());
        }
    }
}

impl<'a> Visitor<'a> for Docs {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.add(&def.body),
            Stmt::ClassDef(class) => self.add(&class.body),
            _ => {}
        }
        walk_stmt(self, stmt);
    }
}
