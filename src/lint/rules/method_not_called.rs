//! A method or function that a condition tests without calling it, which is always true.
//!
//! Invariant: only what is certainly a method or a function: one that the program defines and binds in no other way, or a test of
//! the standard library's that no class of the program has.

use std::collections::HashSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, ExprContext, Parameter, Stmt};

use super::{Found, scopes};

/// Methods of strings, paths, threads and numbers that answer a question and take no argument.
#[rustfmt::skip]
const TESTS: [&str; 18] = [
    "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace",
    "istitle", "isupper", "is_absolute", "is_alive", "is_dir", "is_file", "is_integer", "is_symlink",
];

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    let mut names = Names::default();
    names.visit_body(body);
    for stmt in body.iter().filter_map(Stmt::as_function_def_stmt) {
        if stmt.decorator_list.is_empty() {
            names.functions.insert(stmt.name.as_str());
        }
    }
    for class in scopes::bodies(body).into_iter().flatten().filter_map(Stmt::as_class_def_stmt) {
        for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
            let is_plain = method.decorator_list.is_empty();
            let kind = if is_plain { &mut names.methods } else { &mut names.attributes };
            kind.insert(method.name.as_str());
        }
    }
    Walk { names, found }.visit_body(body);
}

/// What the names of a program are.
#[derive(Default)]
struct Names<'a> {
    functions: HashSet<&'a str>,
    methods: HashSet<&'a str>,
    /// Variables, parameters and imports.
    variables: HashSet<&'a str>,
    /// Attributes that are bound, and methods that a decorator may have made something else.
    attributes: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    /// What an expression names, if that is certainly a function or a method.
    fn callable(&self, expr: &'a Expr) -> Option<&'a str> {
        match expr {
            Expr::Name(name) => {
                let name = name.id.as_str();
                (self.functions.contains(name) && !self.variables.contains(name)).then_some(name)
            }
            Expr::Attribute(of) => {
                let name = of.attr.as_str();
                let is_question = name.starts_with("is") || name.starts_with("has_");
                let is_method = self.methods.contains(name) && is_question || TESTS.contains(&name);
                let may_differ = self.attributes.contains(name) || self.variables.contains(name);
                (is_method && !may_differ).then_some(name)
            }
            _ => None,
        }
    }
}

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                let names = import.names.iter();
                let names = names.map(|it| it.asname.as_ref().unwrap_or(&it.name).as_str());
                self.variables.extend(names);
            }
            Stmt::ImportFrom(import) => {
                let names = import.names.iter();
                let names = names.map(|it| it.asname.as_ref().unwrap_or(&it.name).as_str());
                self.variables.extend(names);
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.variables.insert(name.id.as_str());
            }
            Expr::Attribute(of) if of.ctx != ExprContext::Load => {
                self.attributes.insert(of.attr.as_str());
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.variables.insert(parameter.name.as_str());
        visitor::walk_parameter(self, parameter);
    }
}

struct Walk<'a, 'f> {
    names: Names<'a>,
    found: &'f mut Found,
}

impl<'a> Walk<'a, '_> {
    /// Looks at an expression that is taken as true or false.
    fn condition(&mut self, condition: &'a Expr) {
        match condition {
            Expr::BoolOp(of) => of.values.iter().for_each(|value| self.condition(value)),
            Expr::UnaryOp(of) if of.op.is_not() => self.condition(&of.operand),
            _ => {
                if let Some(name) = self.names.callable(condition) {
                    self.found.on(condition, format!("`{name}` is tested without being called, so the condition is always the same"));
                }
            }
        }
    }
}

impl<'a> Visitor<'a> for Walk<'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::If(branch) => {
                self.condition(&branch.test);
                let tests =
                    branch.elif_else_clauses.iter().filter_map(|clause| clause.test.as_ref());
                tests.for_each(|test| self.condition(test));
            }
            Stmt::While(branch) => self.condition(&branch.test),
            Stmt::Assert(assert) => self.condition(&assert.test),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::If(branch) => self.condition(&branch.test),
            Expr::Compare(compare) => {
                if let ([CmpOp::Eq | CmpOp::NotEq | CmpOp::Is | CmpOp::IsNot], [right]) =
                    (&*compare.ops, &*compare.comparators)
                {
                    for (one, other) in [(&*compare.left, right), (right, &*compare.left)] {
                        if other.is_boolean_literal_expr() {
                            self.condition(one);
                        }
                    }
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_comprehension(&mut self, comprehension: &'a ruff_python_ast::Comprehension) {
        comprehension.ifs.iter().for_each(|test| self.condition(test));
        visitor::walk_comprehension(self, comprehension);
    }
}
