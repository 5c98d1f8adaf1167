//! Turns `if a:` around nothing but `if b:` into `if a and b:`.
//!
//! Preconditions: neither has `else` or `elif`; both conditions are on one line, and no comment is between them.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::AND;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|_, stmt| {
        let Stmt::If(outer) = stmt else { return None };
        let [Stmt::If(inner)] = outer.body.as_slice() else { return None };
        if !outer.elif_else_clauses.is_empty() || !inner.elif_else_clauses.is_empty() {
            return None;
        }
        let margin = program.margin(stmt)?;
        let from = program.margin(&outer.body[0])?;
        let colon = program.after_colon(inner.test.end().to_usize())?;
        let lines = program.lines_of(colon, &inner.body)?;
        let (one, two) = (program.within(&outer.test, AND), program.within(&inner.test, AND));
        let is_bare = !one.contains('\n')
            && !two.contains('\n')
            && !program.has_deeper_comment_below(lines.span.end, margin);
        if !is_bare {
            return None;
        }
        let mut change = Change::default();
        let start = program.outer(&outer.test).start;
        change.replace(start..program.outer(&inner.test).end, format!("{one} and {two}"));
        program.step(from, lines.margin)?;
        program.dedent(&mut change, &lines.span, lines.margin, from);
        Some(change)
    });
}
