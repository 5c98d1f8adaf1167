//! What a function needs of its package: statements, what they refer to, and imports.
//!
//! Invariant: a statement is kept once, whichever names it is needed for.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Outside;
use super::module::{PackageModule, Unit};
use super::references::Reference;

/// Characters of a program that is put together; nobody reads a longer one as an answer.
pub const MAX_PROGRAM: usize = 64_000;

/// Statements of such a program; ordering them takes a stack as deep as they are many.
pub(super) const MAX_STATEMENTS: usize = 300;

/// A statement of a module: the module's name and the statement's place.
pub(super) type Place = (String, usize);

/// A name of the program that is put together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Symbol {
    Own {
        module: String,
        name: String,
    },
    Outside(Outside),
    /// A builtin, or a name that nothing binds.
    Given(String),
}

/// What a reference refers to, and how many of its attributes that takes.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub symbol: Symbol,
    pub taken: usize,
}

/// A statement that is needed.
pub(super) struct Kept {
    pub module: Rc<PackageModule>,
    pub place: usize,
    /// For each of its references; `None` if its text stays as it is.
    pub resolved: Vec<Option<Resolved>>,
    /// The numbers of the decorators that are left out.
    pub left_out: BTreeSet<usize>,
}

impl Kept {
    pub(super) fn unit(&self) -> &Unit {
        &self.module.units[self.place]
    }

    /// The references with what they refer to.
    pub(super) fn references(&self) -> impl Iterator<Item = (&Reference, &Resolved)> {
        let pairs = self.unit().references.all.iter().zip(&self.resolved);
        pairs.filter_map(|(reference, resolved)| Some((reference, resolved.as_ref()?)))
    }
}

/// What travels with a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// All that it needs.
    #[default]
    Whole,
    /// The same without decorators that other modules define.
    Plain,
    /// Private functions alone: it imports the rest of its own module as well.
    Alone,
}

/// All that a function needs.
#[derive(Default)]
pub(super) struct Needed {
    pub kept: BTreeMap<Place, Kept>,
    /// Imports from outside of the package, each with whether only type checkers see it.
    pub outside: BTreeMap<Outside, bool>,
    /// The modules that each module refers to, in the order in which they are met.
    pub uses: BTreeMap<String, Vec<String>>,
    pub len: usize,
    pub form: Form,
    /// The names that the program is for, each with its module.
    pub wanted: Vec<(String, String)>,
}

impl Needed {
    /// Whether a statement is one that the program is for, not one that is only needed.
    pub(super) fn is_wanted(&self, module: &PackageModule, place: usize) -> bool {
        let names = self.wanted.iter().filter(|(of, _)| *of == module.name);
        let mut bindings = names.filter_map(|(_, name)| module.bindings.get(name));
        bindings.any(|binding| binding.units.contains(&place))
    }

    /// Says that there is too much, and what takes most of it.
    pub(super) fn too_long(&self, last: &Unit, module: &PackageModule) -> String {
        let last = (last, module.name.as_str());
        let all = self.kept.values().map(|kept| (kept.unit(), kept.module.name.as_str()));
        let (longest, of) = all
            .chain([last])
            .max_by_key(|(unit, of)| (unit.span.len(), *of, unit.span.start))
            .unwrap_or(last);
        let name = longest.references.binders.first().map_or("a statement", |(name, _)| name);
        format!(
            "what it needs of its package has more than {MAX_PROGRAM} characters; \
             the longest part is {name} of {of}, with {}",
            longest.span.len()
        )
    }
}
