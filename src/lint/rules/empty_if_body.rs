//! An `if` that does nothing whatever its condition says.
//!
//! Invariant: an `if` with another branch, or whose condition binds a name or calls something, is left alone.

use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::Found;

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    Walk { found }.visit_body(body);
}

struct Walk<'f> {
    found: &'f mut Found,
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::If(branch) = stmt
            && branch.elif_else_clauses.is_empty()
            && branch.body.iter().all(does_nothing)
            && !any_over_expr(&branch.test, |part| {
                matches!(part, Expr::Named(_) | Expr::Call(_) | Expr::Await(_) | Expr::Yield(_))
            })
        {
            self.found
                .on(branch.test.as_ref(), "this `if` does nothing, whatever its condition says");
        }
        walk_stmt(self, stmt);
    }
}

fn does_nothing(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Pass(_) => true,
        Stmt::Expr(stmt) => stmt.value.is_literal_expr(),
        _ => false,
    }
}
