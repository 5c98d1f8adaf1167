//! Turns an empty list and a loop that only appends to it into a list comprehension.
//!
//! Preconditions: the list is made in the statement before the loop; the loop's variables are local and read nowhere else, as a
//! comprehension keeps them to itself; neither the iterable, the element nor the condition mentions the list; no `else`, lambda,
//! generator, `:=`, `await`, `yield` or `super`; no handler or inner function sees the list grow.

use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::Does;
use crate::rewrite::spelling::OR;
use crate::rewrite::walk::elements;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::For(node) = stmt else { return None };
        let before = program.block(place).body.get(place.1.checked_sub(1)?)?;
        let Stmt::Assign(start) = before else { return None };
        let ([Expr::Name(name)], Expr::List(list)) = (&*start.targets, &*start.value) else {
            return None;
        };
        if node.is_async || !node.orelse.is_empty() || !list.elts.is_empty() {
            return None;
        }
        let (test, added) = match node.body.as_slice() {
            [Stmt::If(test)] if test.elif_else_clauses.is_empty() => match test.body.as_slice() {
                [Stmt::Expr(added)] => (Some(&*test.test), added),
                _ => return None,
            },
            [Stmt::Expr(added)] => (None, added),
            _ => return None,
        };
        let element = appended(&added.value, name.id.as_str())?;
        let scope = program.scope_at(place);
        let of = program.is_unseen(place, name.id.as_str())?;
        let is_apart = program.alone_on_a_line(before)? == program.margin(stmt)?
            && program.are_adjacent(before, stmt)
            && program.ends_line(stmt.end().to_usize());
        let parts: Vec<&Expr> = [&*node.iter, element].into_iter().chain(test).collect();
        let is_quiet = parts.iter().all(|part| {
            let span = span_of(*part);
            !program.text_of(*part).contains('\n')
                && !program.mentions(&span, of, name.id.as_str())
                && program.references.within(&span).iter().all(|reference| {
                    matches!(reference.does, Does::Load | Does::Element)
                        && reference.name != "super"
                })
        });
        let inside = span_of(stmt);
        let is_plain = !program.defers_within(&inside);
        let targets = match &*node.target {
            Expr::Name(_) => std::slice::from_ref(&*node.target),
            target => elements(target),
        };
        let is_own = !targets.is_empty()
            && targets.iter().all(|target| {
                let Expr::Name(target) = target else { return false };
                let target_name = target.id.as_str();
                target.id != name.id
                    && !program.mentions(&span_of(&*node.iter), scope, target_name)
                    && program.private_local(scope, target_name) == Some(scope)
                    && program.is_read_only_in(scope, target_name, &inside)
            });
        let suspends = program.references.scopes[scope].suspends;
        if !is_apart || !is_quiet || !is_plain || !is_own || suspends {
            return None;
        }
        let target = program.text_of(&*node.target);
        let (element, iter) = (program.within(element, 2), program.within(&node.iter, OR));
        let condition = test.map(|test| format!(" if {}", program.within(test, OR)));
        let mut change = Change::default();
        change.replace(
            before.start().to_usize()..stmt.end().to_usize(),
            format!(
                "{} = [{element} for {target} in {iter}{}]",
                program.text_of(name),
                condition.unwrap_or_default()
            ),
        );
        Some(change)
    });
}

/// What `name.append(x)` appends.
fn appended<'e>(expr: &'e Expr, name: &str) -> Option<&'e Expr> {
    let ExprCall { func, arguments, .. } = expr.as_call_expr()?;
    let method = func.as_attribute_expr()?;
    let is_it = method.attr.as_str() == "append"
        && method.value.as_name_expr().is_some_and(|object| object.id.as_str() == name);
    match (&*arguments.args, arguments.keywords.is_empty()) {
        ([element], true) if is_it && !element.is_starred_expr() => Some(element),
        _ => None,
    }
}
