//! Turns a `while` loop that counts up or down to a bound into `for i in range(…):`.
//!
//! Preconditions: the counter is a local name given an integer in the statement before, counted by a literal in the last statement of
//! the body, bound nowhere else in it, and read nowhere but in the body; the bound is an integer that the body does not change; no
//! `continue`, which would skip the counting, and no `else`.

use ruff_python_ast::{CmpOp, Expr, Operator, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::ScopeId;
use crate::rewrite::types::Type;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::While(node) = stmt else { return None };
        let before = program.block(place).body.get(place.1.checked_sub(1)?)?;
        let Stmt::Assign(start) = before else { return None };
        let Expr::Compare(test) = &*node.test else { return None };
        let ([op], [stop], Expr::Name(counter)) = (&*test.ops, &*test.comparators, &*test.left)
        else {
            return None;
        };
        let [Expr::Name(started)] = &*start.targets else { return None };
        let (Stmt::AugAssign(count), rest) = node.body.split_last()? else { return None };
        let counted = count.target.as_name_expr()?;
        let step = count.value.as_number_literal_expr()?.value.as_int()?.as_i64()?;
        let extra = match (count.op, op) {
            (Operator::Add, CmpOp::Lt) | (Operator::Sub, CmpOp::Gt) => 0,
            (Operator::Add, CmpOp::LtE) => 1,
            (Operator::Sub, CmpOp::GtE) => -1,
            _ => return None,
        };
        let name = counter.id.as_str();
        let is_one = started.id.as_str() == name && counted.id.as_str() == name;
        let has_else = !node.orelse.is_empty() || program.jumps(&node.body).has_continue;
        if !is_one || has_else || rest.is_empty() || step < 1 {
            return None;
        }
        let scope = program.scope_at(place);
        let of = program.private_local(scope, name)?;
        let margin = program.alone_on_a_line(before)?;
        let is_adjacent = program.margin(stmt)? == margin && program.are_adjacent(before, stmt);
        program.alone_on_a_line(node.body.last()?)?;
        let colon = program.after_colon(node.test.end().to_usize())?;
        let lines = program.lines_of(colon, &node.body)?;
        let (first, last) = (rest.first()?, rest.last()?);
        let work = span_of(first).start..span_of(last).end;
        let loop_span = before.start().to_usize()..node.end().to_usize();
        let bound_is_fixed = match stop {
            Expr::Name(bound) => {
                program.private_local(scope, bound.id.as_str()).is_some_and(|bound_of| {
                    bound_of == scope
                        && !program.binds_within(&lines.span, bound_of, bound.id.as_str())
                })
            }
            _ => program.is_literal(stop) || is_fixed_length(program, scope, stop, &lines.span),
        };
        let is_sound = of == scope
            && is_adjacent
            && bound_is_fixed
            && program.is_int(scope, stop)
            && program.is_plain_int(scope, &start.value)
            && !program.binds_within(&work, of, name)
            && program.is_read_only_in(of, name, &loop_span)
            && !program.references.variable(of, name).iter().any(|reference| reference.shown)
            && !program.mentions(&span_of(&*start.value), of, name)
            && program.ends_line(last.end().to_usize());
        if !is_sound {
            return None;
        }
        let first_value = program.within(&start.value, 1);
        let last_value = match extra {
            0 => program.text_of(stop).to_owned(),
            by => shifted(program, stop, by),
        };
        let steps = match (count.op, step) {
            (Operator::Sub, step) => format!(", -{step}"),
            (_, 1) => String::new(),
            (_, step) => format!(", {step}"),
        };
        let bounds = if first_value == "0" && steps.is_empty() {
            last_value
        } else {
            format!("{first_value}, {last_value}{steps}")
        };
        if bounds.contains('\n') || !program.is_builtin("range") {
            return None;
        }
        let mut change = Change::default();
        let counter = program.text_of(counter);
        change.replace(
            before.start().to_usize()..colon,
            format!("for {counter} in range({bounds}):"),
        );
        let end = program.next_line(last.end().to_usize());
        let gone = program.line_start(count.start().to_usize());
        if !program.is_blank(&(end..gone)) {
            return None;
        }
        change.delete(end..program.next_line(count.end().to_usize()));
        Some(change)
    });
}

/// Whether an expression is `len` of a text that the body does not rebind.
fn is_fixed_length(
    program: &Program<'_>,
    scope: ScopeId,
    stop: &Expr,
    body: &std::ops::Range<usize>,
) -> bool {
    let Some([text @ Expr::Name(name)]) = program.builtin_call(stop, "len") else { return false };
    let name = name.id.as_str();
    let is_text = program.type_of(scope, text).is_some_and(Type::is_immutable);
    is_text
        && program
            .private_local(scope, name)
            .is_some_and(|of| of == scope && !program.binds_within(body, of, name))
}

/// A bound and one more or less, worked out if it is written as a number.
fn shifted(program: &Program<'_>, stop: &Expr, by: i64) -> String {
    let number = stop.as_number_literal_expr().and_then(|number| number.value.as_int()?.as_i64());
    match number.and_then(|number| number.checked_add(by)) {
        Some(number) => number.to_string(),
        None if by > 0 => format!("{} + {by}", program.within(stop, 11)),
        None => format!("{} - {}", program.within(stop, 11), -by),
    }
}
