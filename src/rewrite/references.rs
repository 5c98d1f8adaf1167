//! The names of a program: where each is read and bound, and which scope it belongs to.
//!
//! Invariant: a reference is resolved by Python's scoping rules, after the whole program has been walked.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use ruff_python_ast::{Expr, Operator};

/// The number of a scope in the order of the text; the module is 0.
pub(super) type ScopeId = usize;

/// A statement's place: the number of its block and its index in it.
pub(super) type Place = (usize, usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Function,
    Lambda,
    Class,
    /// A list, set or dictionary comprehension, which is over once evaluated.
    Comprehension,
    /// A generator expression, which may be evaluated later.
    Generator,
}

#[derive(Debug)]
pub(super) struct Scope<'m> {
    pub kind: ScopeKind,
    pub parent: Option<ScopeId>,
    /// Whether the body yields or awaits.
    pub suspends: bool,
    bound: BTreeSet<&'m str>,
    globals: BTreeSet<&'m str>,
    nonlocals: BTreeSet<&'m str>,
}

/// What a reference does with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Load,
    Store,
    /// `x += 1` reads and binds.
    Update,
    Delete,
    /// A parameter.
    Parameter,
    /// The target of a comprehension.
    Element,
    /// An import, `def`, `class`, `except … as`, a pattern or a bare annotation: a binding whose text is not a name alone.
    Declare,
}

#[derive(Debug)]
pub(super) struct Reference<'m> {
    pub name: &'m str,
    pub span: Range<usize>,
    /// Where it stands.
    pub scope: ScopeId,
    /// The scope that its name belongs to; `None` for builtins and unknown names.
    pub of: Option<ScopeId>,
    pub does: Does,
    pub place: Place,
    /// Whether the text itself is shown by the program, as in `f'{x=}'`.
    pub shown: bool,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'m> {
    Value(&'m Expr),
    Update(Operator, &'m Expr),
    /// What iterating over the expression gives.
    Element(&'m Expr),
    /// The first of what `enumerate` gives.
    Counter,
    Unknown,
}

/// All scopes, and all references in the order of the text.
#[derive(Debug, Default)]
pub(super) struct References<'m> {
    pub scopes: Vec<Scope<'m>>,
    pub all: Vec<Reference<'m>>,
    variables: HashMap<ScopeId, HashMap<&'m str, Vec<usize>>>,
    declared: HashSet<&'m str>,
    /// Names that any scope binds.
    bound: HashSet<&'m str>,
    by_name: HashMap<&'m str, Vec<usize>>,
    looked: Cell<usize>,
    origins: Vec<(ScopeId, &'m str, Origin<'m>)>,
    by_variable: HashMap<(ScopeId, &'m str), Vec<Origin<'m>>>,
}

impl<'m> References<'m> {
    pub(super) fn enter(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        self.scopes.push(Scope {
            kind,
            parent,
            suspends: false,
            bound: BTreeSet::new(),
            globals: BTreeSet::new(),
            nonlocals: BTreeSet::new(),
        });
        self.scopes.len() - 1
    }

    pub(super) fn declare_global(&mut self, scope: ScopeId, name: &'m str) {
        self.scopes[scope].globals.insert(name);
        self.declared.insert(name);
    }

    pub(super) fn declare_nonlocal(&mut self, scope: ScopeId, name: &'m str) {
        self.scopes[scope].nonlocals.insert(name);
        self.declared.insert(name);
    }

    pub(super) fn add(&mut self, reference: Reference<'m>) {
        if reference.does != Does::Load {
            self.scopes[reference.scope].bound.insert(reference.name);
            self.bound.insert(reference.name);
        }
        self.all.push(reference);
    }

    pub(super) fn originates(&mut self, scope: ScopeId, name: &'m str, origin: Origin<'m>) {
        self.origins.push((scope, name, origin));
    }

    /// Finds the scope of every name.
    pub(super) fn resolve(&mut self) {
        self.all.sort_by_key(|reference| (reference.span.start, reference.span.end));
        for i in 0..self.all.len() {
            let of = self.owner(self.all[i].scope, self.all[i].name);
            self.all[i].of = of;
            self.by_name.entry(self.all[i].name).or_default().push(i);
            if let Some(of) = of {
                let variables = self.variables.entry(of).or_default();
                variables.entry(self.all[i].name).or_default().push(i);
            }
        }
        for (scope, name, origin) in std::mem::take(&mut self.origins) {
            if let Some(of) = self.owner(scope, name) {
                self.by_variable.entry((of, name)).or_default().push(origin);
            }
        }
    }

    /// The scope that a name belongs to when it stands in another.
    fn owner(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let mut at = scope;
        let mut is_outer = false;
        loop {
            let here = &self.scopes[at];
            let sees = !is_outer || here.kind != ScopeKind::Class;
            if sees && here.globals.contains(name) {
                return self.scopes[0].bound.contains(name).then_some(0);
            }
            if sees && here.bound.contains(name) && !here.nonlocals.contains(name) {
                return Some(at);
            }
            // `global` at module level says nothing, so the module is asked once at the end.
            at = here.parent?;
            is_outer = true;
        }
    }

    /// The references to a variable, in the order of the text.
    pub(super) fn variable(&self, of: ScopeId, name: &str) -> Vec<&Reference<'m>> {
        self.places(of, name).iter().map(|i| &self.all[*i]).collect()
    }

    fn places(&self, of: ScopeId, name: &str) -> &[usize] {
        let places: &[usize] =
            self.variables.get(&of).and_then(|names| names.get(name)).map_or(&[], Vec::as_slice);
        self.looked.set(self.looked.get() + places.len());
        places
    }

    /// How many references have been looked at so far.
    pub(super) fn looked(&self) -> usize {
        self.looked.get()
    }

    /// All references to anything of a name.
    pub(super) fn named(&self, name: &str) -> Vec<&Reference<'m>> {
        let places = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        self.looked.set(self.looked.get() + places.len());
        places.iter().map(|i| &self.all[*i]).collect()
    }

    /// The names of a scope's variables, sorted.
    pub(super) fn names_of(&self, of: ScopeId) -> BTreeSet<&'m str> {
        self.variables.get(&of).into_iter().flat_map(HashMap::keys).copied().collect()
    }

    /// Whether any function declares a name as `global` or `nonlocal`.
    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    /// Every variable with the places it gets its values from.
    pub(super) fn origins(&self) -> &HashMap<(ScopeId, &'m str), Vec<Origin<'m>>> {
        &self.by_variable
    }

    /// The references in a span of the text.
    pub(super) fn within(&self, span: &Range<usize>) -> &[Reference<'m>] {
        let from = self.all.partition_point(|reference| reference.span.start < span.start);
        let to = self.all.partition_point(|reference| reference.span.start < span.end);
        &self.all[from..to.max(from)]
    }

    /// The references to a variable in a span of the text.
    pub(super) fn variable_within(
        &self,
        of: ScopeId,
        name: &str,
        span: &Range<usize>,
    ) -> Vec<&Reference<'m>> {
        let places = self.places(of, name);
        let from = places.partition_point(|i| self.all[*i].span.start < span.start);
        let to = places.partition_point(|i| self.all[*i].span.start < span.end);
        places[from..to.max(from)].iter().map(|i| &self.all[*i]).collect()
    }

    /// The scope that a name refers to in a scope.
    pub(super) fn scope_of(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        self.owner(scope, name)
    }

    /// Whether any scope binds a name.
    pub(super) fn binds(&self, name: &str) -> bool {
        self.bound.contains(name)
    }
}
