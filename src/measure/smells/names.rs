//! Smells of names: pylint's `variables` and `name` checkers.
//!
//! Invariant: a name counts as undefined only if no scope around it binds it anywhere.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::Stmt;

use super::scopes::{Bind, BindKind, Scope, ScopeKind, Scopes, Use};
use super::statements::docstring;
use super::{Found, is_ignored_argument};
use crate::python::builtins::is_builtin;
use crate::python::special::is_special;

const MAX_LOCALS: usize = 15;
const GOOD: [&str; 6] = ["i", "j", "k", "ex", "Run", "_"];
const BAD: [&str; 6] = ["foo", "bar", "baz", "toto", "tutu", "tata"];
/// Names that a class's body can use in addition to the builtins, and builtins that only
/// interactive use should rely on.
const ALSO_DEFINED: [&str; 6] =
    ["__qualname__", "__module__", "__annotations__", "copyright", "credits", "license"];

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    let scopes = Scopes::of(body);
    let used = resolve(&scopes, found);
    let comprehended: HashSet<(usize, &str)> = scopes
        .all
        .iter()
        .filter(|scope| scope.kind == ScopeKind::Comprehension)
        .flat_map(|scope| {
            scope.binds.iter().map(|bind| (scope.parent.unwrap_or_default(), bind.name))
        })
        .collect();
    for (at, scope) in scopes.all.iter().enumerate() {
        match scope.kind {
            ScopeKind::Module => module(&scopes, scope, &used, found),
            ScopeKind::Function => function(&scopes, at, &used, &comprehended, found),
            ScopeKind::Class | ScopeKind::Lambda | ScopeKind::Comprehension => {}
        }
        let parameters = scope.def.into_iter().flat_map(|def| def.parameters.iter());
        let parameters: HashSet<&str> = parameters.map(|of| of.name().as_str()).collect();
        for &Bind { name, kind, start } in &scope.binds {
            if !name.is_ascii() && !matches!(kind, BindKind::Import | BindKind::FutureImport) {
                found.add("C2401", start);
            }
            if kind == BindKind::Assigned && parameters.contains(name) {
                continue;
            }
            if let Some(message) = spelling(name, kind, scope.kind) {
                found.add(message, start);
            }
        }
    }
}

/// Whether pylint's default `dummy-variables-rgx` has the name.
fn is_dummy(name: &str) -> bool {
    is_ignored_argument(name) || name.starts_with("dummy")
}

/// Finds the scope of every name that is looked up, and counts those that have none.
fn resolve<'a>(scopes: &Scopes<'a>, found: &mut Found) -> HashSet<(usize, &'a str)> {
    let mut used = HashSet::new();
    for (at, scope) in scopes.all.iter().enumerate() {
        for &Use { name, is_guarded, start } in &scope.uses {
            match home(scopes, at, name) {
                Some(home) => {
                    used.insert((home, name));
                }
                None if is_guarded || scopes.has_star_import => {}
                None if is_builtin(name) || ALSO_DEFINED.contains(&name) => {}
                None => found.add("E0602", start),
            }
        }
    }
    used
}

/// The scope that binds a name for a use in another; the bodies of classes are seen from themselves only.
fn home(scopes: &Scopes, from: usize, name: &str) -> Option<usize> {
    let mut at = from;
    loop {
        let scope = scopes.all.get(at)?;
        if scope.is_global(name) {
            return scopes.all.first().filter(|module| module.binds(name)).map(|_| 0);
        }
        let is_hidden = scope.kind == ScopeKind::Class && at != from;
        if !is_hidden && !scope.nonlocals.contains(name) && scope.binds(name) {
            return Some(at);
        }
        at = scope.parent?;
    }
}

fn is_redefined_builtin(name: &str) -> bool {
    let is_own = ["__doc__", "__file__", "__cached__", "__class__"].contains(&name);
    !is_own && (is_builtin(name) || ["copyright", "credits", "license"].contains(&name))
}

fn module(scopes: &Scopes, scope: &Scope, used: &HashSet<(usize, &str)>, found: &mut Found) {
    let mut seen = HashSet::new();
    for bind in scope.binds.iter().filter(|bind| is_redefined_builtin(bind.name)) {
        if seen.insert(bind.name) {
            found.add("W0622", bind.start);
        }
    }
    let lists_its_names = scope.binds("__all__");
    for &Bind { name, kind, start } in &scope.binds {
        if kind == BindKind::Import && name != "*" && !lists_its_names && !used.contains(&(0, name))
        {
            found.add("W0611", start);
        }
    }
    for function in scopes.all.iter().filter(|scope| scope.kind == ScopeKind::Function) {
        globals(scopes, function, found);
    }
}

/// pylint's `visit_global`.
fn globals(scopes: &Scopes, function: &Scope, found: &mut Found) {
    let Some(module) = scopes.all.first() else { return };
    let body = function.def.map_or(&[][..], |def| &def.body);
    if function.globals.is_empty() {
        return;
    }
    // A global name that a function assigns is bound in the module: only the function's text shows
    // this.
    let inner = Scopes::of(body);
    let (here, all) = (bindings(inner.all.first()), bindings(Some(module)));
    for &global in &function.globals {
        let is_assigned = |name: &str| inner.all.first().is_some_and(|scope| scope.binds(name));
        let mut is_plain = true;
        for name in &global.names {
            if !is_assigned(name) {
                found.on("W0602", global);
                is_plain = false;
            } else if all.get(name.as_str()) <= here.get(name.as_str()) {
                found.on("W0601", global);
                is_plain = false;
            }
        }
        if is_plain {
            found.on("W0603", global);
        }
    }
}

