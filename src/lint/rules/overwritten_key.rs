//! A value that is stored under a key and overwritten by the next statement.
//!
//! Invariant: the second value does not read what the first statement stored, and both keys are certainly the same.

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::{Expr, ExprSubscript, Stmt};

use super::{Found, scopes};

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    for block in scopes::blocks(body) {
        for pair in block.windows(2) {
            let (Some((first, _)), Some((second, value))) = (stored(&pair[0]), stored(&pair[1]))
            else {
                continue;
            };
            let is_same = same(&first.value, &second.value) && same(&first.slice, &second.slice);
            if is_same && is_steady(&first.slice) && !reads(value, first) {
                found
                    .on(first, "the value is overwritten under the same key by the next statement");
            }
        }
    }
}

fn same(one: &Expr, other: &Expr) -> bool {
    ComparableExpr::from(one) == ComparableExpr::from(other)
}

/// The place in a container that a statement stores to, and the value.
fn stored(stmt: &Stmt) -> Option<(&ExprSubscript, &Expr)> {
    let assign = stmt.as_assign_stmt()?;
    let [target] = &*assign.targets else { return None };
    let place = target.as_subscript_expr()?;
    place.value.is_name_expr().then_some((place, &assign.value))
}

/// Whether a key is the same each time that it is evaluated.
fn is_steady(key: &Expr) -> bool {
    match key {
        Expr::Name(_) => true,
        Expr::UnaryOp(unary) => is_steady(&unary.operand),
        Expr::BinOp(of) => is_steady(&of.left) && is_steady(&of.right),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_steady),
        _ => key.is_literal_expr(),
    }
}

/// Whether a value may depend on a container: it is mentioned, or something is called that could know it.
fn reads(value: &Expr, place: &ExprSubscript) -> bool {
    let container = ComparableExpr::from(&*place.value);
    any_over_expr(value, |part| {
        ComparableExpr::from(part) == container
            || matches!(part, Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Named(_))
            || part.as_call_expr().is_some_and(|call| !call.func.is_name_expr())
    })
}
