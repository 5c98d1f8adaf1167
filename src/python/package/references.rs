//! Where one top-level statement refers to names of its module, and what its inner scopes bind.
//!
//! Invariant: a name that an inner scope binds is no reference, unless nothing but imports bind it there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Comprehension, Decorator, ExceptHandler, Expr, ExprContext, Identifier, Parameters, Pattern,
    Stmt, TypeParam, TypeParams,
};
use ruff_text_size::Ranged;

use super::imports::{Import, imports_of};
use crate::python::forms;
use crate::python::syntax::{self, span_of};

/// A place that uses a name of the module, or one that an import within a function binds.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub name: String,
    /// The name alone; `None` in a quoted annotation, which is not rewritten.
    pub span: Option<Range<usize>>,
    /// The attributes that are taken of it, each with the end of its text.
    pub attributes: Vec<(String, usize)>,
    /// Whether it is looked up when the module is loaded, not only when a function is called.
    pub is_eager: bool,
    /// Whether the last attribute is assigned or deleted.
    pub is_stored: bool,
    /// What an import within a function binds it to.
    pub import: Option<Import>,
    /// The number of the decorator that it stands in.
    pub decorator: Option<usize>,
}

/// An import statement inside a function, and whether nothing would be left of its block without imports.
#[derive(Debug, Clone)]
pub(super) struct InnerImport {
    pub span: Range<usize>,
    pub imports: Vec<Import>,
    /// Whether it is the first statement of a block that has nothing but imports.
    pub holds_block: bool,
}

/// A docstring of more than a paragraph.
#[derive(Debug, Clone)]
pub(super) struct Docstring {
    pub span: Range<usize>,
    /// Bytes from its start to the end of its first paragraph.
    pub summary: usize,
    /// The quotes that end it.
    pub quotes: &'static str,
}

impl Docstring {
    /// Bytes that it is shorter by with its first paragraph alone.
    pub(super) fn saved(&self) -> usize {
        self.span.len() - self.summary - self.quotes.len()
    }

    /// The docstring that a body begins with, if it has more than a paragraph and can be cut.
    fn of(body: &[Stmt], source: &str) -> Option<Self> {
        let Stmt::Expr(statement) = body.first()? else { return None };
        let span = span_of(statement.value.as_string_literal_expr()?);
        let text = source.get(span.clone())?;
        let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| text.ends_with(quotes))?;
        let start = text.find(quotes)? + quotes.len();
        let inside = text.get(start..text.len().checked_sub(quotes.len())?)?;
        let first = inside.len() - inside.trim_start().len();
        let mut end = 0;
        for line in inside[first..].split_inclusive('\n') {
            if line.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        let paragraph = inside[first..first + end].trim_end();
        let summary = start + first + paragraph.len();
        let is_whole = inside[first + end..].trim().is_empty();
        // An escape or a quote may not stand before the quotes that end it.
        let is_clean = !paragraph.is_empty() && !paragraph.ends_with(['\\', '"', '\'']);
        (!is_whole && is_clean).then_some(Self { span, summary, quotes })
    }
}

/// What one top-level statement does with names.
#[derive(Debug, Clone, Default)]
pub(super) struct References {
    pub all: Vec<Reference>,
    /// Where names of the module are bound; without a span they cannot be renamed.
    pub binders: Vec<(String, Option<Range<usize>>)>,
    /// Names that inner scopes bind.
    pub locals: BTreeSet<String>,
    pub inner_imports: Vec<InnerImport>,
    pub decorators: Vec<Range<usize>>,
    pub docstrings: Vec<Docstring>,
    /// A name that an import and something else bind in the same function.
    pub ambiguous: Option<String>,
}

/// Finds the references of a top-level statement.
pub(super) fn of_statement(stmt: &Stmt, source: &str) -> References {
    let mut walk = Walk {
        source,
        scopes: vec![Scope::new(Kind::Module, 0)],
        current: 0,
        found: References::default(),
        uses: Vec::new(),
        annotations: 0,
        decorator: None,
    };
    walk.visit_stmt(stmt);
    walk.finish()
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
    parent: usize,
    bound: BTreeMap<String, Bound>,
    globals: BTreeSet<String>,
    nonlocals: BTreeSet<String>,
}

/// What binds a name in a scope.
#[derive(Default)]
struct Bound {
    imports: Vec<Import>,
    by_others: bool,
}

impl Scope {
    fn new(kind: Kind, parent: usize) -> Self {
        Self {
            kind,
            parent,
            bound: BTreeMap::new(),
            globals: BTreeSet::new(),
            nonlocals: BTreeSet::new(),
        }
    }
}

