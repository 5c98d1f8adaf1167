//! The scopes of a program: what each binds, in the order of the text, and what it looks up.
//!
//! Invariant: names are looked up only once the whole program has been walked.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_except_handler, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Identifier, Operator, Parameters, Pattern,
    Stmt, StmtFunctionDef, StmtGlobal, StmtTry,
};
use ruff_text_size::Ranged;

use crate::python::forms;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Function,
    Class,
    Lambda,
    Comprehension,
}

/// How a name got its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BindKind {
    /// Positional or by name: pylint checks the spelling of these alone.
    Parameter,
    OtherParameter,
    Assigned,
    /// A whole statement gives a module's name a plain value.
    Constant,
    Function,
    DecoratedFunction,
    Class,
    Import,
    FutureImport,
}

/// A name that gets a value.
pub(super) struct Bind<'a> {
    pub name: &'a str,
    pub kind: BindKind,
    /// The byte of the source where pylint sees it.
    pub start: usize,
}

/// A name that is looked up.
pub(super) struct Use<'a> {
    pub name: &'a str,
    /// Whether finding nothing is provided for (`except NameError`, a computed metaclass).
    pub is_guarded: bool,
    pub start: usize,
}

pub(super) struct Scope<'a> {
    pub kind: ScopeKind,
    pub parent: Option<usize>,
    pub def: Option<&'a StmtFunctionDef>,
    pub binds: Vec<Bind<'a>>,
    /// The same names, for looking up.
    names: HashSet<&'a str>,
    pub uses: Vec<Use<'a>>,
    pub globals: Vec<&'a StmtGlobal>,
    global_names: HashSet<&'a str>,
    pub nonlocals: HashSet<&'a str>,
    /// The bases of a class are unknown.
    pub has_bases: bool,
}

impl Scope<'_> {
    pub fn binds(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub fn is_global(&self, name: &str) -> bool {
        self.global_names.contains(name)
    }
}

pub(super) struct Scopes<'a> {
    /// The module first, every other one behind its parent.
    pub all: Vec<Scope<'a>>,
    pub has_star_import: bool,
    current: usize,
    guards: usize,
}

impl<'a> Scopes<'a> {
    pub fn of(body: &'a [Stmt]) -> Self {
        let mut scopes = Self { all: Vec::new(), has_star_import: false, current: 0, guards: 0 };
        scopes.enter(ScopeKind::Module, None);
        scopes.visit_body(body);
        scopes
    }

    fn enter(&mut self, kind: ScopeKind, def: Option<&'a StmtFunctionDef>) -> usize {
        let parent = (!self.all.is_empty()).then_some(self.current);
        let (binds, uses, globals) = (Vec::new(), Vec::new(), Vec::new());
        let (names, nonlocals, global_names) = (HashSet::new(), HashSet::new(), HashSet::new());
        self.all.push(Scope {
            kind,
            parent,
            def,
            binds,
            names,
            uses,
            globals,
            global_names,
            nonlocals,
            has_bases: false,
        });
        std::mem::replace(&mut self.current, self.all.len() - 1)
    }

    fn scope(&mut self) -> Option<&mut Scope<'a>> {
        self.all.get_mut(self.current)
    }

    fn bind(&mut self, name: &'a str, kind: BindKind, node: &impl Ranged) {
        let is_global = self.all.get(self.current).is_some_and(|scope| scope.is_global(name));
        let at = if is_global { 0 } else { self.current };
        if let Some(scope) = self.all.get_mut(at) {
            scope.binds.push(Bind { name, kind, start: node.start().to_usize() });
            scope.names.insert(name);
        }
    }

    fn look_up(&mut self, name: &'a str, node: &impl Ranged) {
        let is_guarded = self.guards > 0;
        if let Some(scope) = self.scope() {
            scope.uses.push(Use { name, is_guarded, start: node.start().to_usize() });
        }
    }

    fn defaults(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            if let Some(annotation) = parameter.annotation() {
                self.visit_annotation(annotation);
            }
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
        }
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        let plain: HashSet<&str> =
            parameters.args.iter().map(|plain| plain.name().as_str()).collect();
        for parameter in parameters {
            let name = parameter.name().as_str();
            let kind =
                if plain.contains(name) { BindKind::Parameter } else { BindKind::OtherParameter };
            self.bind(name, kind, parameter.name());
        }
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], results: &[&'a Expr]) {
        let Some((first, rest)) = generators.split_first() else { return };
        self.visit_expr(&first.iter);
        let outer = self.enter(ScopeKind::Comprehension, None);
        self.visit_expr(&first.target);
        first.ifs.iter().for_each(|test| self.visit_expr(test));
        for generator in rest {
            self.visit_expr(&generator.iter);
            self.visit_expr(&generator.target);
            generator.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        results.iter().for_each(|result| self.visit_expr(result));
        self.current = outer;
    }

    fn attempt(&mut self, statement: &'a StmtTry) -> bool {
        let names_it = |caught: &Expr| matches!(caught, Expr::Name(name) if name.id == "NameError");
        statement.handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| {
            match handler.type_.as_deref() {
                Some(Expr::Tuple(tuple)) => tuple.elts.iter().any(names_it),
                Some(caught) => names_it(caught),
                None => false,
            }
        })
    }
}

