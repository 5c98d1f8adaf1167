//! A reply of a web server that is read whatever its status says.
//!
//! Invariant: a reply that is handed on may be checked there and is left alone.

use std::collections::HashSet;

use ruff_python_ast::{Expr, Stmt};

use super::imported::Imported;
use super::uses::Uses;
use super::{Found, scopes};

#[rustfmt::skip]
const REQUESTS: [&str; 7] = [
    "requests.get", "requests.post", "requests.put", "requests.patch", "requests.delete", "requests.request", "requests.options",
];
const READ: [&str; 6] = ["json", "text", "content", "iter_lines", "iter_content", "raw"];
const CHECKED: [&str; 5] = ["raise_for_status", "status_code", "ok", "reason", "history"];
const MESSAGE: &str = "the response is used without `raise_for_status()` or a look at its status";

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    let imported = Imported::of(body);
    let is_request = |expr: &Expr| {
        expr.as_call_expr().is_some_and(|call| imported.is_any(&call.func, &REQUESTS))
    };
    for of in scopes::picked(body, Expr::as_attribute_expr) {
        if is_request(&of.value) && READ.contains(&of.attr.as_str()) {
            found.on(&*of.value, MESSAGE);
        }
    }
    for scope in scopes::bodies(body) {
        let own = scopes::own_statements(scope);
        let replies = own.iter().filter_map(|stmt| {
            let assign = stmt.as_assign_stmt().filter(|assign| is_request(&assign.value))?;
            let [Expr::Name(name)] = &*assign.targets else { return None };
            Some((name.id.as_str(), &assign.value))
        });
        let mut replies = replies.peekable();
        if replies.peek().is_none() {
            continue;
        }
        let uses = Uses::of(scope);
        for (name, request) in replies {
            let is_checked = uses.has_any(name, &CHECKED) || uses.escapes(name, &HashSet::new());
            if uses.has_any(name, &READ) && !is_checked {
                found.on(&**request, MESSAGE);
            }
        }
    }
}
