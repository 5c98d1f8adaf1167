//! Turns `for i in range(…):` into a `while` loop that counts.
//!
//! Preconditions: `range` is the builtin; start and stop are sure to be integers, the step is a literal other than 0; the loop
//! variable is a local name that only the loop's body reads and nothing in it binds, captures or deletes; no `continue`, which would
//! skip the counting, and no `else`. A stop that the body could change is given a name before the loop.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::bound::always_leaves;
use crate::rewrite::fresh;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::{Place, ScopeId};

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::For(node) = stmt else { return None };
        let Expr::Name(target) = &*node.target else { return None };
        let args = program.builtin_call(&node.iter, "range")?;
        let has_more = node.is_async || !node.orelse.is_empty();
        if has_more || program.jumps(&node.body).has_continue || always_leaves(&node.body) {
            return None;
        }
        let scope = program.scope_at(place);
        let (start, stop, step) = match args {
            [stop] => ("0", stop, 1),
            [start, stop] => (program.text_of(start), stop, 1),
            [start, stop, step] => (program.text_of(start), stop, literal_step(step)?),
            _ => return None,
        };
        let bounds = if args.len() == 1 { args } else { &args[..2] };
        let name = target.id.as_str();
        let of = program.private_local(scope, name)?;
        let margin = program.margin(stmt)?;
        let colon = program.after_colon(node.iter.end().to_usize())?;
        let lines = program.lines_of(colon, &node.body)?;
        let body = lines.span.clone();
        let is_sound = of == scope
            && bounds.iter().all(|bound| {
                program.is_plain_int(scope, bound) && !program.text_of(bound).contains('\n')
            })
            && bounds.iter().all(|bound| {
                !program.mentions(&(bound.start().to_usize()..bound.end().to_usize()), of, name)
            })
            && !program.binds_within(&body, of, name)
            && program.is_read_only_in(of, name, &body)
            && !program.references.variable(of, name).iter().any(|reference| reference.shown)
            && !program.has_deeper_comment_below(body.end, margin);
        if !is_sound {
            return None;
        }
        let newline = program.newline;
        let counter = program.text_of(target);
        let (sign, comparison) = if step > 0 { ('+', '<') } else { ('-', '>') };
        let mut change = Change::default();
        let (before, stop) = if is_stable(program, place, scope, stop, &body) {
            (String::new(), program.text_of(stop).to_owned())
        } else {
            let stop_name = fresh::name(program, ["end", "stop", "limit", "last"])?;
            (format!("{stop_name} = {}{newline}{margin}", program.text_of(stop)), stop_name)
        };
        let head = format!(
            "{counter} = {start}{newline}{margin}{before}while {counter} {comparison} {stop}:"
        );
        let tail = format!("{}{counter} {sign}= {}{newline}", lines.margin, step.unsigned_abs());
        change.replace(node.start().to_usize()..colon, head);
        let is_last_line = !program.text(body.clone()).ends_with('\n');
        change.insert(body.end, if is_last_line { format!("{newline}{tail}") } else { tail });
        Some(change)
    });
}

/// The value of a step that is written as a number other than 0.
fn literal_step(step: &Expr) -> Option<i64> {
    let (sign, number) = match step {
        Expr::UnaryOp(node) if node.op.is_u_sub() => (-1, &*node.operand),
        number => (1, number),
    };
    let value = number.as_number_literal_expr()?.value.as_int()?.as_i64()?;
    (value != 0).then_some(sign * value)
}

/// Whether evaluating a bound again before every turn gives the same.
fn is_stable(
    program: &Program<'_>,
    place: Place,
    scope: ScopeId,
    stop: &Expr,
    body: &std::ops::Range<usize>,
) -> bool {
    match stop {
        Expr::Name(name) => program.private_local(scope, name.id.as_str()).is_some_and(|of| {
            of == scope
                && !program.binds_within(body, of, name.id.as_str())
                && program.is_bound_at(of, name.id.as_str(), place)
        }),
        Expr::BinOp(node) => {
            is_stable(program, place, scope, &node.left, body)
                && is_stable(program, place, scope, &node.right, body)
        }
        _ => program.is_literal(stop),
    }
}
