//! What the statements of a body do, in short.
//!
//! Invariant: what nested functions and classes raise and yield is theirs.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::Source;
use super::syntax::{docstring, dotted};
use crate::index::entities::Raise;

/// What the statements of a body are, nested functions and classes apart.
pub(super) struct Summary<'s, 'a> {
    source: &'s Source<'a>,
    pub raises: Vec<Raise>,
    pub yields: bool,
    pub statements: u32,
    /// Whether the walk is in a nested function or class.
    is_nested: bool,
}

impl<'s, 'a> Summary<'s, 'a> {
    pub fn of(source: &'s Source<'a>, body: &'a [Stmt]) -> Self {
        let mut summary =
            Self { source, raises: Vec::new(), yields: false, statements: 0, is_nested: false };
        summary.visit_body(body);
        summary.statements -= u32::from(docstring(body).is_some());
        summary
    }
}

impl<'a> Visitor<'a> for Summary<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.statements += 1;
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                let was = std::mem::replace(&mut self.is_nested, true);
                walk_stmt(self, stmt);
                self.is_nested = was;
            }
            Stmt::Raise(raise) if !self.is_nested => {
                let exception = match raise.exc.as_deref() {
                    None => Some(String::new()),
                    Some(Expr::Call(call)) => dotted(&call.func),
                    Some(other) => dotted(other),
                };
                if let Some(exception) = exception {
                    self.raises.push(Raise { exception, line: self.source.line_of(raise) });
                }
                walk_stmt(self, stmt);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Yield(_) | Expr::YieldFrom(_) => self.yields |= !self.is_nested,
            Expr::Lambda(_) => {}
            _ => walk_expr(self, expr),
        }
    }
}
