//! Puts what a function needs of its package into one program.
//!
//! Invariant: the program has only what the function needs; what cannot be put together soundly is refused with the reason.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::imports::{Import, top};
use super::module::{PackageModule, Unit};
use super::needed::{Form, Kept, MAX_PROGRAM, MAX_STATEMENTS, Needed, Resolved, Symbol};
use super::references::{Docstring, Reference};
use super::{Meaning, Outside, Package, is_private, names, order, text};
use crate::python::builtins::is_builtin;

/// From this length on, a program is put together without the decorators of other modules if that makes it shorter than this.
const LONG: usize = 6_000;

/// Why a program cannot be put together.
struct Refusal {
    why: String,
    is_size: bool,
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self { why, is_size: false }
    }
}

/// What is defined in a module of the package, as something to import from it.
fn as_import(found: Resolved) -> Resolved {
    match found.symbol {
        Symbol::Own { module, name } => {
            let member = Some(name.clone());
            let outside = Outside { module, member, binds: name, binds_top: false };
            Resolved { symbol: Symbol::Outside(outside), ..found }
        }
        symbol => Resolved { symbol, ..found },
    }
}

/// A program that was put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    pub program: String,
    /// The modules that it has parts of.
    pub modules: BTreeSet<String>,
}

impl Package {
    /// Puts together what a function or a method of a module needs, and other names of the module; `None` if its own module has all
    /// of it. If the package is served, decorators of its own that may register what they decorate are left out: they would refuse a
    /// second function of the name. The error says what cannot be put together.
    pub fn gather(
        &self,
        module: &str,
        name: &str,
        also: &BTreeSet<String>,
    ) -> Result<Option<Gathered>, String> {
        // A method is in its class.
        let name = top(name);
        let wanted: Vec<&str> = also.iter().map(String::as_str).chain([name]).collect();
        if !self.is_served(module) && !self.needs_others(module, &wanted) {
            return Ok(None);
        }
        // What registers or checks a function is often the larger part of what it needs.
        let [form, shorter] = match self.is_served(module) {
            true => [Form::Plain, Form::Alone],
            false => [Form::Whole, Form::Plain],
        };
        let needed = match self.needed(module, &wanted, form) {
            Err(Refusal { is_size: true, .. }) => self.needed(module, &wanted, shorter),
            Ok(needed) if needed.len > LONG => match self.needed(module, &wanted, shorter) {
                Ok(shorter) if shorter.len <= LONG => Ok(shorter),
                Ok(_) | Err(_) => Ok(needed),
            },
            needed => needed,
        };
        let needed = needed.map_err(|refusal| refusal.why)?;
        let names = names::choose(&needed, module, &wanted)?;
        let order = order::of(&needed, module);
        let program = text::write(self, &needed, &order, &names)?;
        let modules = needed.kept.keys().map(|(module, _)| module.clone()).collect();
        Ok(Some(Gathered { program, modules }))
    }

