//! Swaps two adjacent assignments that do not depend on each other.
//!
//! Preconditions: both give one local name a value, neither mentions the other's name; one value can neither raise nor have an
//! effect, and no handler, inner function or generator can see when its name is bound; no comment stands between them.

use super::Found;
use super::assignments::{Assignment, pair};
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, _| {
        let (one, two) = pair(program, place)?;
        let is_free = |a: &Assignment<'_>| program.is_total(a.value, place);
        if !(is_free(&one) || is_free(&two))
            || one.is_mentioned_in(program, &two)
            || two.is_mentioned_in(program, &one)
        {
            return None;
        }
        let mut change = Change::default();
        change.replace(one.span.clone(), program.text(two.span.clone()));
        change.replace(two.span.clone(), program.text(one.span.clone()));
        Some(change)
    });
}
