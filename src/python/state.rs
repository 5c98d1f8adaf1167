//! Which names of a module its functions change while the program runs.
//!
//! Invariant: a name counts if the module itself binds it and a function rebinds it, puts something into it or calls a method of
//! it that changes builtin collections.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::syntax;

/// Methods that change lists, sets, dictionaries and deques.
const MUTATORS: [&str; 19] = [
    "add",
    "append",
    "appendleft",
    "clear",
    "difference_update",
    "discard",
    "extend",
    "extendleft",
    "insert",
    "intersection_update",
    "move_to_end",
    "pop",
    "popitem",
    "popleft",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "update",
];

/// A name of a module, and the function or class of the module that changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub name: String,
    pub by: String,
}

/// Lists what the functions of a module change, each pair once, in the order of the text.
pub fn changes(source: &str) -> Vec<Change> {
    let Ok(module) = syntax::module(source) else { return Vec::new() };
    let mut bound = Bound::default();
    module.body.iter().for_each(|stmt| bound.statement(stmt));
    let mut found: Vec<Change> = Vec::new();
    for stmt in &module.body {
        let by = match stmt {
            Stmt::FunctionDef(def) => &def.name,
            Stmt::ClassDef(class) => &class.name,
            _ => continue,
        };
        let mut walk = Walk { module: &bound.0, scopes: Vec::new(), changed: Vec::new() };
        walk.visit_stmt(stmt);
        for name in walk.changed {
            let change = Change { name, by: by.to_string() };
            if !found.contains(&change) {
                found.push(change);
            }
        }
    }
    found
}

/// Names that the statements of a module bind outside of functions.
#[derive(Default)]
struct Bound(HashSet<String>);

impl Bound {
    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(assign) => assign.targets.iter().for_each(|target| self.target(target)),
            Stmt::AnnAssign(assign) => self.target(&assign.target),
            Stmt::AugAssign(assign) => self.target(&assign.target),
            Stmt::If(branch) => {
                branch.body.iter().for_each(|stmt| self.statement(stmt));
                let clauses = branch.elif_else_clauses.iter();
                clauses.flat_map(|clause| &clause.body).for_each(|stmt| self.statement(stmt));
            }
            Stmt::Try(attempt) => {
                let all = attempt.body.iter().chain(&attempt.orelse).chain(&attempt.finalbody);
                all.for_each(|stmt| self.statement(stmt));
            }
            _ => {}
        }
    }

    fn target(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => {
                self.0.insert(name.id.to_string());
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|one| self.target(one)),
            _ => {}
        }
    }
}

/// The names that one function binds for itself, and those that it takes from the module.
#[derive(Default)]
struct Scope {
    local: HashSet<String>,
    global: HashSet<String>,
}

struct Walk<'m> {
    module: &'m HashSet<String>,
    scopes: Vec<Scope>,
    changed: Vec<String>,
}

impl Walk<'_> {
    /// Notes a change of what stands at the root of `X[...]`, `X.a` or `X.a[...]`.
    fn change(&mut self, target: &Expr) {
        let mut root = target;
        loop {
            root = match root {
                Expr::Subscript(subscript) => &subscript.value,
                Expr::Attribute(attribute) => &attribute.value,
                _ => break,
            };
        }
        let Expr::Name(name) = root else { return };
        let name = name.id.as_str();
        let is_local = self.scopes.iter().any(|scope| scope.local.contains(name));
        if self.module.contains(name) && !is_local && !self.scopes.is_empty() {
            self.changed.push(name.to_owned());
        }
    }

    fn assigned(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => {
                let is_global =
                    self.scopes.last().is_some_and(|scope| scope.global.contains(name.id.as_str()));
                if is_global {
                    self.changed.push(name.id.to_string());
                }
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|one| self.assigned(one)),
            Expr::Subscript(_) | Expr::Attribute(_) => self.change(target),
            _ => {}
        }
    }
}

/// What the body of a function binds, nested functions left out.
fn scope(body: &[Stmt]) -> Scope {
    struct Names(Scope);
    impl<'a> Visitor<'a> for Names {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                Stmt::Global(global) => {
                    self.0.global.extend(global.names.iter().map(ToString::to_string));
                }
                _ => walk_stmt(self, stmt),
            }
        }

        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::Name(name) = expr
                && name.ctx.is_store()
            {
                self.0.local.insert(name.id.to_string());
            }
            walk_expr(self, expr);
        }
    }
    let mut names = Names(Scope::default());
    body.iter().for_each(|stmt| names.visit_stmt(stmt));
    let Scope { mut local, global } = names.0;
    local.retain(|name| !global.contains(name));
    Scope { local, global }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                let mut scope = scope(&def.body);
                scope.local.extend(def.parameters.iter().map(|param| param.name().to_string()));
                self.scopes.push(scope);
                self.visit_body(&def.body);
                self.scopes.pop();
                return;
            }
            Stmt::Assign(assign) => assign.targets.iter().for_each(|one| self.assigned(one)),
            Stmt::AnnAssign(assign) => self.assigned(&assign.target),
            Stmt::AugAssign(assign) => self.assigned(&assign.target),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|one| self.assigned(one)),
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Attribute(method) = &*call.func
            && MUTATORS.contains(&method.attr.as_str())
        {
            self.change(&method.value);
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_functions_change_are_told_with_who_changes_them() {
        let source = "import os\nCOUNT = 0\nITEMS, SETTINGS = [], {}\nFIXED = (1, 2)\n\ndef count():\n    global COUNT\n    COUNT += 1\n    return COUNT\n\ndef configure(key, value):\n    SETTINGS[key] = value\n\nclass Registry:\n    def add(self, item):\n        ITEMS.append(item)\n        self.items.append(item)\n\ndef local(ITEMS):\n    COUNT = 1\n    ITEMS.append(COUNT)\n    return FIXED, os.environ.pop('a')\n\nSETTINGS['a'] = 1\n";
        let found: Vec<(String, String)> =
            changes(source).into_iter().map(|change| (change.name, change.by)).collect();
        let expected = [("COUNT", "count"), ("SETTINGS", "configure"), ("ITEMS", "Registry")];
        assert_eq!(found, expected.map(|(name, by)| (name.to_owned(), by.to_owned())));
        assert_eq!(changes("def broken(:"), []);
    }
}
