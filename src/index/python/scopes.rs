//! The scopes around a place in the text, and what they bind.
//!
//! Invariant: a name that a scope binds more than once, or in a way the text does not tell, is unknown.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    Alias, Comprehension, ExceptHandler, Expr, Parameters, Pattern, Stmt, StmtFunctionDef,
};
use ruff_text_size::Ranged;

use super::attributes::receiver;
use super::definitions::Defined;
use super::targets::names_of;
use crate::index::entities::Kind;
use crate::index::facts::Reference;

/// What a function binds a name to.
#[derive(Debug, Clone)]
pub(super) enum Local<'a> {
    Known(Reference),
    /// What the expression gives.
    Value(&'a Expr),
    /// An instance of what the annotation names.
    Annotated(&'a Expr),
    Unknown,
    /// The name of the module's.
    Global,
}

/// One scope.
pub(super) struct Frame<'a> {
    /// The function or class; none for a comprehension or lambda.
    pub symbol: Option<u32>,
    is_class: bool,
    names: HashMap<&'a str, Local<'a>>,
}

/// The scopes around a place, the outermost first; the module's own is not among them.
pub(super) struct Scopes<'a> {
    pub frames: Vec<Frame<'a>>,
    /// The names that class bodies bind.
    members: HashSet<(u32, String)>,
}

impl<'a> Scopes<'a> {
    pub fn new(defined: &Defined<'a>) -> Self {
        let bindings = defined.facts.bindings.iter();
        let members =
            bindings.filter_map(|binding| Some((binding.scope?, binding.name.clone()))).collect();
        Self { frames: Vec::new(), members }
    }

    /// The function, method or class around the place.
    pub fn symbol(&self) -> Option<u32> {
        self.frames.iter().rev().find_map(|frame| frame.symbol)
    }

    /// The class of the method around the place.
    pub fn class(&self) -> Option<u32> {
        self.frames.iter().rev().find(|frame| frame.is_class).and_then(|frame| frame.symbol)
    }

    pub fn enter_class(&mut self, class: u32) {
        self.frames.push(Frame { symbol: Some(class), is_class: true, names: HashMap::new() });
    }

    pub fn enter_function(
        &mut self,
        function: u32,
        def: &'a StmtFunctionDef,
        defined: &Defined<'a>,
    ) {
        let mut locals = Locals { defined, names: HashMap::new(), declared: HashSet::new() };
        locals.parameters(&def.parameters);
        locals.visit_body(&def.body);
        let mut names = locals.names;
        if let Some((name, reference)) = self.receiver(function, def, defined)
            && names.get(name).is_some_and(|local| !matches!(local, Local::Value(_)))
            && !locals.declared.contains(name)
        {
            // Unless the method assigns it anew: then it has two bindings and is unknown.
            if !rebinds(&def.body, name) {
                names.insert(name, Local::Known(reference));
            }
        }
        self.frames.push(Frame { symbol: Some(function), is_class: false, names });
    }

    /// A comprehension's or a lambda's own names.
    pub fn enter_unknown(&mut self, names: Vec<&'a str>) {
        let names = names.into_iter().map(|name| (name, Local::Unknown)).collect();
        self.frames.push(Frame { symbol: None, is_class: false, names });
    }

    pub fn leave(&mut self) {
        self.frames.pop();
    }

    /// What a name is bound to among the first `depth` scopes, and how many of them see that scope's own names.
    pub fn find(&self, name: &str, depth: usize) -> Option<(&Local<'a>, usize)> {
        (0..depth).rev().find_map(|at| {
            let local = self.frames[at].names.get(name)?;
            Some((local, at + 1))
        })
    }

    /// The class whose body contains the place directly and binds the name.
    pub fn class_that_binds(&self, name: &str, depth: usize) -> Option<u32> {
        let frame = self.frames[..depth].last().filter(|frame| frame.is_class)?;
        frame.symbol.filter(|&class| self.members.contains(&(class, name.to_owned())))
    }

    fn receiver(
        &self,
        function: u32,
        def: &'a StmtFunctionDef,
        defined: &Defined<'a>,
    ) -> Option<(&'a str, Reference)> {
        let symbol = &defined.facts.symbols[function as usize];
        let class = symbol.parent.filter(|_| symbol.kind == Kind::Method)?;
        let is = |name| super::syntax::is_decorated(&symbol.decorators, name);
        let name = receiver(def)?;
        if is("staticmethod") {
            return None;
        }
        let of_class = is("classmethod")
            || ["__new__", "__init_subclass__", "__class_getitem__"].contains(&&*symbol.name);
        Some((name, if of_class { Reference::OwnClass(class) } else { Reference::Own(class) }))
    }
}

