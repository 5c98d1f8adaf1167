//! The second pass over a file: calls, what values are, literals, routes and settings.
//!
//! Invariant: every call of the text is listed once, in the order of the walk, even if nothing is known about it.

use std::collections::HashMap;

use ruff_python_ast::visitor::{Visitor, walk_body, walk_expr, walk_stmt};
use ruff_python_ast::{
    Comprehension, Expr, ExprCall, ExprSubscript, InterpolatedStringElement, Number, Parameters,
    Stmt, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::Ranged;

use super::definitions::Defined;
use super::scopes::Scopes;
use super::syntax::span;
use super::targets::target_names;
use super::{Source, routes, settings};
use crate::index::entities::Span;
use crate::index::facts::{LocalCall, Reference};
use crate::index::literals::Mention;
use crate::python::forms;

/// Characters of a callee that are kept; a longer one is an expression over several lines.
const MAX_CALLEE: usize = 80;

struct Calls<'s, 'd, 'a> {
    source: &'s Source<'a>,
    scopes: Scopes<'a>,
    defined: &'d mut Defined<'a>,
    /// The constants and attributes that each expression is given to, or that it annotates.
    values: HashMap<Span, Vec<u32>>,
    prefixes: HashMap<String, String>,
}

/// Reads the calls of a module, and completes what it defines.
pub(super) fn read<'a>(
    source: &Source<'a>,
    body: &'a [Stmt],
    scopes: Scopes<'a>,
    defined: &mut Defined<'a>,
) {
    let mut values: HashMap<Span, Vec<u32>> = HashMap::new();
    for (symbol, value) in std::mem::take(&mut defined.values) {
        values.entry(span(value)).or_default().push(symbol);
    }
    let prefixes = routes::prefixes(body);
    let mut calls = Calls { source, scopes, defined, values, prefixes };
    walk_body(&mut calls, body);
}

impl<'a> Calls<'_, '_, 'a> {
    fn mention(&mut self, name: &str) {
        self.defined.facts.literals.add(Mention::Name, name);
    }

    fn function(&mut self, def: &'a StmtFunctionDef) {
        self.mention(&def.name);
        def.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
        self.parameters(&def.parameters);
        def.returns.iter().for_each(|returns| self.visit_expr(returns));
        let Some(&position) = self.defined.by_start.get(&def.start().to_u32()) else { return };
        let gives = def.returns.as_deref().map(|returns| self.scopes.annotated(returns));
        self.defined.facts.symbols[position as usize].gives = gives;
        let endpoints = routes::endpoints(self.source, def, position, &self.prefixes);
        self.defined.facts.endpoints.extend(endpoints);
        self.scopes.enter_function(position, def, self.defined);
        self.body(&def.body);
        self.scopes.leave();
    }

    fn class(&mut self, def: &'a StmtClassDef) {
        self.mention(&def.name);
        def.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
        let Some(&position) = self.defined.by_start.get(&def.start().to_u32()) else { return };
        if let Some(arguments) = &def.arguments {
            let bases: Vec<_> = arguments
                .args
                .iter()
                .map(|base| {
                    // A generic base stands for its class: `Base[int]`.
                    let class = match base {
                        Expr::Subscript(generic) => &*generic.value,
                        other => other,
                    };
                    (self.source.text_of(base), self.scopes.reference(class))
                })
                .collect();
            self.defined.facts.symbols[position as usize].bases = bases;
            arguments.args.iter().for_each(|base| self.visit_expr(base));
            arguments.keywords.iter().for_each(|keyword| self.visit_expr(&keyword.value));
        }
        self.scopes.enter_class(position);
        self.body(&def.body);
        self.scopes.leave();
    }

    fn body(&mut self, body: &'a [Stmt]) {
        walk_body(self, body);
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            self.mention(parameter.name());
            parameter.annotation().iter().for_each(|annotation| self.visit_expr(annotation));
            parameter.default().iter().for_each(|default| self.visit_expr(default));
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        let callee = self.source.text_of(&*call.func);
        let callee = match (callee.chars().count() > MAX_CALLEE, &*call.func) {
            (false, _) => callee,
            (true, Expr::Attribute(attribute)) => format!("….{}", attribute.attr),
            (true, _) => "…".to_owned(),
        };
        let line = self.source.lines_of(&*call.func).end;
        let caller = self.scopes.symbol();
        let to = self.scopes.reference(&call.func);
        self.defined.facts.calls.push(LocalCall { caller, line, callee, to });
        for keyword in &call.arguments.keywords {
            if let Some(name) = &keyword.arg {
                self.defined.facts.literals.add(Mention::Name, name);
            }
        }
        let reads = settings::call(self.source, call, caller);
        self.defined.facts.config.extend(reads);
    }

