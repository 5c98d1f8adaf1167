//! Swaps the branches of `if` and `else` and negates the condition.
//!
//! Preconditions: one `else` and no `elif`; both branches on lines of their own, without strings over several lines; no
//! comment between the branches or below the last that would change sides.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let [otherwise] = node.elif_else_clauses.as_slice() else { return None };
        if otherwise.test.is_some() {
            return None;
        }
        let margin = program.margin(stmt)?;
        let colon = program.after_colon(node.test.end().to_usize())?;
        let first = program.lines_of(colon, &node.body)?;
        let start = otherwise.start().to_usize();
        let colon = program.after_colon(start + "else".len())?;
        let second = program.lines_of(colon, &otherwise.body)?;
        let is_bare = program.is_blank(&(first.span.end..program.line_start(start)))
            && program.is_blank(&(colon..second.span.start))
            && !program.has_deeper_comment_below(second.span.end, margin);
        if !is_bare {
            return None;
        }
        let negation = program.negated(program.scope_at(place), &node.test)?;
        let mut change = Change::default();
        change.replace(program.outer(&node.test), negation.within(0));
        change
            .replace(first.span.clone(), program.moved(&second.span, second.margin, first.margin)?);
        let last = program.moved(&first.span, first.margin, second.margin)?;
        change.replace(second.span.clone(), program.ending_like(&second.span, last));
        Some(change)
    });
}
