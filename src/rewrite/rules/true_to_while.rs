//! Turns `while True:` that begins with `if c: break` into `while not c:`.
//!
//! Preconditions: no `else`, which the loop now could reach; the `if` breaks and does nothing else; something follows it.

use ruff_python_ast::{Expr, Number, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::While(node) = stmt else { return None };
        let is_endless = match &*node.test {
            Expr::BooleanLiteral(literal) => literal.value,
            Expr::NumberLiteral(literal) => {
                matches!(&literal.value, Number::Int(value) if value.as_u64() == Some(1))
            }
            _ => false,
        };
        let [Stmt::If(guard), second, ..] = node.body.as_slice() else { return None };
        let breaks = matches!(guard.body.as_slice(), [Stmt::Break(_)]);
        let is_plain = guard.elif_else_clauses.is_empty() && node.orelse.is_empty();
        if !is_endless || !breaks || !is_plain {
            return None;
        }
        program.margin(stmt)?;
        let margin = program.margin(&node.body[0])?;
        let colon = program.after_colon(node.test.end().to_usize())?;
        program.lines_of(colon, &node.body)?;
        let end = guard.end().to_usize();
        let is_apart = program.ends_line(end)
            && program.margin(second)? == margin
            && !program.has_deeper_comment_below(program.next_line(end), margin);
        if !is_apart {
            return None;
        }
        let negation = program.negated(program.scope_at(place), &guard.test)?.within(0);
        let mut change = Change::default();
        change.replace(program.outer(&node.test), negation);
        let start = program.line_start(guard.start().to_usize());
        let rest = program.text(program.next_line(end)..program.source.len());
        let blank = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
        change.delete(start..program.next_line(end) + blank);
        Some(change)
    });
}
