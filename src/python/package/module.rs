//! One module of a package: its statements, what they refer to, and what its names are bound to.
//!
//! Invariant: a statement that only imports is never kept as text; what it binds is known by name.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use ruff_python_ast::{Expr, ModModule, Stmt};

use super::imports::{Import, imports_of, imports_only, is_for_type_checkers};
use super::references::{self, References};
use crate::python::closure::{Role, role, with_comments};
use crate::python::scopes;
use crate::python::syntax::span_of;

/// One top-level statement that is no import.
#[derive(Debug)]
pub(super) struct Unit {
    /// Bytes, with the comments that belong to it.
    pub span: Range<usize>,
    /// Empty lines above, at most two.
    pub blank_lines: usize,
    pub is_definition: bool,
    pub is_function: bool,
    pub references: References,
    /// Whether it imports something itself, as `try: import json` does.
    pub imports: Vec<Import>,
}

/// What binds a name of a module.
#[derive(Debug, Default)]
pub(super) struct Binding {
    /// The statements that bind it or change its object.
    pub units: Vec<usize>,
    /// Whether any of them binds it.
    pub is_bound: bool,
    pub imports: Vec<Import>,
}

/// A module that has been read.
#[derive(Debug)]
pub(super) struct PackageModule {
    pub name: String,
    pub is_package: bool,
    pub source: String,
    pub units: Vec<Unit>,
    pub bindings: HashMap<String, Binding>,
    /// Star imports, in the order of the text.
    pub stars: Vec<Import>,
    /// What a star import takes, if the module says so in a way that can be read.
    pub all: Option<BTreeSet<String>>,
    pub has_future_annotations: bool,
    /// Whether `__getattr__` makes names up.
    pub makes_names: bool,
}

impl PackageModule {
    pub(super) fn new(name: String, is_package: bool, source: String, tree: &ModModule) -> Self {
        let mut module = Self {
            name,
            is_package,
            source: String::new(),
            units: Vec::new(),
            bindings: HashMap::new(),
            stars: Vec::new(),
            all: None,
            has_future_annotations: false,
            makes_names: false,
        };
        let mut previous_end = 0;
        for stmt in &tree.body {
            let span = with_comments(&source, previous_end, span_of(stmt));
            let newlines =
                source[previous_end..span.start].bytes().filter(|&byte| byte == b'\n').count();
            previous_end = span.end;
            let blank_lines = newlines.saturating_sub(1).min(2);
            module.statement(stmt, &source, span, blank_lines);
        }
        module.makes_names = module.bindings.contains_key("__getattr__");
        module.source = source;
        module
    }

    /// The package that the module's relative imports start from.
    pub(super) fn package(&self) -> &str {
        if self.is_package { &self.name } else { super::imports::parent(&self.name) }
    }

    fn statement(&mut self, stmt: &Stmt, source: &str, span: Range<usize>, blank_lines: usize) {
        if let Some(names) = names_of_all(stmt) {
            self.all = names;
            return;
        }
        match (role(stmt), stmt) {
            (Role::Future, Stmt::ImportFrom(import)) => {
                self.has_future_annotations |=
                    import.names.iter().any(|alias| alias.name.as_str() == "annotations");
            }
            (Role::Future | Role::MainBlock, _) => {}
            (Role::Ordinary, Stmt::Import(_) | Stmt::ImportFrom(_)) => {
                self.import(imports_of(stmt));
            }
            (Role::Ordinary, Stmt::If(branch)) if is_for_type_checkers(branch) => {
                let mut imports = imports_only(&branch.body).unwrap_or_default();
                imports.iter_mut().for_each(|import| import.for_types = true);
                let clauses = branch.elif_else_clauses.iter();
                let others = clauses.filter_map(|clause| imports_only(&clause.body)).flatten();
                // What runs decides over what type checkers see.
                let others: Vec<Import> = others.collect();
                imports.retain(|import| !others.iter().any(|other| other.binds == import.binds));
                imports.extend(others);
                self.import(imports);
            }
            (Role::Ordinary, _) => self.unit(stmt, source, span, blank_lines),
        }
    }

    fn import(&mut self, imports: Vec<Import>) {
        for import in imports {
            if import.member.as_deref() == Some("*") {
                self.stars.push(import);
            } else {
                self.bindings.entry(import.binds.clone()).or_default().imports.push(import);
            }
        }
    }

    fn unit(&mut self, stmt: &Stmt, source: &str, span: Range<usize>, blank_lines: usize) {
        let place = self.units.len();
        let names = scopes::of_statement(stmt);
        for name in names.binds.union(&names.changes) {
            let binding = self.bindings.entry(name.clone()).or_default();
            binding.units.push(place);
            binding.is_bound |= names.binds.contains(name);
        }
        for name in &names.global_writes {
            self.bindings.entry(name.clone()).or_default().is_bound = true;
        }
        self.units.push(Unit {
            span,
            blank_lines,
            is_definition: matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)),
            is_function: matches!(stmt, Stmt::FunctionDef(_)),
            references: references::of_statement(stmt, source),
            imports: nested_imports(stmt),
        });
    }
}

/// The imports of a compound statement at the top level, such as `try`.
fn nested_imports(stmt: &Stmt) -> Vec<Import> {
    let blocks: Vec<&[Stmt]> = match stmt {
        Stmt::If(branch) => {
            let clauses = branch.elif_else_clauses.iter().map(|clause| &*clause.body);
            std::iter::once(&*branch.body).chain(clauses).collect()
        }
        Stmt::Try(block) => {
            let handlers = block.handlers.iter().map(|handler| {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                &*handler.body
            });
            [&*block.body, &*block.orelse, &*block.finalbody].into_iter().chain(handlers).collect()
        }
        Stmt::With(block) => vec![&*block.body],
        _ => Vec::new(),
    };
    blocks
        .into_iter()
        .flatten()
        .flat_map(|inner| {
            let mut imports = imports_of(inner);
            imports.extend(nested_imports(inner));
            imports
        })
        .collect()
}

/// What `__all__` is set to or gets in addition: the names, or `None` if they cannot be read; `None` for another statement.
fn names_of_all(stmt: &Stmt) -> Option<Option<BTreeSet<String>>> {
    let is_all = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id == "__all__");
    let value = match stmt {
        Stmt::Assign(assign) if assign.targets.iter().any(is_all) => &assign.value,
        Stmt::AnnAssign(assign) if is_all(&assign.target) => assign.value.as_ref()?,
        Stmt::AugAssign(assign) if is_all(&assign.target) => return Some(None),
        _ => return None,
    };
    let elements = match &**value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return Some(None),
    };
    Some(
        elements
            .iter()
            .map(|element| match element {
                Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
                _ => None,
            })
            .collect(),
    )
}
