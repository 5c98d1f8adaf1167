//! The names that a function's body binds.
//!
//! Invariant: names of comprehensions and lambdas are not those of the function.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt};

/// Adds the names that statements bind to the known ones, in the order of the text, up to `most` names in all.
pub(super) fn stored_names(body: &[Stmt], most: usize, known: &mut Vec<String>) {
    Stores { most, known }.visit_body(body);
}

struct Stores<'v> {
    most: usize,
    known: &'v mut Vec<String>,
}

impl<'a> Visitor<'a> for Stores<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                if self.known.len() < self.most
                    && !self.known.iter().any(|known| known == name.id.as_str())
                {
                    self.known.push(name.id.to_string());
                }
            }
            Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_)
            | Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expr),
        }
    }
}
