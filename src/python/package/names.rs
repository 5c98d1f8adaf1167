//! Names in a program that is put together: each thing has one, and no two share it.
//!
//! Invariant: the function that the program is for keeps its name, and no name is bound otherwise where it is used.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::parent;
use super::needed::{Needed, Symbol};

pub(super) type Names = BTreeMap<Symbol, String>;

/// Chooses a name for each symbol of the program.
pub(super) fn choose(needed: &Needed, module: &str, wanted: &[&str]) -> Result<Names, String> {
    let is_wanted = |symbol: &Symbol| match symbol {
        Symbol::Own { module: of, name } => of == module && wanted.contains(&name.as_str()),
        Symbol::Outside(_) | Symbol::Given(_) => false,
    };
    let uses = Uses::of(needed);
    let mut symbols: Vec<&Symbol> = uses.order.iter().collect();
    // The function's own module keeps its names before others do.
    let rank = |symbol: &Symbol| match symbol {
        Symbol::Given(_) => 0,
        symbol if is_wanted(symbol) => 1,
        Symbol::Own { module: of, .. } if of == module => 2,
        Symbol::Outside(_) if uses.modules[symbol].contains(module) => 2,
        Symbol::Own { .. } | Symbol::Outside(_) => 3,
    };
    symbols.sort_by_key(|symbol| rank(symbol));
    let mut names = Names::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for symbol in symbols {
        if let Symbol::Given(name) = symbol {
            taken.insert(name.clone());
            names.insert(symbol.clone(), name.clone());
            continue;
        }
        let fits = |name: &String| !taken.contains(name) && uses.can_be_called(symbol, name);
        let Some(chosen) = candidates(symbol).find(fits) else {
            return Err("its names cannot be kept apart".into());
        };
        if let Symbol::Own { name, .. } = symbol
            && is_wanted(symbol)
            && chosen != *name
        {
            return Err(format!("{name} is a name that other parts of the program use otherwise"));
        }
        taken.insert(chosen.clone());
        names.insert(symbol.clone(), chosen);
    }
    Ok(names)
}

/// Names for a symbol, the best first.
fn candidates(symbol: &Symbol) -> impl Iterator<Item = String> {
    let (module, name) = match symbol {
        Symbol::Own { module, name } => (module.as_str(), name.as_str()),
        Symbol::Outside(outside) => (outside.module.as_str(), outside.binds.as_str()),
        Symbol::Given(name) => ("", name.as_str()),
    };
    let last = module.strip_prefix(parent(module)).unwrap_or(module);
    let last = last.trim_matches(['.', '_']).to_owned();
    let name = name.to_owned();
    let plain = name.trim_start_matches('_').to_owned();
    let private = if name.starts_with('_') { "_" } else { "" };
    let with_module = format!("{private}{last}_{plain}");
    let numbered = (2..10).map({
        let name = name.clone();
        move |i| format!("{name}_{i}")
    });
    [name, with_module].into_iter().chain(numbered)
}

/// Where each symbol is used.
struct Uses {
    order: Vec<Symbol>,
    /// The modules that use it.
    modules: BTreeMap<Symbol, BTreeSet<String>>,
    /// Names that are local where the symbol is used under another name; under its own name it is seen not to be local.
    locals: BTreeMap<Symbol, Vec<(String, BTreeSet<String>)>>,
}

impl Uses {
    fn of(needed: &Needed) -> Self {
        let mut uses =
            Self { order: Vec::new(), modules: BTreeMap::new(), locals: BTreeMap::new() };
        for kept in needed.kept.values() {
            let unit = kept.unit();
            let binders = unit.references.binders.iter().map(|(name, _)| {
                (
                    Symbol::Own { module: kept.module.name.clone(), name: name.clone() },
                    name.as_str(),
                )
            });
            let references = kept.references().map(|(reference, resolved)| {
                let shown = if resolved.taken == 0 { reference.name.as_str() } else { "" };
                (resolved.symbol.clone(), shown)
            });
            let all: BTreeSet<(Symbol, &str)> = binders.chain(references).collect();
            for (symbol, shown) in all {
                let modules = uses.modules.entry(symbol.clone()).or_default();
                if modules.is_empty() {
                    uses.order.push(symbol.clone());
                }
                modules.insert(kept.module.name.clone());
                let locals = uses.locals.entry(symbol).or_default();
                locals.push((shown.to_owned(), unit.references.locals.clone()));
            }
        }
        uses
    }

    fn can_be_called(&self, symbol: &Symbol, name: &str) -> bool {
        let places = self.locals.get(symbol).into_iter().flatten();
        places.into_iter().all(|(shown, locals)| shown == name || !locals.contains(name))
    }
}
