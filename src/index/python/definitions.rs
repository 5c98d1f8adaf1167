//! What a file defines: functions, classes, constants and attributes, imports, and what names are bound to.
//!
//! Invariant: symbols come in the order of the text, each after the one that contains it.

use std::collections::HashMap;

use ruff_python_ast::visitor::{Visitor, walk_body, walk_stmt};
use ruff_python_ast::{
    Alias, Decorator, ExceptHandler, Expr, Pattern, Stmt, StmtClassDef, StmtFunctionDef,
    StmtImportFrom,
};
use ruff_text_size::Ranged;

use super::summary::Summary;
use super::syntax::{docstring, is_decorated, span, string};
use super::{Source, attributes};
use crate::index::entities::{Kind, Lines};
use crate::index::facts::{Binding, Bound, Facts, LocalImport, LocalSymbol};

/// What a file defines, with the nodes that later passes need.
pub(super) struct Defined<'a> {
    pub facts: Facts,
    /// The symbol of each function and class, by the byte where its node begins.
    pub by_start: HashMap<u32, u32>,
    /// The import of each alias, by the byte where it begins.
    pub import_by_start: HashMap<u32, u32>,
    /// What constants and attributes are given, or their annotations.
    pub values: Vec<(u32, &'a Expr)>,
}

/// Where a statement stands.
#[derive(Clone, Copy)]
struct Place {
    symbol: Option<u32>,
    /// Whether the symbol is a function, whose names are its own.
    in_function: bool,
    is_conditional: bool,
}

struct Definitions<'s, 'a> {
    source: &'s Source<'a>,
    defined: Defined<'a>,
    place: Place,
}

/// Reads what a module defines.
pub(super) fn definitions<'a>(source: &Source<'a>, body: &'a [Stmt]) -> Defined<'a> {
    let facts = Facts { docstring: docstring(body), ..Facts::default() };
    let defined = Defined {
        facts,
        by_start: HashMap::new(),
        import_by_start: HashMap::new(),
        values: Vec::new(),
    };
    let place = Place { symbol: None, in_function: false, is_conditional: false };
    let mut definitions = Definitions { source, defined, place };
    walk_body(&mut definitions, body);
    definitions.defined
}

