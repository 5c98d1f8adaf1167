//! Turns `if a and b:` into `if a:` around `if b:`.
//!
//! Preconditions: no `else` or `elif`, which would have to be written twice; the condition is on one line and the body on
//! lines of its own.

use ruff_python_ast::{BoolOp, Expr, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|_, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let Expr::BoolOp(test) = &*node.test else { return None };
        let ([first, rest @ ..], BoolOp::And) = (test.values.as_slice(), test.op) else {
            return None;
        };
        if !node.elif_else_clauses.is_empty() || program.text_of(test).contains('\n') {
            return None;
        }
        let margin = program.margin(stmt)?;
        let colon = program.after_colon(test.end().to_usize())?;
        let lines = program.lines_of(colon, &node.body)?;
        let is_bare = program.is_blank(&(colon..program.next_line(colon)))
            && !program.has_deeper_comment_below(lines.span.end, margin);
        if !is_bare {
            return None;
        }
        let step = program.step(margin, lines.margin)?;
        let second = match rest {
            [only] => program.within(only, 1),
            [first, .., last] => {
                program.text(program.outer(first).start..program.outer(last).end).to_owned()
            }
            [] => return None,
        };
        let (inner, newline) = (lines.margin, program.newline);
        let mut change = Change::default();
        change.replace(program.outer(&node.test), program.within(first, 1));
        program.indent(&mut change, &lines.span, lines.margin, step);
        change.insert(colon, format!("{newline}{inner}if {second}:"));
        Some(change)
    });
}
