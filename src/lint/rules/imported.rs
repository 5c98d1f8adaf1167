//! What names refer to that a program imports: `r.get` is `requests.get` behind `import requests as r`.
//!
//! Invariant: a name that is bound in any other way as well refers to nothing here.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt};

/// The imports of a program, wherever they are.
pub(super) struct Imported {
    names: HashMap<String, String>,
    bound: HashSet<String>,
}

impl Imported {
    pub(super) fn of(body: &[Stmt]) -> Self {
        let mut imported = Self { names: HashMap::new(), bound: HashSet::new() };
        imported.visit_body(body);
        imported
    }

    /// The dotted name of what an expression refers to: an import, what is in it, or a builtin.
    pub(super) fn resolve(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Name(name) if self.bound.contains(name.id.as_str()) => None,
            Expr::Name(name) => Some(
                self.names.get(name.id.as_str()).cloned().unwrap_or_else(|| name.id.to_string()),
            ),
            Expr::Attribute(of) => Some(format!("{}.{}", self.resolve(&of.value)?, of.attr)),
            _ => None,
        }
    }

    /// Whether an expression refers to one of the names.
    pub(super) fn is_any(&self, expr: &Expr, names: &[&str]) -> bool {
        self.resolve(expr).is_some_and(|name| names.contains(&name.as_str()))
    }
}

impl<'a> Visitor<'a> for Imported {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.as_str();
                    let top = module.split('.').next().unwrap_or(module);
                    match &alias.asname {
                        Some(name) => self.names.insert(name.to_string(), module.to_owned()),
                        None => self.names.insert(top.to_owned(), top.to_owned()),
                    };
                }
            }
            Stmt::ImportFrom(import) => {
                let dots = ".".repeat(import.level as usize);
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.names.insert(name.to_string(), format!("{dots}{module}.{}", alias.name));
                }
            }
            Stmt::FunctionDef(function) => {
                self.bound.insert(function.name.to_string());
            }
            Stmt::ClassDef(class) => {
                self.bound.insert(class.name.to_string());
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr
            && name.ctx == ExprContext::Store
        {
            self.bound.insert(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'a ruff_python_ast::Parameter) {
        self.bound.insert(parameter.name.to_string());
        visitor::walk_parameter(self, parameter);
    }
}
