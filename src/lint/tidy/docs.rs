//! Whether a step has changed docstrings that a program can show.
//!
//! Invariant: a program that mentions none of the ways to read a docstring never sees one of its own.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, ModModule, Stmt};

use crate::python::{prose, syntax};

/// Whether nobody can tell a program's docstrings from those that it had before.
pub(super) fn stay(before: &str, after: &str) -> bool {
    !prose::reads_docstrings(before) || docstrings(before) == docstrings(after)
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
