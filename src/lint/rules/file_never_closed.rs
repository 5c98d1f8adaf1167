//! A file that is opened and never closed.
//!
//! Invariant: a file that is handed on, returned or kept in an object may be closed there and is left alone, and so is one that is
//! opened by a descriptor, which others own.

use std::collections::HashSet;

use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::imported::Imported;
use super::uses::Uses;
use super::{Found, scopes};

const OPENING: [&str; 6] = ["open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open"];
/// What reads or writes a file that it is given, and leaves it open.
#[rustfmt::skip]
const USERS: [&str; 24] = [
    "json.load", "json.dump", "pickle.load", "pickle.dump", "yaml.load", "yaml.safe_load", "yaml.dump", "yaml.safe_dump",
    "csv.reader", "csv.writer", "csv.DictReader", "csv.DictWriter", "list", "tuple", "set", "sorted", "enumerate", "map", "filter",
    "sum", "max", "min", "print", "len",
];
const METHODS: [&str; 5] = ["read", "readline", "readlines", "write", "writelines"];
const MESSAGE: &str = "the file is never closed";

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    let imported = Imported::of(body);
    let opened = |expr: &Expr| opens(expr, &imported);
    let harmless: Vec<&Expr> = harmless(body, &imported);
    for file in &harmless {
        if opened(file) {
            found.on(*file, MESSAGE);
        }
    }
    for of in scopes::picked(body, Expr::as_attribute_expr) {
        if opened(&of.value) && METHODS.contains(&of.attr.as_str()) {
            found.on(&*of.value, MESSAGE);
        }
    }
    let harmless: HashSet<TextSize> = harmless.iter().map(Ranged::start).collect();
    for scope in scopes::bodies(body) {
        let own = scopes::own_statements(scope);
        let shared: HashSet<&str> = own.iter().copied().flat_map(declared_global).collect();
        let files = own.iter().filter_map(|stmt| {
            let assign = stmt.as_assign_stmt().filter(|assign| opened(&assign.value))?;
            let [Expr::Name(name)] = &*assign.targets else { return None };
            Some((name.id.as_str(), &assign.value))
        });
        let mut files = files.filter(|(name, _)| !shared.contains(name)).peekable();
        if files.peek().is_none() {
            continue;
        }
        let uses = Uses::of(scope);
        for (name, file) in files {
            if !uses.has_any(name, &["close", "__exit__", "detach"])
                && !uses.escapes(name, &harmless)
            {
                found.on(&**file, MESSAGE);
            }
        }
    }
}

/// Whether an expression opens a file by its name.
fn opens(expr: &Expr, imported: &Imported) -> bool {
    expr.as_call_expr().is_some_and(|call| {
        let is_descriptor = call.arguments.args.first().is_some_and(Expr::is_number_literal_expr);
        !is_descriptor && !call.arguments.is_empty() && imported.is_any(&call.func, &OPENING)
    })
}

/// The expressions that are read or written as files, and left open.
fn harmless<'a>(body: &'a [Stmt], imported: &Imported) -> Vec<&'a Expr> {
    let given = |call: &'a ExprCall| {
        let values = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        call.arguments.args.iter().chain(values)
    };
    let mut found: Vec<&Expr> = scopes::picked(body, Expr::as_call_expr)
        .into_iter()
        .filter(|call| imported.is_any(&call.func, &USERS))
        .flat_map(given)
        .collect();
    for scope in scopes::bodies(body) {
        let loops = scopes::own_statements(scope).into_iter().filter_map(Stmt::as_for_stmt);
        found.extend(loops.map(|stmt| &*stmt.iter));
    }
    let comprehensions = scopes::picked(body, |expr| match expr {
        Expr::ListComp(of) => Some(&of.generators),
        Expr::SetComp(of) => Some(&of.generators),
        Expr::DictComp(of) => Some(&of.generators),
        Expr::Generator(of) => Some(&of.generators),
        _ => None,
    });
    found.extend(comprehensions.into_iter().flatten().map(|part| &part.iter));
    found
}

fn declared_global(stmt: &Stmt) -> Vec<&str> {
    match stmt {
        Stmt::Global(declared) => {
            declared.names.iter().map(ruff_python_ast::Identifier::as_str).collect()
        }
        _ => Vec::new(),
    }
}
