//! Turns `not a in b` into `a not in b`, `not a is b` into `a is not b`, and `not a == b` into `a != b`.
//!
//! Preconditions: one comparison, not a chain; for `!=`, comparisons follow the data model.

use ruff_python_ast::{CmpOp, Expr, UnaryOp};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::COMPARE;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let Expr::UnaryOp(node) = site.expr else { return None };
        let Expr::Compare(inner) = &*node.operand else { return None };
        let is_opposed = node.op == UnaryOp::Not
            && inner.ops.len() == 1
            && matches!(inner.ops[0], CmpOp::In | CmpOp::Is | CmpOp::Eq);
        let negation = program.negated(site.scope, &node.operand)?;
        if !is_opposed || negation.text.starts_with("not ") {
            return None;
        }
        let text = negation.within(0);
        if text.contains('\n') {
            return None;
        }
        let mut change = Change::default();
        let text = if program.fits(site, COMPARE) { text } else { format!("({text})") };
        change.replace(span_of(site.expr), text);
        Some(change)
    });
}
