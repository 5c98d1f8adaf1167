//! What each name of a module or class means once all of it has run.
//!
//! Invariant: a name has one meaning only if no branch decides between several.

use std::collections::HashMap;

use super::facts::{Binding, Bound, Facts};

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    One(Bound),
    Several,
}

/// The names of a module and of its classes.
#[derive(Debug, Default)]
pub(super) struct Namespace {
    /// By scope: none for the module.
    names: HashMap<Option<u32>, HashMap<String, Meaning>>,
}

impl Namespace {
    /// Works out what the names of a file mean.
    pub fn of(facts: &mut Facts) -> Self {
        let mut found: HashMap<(Option<u32>, String), Vec<Bound>> = HashMap::new();
        for Binding { scope, name, to, is_conditional } in std::mem::take(&mut facts.bindings) {
            let bound = found.entry((scope, name)).or_default();
            if !is_conditional {
                bound.clear();
            }
            if !bound.contains(&to) {
                bound.push(to);
            }
        }
        let mut namespace = Self::default();
        for ((scope, name), bound) in found {
            let is_none = |to: &&Bound| match to {
                Bound::Symbol(at) => facts.symbols[*at as usize].value.as_deref() == Some("None"),
                Bound::Import(_) | Bound::Unknown => false,
            };
            // A `None` stands for what another branch assigns.
            let mut given = bound.iter().filter(|to| !is_none(to));
            let meaning = match (given.next(), given.next()) {
                (Some(&one), None) => Meaning::One(one),
                (None, _) => Meaning::One(bound[0]),
                (Some(_), Some(_)) => Meaning::Several,
            };
            namespace.names.entry(scope).or_default().insert(name, meaning);
        }
        namespace
    }

    /// What a name means in the module, or in the body of a class.
    pub fn find(&self, scope: Option<u32>, name: &str) -> Option<Meaning> {
        self.names.get(&scope)?.get(name).copied()
    }
}
