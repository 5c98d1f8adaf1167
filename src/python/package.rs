//! A package's modules, and what a name of one of them means.
//!
//! Invariant: nothing is imported or run; a name that only running could tell is an error, not a guess.

mod gather;
pub(super) mod imports;
mod module;
mod names;
mod needed;
mod order;
mod references;
#[cfg(test)]
mod tests;
mod text;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use self::imports::{Import, top};
use self::module::PackageModule;
use super::syntax;

pub use self::gather::Gathered;
pub use self::needed::MAX_PROGRAM;

/// The text of a module, as its files have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleText {
    pub text: String,
    /// Whether it is the `__init__` of a package.
    pub is_package: bool,
}

/// Finds the text of a module by its dotted name.
pub type Load = Box<dyn Fn(&str) -> Option<ModuleText>>;

/// The modules of a package, read when they are first needed.
pub struct Package {
    load: Load,
    modules: RefCell<HashMap<String, Option<Rc<PackageModule>>>>,
    meanings: RefCell<HashMap<(String, String), Meaning>>,
    /// Modules, by the first part of their names, that programs can import as they are.
    served: Rc<BTreeSet<String>>,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    /// Statements of this module define this name.
    Own { module: String, name: String },
    /// A module of the package.
    Module(String),
    /// Something from outside of the package, under the name that it is imported by.
    Outside(Outside),
}

/// An import from outside of the package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Outside {
    module: String,
    member: Option<String>,
    binds: String,
    binds_top: bool,
}

/// Modules that one name is followed through, star imports included.
const MAX_STEPS: usize = 100;

/// The names of modules that have been looked up on the way.
type Seen = HashSet<(String, String)>;

/// Whether a name is for its own package alone.
fn is_private(name: &str) -> bool {
    name.starts_with('_') && !name.starts_with("__")
}

impl Package {
    /// A package whose modules are found by `load`, which answers for its own modules only. Of those whose first part is `served`,
    /// programs import what they need.
    pub fn new(load: Load, served: Rc<BTreeSet<String>>) -> Self {
        Self { load, modules: RefCell::default(), meanings: RefCell::default(), served }
    }

    /// A module of the package; `None` if it has none of this name, or one that does not parse.
    fn module(&self, name: &str) -> Option<Rc<PackageModule>> {
        if let Some(known) = self.modules.borrow().get(name) {
            return known.clone();
        }
        let module = (self.load)(name).and_then(|ModuleText { text, is_package }| {
            let tree = syntax::module(&text).ok()?;
            Some(Rc::new(PackageModule::new(name.to_owned(), is_package, text, &tree)))
        });
        self.modules.borrow_mut().insert(name.to_owned(), module.clone());
        module
    }

    /// Whether an absolute name lies in the package.
    fn is_own(&self, module: &str) -> bool {
        self.module(module).is_some() || module != top(module) && self.module(top(module)).is_some()
    }

    /// What a name means at the top level of a module; `None` if nothing binds it there.
    fn meaning(&self, module: &str, name: &str) -> Result<Option<Meaning>, String> {
        self.meaning_within(module, name, &mut Seen::new())
    }

    /// The same on the way to another name: one that is met again says nothing new.
    fn meaning_within(
        &self,
        module: &str,
        name: &str,
        seen: &mut Seen,
    ) -> Result<Option<Meaning>, String> {
        let key = (module.to_owned(), name.to_owned());
        if let Some(known) = self.meanings.borrow().get(&key) {
            return Ok(Some(known.clone()));
        }
        if !seen.insert(key.clone()) {
            return Ok(None);
        }
        if seen.len() > MAX_STEPS {
            return Err(format!(
                "{name} of {module} is imported through more than {MAX_STEPS} modules"
            ));
        }
        let found = self.find(module, name, seen)?;
        if let Some(meaning) = &found {
            self.meanings.borrow_mut().insert(key, meaning.clone());
        }
        Ok(found)
    }

