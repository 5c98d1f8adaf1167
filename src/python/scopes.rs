//! Walks one top-level statement and sorts its names into those of the module and those of inner scopes.
//!
//! Invariant: an inner scope is resolved only when it has been walked to its end, since a binding anywhere in a
//! function makes the name local everywhere in it.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Identifier, Parameters, Pattern, Stmt,
    TypeParam, TypeParams,
};

use super::forms;
use super::names::{Names, root_name};
use super::syntax;

/// Methods that change their object in place, or set up the module they belong to.
const CHANGING_METHODS: &[&str] = &[
    "add",
    "append",
    "appendleft",
    "clear",
    "discard",
    "extend",
    "extendleft",
    "insert",
    "pop",
    "popitem",
    "register",
    "remove",
    "reverse",
    "seed",
    "setdefault",
    "setrecursionlimit",
    "sort",
    "update",
];

/// Finds the global names of one top-level statement.
pub(super) fn of_statement(stmt: &Stmt) -> Names {
    let mut walk =
        Walk { scopes: vec![Scope::new(Kind::Module)], names: Names::default(), annotations: 0 };
    walk.visit_stmt(stmt);
    let Scope { mut loads, inner, bound, .. } = walk
        .scopes
        .pop()
        .expect("the module scope stays on the stack: every push below has its own pop");
    merge(&mut loads, inner);
    let mut names = walk.names;
    merge(&mut names.uses, loads);
    names.binds = bound;
    names
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Module,
    Function,
    Class,
    Comprehension,
}

struct Scope {
    kind: Kind,
    loads: BTreeMap<String, bool>,
    /// Names that scopes inside look up here or further out.
    inner: BTreeMap<String, bool>,
    bound: BTreeSet<String>,
    /// Names declared `global` or `nonlocal`, hence not bound here.
    foreign: BTreeSet<String>,
    globals: BTreeSet<String>,
}

impl Scope {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            loads: BTreeMap::new(),
            inner: BTreeMap::new(),
            bound: BTreeSet::new(),
            foreign: BTreeSet::new(),
            globals: BTreeSet::new(),
        }
    }
}

struct Walk {
    scopes: Vec<Scope>,
    names: Names,
    /// How many annotations enclose the current expression.
    annotations: usize,
}

impl Walk {
    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("the module scope stays on the stack")
    }

    fn at_module_level(&self) -> bool {
        self.scopes.len() == 1
    }

    fn load(&mut self, name: &str) {
        let strict = self.annotations == 0;
        *self.scope().loads.entry(name.to_owned()).or_default() |= strict;
    }

    fn bind(&mut self, name: &str) {
        self.scope().bound.insert(name.to_owned());
    }

    /// `:=` binds outside the comprehensions that contain it.
    fn bind_walrus(&mut self, name: &str) {
        let outside = self.scopes.iter_mut().rev().find(|scope| scope.kind != Kind::Comprehension);
        outside.expect("the module scope is no comprehension").bound.insert(name.to_owned());
    }

    fn within(&mut self, kind: Kind, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope::new(kind));
        walk(self);
        let Scope { kind, mut loads, inner, mut bound, foreign, globals } =
            self.scopes.pop().expect("pushed at the start of this function");
        for name in &globals {
            if bound.contains(name) {
                self.names.global_writes.insert(name.clone());
            }
            if let Some(strict) = loads.remove(name) {
                *self.names.uses.entry(name.clone()).or_default() |= strict;
            }
            // A function that only rebinds a global still needs its module-level start value kept in step.
            self.names.uses.entry(name.clone()).or_default();
        }
        bound.retain(|name| !foreign.contains(name));
        if kind == Kind::Class {
            // Functions inside a class do not see its names.
            leave_out(&mut loads, &bound);
            merge(&mut loads, inner);
        } else {
            merge(&mut loads, inner);
            leave_out(&mut loads, &bound);
        }
        merge(&mut self.scope().inner, loads);
    }

    fn within_type_params(
        &mut self,
        type_params: Option<&TypeParams>,
        walk: impl FnOnce(&mut Self),
    ) {
        let Some(type_params) = type_params else { return walk(self) };
        self.within(Kind::Function, |this| {
            for param in &type_params.type_params {
                let (TypeParam::TypeVar(_) | TypeParam::TypeVarTuple(_) | TypeParam::ParamSpec(_)) =
                    param;
                this.bind(param.name());
            }
            this.annotations += 1;
            this.visit_type_params(type_params);
            this.annotations -= 1;
            walk(this);
        });
    }

    /// Visits a function or lambda: defaults and annotations outside, the body inside its own scope.
    fn function(&mut self, parameters: Option<&Parameters>, body: impl FnOnce(&mut Self)) {
        if let Some(parameters) = parameters {
            visitor::walk_parameters(self, parameters);
        }
        self.within(Kind::Function, |this| {
            for parameter in parameters.into_iter().flat_map(Parameters::iter) {
                this.bind(parameter.name());
            }
            body(this);
        });
    }

    fn comprehension(&mut self, generators: &[Comprehension], elements: &[&Expr]) {
        // The first iterable is evaluated outside.
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.within(Kind::Comprehension, |this| {
            for (i, generator) in generators.iter().enumerate() {
                if i > 0 {
                    this.visit_expr(&generator.iter);
                }
                this.visit_expr(&generator.target);
                generator.ifs.iter().for_each(|condition| this.visit_expr(condition));
            }
            elements.iter().for_each(|element| this.visit_expr(element));
        });
    }

    fn change(&mut self, target: &Expr) {
        if self.at_module_level()
            && let Some(root) = root_name(target)
        {
            self.names.changes.insert(root.to_owned());
        }
    }

    fn bind_optional(&mut self, name: Option<&Identifier>) {
        if let Some(name) = name {
            self.bind(name);
        }
    }
}

