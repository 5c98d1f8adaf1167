//! A sentence with what its items denote.
//!
//! Invariant: there is one entry for each item; it is empty if the item denotes nothing that could be related to others.

use super::items::{Item, Parts};
use super::known::{FileId, SymbolId};
use super::resolve::Thing;

/// What does not hold: the claim, and why.
pub type Fault = (String, String);

/// A sentence, ready to be held against the repository.
pub struct Statement<'s> {
    pub parts: &'s Parts,
    pub things: Vec<Option<Thing>>,
    /// The functions that the text spoke of before, and the file.
    pub carried: Vec<SymbolId>,
    pub carried_file: Option<FileId>,
    /// Whether the text says what shall be.
    pub is_plan: bool,
}

impl Statement<'_> {
    pub fn items(&self) -> impl Iterator<Item = (usize, &Item, Option<&Thing>)> {
        let items = self.parts.items.iter().zip(&self.things).enumerate();
        items.map(|(at, (item, thing))| (at, item, thing.as_ref()))
    }

    /// The symbols that an item denotes.
    pub fn symbols(&self, at: usize) -> &[SymbolId] {
        self.things.get(at).and_then(Option::as_ref).map_or(&[], Thing::symbols)
    }

    /// Whether the sentence names something that is still to be written.
    pub fn has_new(&self) -> bool {
        self.things.contains(&Some(Thing::New))
    }
}
