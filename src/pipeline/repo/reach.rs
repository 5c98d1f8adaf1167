//! What decides the results of a function: the functions that it calls, as far as the repository has them, and the constants
//! that these read.
//!
//! Invariant: the function itself comes first, and nothing twice.

use std::collections::BTreeSet;

use super::code::Code;
use crate::error::Result;
use crate::index::{Kind, Language, SymbolId, Target};
use crate::python::state::changes;
use crate::python::tokens::mentioned_names;

/// Calls from a function to the last one that is looked at.
const MAX_DEPTH: usize = 4;
/// Functions, classes and constants; what reaches more is not followed further.
const MAX_REACHED: usize = 200;

/// What one function reaches.
pub(super) fn reach(code: &Code<'_>, id: SymbolId) -> Result<Vec<SymbolId>> {
    let index = code.index;
    let is_constant = |id: SymbolId| index.symbol(id).kind == Kind::Constant;
    let (mut reached, mut depths, mut at) = (vec![id], vec![0], 0);
    while at < reached.len() && reached.len() < MAX_REACHED {
        let (id, depth) = (reached[at], depths[at]);
        at += 1;
        if depth == MAX_DEPTH {
            continue;
        }
        let mut found: Vec<SymbolId> = Vec::new();
        for call in index.callees(id) {
            if let Target::Symbol(callee) = call.target {
                found.push(callee);
            }
        }
        let symbol = index.symbol(id);
        let source = code.source(id)?;
        let names: BTreeSet<&str> =
            mentioned_names(&source).into_iter().map(|(name, _)| name).collect();
        found.extend(
            index
                .symbols_of(symbol.file)
                .filter(|(id, one)| is_constant(*id) && one.parent.is_none())
                .filter(|(_, one)| names.contains(one.name.as_str()))
                .map(|(id, _)| id),
        );
        for import in index.imports_of(symbol.file) {
            let name = import.alias.as_ref().or(import.name.as_ref());
            if let (Some(name), Target::Symbol(id)) = (name, &import.target)
                && names.contains(name.as_str())
                && is_constant(*id)
            {
                found.push(*id);
            }
        }
        for id in found {
            if !reached.contains(&id) {
                reached.push(id);
                depths.push(depth + 1);
            }
        }
    }
    Ok(reached)
}

/// A name of a module that the function reads and that other code changes while the program runs: the name and who changes it.
pub(super) fn shared_state(code: &Code<'_>, id: SymbolId) -> Result<Option<(String, String)>> {
    let index = code.index;
    let reached = reach(code, id)?;
    let files: BTreeSet<_> = reached.iter().map(|&id| index.symbol(id).file).collect();
    for file in files {
        if index.file(file).language != Language::Python {
            continue;
        }
        let own = || reached.iter().map(|&id| index.symbol(id)).filter(|one| one.file == file);
        let mut names: BTreeSet<String> = BTreeSet::new();
        for &id in reached.iter().filter(|&&id| index.symbol(id).file == file) {
            let source = code.source(id)?;
            names.extend(mentioned_names(&source).into_iter().map(|(name, _)| name.to_owned()));
        }
        let found = changes(&code.text(file)?).into_iter().find(|change| {
            let is_own = own().any(|one| one.parent.is_none() && one.name == change.by);
            names.contains(&change.name) && !is_own
        });
        if let Some(change) = found {
            return Ok(Some((change.name, change.by)));
        }
    }
    Ok(None)
}
