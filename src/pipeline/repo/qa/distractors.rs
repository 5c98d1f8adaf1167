//! What a question about the uses of a function shows beside them: the lines of other functions nearby, so that a reader has to choose.
//!
//! Invariant: of each name that the heading lists, every line is shown.

use std::collections::BTreeSet;

use super::Asked;
use crate::error::Result;
use crate::index::{Call, Role, SymbolId, Target};
use crate::pipeline::repo::context::Excerpt;

/// Other names that a question shows, and the lines with one of them.
const MAX_NAMES: usize = 2;
const MAX_LINES: usize = 10;
/// Letters of a part that makes two names alike.
const MIN_PART: usize = 4;

/// Every line that has the name, or one of a few others.
pub(super) fn mentions(asked: &Asked<'_>, name: &str) -> Result<Option<Excerpt>> {
    let mut names = vec![name.to_owned()];
    names.extend(others(asked, name));
    // The order does not tell which one is asked about.
    names.sort();
    Excerpt::mentions(asked.code, &names)
}

/// The names of functions that are called near the callers of this one, those that look like its name first.
fn others(asked: &Asked<'_>, name: &str) -> Vec<String> {
    let index = asked.code.index;
    let is_outside = |id: SymbolId| index.file(index.symbol(id).file).role != Role::Test;
    let callers: BTreeSet<SymbolId> = index
        .callers(asked.id)
        .filter_map(|call| call.caller)
        .filter(|&id| is_outside(id))
        .collect();
    let mut near: BTreeSet<SymbolId> =
        index.symbols_of(index.symbol(asked.id).file).map(|(id, _)| id).collect();
    near.extend(callers.iter().flat_map(|&id| index.callees(id)).filter_map(target));
    let mut found: Vec<(usize, &str)> = Vec::new();
    for id in near {
        let symbol = index.symbol(id);
        let lines = asked.code.mentions(&symbol.name).map_or(0, <[_]>::len);
        let is_fit = symbol.kind.is_callable()
            && symbol.name != name
            && !symbol.name.starts_with("__")
            && lines <= MAX_LINES;
        let mut calls =
            index.callers(id).filter_map(|call| call.caller).filter(|&id| is_outside(id));
        if !is_fit || found.iter().any(|(_, known)| *known == symbol.name) {
            continue;
        }
        if let Some(first) = calls.next() {
            let is_shared = callers.contains(&first) || calls.any(|one| callers.contains(&one));
            let score = 2 * likeness(name, &symbol.name) + usize::from(is_shared);
            found.push((score, &symbol.name));
        }
    }
    found.sort_by(|(a, one), (b, other)| b.cmp(a).then(one.cmp(other)));
    found.into_iter().take(MAX_NAMES).map(|(_, name)| name.to_owned()).collect()
}

/// How many parts two names share.
fn likeness(one: &str, other: &str) -> usize {
    let parts = |name: &str| {
        let parts = name.split('_').filter(|part| part.len() >= MIN_PART);
        parts.map(str::to_lowercase).collect::<BTreeSet<String>>()
    };
    let holds = one.trim_matches('_').contains(other.trim_matches('_'))
        || other.trim_matches('_').contains(one.trim_matches('_'));
    parts(one).intersection(&parts(other)).count() + usize::from(holds)
}

/// The function or class of the repository that a call leads to.
pub(super) fn target(call: &Call) -> Option<SymbolId> {
    match call.target {
        Target::Symbol(id) => Some(id),
        Target::Module(_)
        | Target::Namespace(_)
        | Target::External(_)
        | Target::Builtin(_)
        | Target::Unresolved(_) => None,
    }
}
