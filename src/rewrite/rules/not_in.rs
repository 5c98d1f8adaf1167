//! Turns `a not in b` into `not a in b` and back, `is not` likewise, and `not a == b` into `a != b`.
//!
//! Preconditions: one comparison, not a chain; for `!=`, comparisons follow the data model.

use ruff_python_ast::{CmpOp, Expr, UnaryOp};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::{COMPARE, NOT};

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let (text, own) = match site.expr {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                let Expr::Compare(inner) = &*node.operand else { return None };
                let is_opposed = inner.ops.len() == 1
                    && matches!(inner.ops[0], CmpOp::In | CmpOp::Is | CmpOp::Eq);
                let negation = program.negated(site.scope, &node.operand)?;
                if !is_opposed || negation.text.starts_with("not ") {
                    return None;
                }
                (negation.within(0), COMPARE)
            }
            Expr::Compare(node) => {
                // `not (not a in b)` is for no reader.
                if matches!(site.parent, Some(Expr::UnaryOp(_))) {
                    return None;
                }
                let ([op], [right]) = (&*node.ops, &*node.comparators) else { return None };
                let op = match op {
                    CmpOp::NotIn => "in",
                    CmpOp::IsNot => "is",
                    _ => return None,
                };
                (
                    format!("not {} {op} {}", program.operand(&node.left), program.operand(right)),
                    NOT,
                )
            }
            _ => return None,
        };
        if text.contains('\n') {
            return None;
        }
        let mut change = Change::default();
        let text = if program.fits(site, own) { text } else { format!("({text})") };
        change.replace(span_of(site.expr), text);
        Some(change)
    });
}
