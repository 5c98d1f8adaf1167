//! The order of the statements of a program that is put together.
//!
//! Invariant: what a statement needs when it is loaded stands above it, as far as the imports of the package allow it at all.

use std::collections::{BTreeMap, BTreeSet};

use super::needed::{Needed, Place, Symbol};

/// The places of all statements in the order in which they are written.
pub(super) fn of(needed: &Needed, target: &str) -> Vec<Place> {
    let mut modules = Vec::new();
    visit(needed, target, &mut BTreeSet::new(), &mut modules);
    let base: Vec<&Place> = modules
        .iter()
        .flat_map(|module| needed.kept.keys().filter(move |(of, _)| of == module))
        .collect();
    let mut order = Order { edges: Edges::of(needed), begun: BTreeSet::new(), placed: Vec::new() };
    base.into_iter().for_each(|place| order.place(place));
    order.placed
}

/// Lists a module after those that it uses.
fn visit(needed: &Needed, module: &str, seen: &mut BTreeSet<String>, modules: &mut Vec<String>) {
    if !seen.insert(module.to_owned()) {
        return;
    }
    for used in needed.uses.get(module).into_iter().flatten() {
        visit(needed, used, seen, modules);
    }
    modules.push(module.to_owned());
}

/// What each statement needs when it is loaded, and what later.
struct Edges {
    eager: BTreeMap<Place, BTreeSet<Place>>,
    lazy: BTreeMap<Place, BTreeSet<Place>>,
}

impl Edges {
    fn of(needed: &Needed) -> Self {
        let (mut eager, mut lazy) = (BTreeMap::new(), BTreeMap::new());
        for (place, kept) in &needed.kept {
            let eager: &mut BTreeSet<Place> = eager.entry(place.clone()).or_default();
            let lazy: &mut BTreeSet<Place> = lazy.entry(place.clone()).or_default();
            for (reference, resolved) in kept.references() {
                let Symbol::Own { module, name } = &resolved.symbol else { continue };
                let binding = needed
                    .kept
                    .iter()
                    .filter(|((of, _), _)| of == module)
                    .find_map(|(_, kept)| kept.module.bindings.get(name));
                let places = binding.into_iter().flat_map(|binding| &binding.units);
                let places = places.map(|place| (module.clone(), *place));
                // A name that its own module binds again later is used as it is there.
                let places = places.filter(|used| {
                    used != place && !(used.0 == place.0 && used.1 > place.1 && reference.is_eager)
                });
                if reference.is_eager { eager.extend(places) } else { lazy.extend(places) }
            }
        }
        Self { eager, lazy }
    }
}

struct Order {
    edges: Edges,
    begun: BTreeSet<Place>,
    placed: Vec<Place>,
}

impl Order {
    fn place(&mut self, place: &Place) {
        if !self.begun.insert(place.clone()) {
            return;
        }
        let needs = self.edges.eager.get(place).cloned().unwrap_or_default();
        needs.iter().for_each(|needed| self.place(needed));
        // What it calls in another module may need more; within its module, the text has the right order.
        let mut open: Vec<Place> =
            needs.iter().filter(|needed| needed.0 != place.0).cloned().collect();
        let mut seen: BTreeSet<Place> = open.iter().cloned().collect();
        while let Some(called) = open.pop() {
            for later in self.edges.lazy.get(&called).cloned().unwrap_or_default() {
                if !self.begun.contains(&later) && self.is_free(&later) {
                    self.place(&later);
                }
                if seen.insert(later.clone()) {
                    open.push(later);
                }
            }
        }
        self.placed.push(place.clone());
    }

    /// Whether nothing that a statement needs at once has been begun and not placed.
    fn is_free(&self, place: &Place) -> bool {
        let (mut open, mut seen) = (vec![place], BTreeSet::new());
        while let Some(place) = open.pop() {
            if self.begun.contains(place) && !self.placed.contains(place) {
                return false;
            }
            if seen.insert(place) {
                open.extend(self.edges.eager.get(place).into_iter().flatten());
            }
        }
        true
    }
}
