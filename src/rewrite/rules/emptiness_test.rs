//! Turns `len(x) == 0` into `not x` and `len(x) > 0` into `x` in conditions, and `not x` into `len(x) == 0`.
//!
//! Preconditions: `len` is the builtin; `x` is sure to be a text, list, tuple, set or dictionary, since `len` fails for long
//! ranges; only the truth of the whole is
//! used, or it is a boolean in both forms.

use ruff_python_ast::{CmpOp, Expr, Number, UnaryOp};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::{COMPARE, NOT, precedence};
use crate::rewrite::types::Type;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let is_sized = |expr: &Expr| program.type_of(site.scope, expr).is_some_and(Type::is_sized);
        let (text, own) = match site.expr {
            Expr::Compare(node) => {
                let ([op], [Expr::NumberLiteral(number)]) = (&*node.ops, &*node.comparators) else {
                    return None;
                };
                let [measured] = program.builtin_call(&node.left, "len")? else { return None };
                let number = match &number.value {
                    Number::Int(value) => value.as_u64()?,
                    Number::Float(_) | Number::Complex { .. } => return None,
                };
                if !is_sized(measured) {
                    return None;
                }
                match (op, number) {
                    (CmpOp::Eq, 0) | (CmpOp::Lt, 1) => {
                        (format!("not {}", program.within(measured, NOT)), NOT)
                    }
                    (CmpOp::NotEq | CmpOp::Gt, 0) | (CmpOp::GtE, 1) if site.is_condition => {
                        (program.text_of(measured).to_owned(), precedence(measured))
                    }
                    _ => return None,
                }
            }
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                if !node.operand.is_name_expr()
                    || !is_sized(&node.operand)
                    || !program.is_builtin("len")
                {
                    return None;
                }
                (format!("len({}) == 0", program.text_of(&*node.operand)), COMPARE)
            }
            _ => return None,
        };
        let mut change = Change::default();
        let text = if program.fits(site, own) { text } else { format!("({text})") };
        change.replace(span_of(site.expr), text);
        Some(change)
    });
}
