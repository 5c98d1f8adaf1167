//! Statements that follow a `return`, `raise`, `break` or `continue` in the same block, so that they never run.
//!
//! Invariant: a `yield` there may be what makes the function a generator, and is left alone.

use ruff_python_ast::Stmt;

use super::{Found, scopes};

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    for block in scopes::blocks(body) {
        let jump = block.iter().position(|stmt| {
            matches!(stmt, Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_))
        });
        let after = jump.and_then(|at| block.get(at + 1..)).unwrap_or_default();
        let yields = scopes::picked(after, |expr| {
            (expr.is_yield_expr() || expr.is_yield_from_expr()).then_some(())
        });
        if let (Some(first), true) = (after.first(), yields.is_empty()) {
            found.on(first, "this never runs: what stands before it always leaves the block");
        }
    }
}