    fn subscript(&mut self, subscript: &'a ExprSubscript) {
        let reads = settings::subscript(self.source, subscript, self.scopes.symbol());
        self.defined.facts.config.extend(reads);
    }

    /// Notes what the constants and attributes are that are given this expression.
    fn value(&mut self, expr: &'a Expr) {
        let Some(symbols) = self.values.remove(&span(expr)) else { return };
        for position in symbols {
            let reference = self.scopes.reference(expr);
            let symbol = &mut self.defined.facts.symbols[position as usize];
            let is_none = matches!(expr, Expr::NoneLiteral(_));
            symbol.gives = match symbol.gives.take() {
                known if is_none => known,
                None => Some(reference),
                Some(known) if known == reference => Some(known),
                Some(_) => Some(Reference::unknown()),
            };
        }
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        let mut names = Vec::new();
        for generator in generators {
            target_names(&generator.target, &mut names);
        }
        // The first iterable belongs to the scope outside.
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.scopes.enter_unknown(names);
        for (i, generator) in generators.iter().enumerate() {
            if i > 0 {
                self.visit_expr(&generator.iter);
            }
            self.visit_expr(&generator.target);
            generator.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        elements.iter().for_each(|element| self.visit_expr(element));
        self.scopes.leave();
    }

    fn literal(&mut self, expr: &'a Expr) {
        let literals = &mut self.defined.facts.literals;
        match expr {
            Expr::StringLiteral(text) => literals.add(Mention::Text, text.value.to_str()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => literals.add(Mention::Number, &int.to_string()),
                Number::Float(float) => literals.add(Mention::Number, &format!("{float:?}")),
                Number::Complex { imag, .. } => {
                    literals.add(Mention::Number, &format!("{imag:?}j"));
                }
            },
            Expr::FString(text) => {
                for element in text.value.elements() {
                    if let InterpolatedStringElement::Literal(part) = element {
                        literals.add(Mention::Text, &part.value);
                    }
                }
            }
            Expr::Name(name) => literals.add(Mention::Name, &name.id),
            Expr::Attribute(attribute) => literals.add(Mention::Name, &attribute.attr),
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Calls<'_, '_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(def) => self.class(def),
            // A docstring, or a string used as a comment.
            Stmt::Expr(statement) if statement.value.is_string_literal_expr() => {}
            Stmt::AnnAssign(assign) => {
                for position in self.values.remove(&span(&*assign.annotation)).unwrap_or_default() {
                    let gives = self.scopes.annotated(&assign.annotation);
                    self.defined.facts.symbols[position as usize].gives = Some(gives);
                }
                walk_stmt(self, stmt);
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                let names = match stmt {
                    Stmt::Import(import) => &import.names,
                    Stmt::ImportFrom(import) => &import.names,
                    _ => return,
                };
                for alias in names {
                    alias.name.split('.').for_each(|part| self.mention(part));
                    alias.asname.iter().for_each(|name| self.mention(name));
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        self.visit_expr(expr);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.value(expr);
        self.literal(expr);
        match expr {
            Expr::Call(call) => {
                self.call(call);
                walk_expr(self, expr);
            }
            Expr::Subscript(subscript) => {
                self.subscript(subscript);
                walk_expr(self, expr);
            }
            Expr::Lambda(lambda) => {
                let mut names = Vec::new();
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                    names.extend(parameters.iter().map(|parameter| parameter.name().as_str()));
                }
                self.scopes.enter_unknown(names);
                self.visit_expr(&lambda.body);
                self.scopes.leave();
            }
            _ => match forms::comprehension(expr) {
                Some((generators, given)) => self.comprehension(generators, &given),
                None => walk_expr(self, expr),
            },
        }
    }
}
