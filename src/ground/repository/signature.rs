//! Calls and signatures in inline code, held against the parameters of what they call.
//!
//! Invariant: a call with literals has to bind; a signature has the parameters of the code, in order, and may leave out only
//! those with defaults unless it is said to be the signature.

use super::file::Symbol;
use super::known::SymbolId;
use super::resolve::Resolver;
use super::values::is_same;
use crate::python::fragment::{Fragment, read};
use crate::python::vocabulary::squeezed;
use crate::python::{Function, Module, Param, ParamKind};

/// What is wrong with a call or signature of some functions; nothing if it fits one of them.
pub fn fault(
    resolver: &Resolver<'_>,
    ids: &[SymbolId],
    arguments: &str,
    is_whole: bool,
) -> Option<String> {
    let callables: Vec<&Symbol> = ids.iter().filter_map(|id| callable(resolver, *id)).collect();
    if callables.is_empty() {
        return None;
    }
    let fits = |symbol: &&Symbol| {
        // The text writes a method without `self`, or with it.
        let params = own_params(symbol);
        match (read(&format!("f({arguments})")), stated_params(arguments)) {
            (Fragment::Call { call, .. }, _) if !is_whole => call.bind(&function(params)),
            (_, Some((stated, is_open))) => {
                is_signature(&stated, params, is_whole && !is_open, is_open)
                    || is_signature(&stated, symbol.params(), is_whole && !is_open, is_open)
            }
            (_, None) => false,
        }
    };
    if callables.iter().any(fits) {
        return None;
    }
    let shown = shown(own_params(callables[0]));
    Some(format!("the signature is `{}({shown})`", callables[0].last_name()))
}

/// The function behind a symbol; the constructor of a class.
fn callable<'r>(resolver: &Resolver<'r>, id: SymbolId) -> Option<&'r Symbol> {
    let repository = resolver.repository;
    let symbol = repository.symbol(id);
    if symbol.is_class() {
        let mut members = resolver.members(id).into_iter().map(|id| repository.symbol(id));
        return members.find(|symbol| symbol.last_name() == "__init__");
    }
    symbol.is_callable().then_some(symbol)
}

fn own_params(symbol: &Symbol) -> &[Param] {
    match symbol.params().split_first() {
        Some((first, rest)) if ["self", "cls"].contains(&first.name.as_str()) => rest,
        Some(_) | None => symbol.params(),
    }
}

/// The parameters that a text writes in brackets, and whether it leaves some out with dots.
fn stated_params(arguments: &str) -> Option<(Vec<Param>, bool)> {
    let trimmed = arguments.trim();
    let closed = trimmed.trim_end_matches(['.', '…']).trim_end().trim_end_matches(',');
    let is_open = trimmed.ends_with("...") || trimmed.ends_with('…');
    let inner = if is_open { closed } else { trimmed };
    let module = Module::parse(&format!("def f({inner}): pass")).ok()?;
    Some((module.function("f")?.params.clone(), is_open))
}

fn is_signature(stated: &[Param], actual: &[Param], is_whole: bool, is_open: bool) -> bool {
    if stated.len() > actual.len() {
        return false;
    }
    let is_same_param = |(stated, actual): (&Param, &Param)| {
        let same_default = match (&stated.default, &actual.default) {
            (None, None) => true,
            (Some(stated), Some(actual)) => is_same(actual, stated),
            // A call may be shown with its parameters' names alone.
            (None, Some(_)) => !is_whole,
            (Some(_), None) => false,
        };
        let same_type = match (&stated.annotation, &actual.annotation) {
            (Some(stated), Some(actual)) => squeezed(stated) == squeezed(actual),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let same_kind = is_variadic(stated) == is_variadic(actual);
        stated.name == actual.name && same_default && same_type && same_kind
    };
    let rest = &actual[stated.len()..];
    let may_end = if is_whole {
        rest.is_empty()
    } else {
        is_open || rest.iter().all(|param| !param.is_required())
    };
    stated.iter().zip(actual).all(is_same_param) && may_end
}

fn is_variadic(param: &Param) -> Option<ParamKind> {
    Some(param.kind).filter(|kind| matches!(kind, ParamKind::VarPositional | ParamKind::VarKeyword))
}

/// A function with these parameters, for calls to be bound to.
pub fn function(params: &[Param]) -> Function {
    Function {
        name: "f".into(),
        is_async: false,
        is_generator: false,
        is_public: true,
        params: params.to_vec(),
        returns: None,
        docstring: None,
        span: 0..0,
        line: 1,
    }
}

fn shown(params: &[Param]) -> String {
    let one = |param: &Param| {
        let mark = match param.kind {
            ParamKind::VarPositional => "*",
            ParamKind::VarKeyword => "**",
            ParamKind::PositionalOnly | ParamKind::PositionalOrKeyword | ParamKind::KeywordOnly => {
                ""
            }
        };
        match &param.default {
            Some(default) => format!("{mark}{}={default}", param.name),
            None => format!("{mark}{}", param.name),
        }
    };
    params.iter().map(one).collect::<Vec<_>>().join(", ")
}
