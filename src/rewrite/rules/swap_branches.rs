//! Swaps the branches of `if` and `else` and negates the condition.
//!
//! Preconditions: one `else` and no `elif`; both branches on lines of their own, without strings over several lines; no
//! comment between the branches or below the last that would change sides.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::python::syntax::span_of;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    for block in &program.blocks {
        for stmt in block.body {
            if found.is_full() {
                return;
            }
            if let Some(change) = swapped(program, block.scope, stmt) {
                found.add(change);
            }
        }
    }
}

fn swapped(program: &Program<'_>, scope: usize, stmt: &Stmt) -> Option<Change> {
    let Stmt::If(node) = stmt else { return None };
    let [otherwise] = node.elif_else_clauses.as_slice() else { return None };
    if otherwise.test.is_some() {
        return None;
    }
    let margin = program.margin(stmt)?;
    let first = program.lines_of(program.after_colon(node.test.end().to_usize())?, &node.body)?;
    let start = otherwise.start().to_usize();
    let colon = program.after_colon(start + "else".len())?;
    let second = program.lines_of(colon, &otherwise.body)?;
    let between = first.span.end..program.line_start(start);
    let is_bare = program.text(between).trim().is_empty()
        && program.text(colon..second.span.start).trim().is_empty()
        && !program.has_deeper_comment_below(second.span.end, margin);
    let negation = program.negated(scope, &node.test)?;
    if !is_bare {
        return None;
    }
    let mut change = Change::default();
    change.replace(program.outer(&node.test), negation.within(0));
    change.replace(first.span.clone(), program.moved(&second.span, second.margin, first.margin)?);
    let last = program.moved(&first.span, first.margin, second.margin)?;
    let is_last_line = !program.text(second.span.clone()).ends_with('\n');
    let last = if is_last_line { last.trim_end_matches(['\r', '\n']).to_owned() } else { last };
    change.replace(second.span, last);
    let _ = span_of(stmt);
    Some(change)
}
