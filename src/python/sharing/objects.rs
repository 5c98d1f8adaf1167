//! What expressions name.
//!
//! Invariant: attributes of all objects share their names, written with a dot.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, ExprCall};

use super::super::builtins::is_builtin;

/// Whether comparing these by `is` says more than comparing them by `==`: a singleton is the same however it got here.
pub(super) fn is_identity<'e>(operands: impl Iterator<Item = &'e Expr>) -> bool {
    let mut operands = operands.take(2);
    let is_singleton = |expr: &Expr| match expr {
        Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) | Expr::EllipsisLiteral(_) => true,
        // Copies of a class are the class.
        Expr::Name(name) => is_builtin(&name.id),
        // Its argument decides.
        Expr::Call(call) => callee(call) == Some("type"),
        _ => false,
    };
    !operands.any(is_singleton)
}

/// The name that a value has: a variable's, or that of an attribute of any object.
pub(super) fn name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!(".{}", attribute.attr)),
        _ => None,
    }
}

/// The name of the function or method that is called.
pub(super) fn callee(call: &ExprCall) -> Option<&str> {
    match &*call.func {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr),
        _ => None,
    }
}

/// The name of the object that an expression leads into.
pub(super) fn root(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Subscript(subscript) => root(&subscript.value),
        _ => name(expr),
    }
}

/// The names of all objects that are handed over with a value.
pub(super) fn roots(expr: &Expr, found: &mut BTreeSet<String>) {
    match expr {
        Expr::List(list) => list.elts.iter().for_each(|item| roots(item, found)),
        Expr::Tuple(tuple) => tuple.elts.iter().for_each(|item| roots(item, found)),
        Expr::Dict(dict) => dict.items.iter().for_each(|item| roots(&item.value, found)),
        Expr::Starred(starred) => roots(&starred.value, found),
        _ => found.extend(root(expr)),
    }
}
