//! Programs that a reply gives in parts: the chosen part, and before it those whose names it uses.
//!
//! Invariant: the chosen part comes last and whole, and each part before it binds a name that a
//! later part lacks.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ask, Parser};
use crate::python::Module;

/// A part of a reply that is code by itself, such as a block.
pub(super) struct Part<'t> {
    pub code: &'t str,
    pub module: Module,
    /// The names that it binds.
    bound: BTreeSet<String>,
}

impl<'t> Part<'t> {
    pub(super) fn of(code: &'t str, parser: &Parser) -> Option<Self> {
        let module = parser.module(code)?;
        Some(Self { code, bound: module.bound_names(), module })
    }
}

/// Joins a part with the others that it needs; with only itself if they do not make a program.
pub(super) fn joined(parts: &[Part<'_>], chosen: usize, ask: &Ask<'_>, parser: &Parser) -> String {
    let Some(Part { code, module, .. }) = parts.get(chosen) else { return String::new() };
    let mut missing = module.missing_names();
    let mut needed: BTreeMap<usize, String> = BTreeMap::new();
    // Preceding parts come first, the nearest first; helpers may also follow.
    let others: Vec<usize> = (0..chosen).rev().chain(chosen + 1..parts.len()).collect();
    for other in others {
        if missing.is_empty() {
            break;
        }
        let Some(part) = parts.get(other) else { continue };
        let bound = &part.bound;
        let wanted = bound.intersection(&missing).cloned().collect();
        let text = if bound.is_disjoint(&missing) {
            continue;
        } else if other < chosen && is_only_a_part(&part.module, ask) {
            part.code.to_owned()
        } else {
            part.module.closure_of(&wanted)
        };
        let Some(module) = parser.module(&text) else { continue };
        missing.extend(module.missing_names());
        missing.retain(|name| !bound.contains(name));
        needed.insert(other, text);
    }
    let before: Vec<&str> = needed.values().map(|text| text.trim_matches('\n')).collect();
    // A future import has to stay the first statement.
    if before.is_empty() || code.contains("from __future__") {
        return (*code).to_owned();
    }
    let joined = format!("{}\n\n{}", before.join("\n\n"), code.trim_start_matches('\n'));
    if parser.parses(&joined) { joined } else { (*code).to_owned() }
}

/// Whether a part is not a program of its own, which would do its work once more, or a demonstration.
fn is_only_a_part(module: &Module, ask: &Ask<'_>) -> bool {
    !module.prints() && (ask.reads_stdin || !module.reads_stdin())
}

/// Earlier parts that one is looked for in.
const MAX_EARLIER: usize = 32;

/// Whether a part is but lines of an earlier one, repeated.
pub(super) fn is_excerpt(parts: &[Part<'_>], place: usize) -> bool {
    let lines = |code: &str| -> Vec<String> {
        let dense = code.lines().map(|line| line.split_whitespace().collect::<String>());
        dense.filter(|line| !line.is_empty()).collect()
    };
    let Some(own) = parts.get(place).map(|part| lines(part.code)) else { return false };
    let mut earlier = parts.iter().take(place.min(MAX_EARLIER)).map(|part| lines(part.code));
    let is_in = |whole: Vec<String>| {
        whole.len() > own.len() && whole.windows(own.len().max(1)).any(|window| window == own)
    };
    !own.is_empty() && earlier.any(is_in)
}
