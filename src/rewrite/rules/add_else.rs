//! Puts what follows branches that all return or raise into an `else`.
//!
//! Preconditions: every branch ends with such a statement and there is no `else`; what follows returns or raises, too, so that the branches
//! are alternatives; something follows in the same block, but neither it nor a branch is more than a reader can oversee, and they do not
//! just return `True` and `False`.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::bound::always_leaves;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::walk::BlockKind;

/// Statements that move.
const MAX_REST: usize = 2;
/// Statements of a branch.
const MAX_BRANCH: usize = 3;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let block = program.block(place);
        let rest = &block.body[place.1 + 1..];
        let clauses = node.elif_else_clauses.iter().map(|clause| &clause.body);
        let branches: Vec<_> = std::iter::once(&node.body).chain(clauses).collect();
        let is_verdict = |body: &[Stmt]| {
            matches!(body, [Stmt::Return(only)] if only.value.as_ref().is_some_and(|it| it.is_boolean_literal_expr()))
        };
        if branches.iter().any(|branch| branch.len() > MAX_BRANCH)
            || is_verdict(&node.body) && is_verdict(rest)
        {
            return None;
        }
        let has_else = node.elif_else_clauses.last().is_some_and(|last| last.test.is_none());
        let leaves = branches.iter().all(|branch| always_leaves(branch));
        // `else:` with an `if` below it would better be an `elif`.
        let is_near =
            rest.first().is_some_and(|first| !first.is_if_stmt()) && rest.len() <= MAX_REST;
        if has_else
            || !leaves
            || !is_near
            || !gives_a_result(&node.body)
            || !gives_a_result(rest)
            || matches!(block.kind, BlockKind::Module | BlockKind::Class)
        {
            return None;
        }
        let margin = program.margin(stmt)?;
        let inner = program.margin(node.body.first()?)?;
        let step = program.step(margin, inner)?;
        let below = program.rest_lines(stmt, rest, margin)?;
        let mut change = Change::default();
        let newline = program.newline;
        let blank = program.next_line(stmt.end().to_usize())..below.start;
        change.replace(blank, format!("{margin}else:{newline}"));
        program.indent(&mut change, &below, margin, step);
        Some(change)
    });
}

/// Whether statements end with a `return` or `raise`, and not with a jump in a loop.
fn gives_a_result(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_)) => true,
        Some(Stmt::If(_)) => always_leaves(body),
        Some(_) | None => false,
    }
}
