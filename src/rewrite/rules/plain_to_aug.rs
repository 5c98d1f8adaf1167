//! Turns `x = x + 1` into `x += 1`.
//!
//! Preconditions: `x` is a local variable whose values are all sure to be numbers, texts or tuples, since `+=` changes a list
//! in place; the left operand is the name itself.

use ruff_python_ast::{Expr, Stmt};

use super::Found;
use super::aug_to_plain::fails_alike;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::Assign(node) = stmt else { return None };
        let ([Expr::Name(target)], Expr::BinOp(value)) = (&*node.targets, &*node.value) else {
            return None;
        };
        let Expr::Name(left) = &*value.left else { return None };
        let scope = program.scope_at(place);
        let kind = program.type_of(scope, &value.left).filter(|kind| kind.is_immutable())?;
        if left.id != target.id || !fails_alike(Some(kind), program.type_of(scope, &value.right)) {
            return None;
        }
        let right = program.within(&value.right, 1);
        if right.contains('\n') {
            return None;
        }
        let name = program.text_of(target);
        let mut change = Change::default();
        change.replace(span_of(stmt), format!("{name} {}= {right}", value.op.as_str()));
        Some(change)
    });
}
