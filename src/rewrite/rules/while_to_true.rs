//! Turns `while c:` into `while True:` that begins with `if not c: break`.
//!
//! Preconditions: no `else`, which a `break` would skip; a condition that is not a constant; the body on lines of its own.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::While(node) = stmt else { return None };
        if !node.orelse.is_empty() || program.is_literal(&node.test) {
            return None;
        }
        let margin = program.margin(stmt)?;
        let colon = program.after_colon(node.test.end().to_usize())?;
        let lines = program.lines_of(colon, &node.body)?;
        let step = program.step(margin, lines.margin)?;
        let negation = program.negated(program.scope_at(place), &node.test)?.within(0);
        let mut change = Change::default();
        change.replace(program.outer(&node.test), "True");
        let (inner, newline) = (lines.margin, program.newline);
        let guard = format!("{inner}if {negation}:{newline}{inner}{step}break{newline}");
        change.insert(lines.span.start, guard);
        Some(change)
    });
}
