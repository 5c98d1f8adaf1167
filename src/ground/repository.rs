//! Holds a free text against a whole repository: paths, lines, names, signatures, values, and who calls, raises or imports what.
//!
//! What a text names has to be in the repository or to be marked as new: `(new)` after the inline code, `（新增）` in Chinese, or
//! in the text's list of names that it adds. What is marked as new must not be there yet. Names that are written without
//! backticks count if they look like code. A relation that a sentence states in plain words has to be that of the index.
//!
//! Invariant: a text holds only if it names something of the repository, and all that it states of it, as far as it is read,
//! holds; looking things up reads nothing but the index.

mod absent;
mod classes;
mod counts;
mod cue;
mod denote;
mod edges;
mod exceptions;
mod exhaust;
mod file;
mod index;
mod items;
mod kinds;
mod known;
mod nature;
mod near;
mod owners;
mod phrase;
mod places;
mod relations;
mod resolve;
mod results;
mod routes;
mod run;
mod scope;
mod shape;
mod shown;
mod signature;
mod sites;
mod sources;
mod state;
mod statements;
mod tally;
mod tested;
mod text;
mod truth;
mod values;
mod words;

use super::Failed;
use crate::sample::SampleCase;

pub use self::known::Repository;
pub use self::results::Runner;

/// What a text is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The path of the file, and the function's name in it; empty if the text is about the whole repository.
    pub file: &'a str,
    pub function: &'a str,
    /// Calls of repository functions that were run.
    pub executions: &'a [Execution],
}

/// A call of a function that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The function's dotted name, from the module on.
    pub function: String,
    pub case: SampleCase,
}

/// What checking a text finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// Everything holds, given these calls.
    Holds(Vec<Execution>),
    /// Never empty.
    Fails(Vec<Failed>),
}
