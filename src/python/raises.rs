//! The lines on which a program raises on purpose.
//!
//! Invariant: a line counts if a `raise` or an `assert` stands there, whatever it raises.

use std::collections::BTreeSet;

use ruff_python_ast::Stmt;
use ruff_python_ast::visitor::{self, Visitor};

use super::module::Module;
use super::syntax::{position, span_of};

/// The 1-based lines of a program's `raise` and `assert` statements, up to the last one of each.
pub fn raising_lines(module: &Module) -> BTreeSet<u32> {
    let mut walk = Walk { source: module.source(), lines: BTreeSet::new() };
    walk.visit_body(module.body());
    walk.lines
}

struct Walk<'s> {
    source: &'s str,
    lines: BTreeSet<u32>,
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if matches!(stmt, Stmt::Raise(_) | Stmt::Assert(_)) {
            let span = span_of(stmt);
            let first = position(self.source, span.start).0;
            let lines = self.source[span].lines().count();
            self.lines.extend((first..first + lines).map(|line| line as u32));
        }
        visitor::walk_stmt(self, stmt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_raise_are_found() {
        let source = "def f(x):\n    if x:\n        raise TypeError(\n            'no')\n    assert x\n    return 1 / x\n";
        let lines: Vec<u32> = raising_lines(&Module::parse(source).unwrap()).into_iter().collect();
        assert_eq!(lines, [3, 4, 5]);
    }
}