struct Walk<'s> {
    source: &'s str,
    scopes: Vec<Scope>,
    current: usize,
    found: References,
    uses: Vec<(usize, Reference)>,
    /// How many annotations enclose the current expression.
    annotations: usize,
    /// The number of the decorator that encloses the current expression.
    decorator: Option<usize>,
}

impl Walk<'_> {
    /// Keeps the uses that leave the statement.
    fn finish(mut self) -> References {
        for (at, mut reference) in std::mem::take(&mut self.uses) {
            let (mut scope, mut is_outer) = (at, false);
            let is_free = loop {
                let here = &self.scopes[scope];
                if here.kind == Kind::Module || here.globals.contains(&reference.name) {
                    break true;
                }
                let is_seen = !is_outer || here.kind != Kind::Class;
                if is_seen
                    && !here.nonlocals.contains(&reference.name)
                    && let Some(bound) = here.bound.get(&reference.name)
                {
                    let Some(import) = bound.imports.first() else { break false };
                    if bound.by_others || bound.imports.iter().any(|other| other.is_other(import)) {
                        self.found.ambiguous = Some(reference.name.clone());
                        break false;
                    }
                    reference.import = Some(import.clone());
                    break true;
                }
                scope = here.parent;
                is_outer = true;
            };
            if is_free {
                self.found.all.push(reference);
            }
        }
        let inner = self.scopes.iter().filter(|scope| scope.kind != Kind::Module);
        self.found.locals = inner
            .flat_map(|scope| {
                scope.bound.iter().filter(|(_, bound)| bound.by_others).map(|(name, _)| name)
            })
            .cloned()
            .collect();
        self.found
    }

    fn is_eager(&self) -> bool {
        let mut scope = self.current;
        while self.scopes[scope].kind != Kind::Module {
            if self.scopes[scope].kind == Kind::Function {
                return false;
            }
            scope = self.scopes[scope].parent;
        }
        true
    }

    fn refer(&mut self, name: &str, span: Option<Range<usize>>, attributes: Vec<(String, usize)>) {
        let is_eager = self.annotations == 0 && self.is_eager();
        let reference = Reference {
            name: name.to_owned(),
            span,
            attributes,
            is_eager,
            is_stored: false,
            import: None,
            decorator: self.decorator,
        };
        self.uses.push((self.current, reference));
    }

    fn bind(&mut self, name: &str, span: Option<Range<usize>>) {
        self.bind_in(self.current, name, span);
    }

    fn bind_in(&mut self, scope: usize, name: &str, span: Option<Range<usize>>) {
        let here = &mut self.scopes[scope];
        if here.kind == Kind::Module {
            self.found.binders.push((name.to_owned(), span));
        } else if here.globals.contains(name) {
            self.refer(name, span, Vec::new());
        } else if here.nonlocals.contains(name) {
            // The scope around has bound it.
        } else {
            here.bound.entry(name.to_owned()).or_default().by_others = true;
        }
    }

    fn bind_identifier(&mut self, name: Option<&Identifier>) {
        if let Some(name) = name {
            self.bind(name, Some(span_of(name)));
        }
    }

    fn within(&mut self, kind: Kind, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope::new(kind, self.current));
        let outer = std::mem::replace(&mut self.current, self.scopes.len() - 1);
        walk(self);
        self.current = outer;
    }

    fn within_type_params(
        &mut self,
        type_params: Option<&TypeParams>,
        walk: impl FnOnce(&mut Self),
    ) {
        let Some(type_params) = type_params else { return walk(self) };
        let is_eager = self.is_eager();
        // A scope of its own that is walked at once.
        let kind = if is_eager { Kind::Comprehension } else { Kind::Function };
        self.within(kind, |this| {
            for param in &type_params.type_params {
                let (TypeParam::TypeVar(_) | TypeParam::TypeVarTuple(_) | TypeParam::ParamSpec(_)) =
                    param;
                this.bind(param.name(), None);
            }
            this.annotations += 1;
            this.visit_type_params(type_params);
            this.annotations -= 1;
            walk(this);
        });
    }

    fn function(&mut self, parameters: Option<&Parameters>, body: impl FnOnce(&mut Self)) {
        if let Some(parameters) = parameters {
            visitor::walk_parameters(self, parameters);
        }
        self.within(Kind::Function, |this| {
            for parameter in parameters.into_iter().flat_map(Parameters::iter) {
                this.bind(parameter.name(), None);
            }
            body(this);
        });
    }

    fn decorators(&mut self, decorators: &[Decorator]) {
        for decorator in decorators {
            self.decorator = Some(self.found.decorators.len());
            self.found.decorators.push(span_of(decorator));
            self.visit_decorator(decorator);
            self.decorator = None;
        }
    }

    fn comprehension(&mut self, generators: &[Comprehension], elements: &[&Expr]) {
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

    /// Notes the imports of a statement in an inner scope.
    fn import(&mut self, stmt: &Stmt, holds_block: bool) {
        let imports = imports_of(stmt);
        for import in &imports {
            let bound = self.scopes[self.current].bound.entry(import.binds.clone()).or_default();
            bound.imports.push(import.clone());
        }
        let span = span_of(stmt);
        self.found.inner_imports.push(InnerImport { span, imports, holds_block });
    }

    /// An attribute of an attribute of a name, as one reference; whether it is one.
    fn dotted(&mut self, expr: &Expr) -> bool {
        let mut attributes = Vec::new();
        let mut at = expr;
        let mut is_stored = false;
        while let Expr::Attribute(attribute) = at {
            attributes.push((attribute.attr.to_string(), attribute.end().to_usize()));
            is_stored |= attribute.ctx != ExprContext::Load;
            at = &attribute.value;
        }
        let Expr::Name(name) = at else { return false };
        attributes.reverse();
        self.refer(&name.id, Some(span_of(name)), attributes);
        if let Some((_, reference)) = self.uses.last_mut() {
            reference.is_stored = is_stored;
        }
        true
    }
}

