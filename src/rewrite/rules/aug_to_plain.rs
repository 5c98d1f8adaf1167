//! Turns `x += 1` into `x = x + 1`.
//!
//! Preconditions: `x` is a local variable whose values are all sure to be numbers, texts or tuples, since `+=` changes a list
//! in place; the value has its parentheses if it needs them.

use ruff_python_ast::{Expr, Stmt};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::operator;
use crate::rewrite::types::Type;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::AugAssign(node) = stmt else { return None };
        let Expr::Name(name) = &*node.target else { return None };
        let scope = program.scope_at(place);
        let kind = program.type_of(scope, &node.target).filter(|kind| kind.is_immutable())?;
        if !fails_alike(Some(kind), program.type_of(scope, &node.value)) {
            return None;
        }
        let value = program.within(&node.value, operator(node.op) + 1);
        if value.contains('\n') {
            return None;
        }
        let name = program.text_of(name);
        let mut change = Change::default();
        change.replace(span_of(stmt), format!("{name} = {name} {} {value}", node.op.as_str()));
        Some(change)
    });
}

/// Whether the operands of an update are such that both ways of writing it fail with the same words.
pub(super) fn fails_alike(left: Option<Type>, right: Option<Type>) -> bool {
    let is_number = |kind: Option<Type>| kind.is_some_and(Type::is_number);
    is_number(left) && is_number(right) || left == Some(Type::Str)
}
