//! Which variables of a function are whole numbers, as far as its text shows: only to such a one is one added by mistake.
//!
//! Invariant: a name is a number only if the function counts, measures or compares with it, or says so.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, Number, Operator, Parameters, Stmt};

/// Functions that give whole numbers.
const COUNTING: [&str; 7] = ["len", "int", "ord", "index", "find", "count", "rfind"];

/// Names that people give to nothing else.
const NAMES: [&str; 12] =
    ["i", "j", "n", "idx", "index", "pos", "position", "mid", "start", "end", "lo", "hi"];

/// The variables that are numbers.
#[derive(Debug, Default)]
pub(super) struct Numbers(BTreeSet<String>);

impl Numbers {
    pub(super) fn of(parameters: &Parameters, body: &[Stmt]) -> Self {
        let mut numbers = Self::default();
        for parameter in parameters.iter_non_variadic_params() {
            let is_int =
                |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "int");
            let parameter_is_int = parameter.annotation().is_some_and(is_int)
                || parameter.default.as_deref().is_some_and(is_whole);
            if parameter_is_int {
                numbers.0.insert(parameter.name().to_string());
            }
        }
        // What a number is set to is one, too.
        for _ in 0..2 {
            numbers.visit_body(body);
        }
        numbers
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name) || NAMES.contains(&name)
    }

    fn add(&mut self, expr: &Expr) {
        if let Expr::Name(name) = expr {
            self.0.insert(name.id.to_string());
        }
    }

    fn is_number(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => self.has(&name.id),
            Expr::BinOp(node) => {
                node.op != Operator::Div
                    && self.is_number(&node.left)
                    && self.is_number(&node.right)
            }
            Expr::Call(call) => match &*call.func {
                Expr::Name(name) => COUNTING.contains(&name.id.as_str()),
                Expr::Attribute(method) => COUNTING.contains(&method.attr.as_str()),
                _ => false,
            },
            expr => is_whole(expr),
        }
    }

    /// What a loop over `range` or `enumerate` counts with.
    fn counted(&mut self, target: &Expr, over: &Expr) {
        let Expr::Call(call) = over else { return };
        let Expr::Name(function) = &*call.func else { return };
        match (function.id.as_str(), target) {
            ("range", target) => self.add(target),
            ("enumerate", Expr::Tuple(pair)) => {
                if let Some(first) = pair.elts.first() {
                    self.add(first);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Numbers {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::For(node) => self.counted(&node.target, &node.iter),
            Stmt::Assign(node) if self.is_number(&node.value) => {
                node.targets.iter().for_each(|target| self.add(target));
            }
            Stmt::AugAssign(node) if self.is_number(&node.value) => self.add(&node.target),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        self.counted(&comprehension.target, &comprehension.iter);
        visitor::walk_comprehension(self, comprehension);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BinOp(node) if node.op != Operator::Mod && is_whole(&node.right) => {
                self.add(&node.left);
            }
            Expr::Compare(node) => {
                let is_order = node.ops.iter().all(|op| op.as_str().starts_with(['<', '>']));
                if is_order && node.comparators.iter().all(|other| self.is_number(other)) {
                    self.add(&node.left);
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

fn is_whole(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(literal) => matches!(literal.value, Number::Int(_)),
        Expr::UnaryOp(node) => is_whole(&node.operand),
        _ => false,
    }
}
