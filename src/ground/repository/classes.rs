//! Classes with their bases, subclasses and members.
//!
//! Invariant: only classes of the repository are followed, and a circle of them ends.

use super::known::SymbolId;
use super::resolve::Resolver;
use crate::python::Param;

/// Classes that are followed from one to the next.
const MOST: usize = 32;

impl Resolver<'_> {
    /// A class with the classes of the repository that it inherits from, nearest first.
    pub fn lineage(&self, class: SymbolId) -> Vec<SymbolId> {
        let mut found = vec![class];
        let mut at = 0;
        while let Some(&id) = found.get(at) {
            at += 1;
            for base in self.repository.base_names(id) {
                let same = self.repository.named(&base).iter().copied();
                for base in same.filter(|id| self.is_class(*id)) {
                    if !found.contains(&base) && found.len() < MOST {
                        found.push(base);
                    }
                }
            }
        }
        found
    }

    /// The methods and attributes of a class, inherited ones included.
    pub fn members(&self, class: SymbolId) -> Vec<SymbolId> {
        self.lineage(class).into_iter().flat_map(|class| self.own_members(class)).collect()
    }

    /// The member of a class of this name, as it is inherited.
    pub fn find_member(&self, class: SymbolId, name: &str) -> Option<SymbolId> {
        self.members(class).into_iter().find(|id| self.repository.symbol(*id).last_name() == name)
    }

    /// The methods and attributes that a class defines itself.
    pub fn own_members(&self, class: SymbolId) -> Vec<SymbolId> {
        let start = format!("{}.", self.repository.symbol(class).name());
        let is_member = |id: &SymbolId| {
            let name = self.repository.symbol(*id).name().strip_prefix(&start);
            name.is_some_and(|rest| !rest.contains('.'))
        };
        self.repository.symbols_of(class.file).filter(is_member).collect()
    }

    /// The constructor of a class, its own or an inherited one.
    pub fn constructor(&self, class: SymbolId) -> Option<SymbolId> {
        self.find_member(class, "__init__")
    }

    /// The parameters of a function, or of a class's constructor.
    pub fn params_of(&self, id: SymbolId) -> &[Param] {
        let symbol = self.repository.symbol(id);
        if !symbol.is_class() {
            return symbol.params();
        }
        self.constructor(id).map_or(&[], |id| self.repository.symbol(id).params())
    }

    /// Whether a class names another one as its base.
    pub fn has_direct_base(&self, class: SymbolId, base: SymbolId) -> bool {
        let name = self.repository.symbol(base).last_name();
        self.repository.base_names(class).iter().any(|other| other == name)
    }

    /// The classes of the repository that inherit from one, directly or not.
    pub fn subclasses(&self, class: SymbolId) -> Vec<SymbolId> {
        let all = self.repository.file_ids().flat_map(|file| self.repository.symbols_of(file));
        let classes = all.filter(|id| *id != class && self.is_class(*id));
        classes.filter(|id| self.lineage(*id).contains(&class)).collect()
    }
}