fn is_import(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Import(_) | Stmt::ImportFrom(_))
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        let only_imports = body.iter().all(is_import);
        for (i, stmt) in body.iter().enumerate() {
            if is_import(stmt) && self.scopes[self.current].kind != Kind::Module {
                self.import(stmt, only_imports && i == 0);
            } else {
                self.visit_stmt(stmt);
            }
        }
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.decorators(&def.decorator_list);
                self.found.docstrings.extend(Docstring::of(&def.body, self.source));
                self.bind_identifier(Some(&def.name));
                self.within_type_params(def.type_params.as_deref(), |this| {
                    if let Some(returns) = &def.returns {
                        this.visit_annotation(returns);
                    }
                    this.function(Some(&def.parameters), |this| this.visit_body(&def.body));
                });
            }
            Stmt::ClassDef(def) => {
                self.decorators(&def.decorator_list);
                self.found.docstrings.extend(Docstring::of(&def.body, self.source));
                self.bind_identifier(Some(&def.name));
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
                for name in &declaration.names {
                    if self.scopes[self.current].kind != Kind::Module {
                        self.scopes[self.current].globals.insert(name.to_string());
                        self.refer(name, Some(span_of(name)), Vec::new());
                    }
                }
            }
            Stmt::Nonlocal(declaration) => {
                let names = declaration.names.iter().map(ToString::to_string);
                self.scopes[self.current].nonlocals.extend(names);
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                for import in imports_of(stmt) {
                    self.bind(&import.binds, None);
                }
            }
            Stmt::AugAssign(assign) => {
                self.visit_expr(&assign.target);
                self.visit_expr(&assign.value);
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
                ExprContext::Store | ExprContext::Del => self.bind(&name.id, Some(span_of(name))),
                ExprContext::Load | ExprContext::Invalid => {
                    self.refer(&name.id, Some(span_of(name)), Vec::new());
                }
            },
            Expr::Attribute(_) => {
                if !self.dotted(expr) {
                    visitor::walk_expr(self, expr);
                }
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    let mut scope = self.current;
                    while self.scopes[scope].kind == Kind::Comprehension {
                        scope = self.scopes[scope].parent;
                    }
                    self.bind_in(scope, &name.id, Some(span_of(name)));
                }
            }
            Expr::Lambda(lambda) => {
                self.function(lambda.parameters.as_deref(), |this| this.visit_expr(&lambda.body));
            }
            // The text inside quotes is parsed once, never nested, and its places are not those of the module.
            Expr::StringLiteral(string) if self.annotations > 0 => {
                if let Some(inner) = syntax::expression(string.value.to_str().trim()) {
                    let from = self.uses.len();
                    Quoted(self).visit_expr(&inner);
                    for (_, reference) in &mut self.uses[from..] {
                        reference.span = None;
                    }
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
        self.bind_identifier(inner.name.as_ref());
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.bind_identifier(forms::captured(pattern));
        visitor::walk_pattern(self, pattern);
    }
}

/// Collects the names of a quoted annotation.
struct Quoted<'w, 's>(&'w mut Walk<'s>);

impl<'a> Visitor<'a> for Quoted<'_, '_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.0.refer(&name.id, None, Vec::new()),
            Expr::Attribute(_) if self.0.dotted(expr) => {}
            _ => visitor::walk_expr(self, expr),
        }
    }
}