impl<'a> Definitions<'_, 'a> {
    fn symbol(&self, position: u32) -> &LocalSymbol {
        &self.defined.facts.symbols[position as usize]
    }

    fn qualified(&self, name: &str) -> String {
        match self.place.symbol.map(|position| self.symbol(position)) {
            None => name.to_owned(),
            Some(parent) if parent.kind.is_callable() => {
                format!("{}.<locals>.{name}", parent.qualified_name)
            }
            Some(parent) => format!("{}.{name}", parent.qualified_name),
        }
    }

    fn bind(&mut self, name: &str, to: Bound) {
        if !self.place.in_function {
            self.defined.facts.bindings.push(Binding {
                scope: self.place.symbol,
                name: name.to_owned(),
                to,
                is_conditional: self.place.is_conditional,
            });
        }
    }

    fn within(&mut self, place: Place, body: &'a [Stmt]) {
        let outer = std::mem::replace(&mut self.place, place);
        walk_body(self, body);
        self.place = outer;
    }

    fn add(&mut self, symbol: LocalSymbol) -> u32 {
        self.defined.facts.symbols.push(symbol);
        self.defined.facts.symbols.len() as u32 - 1
    }

    /// A function or class, as far as the two are alike.
    fn symbol_of(
        &self,
        kind: Kind,
        name: &str,
        node: &impl Ranged,
        decorators: &[Decorator],
        body: &[Stmt],
    ) -> LocalSymbol {
        let keyword = self.source.keyword_of(decorators, node);
        let whole = self.source.lines_of(node);
        let lines = Lines { start: self.source.lines.line(keyword), ..whole };
        let texts = decorators.iter().map(|decorator| self.source.text_of(&decorator.expression));
        LocalSymbol {
            qualified_name: self.qualified(name),
            parent: self.place.symbol,
            first_line: whole.start,
            decorators: texts.collect(),
            docstring: docstring(body),
            ..LocalSymbol::new(kind, name.to_owned(), lines, span(node))
        }
    }

    fn function(&mut self, def: &'a StmtFunctionDef) {
        let in_class = self.place.symbol.filter(|&at| self.symbol(at).kind == Kind::Class);
        let summary = Summary::of(self.source, &def.body);
        let kind = if in_class.is_some() { Kind::Method } else { Kind::Function };
        let symbol = LocalSymbol {
            signature: Some(self.source.signature(def)),
            is_async: def.is_async,
            is_generator: summary.yields,
            raises: summary.raises,
            statements: summary.statements,
            ..self.symbol_of(kind, &def.name, def, &def.decorator_list, &def.body)
        };
        let is_static = is_decorated(&symbol.decorators, "staticmethod");
        let is_part = |decorator: &String| {
            [".setter", ".deleter", ".getter"].iter().any(|end| decorator.ends_with(end))
        };
        // The definition that counts is another one.
        let is_overload =
            is_decorated(&symbol.decorators, "overload") || symbol.decorators.iter().any(is_part);
        let position = self.add(symbol);
        self.defined.by_start.insert(def.start().to_u32(), position);
        if !is_overload {
            self.bind(&def.name, Bound::Symbol(position));
        }
        let place = Place { symbol: Some(position), in_function: true, is_conditional: false };
        self.within(place, &def.body);
        if let (Some(class), false) = (in_class, is_static) {
            for found in attributes::assigned(self.source, def) {
                self.attribute(class, found);
            }
        }
    }

    fn attribute(&mut self, class: u32, found: attributes::Assigned<'a>) {
        let symbols = &self.defined.facts.symbols[class as usize..];
        let is_known = symbols.iter().any(|symbol| {
            symbol.parent == Some(class)
                && symbol.name == found.name
                && !matches!(symbol.kind, Kind::Function)
        });
        let qualified_name = format!("{}.{}", self.symbol(class).qualified_name, found.name);
        if is_known {
            // Another assignment, perhaps of another type.
            let known = self.defined.facts.symbols.iter().position(|symbol| {
                symbol.parent == Some(class)
                    && symbol.name == found.name
                    && matches!(symbol.kind, Kind::Attribute | Kind::Constant)
            });
            if let (Some(position), Some(value)) = (known, found.value) {
                self.defined.values.push((position as u32, value));
            }
            return;
        }
        let position = self.add(LocalSymbol {
            qualified_name,
            parent: Some(class),
            value: found.value.map(|value| self.source.text_of(value)),
            annotation: found.annotation.map(|annotation| self.source.text_of(annotation)),
            ..LocalSymbol::new(Kind::Attribute, found.name.clone(), found.lines, found.span)
        });
        self.defined.facts.bindings.push(Binding {
            scope: Some(class),
            name: found.name,
            to: Bound::Symbol(position),
            is_conditional: true,
        });
        if let Some(value) = found.annotation.or(found.value) {
            self.defined.values.push((position, value));
        }
    }

    fn class(&mut self, def: &'a StmtClassDef) {
        let symbol = LocalSymbol {
            statements: Summary::of(self.source, &def.body).statements,
            ..self.symbol_of(Kind::Class, &def.name, def, &def.decorator_list, &def.body)
        };
        let position = self.add(symbol);
        self.defined.by_start.insert(def.start().to_u32(), position);
        self.bind(&def.name, Bound::Symbol(position));
        let place = Place { symbol: Some(position), in_function: false, is_conditional: false };
        self.within(place, &def.body);
    }

    /// A name that a statement assigns.
    fn assigned(
        &mut self,
        target: &'a Expr,
        value: Option<&'a Expr>,
        annotation: Option<&'a Expr>,
        stmt: &'a Stmt,
    ) {
        match target {
            Expr::Name(name) if !self.place.in_function => {
                let in_class = self.place.symbol.is_some();
                let kind = match annotation {
                    Some(_) if in_class => Kind::Attribute,
                    Some(_) | None => Kind::Constant,
                };
                let known =
                    self.defined.facts.bindings.iter().rev().find_map(|binding| match binding.to {
                        Bound::Symbol(at)
                            if binding.scope == self.place.symbol
                                && binding.name == name.id.as_str()
                                && self.symbol(at).kind == kind =>
                        {
                            Some(at)
                        }
                        Bound::Symbol(_) | Bound::Import(_) | Bound::Unknown => None,
                    });
                let position = known.unwrap_or_else(|| {
                    let lines = self.source.lines_of(stmt);
                    let symbol = LocalSymbol {
                        qualified_name: self.qualified(&name.id),
                        parent: self.place.symbol,
                        value: value.map(|value| self.source.text_of(value)),
                        annotation: annotation.map(|annotation| self.source.text_of(annotation)),
                        ..LocalSymbol::new(kind, name.id.to_string(), lines, span(stmt))
                    };
                    self.add(symbol)
                });
                self.bind(&name.id, Bound::Symbol(position));
                if let Some(value) = annotation.or(value) {
                    self.defined.values.push((position, value));
                }
            }
            Expr::Name(_) => {}
            _ => self.unknown_names(target),
        }
    }

    /// Binds the names in a target to something that the text does not tell.
    fn unknown_names(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => self.bind(&name.id, Bound::Unknown),
            Expr::Tuple(tuple) => tuple.iter().for_each(|element| self.unknown_names(element)),
            Expr::List(list) => list.iter().for_each(|element| self.unknown_names(element)),
            Expr::Starred(starred) => self.unknown_names(&starred.value),
            _ => {}
        }
    }

    fn import(&mut self, stmt: &'a Stmt, alias: &'a Alias, from: Option<&'a StmtImportFrom>) {
        let imported = LocalImport {
            line: self.source.line_of(stmt),
            level: from.map_or(0, |from| from.level),
            module: match from {
                None => alias.name.to_string(),
                Some(from) => from.module.as_ref().map(ToString::to_string).unwrap_or_default(),
            },
            name: from.map(|_| alias.name.to_string()),
            alias: alias.asname.as_ref().map(ToString::to_string),
            scope: self.place.symbol,
        };
        let position = self.defined.facts.imports.len() as u32;
        self.defined.import_by_start.insert(alias.start().to_u32(), position);
        let bound = alias.asname.as_ref().map_or(alias.name.as_str(), |name| name.as_str());
        let bound = if from.is_none() && alias.asname.is_none() {
            bound.split('.').next().unwrap_or(bound)
        } else {
            bound
        };
        self.bind(bound, Bound::Import(position));
        self.defined.facts.imports.push(imported);
    }

    /// Notes the names of `__all__`, where they stand in the text.
    fn exports(&mut self, target: &Expr, value: &Expr) {
        let is_all = matches!(target, Expr::Name(name) if name.id.as_str() == "__all__");
        let elements: &[Expr] = match value {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            _ => &[],
        };
        if is_all && self.place.symbol.is_none() && !elements.is_empty() {
            let names = elements.iter().filter_map(string).map(str::to_owned);
            self.defined.facts.exports.get_or_insert_default().extend(names);
        }
    }

    fn conditional(&mut self, stmt: &'a Stmt) {
        let was = std::mem::replace(&mut self.place.is_conditional, true);
        walk_stmt(self, stmt);
        self.place.is_conditional = was;
    }
}

