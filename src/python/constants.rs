//! The literals anywhere in a program, and how much of its text is tables of them.
//!
//! Invariant: docstrings are not literals, and each value is given once, in the order of the text.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::literal;
use super::module::Module;
use crate::sandbox::value::Value;

/// Longer texts are messages or data, not something to try as an input.
const MAX_TEXT: usize = 40;
const MAX_CONSTANTS: usize = 200;

/// Lists the numbers and short texts of a program.
pub fn constants(module: &Module) -> Vec<Value> {
    let mut found = Constants { source: module.source(), values: Vec::new() };
    found.visit_body(module.body());
    found.values
}

/// Entries from which a display of constants is a table.
const TABLE: usize = 10;

/// The share of a program's text that stands in tables: long lists, tuples, sets and dictionaries of constants.
pub fn table_share(module: &Module) -> f64 {
    let mut tables = Tables(0);
    tables.visit_body(module.body());
    tables.0 as f64 / module.source().trim().len().max(1) as f64
}

/// The bytes of the tables that have been met.
struct Tables(usize);

impl<'a> Visitor<'a> for Tables {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let entries = match expr {
            Expr::List(list) => list.elts.len(),
            Expr::Tuple(tuple) => tuple.elts.len(),
            Expr::Set(set) => set.elts.len(),
            Expr::Dict(dict) => dict.items.len(),
            _ => 0,
        };
        if entries >= TABLE && is_constant(expr) {
            self.0 += expr.range().to_std_range().len();
        } else {
            walk_expr(self, expr);
        }
    }
}

/// Whether an expression is made of literals alone.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::List(list) => list.elts.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_constant),
        Expr::Set(set) => set.elts.iter().all(is_constant),
        Expr::Dict(dict) => dict
            .items
            .iter()
            .all(|item| item.key.as_ref().is_some_and(is_constant) && is_constant(&item.value)),
        Expr::UnaryOp(unary) => is_constant(&unary.operand),
        expr => expr.is_literal_expr(),
    }
}

struct Constants<'a> {
    source: &'a str,
    values: Vec<Value>,
}

impl<'a> Visitor<'a> for Constants<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let is_docstring = matches!(stmt, Stmt::Expr(expr) if expr.value.is_string_literal_expr());
        if !is_docstring {
            walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if !matches!(expr, Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::BytesLiteral(_))
        {
            return walk_expr(self, expr);
        }
        let text = &self.source[expr.range().to_std_range()];
        if text.len() <= MAX_TEXT
            && self.values.len() < MAX_CONSTANTS
            && let Some(value) = literal::parse(text)
            && !self.values.contains(&value)
        {
            self.values.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_found_and_docstrings_are_not() {
        let module =
            Module::parse("T = {'a': 1}\ndef f(x):\n    'doc'\n    return x == 'b' or x > 1\n")
                .unwrap();
        assert_eq!(constants(&module), [Value::str("a"), Value::int(1), Value::str("b")]);
    }
}
