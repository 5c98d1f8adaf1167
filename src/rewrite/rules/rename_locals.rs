//! Gives a function's local variables other names, after what they hold.
//!
//! Preconditions: the variable is bound by assignments and loops alone (no parameter, import, `def`, `class`, handler or pattern);
//! no `global` or `nonlocal` mentions its name; its text is not shown by `f'{x=}'`; the new name is used for nothing else.

use super::Found;
use crate::rewrite::fresh::Fresh;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::{Does, Origin, ScopeId, ScopeKind};
use crate::rewrite::types::Type;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    for (scope, kind) in program.references.scopes.iter().map(|scope| scope.kind).enumerate() {
        if kind != ScopeKind::Function || found.is_full() {
            continue;
        }
        let mut names: Vec<&str> = program.references.names_of(scope).into_iter().collect();
        names.retain(|name| is_renamable(program, scope, name));
        names.sort_by_key(|name| {
            program.references.variable(scope, name).first().map(|first| first.span.start)
        });
        let mut fresh = Fresh::default();
        let mut change = Change::default();
        for name in names {
            let new = fresh.name(program, wanted(program, scope, name));
            for reference in program.references.variable(scope, name) {
                change.replace(reference.span.clone(), new.clone());
            }
        }
        if !change.edits.is_empty() {
            found.add(change);
        }
    }
}

fn is_renamable(program: &Program<'_>, scope: ScopeId, name: &str) -> bool {
    let references = program.references.variable(scope, name);
    let is_plain = references.iter().all(|reference| {
        let is_named =
            matches!(reference.does, Does::Load | Does::Store | Does::Update | Does::Delete);
        is_named && !reference.shown && program.text(reference.span.clone()) == name
    });
    is_plain && !name.starts_with('_') && !program.references.is_declared(name)
}

/// Names that say what a variable holds.
fn wanted(program: &Program<'_>, scope: ScopeId, name: &str) -> &'static [&'static str] {
    let origins = program.references.origins().get(&(scope, name));
    let has = |test: &dyn Fn(&Origin<'_>) -> bool| {
        origins.is_some_and(|origins| origins.iter().any(test))
    };
    let is_element = has(&|origin| matches!(origin, Origin::Element(_)));
    let is_updated = has(&|origin| matches!(origin, Origin::Update(..)));
    match program.variable_type(scope, name) {
        Some(Type::Int | Type::Bool)
            if is_element || has(&|origin| matches!(origin, Origin::Counter)) =>
        {
            &["index", "position", "step", "idx"]
        }
        Some(Type::Int) if is_updated => &["count", "total", "tally", "amount"],
        Some(Type::Int) => &["number", "size", "amount", "quantity"],
        Some(Type::Float) => &["ratio", "amount", "measure"],
        Some(Type::Bool) => &["flag", "found", "is_done"],
        Some(Type::Str) if is_element => &["char", "letter", "symbol"],
        Some(Type::Str) => &["text", "word", "string"],
        Some(Type::None) => &["nothing", "missing"],
        Some(Type::List) => &["items", "values", "collected", "entries"],
        Some(Type::Tuple) => &["group", "pair"],
        Some(Type::Dict) => &["table", "mapping", "lookup"],
        Some(Type::Set) => &["seen", "unique", "members"],
        Some(Type::Range) => &["span", "steps"],
        None if is_element => &["item", "element", "entry", "member"],
        None => &["value", "current", "data", "temp"],
    }
}
