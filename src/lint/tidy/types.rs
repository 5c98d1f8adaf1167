//! Compares types by identity, which ruff reports (E721) and does not fix.
//!
//! Invariant: only a call of `type` with one argument that is compared with another, or with a builtin type; no program binds `type`
//! itself or a class with a metaclass of its own, so that `==` and `is` mean the same.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, Stmt};
use ruff_text_size::Ranged;

use crate::python::syntax;

/// Types whose names people compare with.
const TYPES: [&str; 11] = [
    "bool",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "set",
    "str",
    "tuple",
];

/// A program that compares types by `is` and `is not`.
pub(super) fn compared(source: &str) -> Result<String, String> {
    let program = syntax::module(source).map_err(|error| error.to_string())?;
    let mut search = Search { source, edits: Vec::new(), is_sure: true };
    search.visit_body(&program.body);
    if !search.is_sure {
        return Ok(source.to_owned());
    }
    let mut text = source.to_owned();
    search.edits.sort_unstable();
    for (at, word) in search.edits.into_iter().rev() {
        text.replace_range(at..at + 2, word);
    }
    Ok(text)
}

struct Search<'s> {
    source: &'s str,
    /// Where an operator begins, and what takes its place.
    edits: Vec<(usize, &'static str)>,
    is_sure: bool,
}

impl<'a> Visitor<'a> for Search<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::ClassDef(class) = stmt {
            self.is_sure &= class.arguments.as_ref().is_none_or(|it| it.keywords.is_empty());
            self.is_sure &= !is_type(class.name.as_str());
        }
        if let Stmt::FunctionDef(def) = stmt {
            self.is_sure &= !is_type(def.name.as_str());
        }
        walk_stmt(self, stmt);
    }

    fn visit_parameter(&mut self, parameter: &'a ruff_python_ast::Parameter) {
        self.is_sure &= !is_type(parameter.name.as_str());
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if !name.ctx.is_load() => self.is_sure &= !is_type(name.id.as_str()),
            Expr::Compare(compare) => {
                if let ([op @ (CmpOp::Eq | CmpOp::NotEq)], [right]) =
                    (&*compare.ops, &*compare.comparators)
                    && (gives_type(&compare.left) && (gives_type(right) || names_type(right))
                        || names_type(&compare.left) && gives_type(right))
                {
                    let between = compare.left.end().to_usize()..right.start().to_usize();
                    let written = if *op == CmpOp::Eq { "==" } else { "!=" };
                    let text = self.source.get(between.clone()).unwrap_or_default();
                    let word = if *op == CmpOp::Eq { "is" } else { "is not" };
                    // Without blanks around it, a word would run into what stands beside it.
                    if text == format!(" {written} ") {
                        self.edits.push((between.start + 1, word));
                    }
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

fn is_type(name: &str) -> bool {
    name == "type" || TYPES.contains(&name)
}

fn names_type(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if TYPES.contains(&name.id.as_str()))
}

fn gives_type(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    let is_type = matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "type");
    is_type && call.arguments.args.len() == 1 && call.arguments.keywords.is_empty()
}
