//! Turns `while c:` into `while True:` that begins with `if not c: break`.
//!
//! Preconditions: no `else`, which a `break` would skip; a condition that is not a constant; the body on lines of its own. The loop is left
//! in another place, too, and the opposite of the condition is written without a `not`: else nobody would write it like this.

use ruff_python_ast::Stmt;
use ruff_python_ast::token::TokenKind;
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
        let leaves = program.tokens[program.token_at(lines.span.start)..]
            .iter()
            .take_while(|(_, span)| span.start < lines.span.end)
            .any(|(kind, _)| matches!(kind, TokenKind::Break | TokenKind::Return));
        if !leaves || negation.starts_with("not ") || negation.contains(" not (") {
            return None;
        }
        let mut change = Change::default();
        change.replace(program.outer(&node.test), "True");
        let (inner, newline) = (lines.margin, program.newline);
        let guard = format!("{inner}if {negation}:{newline}{inner}{step}break{newline}");
        change.insert(lines.span.start, guard);
        Some(change)
    });
}
