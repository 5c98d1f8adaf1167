//! The scopes of a program, and what happens to a name in one.
//!
//! Invariant: a scope's own statements are those outside of the functions and classes in it.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

/// The bodies of a program's scopes: its own, and those of functions and classes.
pub(super) fn bodies(body: &[Stmt]) -> Vec<&[Stmt]> {
    let mut found = Bodies(vec![body]);
    found.visit_body(body);
    found.0
}

struct Bodies<'a>(Vec<&'a [Stmt]>);

impl<'a> Visitor<'a> for Bodies<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.0.push(&function.body),
            Stmt::ClassDef(class) => self.0.push(&class.body),
            _ => {}
        }
        walk_stmt(self, stmt);
    }
}

/// The statements of a scope, nested ones included, in the order of the text.
pub(super) fn own_statements(body: &[Stmt]) -> Vec<&Stmt> {
    struct Own<'a>(Vec<&'a Stmt>);
    impl<'a> Visitor<'a> for Own<'a> {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            self.0.push(stmt);
            if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                walk_stmt(self, stmt);
            }
        }
    }
    let mut own = Own(Vec::new());
    own.visit_body(body);
    own.0
}

/// Every block of a program: the statements that follow each other.
pub(super) fn blocks(body: &[Stmt]) -> Vec<&[Stmt]> {
    struct Blocks<'a>(Vec<&'a [Stmt]>);
    impl<'a> Visitor<'a> for Blocks<'a> {
        fn visit_body(&mut self, body: &'a [Stmt]) {
            self.0.push(body);
            for stmt in body {
                self.visit_stmt(stmt);
            }
        }
    }
    let mut blocks = Blocks(Vec::new());
    blocks.visit_body(body);
    blocks.0
}

/// Each expression of some statements that a function picks, everything nested included.
pub(super) fn picked<'a, T>(body: &'a [Stmt], pick: impl FnMut(&'a Expr) -> Option<T>) -> Vec<T> {
    struct Picked<T, F>(Vec<T>, F);
    impl<'a, T, F: FnMut(&'a Expr) -> Option<T>> Visitor<'a> for Picked<T, F> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            self.0.extend((self.1)(expr));
            walk_expr(self, expr);
        }
    }
    let mut picked = Picked(Vec::new(), pick);
    picked.visit_body(body);
    picked.0
}
