//! Cyclomatic complexity of a program: radon's `visitors.ComplexityVisitor`, without its report of single functions.
//!
//! Invariant: a statement counts in exactly one of the three sums, or, within a nested function or class, in none.

use ruff_python_ast::visitor::{Visitor, walk_body, walk_comprehension, walk_expr, walk_stmt};
use ruff_python_ast::{Comprehension, Expr, MatchCase, Pattern, Stmt};

/// `ComplexityVisitor.total_complexity`.
pub(super) fn total(body: &[Stmt]) -> u64 {
    let sums = Sums::of(body);
    1 + sums.own + sums.functions + sums.classes
}

#[derive(Default)]
struct Sums {
    /// Decisions outside functions and classes.
    own: u64,
    /// Decisions within functions; those of nested functions and classes are lost there (`visit_FunctionDef`).
    functions: u64,
    function_count: u64,
    /// Decisions within classes, and one for each method; those of nested classes are lost there (`visit_ClassDef`).
    classes: u64,
}

impl Sums {
    fn of(body: &[Stmt]) -> Self {
        let mut sums = Self::default();
        walk_body(&mut sums, body);
        sums
    }
}

/// `generic_visit` and the `visit_` functions of `ComplexityVisitor`.
impl Visitor<'_> for Sums {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            // Neither decorators nor parameters nor bases are looked at.
            Stmt::FunctionDef(function) => {
                self.functions += Self::of(&function.body).own;
                self.function_count += 1;
                return;
            }
            Stmt::ClassDef(class) => {
                let inner = Self::of(&class.body);
                self.classes += inner.own + inner.functions + inner.function_count;
                return;
            }
            // `visit_Assert` does not look into the assertion.
            Stmt::Assert(_) => {
                self.own += 1;
                return;
            }
            // `try` with `except*` is another node of Python's, which radon does not know.
            Stmt::Try(statement) if !statement.is_star => {
                self.own +=
                    statement.handlers.len() as u64 + u64::from(!statement.orelse.is_empty());
            }
            Stmt::If(statement) => {
                self.own += 1 + statement
                    .elif_else_clauses
                    .iter()
                    .filter(|clause| clause.test.is_some())
                    .count() as u64;
            }
            Stmt::For(statement) => self.own += 1 + u64::from(!statement.orelse.is_empty()),
            Stmt::While(statement) => self.own += 1 + u64::from(!statement.orelse.is_empty()),
            Stmt::Match(statement) => {
                let has_default = statement.cases.iter().any(is_default);
                self.own += (statement.cases.len() as u64).saturating_sub(u64::from(has_default));
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::BoolOp(operation) => {
                self.own += (operation.values.len() as u64).saturating_sub(1);
            }
            Expr::If(_) => self.own += 1,
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_comprehension(&mut self, comprehension: &Comprehension) {
        self.own += comprehension.ifs.len() as u64 + 1;
        walk_comprehension(self, comprehension);
    }
}

/// A case that takes everything: `_` or a name, even behind a guard.
fn is_default(case: &MatchCase) -> bool {
    matches!(&case.pattern, Pattern::MatchAs(pattern) if pattern.pattern.is_none())
}
