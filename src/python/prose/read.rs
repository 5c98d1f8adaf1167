//! Which docstrings a program reads.
//!
//! Invariant: a docstring that is handed on to another object's `__doc__` is not read by that.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ModModule, Stmt};

use super::ATTRIBUTE;

/// The docstrings that a program reads.
#[derive(Default)]
pub(super) struct Read {
    /// Of definitions with these names.
    names: HashSet<String>,
    /// Of the module and of all classes: a bare `__doc__`, or that of `self`.
    pub(super) own: bool,
    /// Of whatever is passed on as a value, or decorated.
    values: bool,
    /// The names that are used as values: not called there.
    passed: HashSet<String>,
}

impl Read {
    /// Finds what a program reads.
    pub(super) fn by(module: &ModModule) -> Self {
        let mut defined = Defined::default();
        defined.visit_body(&module.body);
        let mut reads = Reads { defined: defined.0, read: Self::default() };
        reads.visit_body(&module.body);
        reads.read
    }

    /// Whether the docstring of a definition of this name may be read.
    pub(super) fn has(&self, name: &str, is_decorated: bool) -> bool {
        self.names.contains(name) || self.values && (is_decorated || self.passed.contains(name))
    }
}

/// The names of functions and classes.
#[derive(Default)]
struct Defined(HashSet<String>);

impl<'a> Visitor<'a> for Defined {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => _ = self.0.insert(def.name.to_string()),
            Stmt::ClassDef(class) => _ = self.0.insert(class.name.to_string()),
            _ => {}
        }
        walk_stmt(self, stmt);
    }
}

/// Finds what is read of docstrings.
struct Reads {
    defined: HashSet<String>,
    read: Read,
}

impl Reads {
    fn of(&mut self, receiver: &Expr) {
        let name = match receiver {
            Expr::Name(name) if ["self", "cls"].contains(&name.id.as_str()) => {
                self.read.own = true;
                return;
            }
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        if self.defined.contains(name) {
            self.read.names.insert(name.to_owned());
        } else {
            self.read.values = true;
        }
    }
}

impl<'a> Visitor<'a> for Reads {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        // A docstring that is only handed on is not read.
        if let Stmt::Assign(node) = stmt
            && let [Expr::Attribute(target)] = &*node.targets
            && target.attr.as_str() == ATTRIBUTE
            && is_docstring_of(&node.value)
        {
            return;
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(node) if node.attr.as_str() == ATTRIBUTE && node.ctx.is_load() => {
                self.of(&node.value);
            }
            Expr::Name(node) if node.id.as_str() == ATTRIBUTE => self.read.own = true,
            Expr::Name(node) if node.ctx.is_load() => {
                self.read.passed.insert(node.id.to_string());
            }
            Expr::Attribute(node) => _ = self.read.passed.insert(node.attr.to_string()),
            Expr::StringLiteral(text) if text.value.to_str() == ATTRIBUTE => {
                self.read.values = true;
            }
            Expr::Call(call) => {
                // What is called is not passed on.
                match &*call.func {
                    Expr::Name(_) => {}
                    Expr::Attribute(function) => self.visit_expr(&function.value),
                    other => self.visit_expr(other),
                }
                self.visit_arguments(&call.arguments);
                return;
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// `f.__doc__`, or `getattr(f, '__doc__', None)`.
fn is_docstring_of(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(node) => node.attr.as_str() == ATTRIBUTE,
        Expr::Call(call) => {
            let is_getattr =
                matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "getattr");
            let name = call.arguments.args.get(1).and_then(Expr::as_string_literal_expr);
            is_getattr && name.is_some_and(|text| text.value.to_str() == ATTRIBUTE)
        }
        _ => false,
    }
}