    /// Whether the closure of a name within its module refers to anything that is imported from the package.
    fn needs_others(&self, module: &str, wanted: &[&str]) -> bool {
        let Some(found) = self.module(module) else { return false };
        let mut open: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let mut seen: BTreeSet<String> = open.iter().cloned().collect();
        let own_star = found.stars.iter().any(|star| self.is_import_of_own(star));
        let mut places = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some(binding) = found.bindings.get(&name) else {
                if own_star && !is_builtin(&name) {
                    return true;
                }
                continue;
            };
            if binding.imports.iter().any(|import| self.is_import_of_own(import)) {
                return true;
            }
            for &place in binding.units.iter().filter(|place| places.insert(**place)) {
                let unit = &found.units[place];
                let mut imports = unit
                    .imports
                    .iter()
                    .chain(unit.references.inner_imports.iter().flat_map(|import| &import.imports));
                if imports.any(|import| self.is_import_of_own(import)) {
                    return true;
                }
                let names = unit.references.all.iter().map(|reference| &reference.name);
                open.extend(names.filter(|name| seen.insert((*name).clone())).cloned());
            }
        }
        false
    }

    fn needed(&self, module: &str, wanted: &[&str], form: Form) -> Result<Needed, Refusal> {
        // The function is the last one.
        let own = if form == Form::Alone { &wanted[wanted.len() - 1..] } else { wanted };
        let mut needed = Needed {
            form,
            wanted: own.iter().map(|name| (module.to_owned(), (*name).to_owned())).collect(),
            ..Needed::default()
        };
        let mut open = needed.wanted.clone();
        let mut seen: BTreeSet<(String, String)> = open.iter().cloned().collect();
        for name in wanted {
            match self.meaning(module, name)? {
                Some(Meaning::Outside(outside)) => _ = needed.outside.insert(outside, false),
                Some(Meaning::Own { module, name }) if form == Form::Alone => {
                    let found = Resolved { symbol: Symbol::Own { module, name }, taken: 0 };
                    if let Symbol::Outside(outside) = self.imported_alone(found, &needed)?.symbol {
                        needed.outside.insert(outside, false);
                    }
                }
                Some(Meaning::Own { .. } | Meaning::Module(_)) | None => {}
            }
        }
        while let Some((module, name)) = open.pop() {
            let Some(found) = self.module(&module) else {
                return Err(format!("{module} cannot be read").into());
            };
            let places = found.bindings.get(&name).map_or(&[][..], |binding| &binding.units);
            for &place in places {
                if needed.kept.contains_key(&(module.clone(), place)) {
                    continue;
                }
                let kept = self.keep(&found, place, &mut needed)?;
                for (_, resolved) in kept.references() {
                    if let Symbol::Own { module, name } = &resolved.symbol {
                        let symbol = (module.clone(), name.clone());
                        if seen.insert(symbol.clone()) {
                            open.push(symbol);
                        }
                    }
                }
                needed.kept.insert((module.clone(), place), kept);
            }
        }
        Ok(needed)
    }

    /// Finds what a statement refers to.
    fn keep(
        &self,
        module: &Rc<PackageModule>,
        place: usize,
        needed: &mut Needed,
    ) -> Result<Kept, Refusal> {
        let unit = &module.units[place];
        needed.len += unit.span.len();
        if !needed.is_wanted(module, place) {
            needed.len -= unit.references.docstrings.iter().map(Docstring::saved).sum::<usize>();
        }
        if needed.len > MAX_PROGRAM {
            return Err(Refusal { why: needed.too_long(unit, module), is_size: true });
        }
        if needed.kept.len() >= MAX_STATEMENTS {
            let why =
                format!("what it needs of its package has more than {MAX_STATEMENTS} statements");
            return Err(Refusal { why, is_size: true });
        }
        let is_refused = |import: &Import| {
            self.is_import_of_own(import) && (import.level > 0 || !self.is_served(&import.module))
        };
        if unit.imports.iter().any(is_refused) {
            let why = format!("{} imports a part of its package on a condition", module.name);
            return Err(why.into());
        }
        if let Some(name) = &unit.references.ambiguous {
            return Err(format!(
                "{name} is imported in a function of {} and bound there otherwise, too",
                module.name
            )
            .into());
        }
        let left_out = match needed.form {
            Form::Whole => BTreeSet::new(),
            Form::Plain | Form::Alone => self.foreign_decorators(module, unit),
        };
        let mut resolved = Vec::with_capacity(unit.references.all.len());
        for reference in &unit.references.all {
            if reference.decorator.is_some_and(|decorator| left_out.contains(&decorator)) {
                resolved.push(None);
                continue;
            }
            let found = self.resolve(module, reference)?;
            let found = match found {
                // A decorator that stays is imported: it may be long, and belongs to the package rather than to the function.
                Some(found) if reference.decorator.is_some() && needed.form != Form::Whole => {
                    Some(as_import(found))
                }
                Some(found) => Some(self.imported_alone(found, needed)?),
                None => None,
            };
            match found.as_ref().map(|found| &found.symbol) {
                Some(Symbol::Own { module: used, .. }) if *used != module.name => {
                    let uses = needed.uses.entry(module.name.clone()).or_default();
                    if !uses.contains(used) {
                        uses.push(used.clone());
                    }
                }
                Some(Symbol::Outside(outside)) => {
                    let for_types = needed.outside.entry(outside.clone()).or_insert(true);
                    *for_types &= self.is_for_types(module, reference);
                }
                Some(Symbol::Own { .. } | Symbol::Given(_)) | None => {}
            }
            if let Some(Resolved { symbol: Symbol::Given(name), .. }) = &found
                && !is_builtin(name)
            {
                for star in module.stars.iter().filter(|star| !self.is_import_of_own(star)) {
                    needed.outside.insert(outside_of(star), false);
                }
            }
            resolved.push(found);
        }
        Ok(Kept { module: Rc::clone(module), place, resolved, left_out })
    }

    /// What a reference refers to, as something to import unless the program has it.
    fn imported_alone(&self, found: Resolved, needed: &Needed) -> Result<Resolved, Refusal> {
        match found.symbol {
            Symbol::Own { module, name }
                if needed.form == Form::Alone
                    && !needed.wanted.contains(&(module.clone(), name.clone())) =>
            {
                if is_private(&name) {
                    // A function that is private travels. Anything else that is private may be what the imported parts share with
                    // the module: they would not know of a copy.
                    if self.is_function(&module, &name) {
                        let symbol = Symbol::Own { module, name };
                        return Ok(Resolved { symbol, ..found });
                    }
                    let why = format!(
                        "what it needs of its package has more than {LONG} characters, and {name} of {module} is private and no function"
                    );
                    return Err(Refusal { why, is_size: true });
                }
                Ok(as_import(Resolved { symbol: Symbol::Own { module, name }, ..found }))
            }
            symbol => Ok(Resolved { symbol, ..found }),
        }
    }

    /// Whether a name of a module is a function that the module defines once.
    fn is_function(&self, module: &str, name: &str) -> bool {
        let Some(found) = self.module(module) else { return false };
        match found.bindings.get(name).map(|binding| &binding.units[..]) {
            Some([place]) => found.units[*place].is_function,
            Some(_) | None => false,
        }
    }

    /// The decorators of a statement that other modules of the package define; of a package that is served, those that may refuse a
    /// second function of the name.
    fn foreign_decorators(&self, module: &PackageModule, unit: &Unit) -> BTreeSet<usize> {
        let is_foreign = |reference: &&Reference| {
            let resolved = self.resolve(module, reference).ok().flatten();
            match resolved.map(|resolved| resolved.symbol) {
                Some(Symbol::Own { module: of, .. }) => of != module.name,
                Some(Symbol::Outside(outside)) => self.is_own(&outside.module),
                Some(Symbol::Given(_)) | None => false,
            }
        };
        let registers = |decorator: &usize| {
            let text = unit.references.decorators.get(*decorator);
            let text = text.and_then(|span| module.source.get(span.clone())).unwrap_or_default();
            let name = text.trim_start_matches('@').split('(').next().unwrap_or_default();
            let name = name.rsplit('.').next().unwrap_or_default().trim();
            name.starts_with('_') || ["regist", "dispatch"].iter().any(|part| name.contains(part))
        };
        let within = unit.references.all.iter().filter(|reference| reference.decorator.is_some());
        let foreign = within.filter(is_foreign).filter_map(|reference| reference.decorator);
        let is_served = self.is_served(&module.name);
        foreign.filter(|decorator| !is_served || registers(decorator)).collect()
    }

    /// Whether a reference is to something that only type checkers import.
    fn is_for_types(&self, module: &PackageModule, reference: &Reference) -> bool {
        let binding = module.bindings.get(&reference.name);
        binding.is_some_and(|binding| {
            !binding.imports.is_empty() && binding.imports.iter().all(|import| import.for_types)
        })
    }

    fn resolve(
        &self,
        module: &PackageModule,
        reference: &Reference,
    ) -> Result<Option<Resolved>, String> {
        let meaning = match &reference.import {
            // It stays in the function.
            Some(import) if !self.is_import_of_own(import) => return Ok(None),
            Some(import) => Some(self.imported(module, import, &mut super::Seen::new())?),
            None => self.meaning(&module.name, &reference.name)?,
        };
        let Some(meaning) = meaning else {
            if matches!(reference.name.as_str(), "__file__" | "__path__" | "__spec__") {
                return Err(format!("{} looks at where its files are", module.name));
            }
            let symbol = Symbol::Given(reference.name.clone());
            return Ok(Some(Resolved { symbol, taken: 0 }));
        };
        let (meaning, taken) = self.follow(meaning, &reference.attributes)?;
        if reference.is_stored && taken > 0 && taken == reference.attributes.len() {
            return Err(format!("{} sets a name of another module", module.name));
        }
        match meaning {
            Meaning::Own { module, name } => {
                Ok(Some(Resolved { symbol: Symbol::Own { module, name }, taken }))
            }
            Meaning::Outside(outside) => {
                Ok(Some(Resolved { symbol: Symbol::Outside(outside), taken }))
            }
            Meaning::Module(_) if reference.span.is_none() => Ok(None),
            Meaning::Module(used) => {
                Err(format!("{} uses the module {used} as a value", module.name))
            }
        }
    }
}

/// An import from outside, as a symbol.
pub(super) fn outside_of(import: &Import) -> Outside {
    Outside {
        module: import.module.clone(),
        member: import.member.clone(),
        binds: import.binds.clone(),
        binds_top: import.binds_top,
    }
}
