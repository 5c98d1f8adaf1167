//! Turns `f = lambda x: …` into `def f(x): return …`.
//!
//! Preconditions: the statement has its line to itself and assigns one plain name; the lambda does not yield or await; the
//! variable is only called, or given to builtins that call it, so that nothing shows what the function is called.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::shows_name_of;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::Assign(node) = stmt else { return None };
        let ([Expr::Name(name)], Expr::Lambda(lambda)) = (&*node.targets, &*node.value) else {
            return None;
        };
        let margin = program.alone(stmt)?;
        let body = span_of(&*lambda.body);
        let yields = program
            .sites_within(&body)
            .any(|site| matches!(site.expr, Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_)));
        let span = span_of(stmt);
        let is_shown = || shows_name_of(program.source, name.id.as_str());
        if yields || program.text(span.clone()).contains('\n') || is_shown() {
            return None;
        }
        let parameters = lambda.parameters.as_ref().map_or("", |parameters| {
            program.text(parameters.start().to_usize()..parameters.end().to_usize())
        });
        let (step, newline) = (program.step_near(place.0), program.newline);
        let mut change = Change::default();
        change.replace(
            span,
            format!(
                "def {}({parameters}):{newline}{margin}{step}return {}",
                program.text_of(name),
                program.within(&lambda.body, 1)
            ),
        );
        Some(change)
    });
}
