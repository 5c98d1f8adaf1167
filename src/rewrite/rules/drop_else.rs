//! Leaves out `else:` behind branches that all return, raise, break or continue.
//!
//! Preconditions: every branch before it ends with such a statement; `else:` has a line to itself.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::bound::always_leaves;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|_, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let (otherwise, others) = node.elif_else_clauses.split_last()?;
        let leaves =
            always_leaves(&node.body) && others.iter().all(|clause| always_leaves(&clause.body));
        if otherwise.test.is_some() || !leaves {
            return None;
        }
        let margin = program.margin(stmt)?;
        let start = otherwise.start().to_usize();
        let lines =
            program.lines_of(program.after_colon(start + "else".len())?, &otherwise.body)?;
        program.step(margin, lines.margin)?;
        if program.has_deeper_comment_below(lines.span.end, margin) {
            return None;
        }
        let mut change = Change::default();
        change.delete(program.line_start(start)..lines.span.start);
        program.dedent(&mut change, &lines.span, lines.margin, margin);
        Some(change)
    });
}
