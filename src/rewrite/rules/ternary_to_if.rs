//! Turns an assignment or return of a conditional expression into `if` and `else`.
//!
//! Preconditions: the statement has its line to itself; its target, condition and values are on single lines. The
//! target is evaluated after the value in both forms.

use ruff_python_ast::{Expr, Stmt};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let value = match stmt {
            Stmt::Return(node) => node.value.as_deref()?,
            Stmt::Assign(node) => &*node.value,
            _ => return None,
        };
        let Expr::If(node) = value else { return None };
        let margin = program.alone(stmt)?;
        let span = span_of(stmt);
        let head = program.text(span.start..program.outer(value).start);
        let part = |expr: &Expr| program.within(expr, 1);
        let (test, yes, no) = (part(&node.test), part(&node.body), part(&node.orelse));
        if [head, &test, &yes, &no].iter().any(|text| text.contains('\n')) {
            return None;
        }
        let (step, newline) = (program.step_near(place.0), program.newline);
        let mut change = Change::default();
        change.replace(
            span,
            format!(
                "if {test}:{newline}{margin}{step}{head}{yes}{newline}{margin}else:{newline}{margin}{step}{head}{no}"
            ),
        );
        Some(change)
    });
}
