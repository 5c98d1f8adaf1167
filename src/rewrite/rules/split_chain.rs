//! Turns `a < b < c` into `a < b and b < c`.
//!
//! Preconditions: what is between is a name that the comparison does not bind, or a literal, so that reading it again gives
//! the same; comparisons follow the data model.

use ruff_python_ast::{BoolOp, Expr};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::Does;
use crate::rewrite::spelling::AND;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let Expr::Compare(node) = site.expr else { return None };
        let span = span_of(node);
        let is_stable = |expr: &Expr| match expr {
            Expr::Name(name) => !program.references.within(&span).iter().any(|reference| {
                reference.name == name.id.as_str() && reference.does != Does::Load
            }),
            _ => program.is_literal(expr) && !expr.is_list_expr() && !expr.is_tuple_expr(),
        };
        let (_, between) = node.comparators.split_last()?;
        if between.is_empty() || !program.is_tame || !between.iter().all(is_stable) {
            return None;
        }
        let operands: Vec<&str> = std::iter::once(&*node.left)
            .chain(&node.comparators)
            .map(|operand| program.operand(operand))
            .collect();
        let pairs = operands.windows(2).zip(&node.ops);
        let text: Vec<String> =
            pairs.map(|(pair, op)| format!("{} {} {}", pair[0], op.as_str(), pair[1])).collect();
        let text = text.join(" and ");
        if text.contains('\n') {
            return None;
        }
        let is_in_and =
            matches!(site.parent, Some(Expr::BoolOp(parent)) if parent.op == BoolOp::And);
        let mut change = Change::default();
        let fits = is_in_and || program.fits(site, AND);
        change.replace(span, if fits { text } else { format!("({text})") });
        Some(change)
    });
}
