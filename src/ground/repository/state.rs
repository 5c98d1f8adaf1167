//! What is at hand while a sentence is held against the repository, and what comes of it.
//!
//! Invariant: each thing that is held either counts or becomes a fault.

use super::items::Item;
use super::known::SymbolId;
use super::resolve::Resolver;
use super::statements::{Fault, Statement};
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
