//! What is at hand while a sentence is held against the repository, and what comes of it.
//!
//! Invariant: each thing that is held either counts or becomes a fault.

use super::items::Item;
use super::known::SymbolId;
use super::resolve::Resolver;
use super::shape::Shape;
use super::statements::{Fault, Statement};
use crate::ground::words::words;
use crate::python::Param;

/// A sentence while what it states is held against the repository.
pub struct State<'s, 'r> {
    pub resolver: &'s Resolver<'r>,
    pub statement: &'s Statement<'s>,
    pub faults: &'s mut Vec<Fault>,
    pub held: usize,
}

/// What comes of holding a value against the code: the value that is there instead, if any is.
pub type Found = Result<(), Option<String>>;

impl<'s> State<'s, '_> {
    pub fn item(&self, at: usize) -> &'s Item {
        &self.statement.parts.items[at]
    }

    pub fn gap(&self, at: usize) -> &'s str {
        &self.statement.parts.gaps[at]
    }

    /// What the words behind an item are said of: `f` for `a.py` in "`f` in `a.py` is".
    pub fn spoken_of(&self, at: usize) -> usize {
        let is_path = matches!(self.item(at).shape, Shape::Path { .. } | Shape::Lines(..));
        let said = words(self.gap(at));
        let is_in =
            said.last().is_some_and(|word| ["in", "of", "from", "at"].contains(&word.as_str()))
                || self.gap(at).trim_end().ends_with(['(', '（']);
        match at.checked_sub(1) {
            Some(before) if is_path && is_in && !self.statement.symbols(before).is_empty() => {
                before
            }
            Some(_) | None => at,
        }
    }

    pub fn count(
        &mut self,
        found: Found,
        claim: String,
        otherwise: impl Fn(Option<String>) -> String,
    ) {
        match found {
            Ok(()) => self.held += 1,
            Err(instead) => self.faults.push((claim, otherwise(instead))),
        }
    }

    /// The parameters of a function, or of a class's constructor.
    pub fn params(&self, id: SymbolId) -> Vec<Param> {
        self.resolver.params_of(id).to_vec()
    }
}
