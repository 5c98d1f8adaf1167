//! Turns a function that only returns an expression into a lambda that is assigned to its name.
//!
//! Preconditions: no decorator, annotation, docstring, `async`, `yield` or `await`; not a method; not a name that must stay a
//! definition; everything is on single lines without comments; nothing in the program asks functions for their names.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::walk::BlockKind;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::FunctionDef(def) = stmt else { return None };
        let [Stmt::Return(returned)] = def.body.as_slice() else { return None };
        let value = returned.value.as_deref()?;
        let is_annotated = def.returns.is_some()
            || def.parameters.iter_source_order().any(|one| one.annotation().is_some());
        let is_bare = def.decorator_list.is_empty() && !def.is_async && !is_annotated;
        let is_method = program.block(place).kind == BlockKind::Class;
        if !is_bare || is_method || program.is_kept(def.name.as_str()) {
            return None;
        }
        let whole = span_of(value);
        let yields = program.sites_within(&whole).any(|site| {
            site.expr.is_yield_expr() || site.expr.is_yield_from_expr() || site.expr.is_await_expr()
        });
        let parameters = span_of(&*def.parameters);
        let parameters =
            program.text(parameters.start + 1..parameters.end.saturating_sub(1)).trim();
        let body = program.within(value, 1);
        program.alone(stmt)?;
        if yields || parameters.contains('\n') || body.contains('\n') {
            return None;
        }
        let space = if parameters.is_empty() { "" } else { " " };
        let mut change = Change::default();
        let name = program.text(def.name.start().to_usize()..def.name.end().to_usize());
        change.replace(span_of(stmt), format!("{name} = lambda{space}{parameters}: {body}"));
        Some(change)
    });
}