/// How often a scope binds each name.
fn bindings<'a>(scope: Option<&Scope<'a>>) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for bind in scope.into_iter().flat_map(|scope| &scope.binds) {
        *counts.entry(bind.name).or_default() += 1;
    }
    counts
}

/// Names with the scope that binds them.
type Names<'a> = HashSet<(usize, &'a str)>;

fn function(scopes: &Scopes, at: usize, used: &Names, comprehended: &Names, found: &mut Found) {
    let (Some(module), Some(scope)) = (scopes.all.first(), scopes.all.get(at)) else { return };
    let Some(def) = scope.def else { return };
    let parent = scope.parent.and_then(|parent| scopes.all.get(parent));
    // pylint's `is_error`: a function that only raises may ignore everything.
    let code = def.body.get(usize::from(docstring(&def.body).is_some())..).unwrap_or_default();
    let only_raises = matches!(code, [Stmt::Raise(_)]);
    let local = |name: &str| !scope.nonlocals.contains(name);
    let is_parameter =
        |kind: BindKind| matches!(kind, BindKind::Parameter | BindKind::OtherParameter);
    let mut seen = HashSet::new();
    for &Bind { name, kind, start } in scope.binds.iter().filter(|bind| local(bind.name)) {
        if !seen.insert(name) {
            continue;
        }
        let is_ignored =
            if is_parameter(kind) { is_ignored_argument(name) } else { is_dummy(name) };
        if module.binds(name) {
            if !is_ignored {
                found.add("W0621", start);
            }
        } else if is_redefined_builtin(name) {
            found.add("W0622", start);
        }
        if only_raises
            || used.contains(&(at, name))
            || is_ignored
            || comprehended.contains(&(at, name))
        {
            continue;
        }
        match kind {
            BindKind::Parameter | BindKind::OtherParameter => {
                if !is_exempt_argument(scope, parent, name) {
                    found.add("W0613", start);
                }
            }
            BindKind::Import => found.add("W0611", start),
            BindKind::Assigned | BindKind::Constant | BindKind::Function | BindKind::Class => {
                found.add("W0612", start);
            }
            BindKind::DecoratedFunction | BindKind::FutureImport => {}
        }
    }
    let ignored = def
        .parameters
        .iter()
        .filter(|of| !of.is_variadic() && is_ignored_argument(of.name()))
        .count();
    let locals = seen.len().saturating_sub(ignored).saturating_sub(usize::from(seen.contains("_")));
    if locals > MAX_LOCALS {
        found.on("R0914", &def.name);
    }
}

/// pylint's `_check_unused_arguments`: arguments that an interface asks for. What a base asks for is unknown.
fn is_exempt_argument(scope: &Scope, parent: Option<&Scope>, name: &str) -> bool {
    let Some(def) = scope.def else { return false };
    let is_callback = def.name.starts_with("cb_") || def.name.ends_with("_cb");
    let Some(class) = parent.filter(|parent| parent.kind == ScopeKind::Class) else {
        return is_callback;
    };
    let is_static = def.decorator_list.iter().any(|decorator| {
        decorator.expression.as_name_expr().is_some_and(|name| name.id == "staticmethod")
    });
    let is_first = scope.binds.first().is_some_and(|first| first.name == name);
    let is_abstract = def.body.iter().all(|stmt| matches!(stmt, Stmt::Pass(_) | Stmt::Raise(_)));
    let is_known = ["__init__", "__new__"].contains(&def.name.as_str());
    is_callback
        || class.has_bases
        || is_abstract
        || (is_first && !is_static)
        || (is_special(&def.name) && !is_known)
}

/// C0103 and C0104: pylint's default naming styles.
fn spelling(name: &str, kind: BindKind, scope: ScopeKind) -> Option<&'static str> {
    let is_good = match (kind, scope) {
        (BindKind::Class, _) => {
            name.starts_with(|c: char| !c.is_ascii_lowercase())
                && !name.chars().skip(1).any(|c| c == '_')
        }
        (BindKind::Constant, ScopeKind::Module) => {
            !name.contains(|c: char| c.is_ascii_lowercase()) || is_special(name)
        }
        (BindKind::Parameter | BindKind::Assigned | BindKind::Constant, ScopeKind::Function)
        | (BindKind::Function | BindKind::DecoratedFunction, _) => {
            !name.contains(|c: char| c.is_ascii_uppercase())
        }
        // These are checked for bad names only.
        (BindKind::Assigned, ScopeKind::Module) => true,
        _ => return None,
    };
    match (GOOD.contains(&name), BAD.contains(&name), is_good) {
        (true, _, _) => None,
        (false, true, _) => Some("C0104"),
        (false, false, false) => Some("C0103"),
        (false, false, true) => None,
    }
}
