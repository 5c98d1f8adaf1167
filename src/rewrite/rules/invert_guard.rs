//! Swaps an `if` that leaves with what follows it, which leaves too, and negates the condition.
//!
//! Preconditions: no `else`; both the branch and the rest of the block end with `return`, `raise`, `break` or `continue`;
//! what follows is simple statements, which stay readable one level deeper; no string over several lines and no comment that would change sides.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::bound::always_leaves;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

/// Statements that move.
const MAX_REST: usize = 3;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let rest = &program.block(place).body[place.1 + 1..];
        let is_near = !rest.is_empty()
            && rest.len() <= MAX_REST
            && !rest.iter().any(ruff_python_ast::helpers::is_compound_statement);
        let leaves = is_near && always_leaves(&node.body) && always_leaves(rest);
        if !node.elif_else_clauses.is_empty() || !leaves {
            return None;
        }
        let margin = program.margin(stmt)?;
        let colon = program.after_colon(node.test.end().to_usize())?;
        let lines = program.lines_of(colon, &node.body)?;
        let below = program.rest_lines(stmt, rest, margin)?;
        let negation = program.negated(program.scope_at(place), &node.test)?;
        let is_bare = program.is_blank(&(colon..program.next_line(colon)))
            && !program
                .has_deeper_comment_below(below.end, &margin[..margin.len().saturating_sub(1)]);
        if !is_bare {
            return None;
        }
        let mut change = Change::default();
        change.replace(program.outer(&node.test), negation.within(0));
        change.replace(lines.span.clone(), program.moved(&below, margin, lines.margin)?);
        let last = program.moved(&lines.span, lines.margin, margin)?;
        change.replace(below.clone(), program.ending_like(&below, last));
        Some(change)
    });
}
