//! The attributes that a method assigns through its receiver: `self.x = …`.
//!
//! Invariant: each assignment is given, in the order of the text; nested functions and classes are left out.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::Source;
use super::syntax::span;
use crate::index::entities::{Lines, Span};

/// One assignment to an attribute.
pub(super) struct Assigned<'a> {
    pub name: String,
    /// What is assigned; none if the target is one of several.
    pub value: Option<&'a Expr>,
    pub annotation: Option<&'a Expr>,
    pub lines: Lines,
    pub span: Span,
}

struct Assignments<'s, 'a> {
    source: &'s Source<'a>,
    receiver: &'a str,
    found: Vec<Assigned<'a>>,
}

/// The attributes that a method assigns.
pub(super) fn assigned<'a>(source: &Source<'a>, def: &'a StmtFunctionDef) -> Vec<Assigned<'a>> {
    let Some(receiver) = receiver(def) else { return Vec::new() };
    let mut assignments = Assignments { source, receiver, found: Vec::new() };
    assignments.visit_body(&def.body);
    assignments.found
}

/// The name of a method's first parameter.
pub(super) fn receiver(def: &StmtFunctionDef) -> Option<&str> {
    let parameters = &*def.parameters;
    let first = parameters.posonlyargs.first().or_else(|| parameters.args.first());
    first.map(|first| first.parameter.name.as_str())
}

impl<'a> Assignments<'_, 'a> {
    fn target(
        &mut self,
        target: &'a Expr,
        value: Option<&'a Expr>,
        annotation: Option<&'a Expr>,
        stmt: &'a Stmt,
    ) {
        match target {
            Expr::Attribute(attribute) => {
                let is_own = matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == self.receiver);
                if is_own {
                    self.found.push(Assigned {
                        name: attribute.attr.to_string(),
                        value,
                        annotation,
                        lines: self.source.lines_of(stmt),
                        span: span(stmt),
                    });
                }
            }
            Expr::Tuple(tuple) => {
                tuple.iter().for_each(|element| self.target(element, None, None, stmt));
            }
            Expr::List(list) => {
                list.iter().for_each(|element| self.target(element, None, None, stmt));
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Assignments<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.target(target, Some(&assign.value), None, stmt);
                }
            }
            Stmt::AnnAssign(assign) => {
                let annotation = Some(&*assign.annotation);
                self.target(&assign.target, assign.value.as_deref(), annotation, stmt);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}