/// Whether a body assigns a name.
fn rebinds(body: &[Stmt], name: &str) -> bool {
    struct Rebinds<'n>(&'n str, bool);
    impl<'a> Visitor<'a> for Rebinds<'_> {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            let is_it =
                |target: &Expr| matches!(target, Expr::Name(name) if name.id.as_str() == self.0);
            match stmt {
                Stmt::Assign(assign) => self.1 |= assign.targets.iter().any(is_it),
                Stmt::AugAssign(assign) => self.1 |= is_it(&assign.target),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, stmt),
            }
        }

        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut rebinds = Rebinds(name, false);
    rebinds.visit_body(body);
    rebinds.1
}

/// Collects what a function binds, nested scopes apart.
struct Locals<'d, 'a> {
    defined: &'d Defined<'a>,
    names: HashMap<&'a str, Local<'a>>,
    /// Names of the module or of an outer function.
    declared: HashSet<&'a str>,
}

impl<'a> Locals<'_, 'a> {
    fn bind(&mut self, name: &'a str, local: Local<'a>) {
        if self.declared.contains(name) {
            return;
        }
        let is_none = |local: &Local| matches!(local, Local::Value(Expr::NoneLiteral(_)));
        match self.names.get(name) {
            // `x = None` before the assignment that counts.
            None => {}
            Some(known) if is_none(known) => {}
            Some(_) if is_none(&local) => return,
            Some(_) => {
                self.names.insert(name, Local::Unknown);
                return;
            }
        }
        self.names.insert(name, local);
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            let local = match parameter.parameter.annotation() {
                Some(annotation) => Local::Annotated(annotation),
                None => Local::Unknown,
            };
            self.bind(parameter.parameter.name.as_str(), local);
        }
        for starred in [&parameters.vararg, &parameters.kwarg].into_iter().flatten() {
            self.bind(starred.name.as_str(), Local::Unknown);
        }
    }

    fn target(&mut self, target: &'a Expr, value: Option<&'a Expr>) {
        match target {
            Expr::Name(name) => {
                self.bind(name.id.as_str(), value.map_or(Local::Unknown, Local::Value));
            }
            Expr::Tuple(tuple) => tuple.iter().for_each(|element| self.target(element, None)),
            Expr::List(list) => list.iter().for_each(|element| self.target(element, None)),
            Expr::Starred(starred) => self.target(&starred.value, None),
            _ => {}
        }
    }

    fn alias(&mut self, alias: &'a Alias, is_from: bool) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
        let bound = match is_from || alias.asname.is_some() {
            true => name,
            false => name.split('.').next().unwrap_or(name),
        };
        let import = self.defined.import_by_start.get(&alias.start().to_u32());
        let local = import.map_or(Local::Unknown, |&at| Local::Known(Reference::Import(at)));
        // Importing the same thing in two branches, or parts of one package, changes nothing.
        self.names.entry(bound).or_insert(local);
    }

    fn definition(&mut self, name: &'a str, start: u32) {
        let symbol = self.defined.by_start.get(&start);
        self.bind(name, symbol.map_or(Local::Unknown, |&at| Local::Known(Reference::Symbol(at))));
    }
}

impl<'a> Visitor<'a> for Locals<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.definition(def.name.as_str(), def.start().to_u32());
                return;
            }
            Stmt::ClassDef(def) => {
                self.definition(def.name.as_str(), def.start().to_u32());
                return;
            }
            Stmt::Import(import) => import.names.iter().for_each(|alias| self.alias(alias, false)),
            Stmt::ImportFrom(import) => {
                import.names.iter().for_each(|alias| self.alias(alias, true));
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.target(target, Some(&assign.value));
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    self.bind(name.id.as_str(), Local::Annotated(&assign.annotation));
                }
            }
            Stmt::AugAssign(assign) => self.target(&assign.target, None),
            Stmt::For(each) => self.target(&each.target, None),
            Stmt::With(with) => {
                for item in &with.items {
                    item.optional_vars.iter().for_each(|target| self.target(target, None));
                }
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    self.declared.insert(name.as_str());
                    self.names.insert(name.as_str(), Local::Global);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.declared.insert(name.as_str());
                    self.names.insert(name.as_str(), Local::Unknown);
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Named(named) => self.target(&named.target, Some(&named.value)),
            Expr::Lambda(_) => return,
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        // Its targets are names of its own; a walrus in it binds here.
        walk_expr(self, &comprehension.iter);
        comprehension.ifs.iter().for_each(|test| self.visit_expr(test));
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(caught) = handler;
        if let Some(name) = &caught.name {
            self.bind(name.as_str(), Local::Unknown);
        }
        self.visit_body(&caught.body);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        names_of(pattern, &mut |name| self.bind(name, Local::Unknown));
    }
}