impl<'a> Visitor<'a> for Definitions<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(def) => self.class(def),
            Stmt::Import(import) => {
                import.names.iter().for_each(|alias| self.import(stmt, alias, None));
            }
            Stmt::ImportFrom(import) => {
                import.names.iter().for_each(|alias| self.import(stmt, alias, Some(import)));
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.exports(target, &assign.value);
                    self.assigned(target, Some(&assign.value), None, stmt);
                }
            }
            Stmt::AnnAssign(assign) => {
                self.assigned(
                    &assign.target,
                    assign.value.as_deref(),
                    Some(&assign.annotation),
                    stmt,
                );
            }
            Stmt::For(each) => {
                self.unknown_names(&each.target);
                self.conditional(stmt);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    item.optional_vars.iter().for_each(|target| self.unknown_names(target));
                }
                walk_stmt(self, stmt);
            }
            Stmt::If(branch) => {
                if self.place.symbol.is_none() && crate::python::is_main(branch) {
                    self.defined.facts.is_script = true;
                }
                self.conditional(stmt);
            }
            Stmt::While(_) | Stmt::Try(_) | Stmt::Match(_) => self.conditional(stmt),
            Stmt::Global(global) => {
                for name in &global.names {
                    self.defined.facts.bindings.push(Binding {
                        scope: None,
                        name: name.to_string(),
                        to: Bound::Unknown,
                        is_conditional: true,
                    });
                }
            }
            Stmt::AugAssign(assign) => self.exports(&assign.target, &assign.value),
            Stmt::TypeAlias(alias) => self.unknown_names(&alias.name),
            Stmt::Return(_)
            | Stmt::Delete(_)
            | Stmt::Raise(_)
            | Stmt::Assert(_)
            | Stmt::Nonlocal(_)
            | Stmt::Expr(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    // Definitions stand in statements only.
    fn visit_expr(&mut self, _: &'a Expr) {}

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(handler) = handler;
        if let Some(name) = &handler.name {
            self.bind(name, Bound::Unknown);
        }
        walk_body(self, &handler.body);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        super::targets::names_of(pattern, &mut |name| self.bind(name, Bound::Unknown));
    }
}
