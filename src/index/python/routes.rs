//! Routes of web applications that decorators declare, as Flask and FastAPI read them.
//!
//! Invariant: a route's path begins with `/`, so that other decorators with the same names are not taken for routes.

use std::collections::HashMap;

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};

use super::Source;
use super::syntax::{argument, dotted, string};
use crate::index::facts::LocalEndpoint;

/// The path that each blueprint or router of a module puts before its routes.
pub(super) fn prefixes(body: &[Stmt]) -> HashMap<String, String> {
    let prefix_of = |stmt: &Stmt| {
        let Stmt::Assign(assign) = stmt else { return None };
        let [Expr::Name(name)] = &*assign.targets else { return None };
        let Expr::Call(call) = &*assign.value else { return None };
        let class = dotted(&call.func)?;
        let keyword = match class.rsplit('.').next()? {
            "Blueprint" => "url_prefix",
            "APIRouter" => "prefix",
            _ => return None,
        };
        let prefix = string(argument(call, usize::MAX, keyword)?)?;
        Some((name.id.to_string(), prefix.to_owned()))
    };
    body.iter().filter_map(prefix_of).collect()
}

/// The routes that a function answers.
pub(super) fn endpoints(
    source: &Source<'_>,
    def: &StmtFunctionDef,
    handler: u32,
    prefixes: &HashMap<String, String>,
) -> Vec<LocalEndpoint> {
    let route = |decorator: &Expr| {
        let Expr::Call(call) = decorator else { return None };
        let Expr::Attribute(attribute) = &*call.func else { return None };
        let methods = match attribute.attr.as_str() {
            "route" => methods(call),
            name @ ("get" | "post" | "put" | "delete" | "patch" | "head" | "options") => {
                vec![name.to_uppercase()]
            }
            _ => return None,
        };
        let own = string(argument(call, 0, "path")?)?;
        let prefix = dotted(&attribute.value).and_then(|name| prefixes.get(&name));
        let path = prefix.map(String::as_str).unwrap_or_default().to_owned() + own;
        let line = source.line_of(decorator);
        path.starts_with('/').then_some(LocalEndpoint { handler, methods, path, line })
    };
    def.decorator_list.iter().filter_map(|decorator| route(&decorator.expression)).collect()
}

fn methods(call: &ExprCall) -> Vec<String> {
    let stated = match argument(call, usize::MAX, "methods") {
        Some(Expr::List(list)) => list.iter().filter_map(string).map(str::to_uppercase).collect(),
        Some(Expr::Tuple(tuple)) => {
            tuple.iter().filter_map(string).map(str::to_uppercase).collect()
        }
        Some(Expr::Set(set)) => set.iter().filter_map(string).map(str::to_uppercase).collect(),
        Some(_) | None => Vec::new(),
    };
    if stated.is_empty() { vec!["GET".to_owned()] } else { stated }
}
