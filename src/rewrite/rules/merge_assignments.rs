//! Turns `a = 1` and `b = 2` on two lines into `a, b = 1, 2`.
//!
//! Preconditions: two adjacent assignments of different local names; the second value does not mention the first name, and no
//! handler, inner function or generator can see when a name is bound; the values are short and no comment is lost.

use super::Found;
use super::assignments::pair;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::{TERNARY, precedence};

/// Characters of a value that still reads well beside another.
const MAX_VALUE: usize = 20;

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