    fn find(&self, module: &str, name: &str, seen: &mut Seen) -> Result<Option<Meaning>, String> {
        let Some(found) = self.module(module) else {
            return Err(format!("{module} cannot be read"));
        };
        if let Some(binding) = found.bindings.get(name) {
            return match (binding.is_bound, binding.imports.last()) {
                (true, Some(_)) => {
                    Err(format!("{name} of {module} is imported and bound otherwise, too"))
                }
                (true | false, None) => {
                    Ok(Some(Meaning::Own { module: module.into(), name: name.into() }))
                }
                (false, Some(import)) => self.imported(&found, import, seen).map(Some),
            };
        }
        let mut fault = None;
        for star in found.stars.iter().rev().filter(|star| self.is_import_of_own(star)) {
            let from = self.absolute(&found, star)?;
            if self.gives(&from, name)? {
                if self.is_served(&from) {
                    if matches!(self.meaning_within(&from, name, seen), Ok(Some(_))) {
                        let named = Import {
                            member: Some(name.into()),
                            binds: name.into(),
                            ..star.clone()
                        };
                        return self.imported(&found, &named, seen).map(Some);
                    }
                    continue;
                }
                // Modules whose star imports form a loop may be asked in an order that leads nowhere.
                match self.meaning_within(&from, name, seen) {
                    Ok(None) => {}
                    Ok(Some(meaning)) => return Ok(Some(meaning)),
                    Err(why) => fault = Some(why),
                }
            }
        }
        fault.map_or(Ok(None), Err)
    }

    /// Whether a star import from a module takes a name, if the module has it.
    fn gives(&self, module: &str, name: &str) -> Result<bool, String> {
        let Some(found) = self.module(module) else {
            return Err(format!("{module} cannot be read"));
        };
        Ok(match &found.all {
            Some(all) => all.contains(name),
            None => !name.starts_with('_'),
        })
    }

    fn absolute(&self, module: &PackageModule, import: &Import) -> Result<String, String> {
        import.absolute(module.package()).ok_or_else(|| {
            format!("an import of {} goes above the top of its package", module.name)
        })
    }

    /// Whether programs import a module of the package instead of having its parts.
    fn is_served(&self, module: &str) -> bool {
        self.served.contains(top(module))
    }

    fn is_import_of_own(&self, import: &Import) -> bool {
        import.level > 0 || self.is_own(&import.module)
    }

    /// What an import binds its name to.
    fn imported(
        &self,
        module: &PackageModule,
        import: &Import,
        seen: &mut Seen,
    ) -> Result<Meaning, String> {
        if !self.is_import_of_own(import) {
            return Ok(Meaning::Outside(gather::outside_of(import)));
        }
        let from = self.absolute(module, import)?;
        // What is private travels: whoever writes such a function writes it, too.
        let is_private = import.member.as_deref().is_some_and(is_private);
        if self.is_served(&from) && !is_private {
            return Ok(Meaning::Outside(Outside { module: from, ..gather::outside_of(import) }));
        }
        let Some(member) = &import.member else {
            let bound = if import.binds_top { top(&from) } else { &from };
            return Ok(Meaning::Module(bound.to_owned()));
        };
        let submodule = if from.is_empty() { member.clone() } else { format!("{from}.{member}") };
        let is_itself = module.name == from && import.binds == *member;
        if self.module(&from).is_some()
            && !is_itself
            && let Some(meaning) = self.meaning_within(&from, member, seen)?
        {
            return Ok(meaning);
        }
        if self.module(&submodule).is_some() {
            return Ok(Meaning::Module(submodule));
        }
        Err(match self.module(&from) {
            None => {
                let sought = if from.is_empty() { &submodule } else { &from };
                format!("{sought} is not among the files of the package, or does not parse")
            }
            Some(found) if found.makes_names => {
                format!("{from} makes {member} up when it is asked for")
            }
            Some(_) => format!("{from} does not define {member}"),
        })
    }

    /// What attributes of a meaning lead to, and how many of them it takes to get there.
    fn follow(
        &self,
        mut meaning: Meaning,
        attributes: &[(String, usize)],
    ) -> Result<(Meaning, usize), String> {
        let mut taken = 0;
        while let (Meaning::Module(module), Some((attribute, _))) =
            (&meaning, attributes.get(taken))
        {
            let submodule = format!("{module}.{attribute}");
            let bound = match self.module(module) {
                Some(_) => self.meaning(module, attribute)?,
                None => None,
            };
            meaning = match bound {
                Some(bound) => bound,
                None if self.module(&submodule).is_some() => Meaning::Module(submodule),
                None => return Err(format!("{module} does not define {attribute}")),
            };
            taken += 1;
        }
        Ok((meaning, taken))
    }
}
