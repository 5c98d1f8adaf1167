//! What a function does with its variables: whether it calls them, whether it goes through them.
//!
//! Invariant: a role is seen in the text; a variable of which nothing is seen has none.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Comprehension, Expr, Stmt};

/// Builtins that go through their first argument.
const THROUGH: [&str; 14] = [
    "all",
    "any",
    "dict",
    "enumerate",
    "frozenset",
    "iter",
    "len",
    "list",
    "reversed",
    "set",
    "sorted",
    "sum",
    "tuple",
    "zip",
];

/// The variables with a role.
#[derive(Debug, Default)]
pub(super) struct Roles {
    called: BTreeSet<String>,
    collections: BTreeSet<String>,
}

impl Roles {
    pub(super) fn of(body: &[Stmt]) -> Self {
        let mut roles = Self::default();
        roles.visit_body(body);
        roles
    }

    /// Whether a programmer may take the one for the other: nobody takes a function for a list.
    pub(super) fn are_alike(&self, one: &str, other: &str) -> bool {
        self.called.contains(one) == self.called.contains(other)
            && self.collections.contains(one) == self.collections.contains(other)
    }

    fn add_collection(&mut self, expr: &Expr) {
        if let Expr::Name(name) = expr {
            self.collections.insert(name.id.to_string());
        }
    }
}

impl<'a> Visitor<'a> for Roles {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::For(node) = stmt {
            self.add_collection(&node.iter);
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        self.add_collection(&comprehension.iter);
        visitor::walk_comprehension(self, comprehension);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                if let Expr::Name(function) = &*call.func {
                    self.called.insert(function.id.to_string());
                    if THROUGH.contains(&function.id.as_str()) {
                        call.arguments
                            .args
                            .first()
                            .into_iter()
                            .for_each(|it| self.add_collection(it));
                    }
                }
            }
            Expr::Subscript(node) => self.add_collection(&node.value),
            Expr::Starred(node) => self.add_collection(&node.value),
            Expr::Compare(node) => {
                for (op, right) in node.ops.iter().zip(&node.comparators) {
                    if matches!(op, CmpOp::In | CmpOp::NotIn) {
                        self.add_collection(right);
                    }
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}
