//! The names that patterns and targets bind.
//!
//! Invariant: every name is given, also those in nested patterns.

use ruff_python_ast::{Expr, Pattern};

/// The names that a pattern binds.
pub(super) fn names_of<'a>(pattern: &'a Pattern, found: &mut impl FnMut(&'a str)) {
    match pattern {
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        Pattern::MatchSequence(sequence) => {
            sequence.patterns.iter().for_each(|pattern| names_of(pattern, found));
        }
        Pattern::MatchMapping(mapping) => {
            mapping.patterns.iter().for_each(|pattern| names_of(pattern, found));
            mapping.rest.iter().for_each(|name| found(name.as_str()));
        }
        Pattern::MatchClass(class) => {
            class.arguments.patterns.iter().for_each(|pattern| names_of(pattern, found));
            class.arguments.keywords.iter().for_each(|keyword| names_of(&keyword.pattern, found));
        }
        Pattern::MatchStar(star) => star.name.iter().for_each(|name| found(name.as_str())),
        Pattern::MatchAs(bound) => {
            bound.pattern.iter().for_each(|pattern| names_of(pattern, found));
            bound.name.iter().for_each(|name| found(name.as_str()));
        }
        Pattern::MatchOr(or) => or.patterns.iter().for_each(|pattern| names_of(pattern, found)),
    }
}

/// The names in the target of a comprehension.
pub(super) fn target_names<'a>(target: &'a Expr, found: &mut Vec<&'a str>) {
    match target {
        Expr::Name(name) => found.push(name.id.as_str()),
        Expr::Tuple(tuple) => tuple.iter().for_each(|element| target_names(element, found)),
        Expr::List(list) => list.iter().for_each(|element| target_names(element, found)),
        Expr::Starred(starred) => target_names(&starred.value, found),
        _ => {}
    }
}
