//! Turns `not (a and b)` into `not a or not b`, and `not a and not b` into `not (a or b)`, and the other way round.
//!
//! Preconditions: both forms ask the same operands for their truth in the same order; where more than the truth of the whole is
//! used, no operand loses a `not` that made it a boolean.

use ruff_python_ast::{BoolOp, Expr, UnaryOp};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::{AND, COMPARE, NOT, OR};
use crate::rewrite::types::Type;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let text = match site.expr {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                let Expr::BoolOp(inner) = &*node.operand else { return None };
                let (word, least) = match inner.op {
                    BoolOp::And => (" or ", AND),
                    BoolOp::Or => (" and ", NOT),
                };
                let is_lost = |value: &Expr| {
                    let Expr::UnaryOp(value) = value else { return false };
                    value.op == UnaryOp::Not
                        && program.type_of(site.scope, &value.operand) != Some(Type::Bool)
                };
                if !site.is_condition && inner.values.iter().any(is_lost) {
                    return None;
                }
                let negated =
                    |value: &Expr| Some(program.negated(site.scope, value)?.within(least));
                let parts: Vec<String> = inner.values.iter().map(negated).collect::<Option<_>>()?;
                let text = parts.join(word);
                let own = if inner.op == BoolOp::And { OR } else { AND };
                if program.fits(site, own) { text } else { format!("({text})") }
            }
            Expr::BoolOp(node) => {
                let (word, least) = match node.op {
                    BoolOp::And => (" or ", AND),
                    BoolOp::Or => (" and ", NOT),
                };
                let plain = |value: &Expr| match value {
                    Expr::UnaryOp(value) if value.op == UnaryOp::Not => {
                        Some(program.within(&value.operand, least))
                    }
                    _ => None,
                };
                let parts: Vec<String> = node.values.iter().map(plain).collect::<Option<_>>()?;
                let text = format!("not ({})", parts.join(word));
                if program.fits(site, NOT) { text } else { format!("({text})") }
            }
            _ => return None,
        };
        let _ = COMPARE;
        if text.contains('\n') {
            return None;
        }
        let mut change = Change::default();
        change.replace(span_of(site.expr), text);
        Some(change)
    });
}
