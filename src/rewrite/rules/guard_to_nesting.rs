//! Turns `if c: continue` in a loop, or `if c: return` in a function, into `if not c:` around what follows.
//!
//! Preconditions: the `if` does nothing else, has no `else`, and stands directly in the body of the loop or function; the rest
//! is not longer than a reader can oversee, and the opposite of the condition needs no parentheses behind a `not`.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::walk::BlockKind;

/// Statements that move.
const MAX_REST: usize = 12;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let block = program.block(place);
        let is_guard = match (block.kind, node.body.as_slice()) {
            (BlockKind::Loop, [Stmt::Continue(_)]) => true,
            (BlockKind::Function, [Stmt::Return(leave)]) => leave.value.is_none(),
            _ => false,
        };
        let rest = &block.body[place.1 + 1..];
        if !is_guard
            || !node.elif_else_clauses.is_empty()
            || rest.is_empty()
            || rest.len() > MAX_REST
        {
            return None;
        }
        let margin = program.margin(stmt)?;
        let below = program.rest_lines(stmt, rest, margin)?;
        let colon = program.after_colon(node.test.end().to_usize())?;
        let negation = program.negated(program.scope_at(place), &node.test)?;
        if negation.text.starts_with("not (") {
            return None;
        }
        let step = match program.lines_of(colon, &node.body) {
            Some(lines) => program.step(margin, lines.margin)?,
            None => program.step_near(place.0),
        };
        if !program.ends_line(stmt.end().to_usize()) {
            return None;
        }
        let mut change = Change::default();
        change.replace(program.outer(&node.test), negation.within(0));
        // Blank lines behind the guard go with it.
        change.replace(colon..below.start, program.newline);
        program.indent(&mut change, &below, margin, step);
        Some(change)
    });
}
