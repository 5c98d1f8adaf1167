//! What has to travel with a function so that the arguments of its calls can be made.
//!
//! Invariant: names of the module alone, and only those that an argument's text may mention.

use std::collections::{BTreeSet, HashSet};

use super::classes::Classes;
use super::function::Function;
use super::given::names_in;
use super::infer::{classes, hints};
use super::module::Module;

/// The names of a module that the arguments of a function are made with: in calls that are shown, and for its types.
pub struct Company<'m> {
    module: &'m Module,
    classes: Classes<'m>,
    known: HashSet<String>,
}

impl<'m> Company<'m> {
    /// Looks at a module, once for all its functions.
    pub fn of(module: &'m Module) -> Self {
        Self { module, classes: classes(module), known: module.ordinary_names() }
    }

    /// The names for one function; `examples` are the texts of arguments that are shown.
    pub fn names<'e>(
        &self,
        function: &Function,
        examples: impl Iterator<Item = &'e String>,
    ) -> BTreeSet<String> {
        let mut names: BTreeSet<String> =
            examples.flat_map(|arguments| names_in(arguments)).collect();
        if let Some(def) = self.module.def(function) {
            for hints in hints(&self.classes, self.module, function, def) {
                self.classes.names_in(&hints.ty, &mut names);
            }
        }
        names.retain(|name| self.known.contains(name));
        names
    }
}
