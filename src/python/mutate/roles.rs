//! What a function does with its variables: whether it calls them, whether it goes through them.
//!
//! Invariant: a role is seen in the text; a variable of which nothing is seen has none.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Comprehension, Expr, ExprContext, Stmt};

/// Functions that go through their first argument.
const THROUGH: [&str; 18] = [
    "all",
    "any",
    "cycle",
    "dict",
    "enumerate",
    "frozenset",
    "groupby",
    "islice",
    "iter",
    "len",
    "list",
    "next",
    "reversed",
    "set",
    "sorted",
    "sum",
    "tee",
    "tuple",
];
/// Functions that go through all of their arguments.
const THROUGH_ALL: [&str; 4] = ["chain", "product", "zip", "zip_longest"];
/// Functions that call their first argument and go through the others.
const CALLING: [&str; 6] = ["dropwhile", "filter", "map", "reduce", "starmap", "takewhile"];

/// The variables with a role.
#[derive(Debug, Default)]
pub(super) struct Roles {
    called: BTreeSet<String>,
    collections: BTreeSet<String>,
    /// Names that the function itself binds or changes.
    stored: BTreeSet<String>,
}

impl Roles {
    pub(super) fn of(body: &[Stmt]) -> Self {
        let mut roles = Self::default();
        roles.visit_body(body);
        roles
    }

    /// Whether a function calls both or neither.
    pub(super) fn are_both_called_or_neither(&self, one: &str, other: &str) -> bool {
        self.called.contains(one) == self.called.contains(other)
    }

    /// Whether one may be returned in place of another: nobody computes something and returns an argument as it came.
    pub(super) fn is_result_like(&self, one: &str, other: &str) -> bool {
        self.are_both_called_or_neither(one, other)
            && (self.stored.contains(other) || !self.stored.contains(one))
    }

    /// Whether a programmer may take the one for the other: nobody takes a function for a list.
    pub(super) fn are_alike(&self, one: &str, other: &str) -> bool {
        self.are_both_called_or_neither(one, other)
            && self.collections.contains(one) == self.collections.contains(other)
    }

    fn add_called(&mut self, expr: &Expr) {
        if let Expr::Name(name) = expr {
            self.called.insert(name.id.to_string());
        }
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
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.stored.insert(name.id.to_string());
            }
            Expr::Call(call) => {
                let name = match &*call.func {
                    Expr::Name(function) => function.id.as_str(),
                    Expr::Attribute(function) => function.attr.as_str(),
                    _ => "",
                };
                self.add_called(&call.func);
                let through = match &*call.arguments.args {
                    all if THROUGH_ALL.contains(&name) => all,
                    [first, rest @ ..] if CALLING.contains(&name) => {
                        self.add_called(first);
                        rest
                    }
                    all if THROUGH.contains(&name) => all.get(..1).unwrap_or_default(),
                    _ => &[],
                };
                through.iter().for_each(|it| self.add_collection(it));
            }
            Expr::YieldFrom(node) => self.add_collection(&node.value),
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
