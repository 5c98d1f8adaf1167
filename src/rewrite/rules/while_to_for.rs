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
            (Operator::Add, CmpOp::Lt) | (Operator::Sub, CmpOp::Gt) => "",
            (Operator::Add, CmpOp::LtE) => " + 1",
            (Operator::Sub, CmpOp::GtE) => " - 1",
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
            && program.is_int(scope, &start.value)
            && !program.binds_within(&work, of, name)
            && program.is_read_only_in(of, name, &loop_span)
            && !program.references.variable(of, name).iter().any(|reference| reference.shown)
            && !program.mentions(&span_of(&*start.value), of, name)
            && program.ends_line(last.end().to_usize());
        if !is_sound {
            return None;
        }
        let first_value = program.within(&start.value, 1);
        let last_value = if extra.is_empty() {
            program.text_of(stop).to_owned()
        } else {
            format!("{}{extra}", program.within(stop, 11))
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
    scope: usize,
    stop: &Expr,
    body: &std::ops::Range<usize>,
) -> bool {
    let Some([Expr::Name(text)]) = program.builtin_call(stop, "len") else { return false };
    let name = text.id.as_str();
    let Some(of) = program.private_local(scope, name).filter(|of| *of == scope) else {
        return false;
    };
    let is_text =
        program.type_of(scope, &Expr::Name(text.clone())).is_some_and(|kind| kind.is_immutable());
    !program.binds_within(body, of, name) && (is_text || is_left_alone(program, of, name, body))
}

/// Whether a body surely leaves the length of a parameter's value alone: it only reads items of it, gives items new values, and
/// calls nothing but builtins that change nothing and methods of lists that the function made itself.
fn is_left_alone(
    program: &Program<'_>,
    of: usize,
    name: &str,
    body: &std::ops::Range<usize>,
) -> bool {
    program.is_tame
        && program.sites_within(body).all(|site| match site.expr {
            Expr::Name(found) if found.id.as_str() == name => match site.parent {
                Some(Expr::Subscript(parent)) => {
                    !parent.slice.is_slice_expr()
                        && !parent.ctx.is_del()
                        && span_of(&*parent.value) == span_of(found)
                }
                Some(Expr::Call(call)) => call.func.as_name_expr().is_some_and(|function| {
                    matches!(function.id.as_str(), "len" | "max" | "min" | "sum")
                        && program.is_builtin(function.id.as_str())
                }),
                _ => false,
            },
            Expr::Call(call) => match &*call.func {
                Expr::Name(function) => {
                    let function = function.id.as_str();
                    program.is_builtin(function)
                        && matches!(
                            function,
                            "abs"
                                | "bool"
                                | "chr"
                                | "float"
                                | "int"
                                | "len"
                                | "max"
                                | "min"
                                | "ord"
                                | "pow"
                                | "print"
                                | "range"
                                | "round"
                                | "str"
                                | "sum"
                                | "bin"
                        )
                }
                Expr::Attribute(method) => {
                    method.attr.as_str() == "append"
                        && method.value.as_name_expr().is_some_and(|list| {
                            list.id.as_str() != name && is_own_list(program, of, list.id.as_str())
                        })
                }
                _ => false,
            },
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Lambda(_) => false,
            _ => true,
        })
        && is_own(program, of, name)
        && !program
            .references
            .within(body)
            .iter()
            .any(|reference| reference.does == crate::rewrite::references::Does::Delete)
}

/// Whether every value of a local variable is a new list.
fn is_own_list(program: &Program<'_>, of: usize, name: &str) -> bool {
    use crate::rewrite::references::Origin;
    program.references.origins().get(&(of, name)).is_some_and(|origins| {
        origins.iter().all(|origin| {
            matches!(origin, Origin::Value(value) if value.is_list_expr() || value.is_list_comp_expr())
        })
    })
}

/// Whether a variable is a parameter that nothing rebinds, so that no list made in the function is its value.
fn is_own(program: &Program<'_>, of: usize, name: &str) -> bool {
    use crate::rewrite::references::Does;
    program
        .references
        .variable(of, name)
        .iter()
        .all(|reference| matches!(reference.does, Does::Load | Does::Parameter))
}