impl<'a> Visitor<'a> for Walk {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                def.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.bind(&def.name);
                self.within_type_params(def.type_params.as_deref(), |this| {
                    if let Some(returns) = &def.returns {
                        this.visit_annotation(returns);
                    }
                    this.function(Some(&def.parameters), |this| this.visit_body(&def.body));
                });
            }
            Stmt::ClassDef(def) => {
                def.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.bind(&def.name);
                self.within_type_params(def.type_params.as_deref(), |this| {
                    if let Some(arguments) = &def.arguments {
                        this.visit_arguments(arguments);
                    }
                    this.within(Kind::Class, |this| this.visit_body(&def.body));
                });
            }
            Stmt::TypeAlias(alias) => {
                self.visit_expr(&alias.name);
                self.within_type_params(alias.type_params.as_deref(), |this| {
                    this.visit_annotation(&alias.value);
                });
            }
            Stmt::Global(declaration) => {
                // At module level the declaration says nothing new.
                if !self.at_module_level() {
                    for name in &declaration.names {
                        self.scope().foreign.insert(name.to_string());
                        self.scope().globals.insert(name.to_string());
                    }
                }
            }
            Stmt::Nonlocal(declaration) => {
                for name in &declaration.names {
                    self.scope().foreign.insert(name.to_string());
                }
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let package = alias.name.split('.').next().unwrap_or(&alias.name);
                    self.bind(alias.asname.as_deref().unwrap_or(package));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.names.star = true;
                    } else {
                        self.bind(alias.asname.as_ref().unwrap_or(&alias.name));
                    }
                }
            }
            Stmt::AugAssign(assign) => {
                // `n += 1` on a declared global fails unless something else has bound it: no definition.
                if let Expr::Name(name) = &*assign.target {
                    self.load(&name.id);
                    if !self.scope().globals.contains(name.id.as_str()) {
                        self.bind(&name.id);
                    }
                } else {
                    self.visit_expr(&assign.target);
                }
                self.visit_expr(&assign.value);
            }
            Stmt::Expr(statement) => {
                if let Expr::Call(call) = &*statement.value
                    && let Expr::Attribute(method) = &*call.func
                    && CHANGING_METHODS.contains(&method.attr.as_str())
                {
                    self.change(&method.value);
                }
                visitor::walk_stmt(self, stmt);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        self.annotations += 1;
        self.visit_expr(expr);
        self.annotations -= 1;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => match name.ctx {
                ExprContext::Store | ExprContext::Del => self.bind(&name.id),
                ExprContext::Load | ExprContext::Invalid => self.load(&name.id),
            },
            Expr::Attribute(node) if node.ctx != ExprContext::Load => {
                self.change(expr);
                visitor::walk_expr(self, expr);
            }
            Expr::Subscript(node) if node.ctx != ExprContext::Load => {
                self.change(expr);
                visitor::walk_expr(self, expr);
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    self.bind_walrus(&name.id);
                }
            }
            Expr::Lambda(lambda) => {
                self.function(lambda.parameters.as_deref(), |this| this.visit_expr(&lambda.body));
            }
            // A quoted annotation names types like any other; the text inside is parsed once, never nested.
            Expr::StringLiteral(string) if self.annotations > 0 => {
                if let Some(inner) = syntax::expression(string.value.to_str().trim()) {
                    StringNames(self).visit_expr(&inner);
                }
            }
            _ => match forms::comprehension(expr) {
                Some((generators, given)) => self.comprehension(generators, &given),
                None => visitor::walk_expr(self, expr),
            },
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        self.bind_optional(inner.name.as_ref());
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.bind_optional(forms::captured(pattern));
        visitor::walk_pattern(self, pattern);
    }
}

/// Collects the plain names of a quoted annotation.
struct StringNames<'w>(&'w mut Walk);

impl<'a> Visitor<'a> for StringNames<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.load(&name.id);
        }
        visitor::walk_expr(self, expr);
    }
}

/// Takes names out, in the time that the fewer of both take: the names of an inner scope pass all scopes around it.
fn leave_out(loads: &mut BTreeMap<String, bool>, bound: &BTreeSet<String>) {
    if bound.len() < loads.len() {
        for name in bound {
            loads.remove(name);
        }
    } else {
        loads.retain(|name, _| !bound.contains(name));
    }
}

/// Puts names together, in the time that the fewer of both take.
fn merge(into: &mut BTreeMap<String, bool>, mut from: BTreeMap<String, bool>) {
    if into.len() < from.len() {
        std::mem::swap(into, &mut from);
    }
    for (name, strict) in from {
        *into.entry(name).or_default() |= strict;
    }
}
