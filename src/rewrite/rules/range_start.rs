//! Turns `range(n)` into `range(0, n)` and back.
//!
//! Preconditions: `range` is the builtin, and the arguments are plain.

use ruff_python_ast::{Expr, Number};
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let mut change = Change::default();
        match program.builtin_call(site.expr, "range")? {
            [stop] if !stop.is_generator_expr() => {
                change.insert(program.argument(stop).start, "0, ")
            }
            [Expr::NumberLiteral(start), stop] => {
                let is_zero =
                    matches!(&start.value, Number::Int(value) if value.as_u64() == Some(0));
                if !is_zero {
                    return None;
                }
                change.delete(start.start().to_usize()..program.argument(stop).start);
            }
            _ => return None,
        }
        Some(change)
    });
}

impl Program<'_> {
    /// An argument's own span: parentheses of the call are not its own.
    fn argument(&self, expr: &Expr) -> std::ops::Range<usize> {
        let span = expr.start().to_usize()..expr.end().to_usize();
        let before = self.token_at(span.start).checked_sub(1).map(|at| self.tokens[at].0);
        let is_first = before == Some(ruff_python_ast::token::TokenKind::Lpar);
        if is_first && self.text(0..span.start).trim_end().ends_with("range(") {
            span
        } else {
            self.outer(expr)
        }
    }
}
