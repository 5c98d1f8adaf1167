//! Gives a function's local variables whose names say nothing others, after what they hold.
//!
//! Preconditions: the name says nothing, and no comment or docstring has it; where the values come from says what they are, and nothing
//! else in the function would be called the same; the variable is bound by assignments and loops alone (no parameter, import, `def`, `class`, handler or pattern);
//! no `global` or `nonlocal` mentions its name; its text is not shown by `f'{x=}'`; the new name is used for nothing else; no handler of
//! the program can show the message that a variable is not bound, which names it.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ExceptHandler, Stmt};

use super::{Found, MAX_LOOKED};
use crate::rewrite::fresh::Fresh;
use crate::rewrite::layout::Change;
use crate::rewrite::naming::{is_generic, said, words_in_prose};
use crate::rewrite::program::Program;
use crate::rewrite::references::{Does, ScopeId, ScopeKind};

/// What `UnboundLocalError` is caught as, in part: also `except (KeyError, Exception)`.
const CATCHING: [&str; 4] = ["Exception", "NameError", "UnboundLocalError", "StandardError"];
/// What gives the exception that is handled, without a name for it.
const ASKING: [&str; 4] = ["exc_info", "exception", "format_exc", "last_exc"];

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    if catches_unbound(program) {
        return;
    }
    let words = words_in_prose(program);
    for (scope, kind) in program.references.scopes.iter().map(|scope| scope.kind).enumerate() {
        if kind != ScopeKind::Function || found.is_full() {
            continue;
        }
        let mut names: Vec<&str> = program.references.names_of(scope).into_iter().collect();
        names.retain(|name| {
            is_generic(name) && !words.contains(name) && is_renamable(program, scope, name)
        });
        names.sort_by_key(|name| {
            program.references.variable(scope, name).first().map(|first| first.span.start)
        });
        let wanted: Vec<(&str, Option<String>)> =
            names.into_iter().map(|name| (name, said(program, scope, name))).collect();
        if program.references.looked() > MAX_LOOKED {
            return;
        }
        let mut fresh = Fresh::default();
        let mut change = Change::default();
        for (name, new) in &wanted {
            // A name for one of several that are alike would set it apart from the others.
            let is_shared = wanted.iter().filter(|(_, other)| other == new).nth(1).is_some();
            let Some(new) = fresh.name(program, new.as_ref().filter(|_| !is_shared)) else {
                continue;
            };
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

/// Whether a handler has the exception about a variable that is not bound, and may show it.
fn catches_unbound(program: &Program<'_>) -> bool {
    let handlers =
        program.blocks.iter().flat_map(|block| block.body).filter_map(|stmt| match stmt {
            Stmt::Try(node) => Some(&node.handlers),
            _ => None,
        });
    let shows = |ExceptHandler::ExceptHandler(handler): &ExceptHandler| {
        let of = handler.type_.as_deref();
        let is_caught = of.is_none_or(|of| {
            let text = program.text_of(of);
            CATCHING.iter().any(|name| text.contains(name))
        });
        is_caught && (handler.name.is_some() || asks_for_exception(program))
    };
    handlers.flatten().any(shows)
}

/// Whether the program asks which exception is handled.
fn asks_for_exception(program: &Program<'_>) -> bool {
    let names = program.tokens.iter().filter(|(kind, _)| *kind == TokenKind::Name);
    names.map(|(_, span)| program.text(span.clone())).any(|name| ASKING.contains(&name))
}
