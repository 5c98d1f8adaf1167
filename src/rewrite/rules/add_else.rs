//! Puts what follows branches that all return, raise, break or continue into an `else`.
//!
//! Preconditions: every branch ends with such a statement and there is no `else`; something follows in the same block, but
//! not more than a reader can oversee.

use ruff_python_ast::Stmt;

use super::Found;
use crate::rewrite::bound::always_leaves;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::walk::BlockKind;

/// Statements that move.
const MAX_REST: usize = 8;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let block = program.block(place);
        let rest = &block.body[place.1 + 1..];
        let has_else = node.elif_else_clauses.last().is_some_and(|last| last.test.is_none());
        let leaves = always_leaves(&node.body)
            && node.elif_else_clauses.iter().all(|clause| always_leaves(&clause.body));
        let is_near = !rest.is_empty() && rest.len() <= MAX_REST;
        if has_else
            || !leaves
            || !is_near
            || matches!(block.kind, BlockKind::Module | BlockKind::Class)
        {
            return None;
        }
        let margin = program.margin(stmt)?;
        let inner = program.margin(node.body.first()?)?;
        let step = program.step(margin, inner)?;
        let below = program.rest_lines(stmt, rest, margin)?;
        let mut change = Change::default();
        let newline = program.newline;
        change.insert(below.start, format!("{margin}else:{newline}"));
        program.indent(&mut change, &below, margin, step);
        Some(change)
    });
}
