//! What a test mentions: the names that it calls or reads, and the arguments of its calls.
//!
//! Invariant: names are listed once, in the order of the text; nothing is evaluated.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtImport, StmtImportFrom};

use super::call::{self, Call};
use super::syntax::{self, span_of, with_replacements};

/// Lists the names that a text calls.
pub fn called_names(source: &str) -> Vec<String> {
    let mut called = Called::default();
    if let Ok(module) = syntax::module(source) {
        called.visit_body(&module.body);
    }
    called.0.names
}

/// Lists the names that a text reads or binds.
pub fn mentioned_names(source: &str) -> Vec<String> {
    let mut mentioned = Mentioned::default();
    if let Ok(module) = syntax::module(source) {
        mentioned.visit_body(&module.body);
    }
    mentioned.0.names
}

/// Lists the calls of a function whose arguments are literals.
pub fn literal_calls(source: &str, name: &str) -> Vec<Call> {
    let mut calls = LiteralCalls { source, name, found: Vec::new() };
    if let Ok(module) = syntax::module(source) {
        calls.visit_body(&module.body);
    }
    calls.found
}

/// A text without its imports of a module whose names are there anyway; other names that they give are bound instead.
pub fn without_imports_of(source: &str, module: &str) -> String {
    let mut imports = Imports { module, depth: 0, found: Vec::new() };
    if let Ok(parsed) = syntax::module(source) {
        imports.visit_body(&parsed.body);
    }
    with_replacements(source, imports.found)
}

/// Names, each once, in the order of the text.
#[derive(Default)]
struct Names {
    names: Vec<String>,
    known: HashSet<String>,
}

impl Names {
    fn add(&mut self, name: &str) {
        if !self.known.contains(name) {
            self.known.insert(name.to_owned());
            self.names.push(name.to_owned());
        }
    }
}

/// The names that are called.
#[derive(Default)]
pub(super) struct Called(Names);

impl Called {
    /// The names, each once.
    pub(super) fn names(&self) -> &[String] {
        &self.0.names
    }

    /// Whether a name is called.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.known.contains(name)
    }
}

impl<'a> Visitor<'a> for Called {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Name(name) = &*call.func
        {
            self.0.add(&name.id);
        }
        walk_expr(self, expr);
    }
}

#[derive(Default)]
struct Mentioned(Names);

impl<'a> Visitor<'a> for Mentioned {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.add(&name.id);
        }
        walk_expr(self, expr);
    }
}

struct LiteralCalls<'s> {
    source: &'s str,
    name: &'s str,
    found: Vec<Call>,
}

impl<'a> Visitor<'a> for LiteralCalls<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(node) = expr
            && matches!(&*node.func, Expr::Name(name) if name.id.as_str() == self.name)
        {
            self.found.extend(call::of(self.source, node));
        }
        walk_expr(self, expr);
    }
}

struct Imports<'s> {
    module: &'s str,
    /// Statements that the current one stands in.
    depth: usize,
    found: Vec<(std::ops::Range<usize>, String)>,
}

impl Imports<'_> {
    /// What takes the place of an import; `None` if it is of another module.
    fn replacement(&self, stmt: &Stmt) -> Option<String> {
        match stmt {
            Stmt::Import(StmtImport { names, .. }) => {
                let [alias] = names.as_slice() else { return None };
                let name = alias.asname.as_ref().unwrap_or(&alias.name);
                let space = "__import__('types').SimpleNamespace(**globals())";
                (alias.name.as_str() == self.module).then(|| format!("{name} = {space}"))
            }
            Stmt::ImportFrom(StmtImportFrom { module: Some(module), names, level: 0, .. })
                if module.as_str() == self.module =>
            {
                let renamed = names.iter().filter_map(|alias| {
                    let name =
                        alias.asname.as_deref().filter(|name| *name != alias.name.as_str())?;
                    Some(format!("{name} = {}", alias.name))
                });
                Some(renamed.collect::<Vec<_>>().join("; "))
            }
            _ => None,
        }
    }
}

impl<'a> Visitor<'a> for Imports<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match self.replacement(stmt) {
            // A block must not become empty.
            Some(text) if text.is_empty() && self.depth > 0 => {
                self.found.push((span_of(stmt), "pass".into()));
            }
            Some(text) => self.found.push((span_of(stmt), text)),
            None => {
                self.depth += 1;
                walk_stmt(self, stmt);
                self.depth -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_called_as_functions_not_as_methods() {
        assert_eq!(called_names("assert set(f(g(1), f(2))) == set(h.k(1))"), ["set", "f", "g"]);
    }

    #[test]
    fn a_function_may_be_mentioned_without_a_call() {
        assert_eq!(mentioned_names("assert list(map(f, [x])) == [1]"), ["list", "map", "f", "x"]);
    }

    #[test]
    fn calls_are_found_anywhere_in_a_text() {
        let calls = literal_calls("assert set(f((1, 2), [3])) == {1}\nassert f(x) == g(1)", "f");
        let shown: Vec<String> = calls.iter().filter_map(Call::to_source).collect();
        assert_eq!(shown, ["(1, 2), [3]"]);
    }

    #[test]
    fn imports_of_a_module_give_way_to_the_names_that_are_there() {
        let without = |text: &str| without_imports_of(text, "solution");
        let text = "import math\nfrom solution import (f,\n    g as h, f as f)\ndef t():\n    from solution import f\n    f()\n";
        assert_eq!(without(text), "import math\nh = g\ndef t():\n    pass\n    f()\n");
        let space = "__import__('types').SimpleNamespace(**globals())";
        assert_eq!(without("import solution as s\n"), format!("s = {space}\n"));
        for other in
            ["from .solution import f\n", "import a, b\n", "from solution.a import f\n", "1 +\n"]
        {
            assert_eq!(without(other), other);
        }
    }
}
