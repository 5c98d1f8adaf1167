//! A program that sleeps for a fixed time, for no reason that shows.
//!
//! Invariant: waiting between tries or rounds is left alone, and so is a time that is computed or passed in.

use ruff_python_ast::visitor::{Visitor, walk_except_handler, walk_expr, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Number, Stmt};

use super::Found;
use super::imported::Imported;

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    let imported = Imported::of(body);
    Walk { imported, waits: 0, found }.visit_body(body);
}

struct Walk<'f> {
    imported: Imported,
    /// Loops and handlers around: these wait for something.
    waits: usize,
    found: &'f mut Found,
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let outside = self.waits;
        match stmt {
            Stmt::While(_) | Stmt::For(_) => self.waits += 1,
            Stmt::FunctionDef(_) => self.waits = 0,
            _ => {}
        }
        walk_stmt(self, stmt);
        self.waits = outside;
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        self.waits += 1;
        walk_except_handler(self, handler);
        self.waits -= 1;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && self.waits == 0
            && self.imported.is_any(&call.func, &["time.sleep"])
            && call.arguments.args.first().is_some_and(is_some_time)
        {
            self.found.on(call, "sleeps for a fixed time; was this left in on purpose?");
        }
        walk_expr(self, expr);
    }
}

fn is_some_time(time: &Expr) -> bool {
    match time {
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(int) => int.as_u64() != Some(0),
            Number::Float(float) => *float > 0.0,
            Number::Complex { .. } => false,
        },
        _ => false,
    }
}
