//! Turns `if c:` around the rest of a loop's or function's body into `if not c: continue` or `return`, and what was in it.
//!
//! Preconditions: the `if` is the last statement of the body itself and has no `else`; a function has no other value to give
//! than `None` there, as the body ends with it. A single statement needs no guard.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::walk::BlockKind;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let block = program.block(place);
        let jump = match block.kind {
            BlockKind::Loop => "continue",
            BlockKind::Function => "return",
            BlockKind::Module | BlockKind::Class | BlockKind::Branch | BlockKind::Other => {
                return None;
            }
        };
        let is_last = place.1 + 1 == block.body.len();
        let jumps = matches!(
            node.body.as_slice(),
            [Stmt::Continue(_) | Stmt::Return(_) | Stmt::Break(_) | Stmt::Pass(_) | Stmt::Raise(_)]
        );
        if !is_last || jumps || node.body.len() < 2 || !node.elif_else_clauses.is_empty() {
            return None;
        }
        let margin = program.margin(stmt)?;
        let colon = program.after_colon(node.test.end().to_usize())?;
        let lines = program.lines_of(colon, &node.body)?;
        let step = program.step(margin, lines.margin)?;
        let negation = program.negated(program.scope_at(place), &node.test)?;
        if program.has_deeper_comment_below(lines.span.end, margin) {
            return None;
        }
        let mut change = Change::default();
        let newline = program.newline;
        change.replace(program.outer(&node.test), negation.within(0));
        change.insert(lines.span.start, format!("{margin}{step}{jump}{newline}"));
        program.dedent(&mut change, &lines.span, lines.margin, margin);
        Some(change)
    });
}
