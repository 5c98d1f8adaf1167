//! Swaps the sides of `==` and `!=`.
//!
//! Preconditions: one comparison, not a chain; one side is a literal of builtin values, so that its evaluation does nothing
//! and its own `__eq__` leaves the answer to the other side, or both sides are sure to be numbers or texts and to raise nothing.

use ruff_python_ast::{CmpOp, Expr};

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::types::Type;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    for site in &program.sites {
        if found.is_full() {
            return;
        }
        let Expr::Compare(node) = site.expr else { continue };
        let ([CmpOp::Eq | CmpOp::NotEq], [right]) = (&*node.ops, &*node.comparators) else {
            continue;
        };
        let left = &*node.left;
        let is_plain = |expr: &Expr| {
            let kind = program.type_of(site.scope, expr);
            kind.is_some_and(|kind| kind.is_number() || kind == Type::Str)
                && program.is_total(expr, site.place)
                && site.scope == program.scope_at(site.place)
        };
        let literals = (program.is_literal(left), program.is_literal(right));
        let is_sound = match literals {
            (true, true) => false,
            (true, false) | (false, true) => true,
            (false, false) => is_plain(left) && is_plain(right),
        };
        if is_sound {
            let mut change = Change::default();
            change.replace(program.outer(left), program.operand(right));
            change.replace(program.outer(right), program.operand(left));
            found.add(change);
        }
    }
}
