//! Turns `while c:` into `while True:` that begins with `if not c: break`.
//!
//! Preconditions: no `else`, which a `break` would skip; a condition that is not a constant; the body on lines of its own.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    for block in &program.blocks {
        for stmt in block.body {
            if found.is_full() {
                return;
            }
            if let Some(change) = endless(program, block.scope, stmt) {
                found.add(change);
            }
        }
    }
}

fn endless(program: &Program<'_>, scope: usize, stmt: &Stmt) -> Option<Change> {
    let Stmt::While(node) = stmt else { return None };
    if !node.orelse.is_empty() || program.is_literal(&node.test) {
        return None;
    }
    let margin = program.margin(stmt)?;
    let lines = program.lines_of(program.after_colon(node.test.end().to_usize())?, &node.body)?;
    let step = program.step(margin, lines.margin)?;
    let negation = program.negated(scope, &node.test)?.within(0);
    let mut change = Change::default();
    change.replace(program.outer(&node.test), "True");
    let (inner, newline) = (lines.margin, program.newline);
    change.insert(
        lines.span.start,
        format!("{inner}if {negation}:{newline}{inner}{step}break{newline}"),
    );
    Some(change)
}
