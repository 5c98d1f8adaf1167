//! Turns `[]` into `list()` and `{}` into `dict()`, and back.
//!
//! Preconditions: `list` and `dict` are the builtins; the display is not a target.

use ruff_python_ast::Expr;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let is_call = |name: &str| {
            site.expr.as_call_expr().is_some_and(|call| call.arguments.is_empty())
                && program.builtin_call(site.expr, name).is_some()
        };
        let text = match site.expr {
            Expr::List(list)
                if list.elts.is_empty() && list.ctx.is_load() && program.is_builtin("list") =>
            {
                "list()"
            }
            Expr::Dict(dict) if dict.items.is_empty() && program.is_builtin("dict") => "dict()",
            Expr::Call(_) if is_call("list") => "[]",
            Expr::Call(_) if is_call("dict") => "{}",
            _ => return None,
        };
        let mut change = Change::default();
        change.replace(span_of(site.expr), text);
        Some(change)
    });
}
