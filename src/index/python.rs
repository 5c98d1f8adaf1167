//! Reads one Python file: its definitions, what names are bound to, and what it calls.
//!
//! Invariant: ranges and docstrings are those of CPython's `ast`, whatever the text.

mod attributes;
mod calls;
mod definitions;
mod references;
mod routes;
mod scopes;
mod settings;
mod summary;
mod syntax;
mod targets;

use super::facts::Facts;
use super::text::LineStarts;
use crate::python::SyntaxError;
use crate::python::syntax::deep_module;

/// Long sums of terms are deep trees; `STACK` of the index has room for them.
const MAX_DEPTH: usize = 5000;

/// A file that is being read.
struct Source<'a> {
    text: &'a str,
    lines: &'a LineStarts,
}

/// Reads the text of a file.
pub(super) fn read(text: &str, lines: &LineStarts) -> Result<Facts, SyntaxError> {
    let tree = deep_module(text, MAX_DEPTH)?;
    let source = Source { text, lines };
    let mut defined = definitions::definitions(&source, &tree.body);
    let scopes = scopes::Scopes::new(&defined);
    calls::read(&source, &tree.body, scopes, &mut defined);
    let mut facts = defined.facts;
    facts.literals.seal();
    Ok(facts)
}
