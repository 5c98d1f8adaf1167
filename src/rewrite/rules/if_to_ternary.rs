//! Turns an `if` and `else` that give one name a value, or return one, into a conditional expression.
//!
//! Preconditions: each branch is this one statement, both have the same target, a plain name; no `elif`; everything is on
//! single lines without comments.

use ruff_python_ast::{Expr, Stmt};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::OR;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|_, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let [otherwise] = node.elif_else_clauses.as_slice() else { return None };
        if otherwise.test.is_some() {
            return None;
        }
        let ([one], [two]) = (node.body.as_slice(), otherwise.body.as_slice()) else {
            return None;
        };
        let (head, yes, no) = match (one, two) {
            (Stmt::Return(one), Stmt::Return(two)) => {
                ("return ".to_owned(), one.value.as_deref()?, two.value.as_deref()?)
            }
            (Stmt::Assign(one), Stmt::Assign(two)) => {
                let ([Expr::Name(name)], [Expr::Name(other)]) = (&*one.targets, &*two.targets)
                else {
                    return None;
                };
                if name.id != other.id {
                    return None;
                }
                (format!("{} = ", program.text_of(name)), &*one.value, &*two.value)
            }
            _ => return None,
        };
        let is_simple = |expr: &&Expr| {
            !matches!(expr, Expr::If(_) | Expr::Lambda(_) | Expr::Yield(_) | Expr::YieldFrom(_))
                && !program.text_of(*expr).contains('\n')
        };
        if ![yes, no, &node.test].iter().all(is_simple) {
            return None;
        }
        let part = |expr: &Expr| program.within(expr, OR);
        let mut change = Change::default();
        let text = format!("{head}{} if {} else {}", part(yes), part(&node.test), part(no));
        change.replace(span_of(stmt), text);
        Some(change)
    });
}
