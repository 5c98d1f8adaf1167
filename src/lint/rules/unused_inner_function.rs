//! A function within a function that nothing uses.
//!
//! Invariant: a decorator may keep the function, and a scope that looks itself up may use any name.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::Stmt;

use super::{Found, scopes};

/// What finds names without their being written.
const REFLECTION: [&str; 5] = ["locals", "vars", "eval", "exec", "dir"];

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    let functions = scopes::bodies(body).into_iter().flat_map(scopes::own_statements);
    for outer in functions.filter_map(Stmt::as_function_def_stmt) {
        let uses = uses(&outer.body);
        if REFLECTION.iter().any(|name| uses.contains_key(name)) {
            continue;
        }
        let own = scopes::own_statements(&outer.body);
        let outside: HashSet<&str> = own.iter().copied().flat_map(declared_outside).collect();
        for inner in own.iter().filter_map(|stmt| stmt.as_function_def_stmt()) {
            let name = inner.name.as_str();
            let is_free = inner.decorator_list.is_empty() && !outside.contains(name);
            // A call within itself alone does not use it.
            if is_free && uses.get(name) == self::uses(&inner.body).get(name) {
                found.on(
                    &inner.name,
                    format!("`{name}` is defined within a function that never uses it"),
                );
            }
        }
    }
}

/// How often each name is read.
fn uses(body: &[Stmt]) -> HashMap<&str, usize> {
    let mut uses = HashMap::new();
    let names = scopes::picked(body, |expr| expr.as_name_expr().filter(|name| name.ctx.is_load()));
    for name in names {
        *uses.entry(name.id.as_str()).or_default() += 1;
    }
    uses
}

/// The names that a statement makes those of an outer scope.
fn declared_outside(stmt: &Stmt) -> Vec<&str> {
    match stmt {
        Stmt::Global(declared) => {
            declared.names.iter().map(ruff_python_ast::Identifier::as_str).collect()
        }
        Stmt::Nonlocal(declared) => {
            declared.names.iter().map(ruff_python_ast::Identifier::as_str).collect()
        }
        _ => Vec::new(),
    }
}
