//! Turns `a = 1` and `b = 2` on two lines into `a, b = 1, 2`.
//!
//! Preconditions: two adjacent assignments of different local names; the second value does not mention the first name, and no
//! handler, inner function or generator can see when a name is bound; the values are short and no comment is lost; both values are of one
//! kind, or the names belong together: else nobody would bind them in one line.

use ruff_python_ast::Expr;

use super::Found;
use super::assignments::{Assignment, pair};
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::{TERNARY, precedence};

/// Characters of a value that still reads well beside another.
const MAX_VALUE: usize = 20;

/// Names that people bind together.
const PAIRS: [(&str, &str); 8] = [
    ("begin", "end"),
    ("first", "last"),
    ("first", "second"),
    ("i", "j"),
    ("left", "right"),
    ("lo", "hi"),
    ("low", "high"),
    ("start", "end"),
];

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, _| {
        let (one, two) = pair(program, place)?;
        let is_short = |value| {
            precedence(value) > TERNARY && program.text_of(value).chars().count() <= MAX_VALUE
        };
        let is_plain = !one.value.is_tuple_expr() && !two.value.is_tuple_expr();
        if !is_short(one.value)
            || !is_short(two.value)
            || !is_plain
            || !belong_together(program, &one, &two)
            || one.is_mentioned_in(program, &two)
        {
            return None;
        }
        let names = (program.text_of(one.name), program.text_of(two.name));
        let values = (program.operand(one.value), program.operand(two.value));
        let mut change = Change::default();
        change.replace(
            one.span.start..two.span.end,
            format!("{}, {} = {}, {}", names.0, names.1, values.0, values.1),
        );
        Some(change)
    });
}

/// Whether two values are both literals, or are computed in the same way, or have names that are a pair.
fn belong_together(program: &Program<'_>, one: &Assignment<'_>, two: &Assignment<'_>) -> bool {
    let names = (one.name.id.as_str(), two.name.id.as_str());
    let is_alike = match (one.value, two.value) {
        (Expr::Subscript(one), Expr::Subscript(two)) => {
            program.text_of(&*one.value) == program.text_of(&*two.value)
        }
        (Expr::Call(one), Expr::Call(two)) => {
            program.text_of(&*one.func) == program.text_of(&*two.func)
        }
        (Expr::Attribute(one), Expr::Attribute(two)) => {
            program.text_of(&*one.value) == program.text_of(&*two.value)
        }
        (one, two) => {
            let is_one_kind = std::mem::discriminant(one) == std::mem::discriminant(two);
            is_one_kind && program.is_literal(one) && program.is_literal(two)
        }
    };
    is_alike || PAIRS.contains(&names)
}