/// Whether an expression is a plain value, as far as its text shows.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp(unary) => is_constant(&unary.operand),
        // A division may fail, which leaves no value.
        Expr::BinOp(binary) => {
            let divides = matches!(binary.op, Operator::Div | Operator::FloorDiv | Operator::Mod);
            !divides && is_constant(&binary.left) && is_constant(&binary.right)
        }
        Expr::EllipsisLiteral(_) => false,
        other => other.is_literal_expr(),
    }
}

impl<'a> Visitor<'a> for Scopes<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                function
                    .decorator_list
                    .iter()
                    .for_each(|decorator| self.visit_decorator(decorator));
                self.defaults(&function.parameters);
                if let Some(annotation) = &function.returns {
                    self.visit_annotation(annotation);
                }
                let is_decorated = !function.decorator_list.is_empty();
                self.bind(
                    &function.name,
                    if is_decorated { BindKind::DecoratedFunction } else { BindKind::Function },
                    &function.name,
                );
                let outer = self.enter(ScopeKind::Function, Some(function));
                self.parameters(&function.parameters);
                self.visit_body(&function.body);
                self.current = outer;
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                if let Some(arguments) = &class.arguments {
                    arguments.args.iter().for_each(|base| self.visit_expr(base));
                    for keyword in &arguments.keywords {
                        // pylint looks for no names in a metaclass that is computed.
                        let is_plain = matches!(keyword.value, Expr::Name(_) | Expr::Attribute(_));
                        let is_computed =
                            keyword.arg.as_ref().is_some_and(|name| name == "metaclass")
                                && !is_plain;
                        self.guards += usize::from(is_computed);
                        self.visit_expr(&keyword.value);
                        self.guards -= usize::from(is_computed);
                    }
                }
                self.bind(&class.name, BindKind::Class, &class.name);
                let outer = self.enter(ScopeKind::Class, None);
                let has_bases =
                    class.arguments.as_deref().is_some_and(|arguments| !arguments.args.is_empty());
                if let Some(scope) = self.scope() {
                    scope.has_bases = has_bases;
                }
                self.visit_body(&class.body);
                self.current = outer;
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let first = alias.name.split('.').next().unwrap_or_default();
                    self.bind(
                        alias.asname.as_ref().map_or(first, |name| name.as_str()),
                        BindKind::Import,
                        import,
                    );
                }
            }
            Stmt::ImportFrom(import) => {
                let is_future = import.module.as_ref().is_some_and(|module| module == "__future__");
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.has_star_import |= name == "*";
                    self.bind(
                        name,
                        if is_future { BindKind::FutureImport } else { BindKind::Import },
                        import,
                    );
                }
            }
            Stmt::Global(global) => {
                if let Some(scope) = self.scope() {
                    scope.globals.push(global);
                    let names = global.names.iter().map(Identifier::as_str);
                    scope.global_names.extend(names);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.look_up(name, nonlocal);
                    if let Some(scope) = self.scope() {
                        scope.nonlocals.insert(name);
                    }
                }
            }
            Stmt::Assign(assign) if self.current == 0 && is_constant(&assign.value) => {
                for target in &assign.targets {
                    match target {
                        Expr::Name(name) => self.bind(&name.id, BindKind::Constant, name),
                        other => self.visit_expr(other),
                    }
                }
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    self.look_up(&name.id, name);
                }
                walk_stmt(self, stmt);
            }
            Stmt::Try(statement) if self.attempt(statement) => {
                self.guards += 1;
                self.visit_body(&statement.body);
                self.guards -= 1;
                statement.handlers.iter().for_each(|handler| self.visit_except_handler(handler));
                self.visit_body(&statement.orelse);
                self.visit_body(&statement.finalbody);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => match name.ctx {
                ExprContext::Store => self.bind(&name.id, BindKind::Assigned, name),
                ExprContext::Load | ExprContext::Del | ExprContext::Invalid => {
                    self.look_up(&name.id, name);
                }
            },
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                let outer = self.enter(ScopeKind::Lambda, None);
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                self.visit_expr(&lambda.body);
                self.current = outer;
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                let inner = self.current;
                while let Some(Scope {
                    kind: ScopeKind::Comprehension, parent: Some(parent), ..
                }) = self.all.get(self.current)
                {
                    self.current = *parent;
                }
                self.visit_expr(&named.target);
                self.current = inner;
            }
            _ => match forms::comprehension(expr) {
                Some((generators, given)) => self.comprehension(generators, &given),
                None => walk_expr(self, expr),
            },
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(name, BindKind::Assigned, name);
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Some(name) = forms::captured(pattern) {
            self.bind(name, BindKind::Assigned, name);
        }
        walk_pattern(self, pattern);
    }
}
