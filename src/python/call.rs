//! Calls with literal arguments, as models propose them and as source text contains them.
//!
//! Invariant: a `Call` holds values, and text that only a guest evaluates; writing and reading one back never runs anything.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ruff_python_ast::{Expr, ExprCall, Stmt};

use super::function::{Function, Param, ParamKind};
use super::identifier::is_identifier;
use super::literal::{LiteralArguments, Reader};
use super::syntax::{self, text};
use crate::fences;
use crate::sandbox::value::Value;

/// Bytes of a reply that are read.
const MAX_REPLY: usize = 1 << 20;
/// Lines a proposal may span in a reply that does not parse as a whole.
const MAX_ENTRY_LINES: usize = 50;

/// The arguments of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub args: Vec<Value>,
    pub kwargs: Vec<(String, Value)>,
    /// The text the call was read from.
    pub source: String,
}

/// The calls of a reply, with the number of entries that could not be used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calls {
    pub calls: Vec<Call>,
    pub skipped: usize,
}

impl Call {
    /// Writes the arguments as between the parentheses of a call.
    ///
    /// `None` where a value has no literal or a keyword is no identifier.
    pub fn to_source(&self) -> Option<String> {
        let mut parts = Vec::new();
        for value in &self.args {
            parts.push(value.to_source()?);
        }
        for (name, value) in &self.kwargs {
            if !is_identifier(name) {
                return None;
            }
            parts.push(format!("{name}={}", value.to_source()?));
        }
        Some(parts.join(", "))
    }

    /// Whether every argument is a literal.
    pub fn is_literal(&self) -> bool {
        let mut values = self.args.iter().chain(self.kwargs.iter().map(|(_, value)| value));
        values.all(|value| value.to_literal().is_some())
    }

    /// The argument for one of the function's parameters.
    pub fn argument(&self, function: &Function, at: usize) -> Option<&Value> {
        let param = function.params.get(at)?;
        let by_name = self.kwargs.iter().find(|(name, _)| *name == param.name);
        match by_name {
            Some((_, value)) => Some(value),
            None => match param.kind {
                ParamKind::PositionalOnly | ParamKind::PositionalOrKeyword => self.args.get(at),
                ParamKind::VarPositional | ParamKind::KeywordOnly | ParamKind::VarKeyword => None,
            },
        }
    }

    /// Whether the function's signature accepts the arguments.
    pub fn bind(&self, function: &Function) -> bool {
        let takes = |kind| function.params.iter().any(|param| param.kind == kind);
        let by_position =
            |kind| matches!(kind, ParamKind::PositionalOnly | ParamKind::PositionalOrKeyword);
        let by_name =
            |kind| matches!(kind, ParamKind::PositionalOrKeyword | ParamKind::KeywordOnly);
        let by_name: HashMap<&str, &Param> = function
            .params
            .iter()
            .filter(|param| by_name(param.kind))
            .map(|param| (param.name.as_str(), param))
            .collect();
        let mut filled: HashSet<&str> = function
            .params
            .iter()
            .filter(|param| by_position(param.kind))
            .take(self.args.len())
            .map(|param| param.name.as_str())
            .collect();
        let mut given: HashSet<&str> = HashSet::new();
        if filled.len() < self.args.len() && !takes(ParamKind::VarPositional) {
            return false;
        }
        let takes_any_name = takes(ParamKind::VarKeyword);
        for (name, _) in &self.kwargs {
            match by_name.get(name.as_str()) {
                _ if !given.insert(name) => return false,
                Some(param) if filled.insert(&param.name) => {}
                Some(_) => return false,
                None if takes_any_name => {}
                None => return false,
            }
        }
        function
            .params
            .iter()
            .all(|param| !param.is_required() || filled.contains(param.name.as_str()))
    }
}

/// Reads the calls a model proposes for a function with these parameters.
///
/// Takes `examples = […]` and `+=` of `dict(a=1)`, `{"a": 1}` (also with JSON's constants), calls or argument tuples,
/// and plain lines of calls; fenced code is preferred to the prose around it, and a reply that breaks off keeps its
/// complete entries.
///
/// What follows the first mebibyte is not read.
pub fn parse_calls(text: &str, param_names: &[&str]) -> Calls {
    let text = &text[..text.floor_char_boundary(MAX_REPLY)];
    let blocks = fences::blocks(text);
    let code = match blocks.is_empty() {
        true => Cow::Borrowed(text),
        false => blocks.iter().map(|block| block.content).collect(),
    };
    let mut found = Calls::default();
    match syntax::module(&code) {
        Ok(module) => {
            let mut reply = Reply { source: &code, param_names, found: &mut found };
            module.body.iter().for_each(|stmt| reply.statement(stmt));
        }
        Err(_) => by_lines(&code, param_names, &mut found),
    }
    found
}

/// Whether a text is one call expression, whatever it calls and with any arguments.
pub fn is_call(text: &str) -> bool {
    matches!(syntax::expression(text), Some(Expr::Call(_)))
}

/// The arguments of a call expression, `None` when any is no literal.
pub(super) fn of(source: &str, call: &ExprCall) -> Option<Call> {
    let (args, kwargs) = Reader { source, json_names: false }.arguments(&call.arguments)?;
    Some(Call { args, kwargs, source: text(source, call) })
}

struct Reply<'r> {
    source: &'r str,
    param_names: &'r [&'r str],
    found: &'r mut Calls,
}

impl Reply<'_> {
    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(assign) => self.list(&assign.value),
            Stmt::AugAssign(assign) => self.list(&assign.value),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.list(value);
                }
            }
            Stmt::Assert(assert) => self.asserted(&assert.test),
            Stmt::Expr(statement) => self.proposal(&statement.value),
            _ => {}
        }
    }

    /// `f(1) == 2` proposes the call on its left.
    fn asserted(&mut self, test: &Expr) {
        match test {
            Expr::Compare(compare) if compare.left.is_call_expr() => self.entry(&compare.left),
            Expr::Call(_) => self.entry(test),
            _ => {}
        }
    }

    fn list(&mut self, value: &Expr) {
        match value {
            Expr::List(list) => list.elts.iter().for_each(|entry| self.entry(entry)),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|entry| self.entry(entry)),
            Expr::Call(_) | Expr::Dict(_) => self.entry(value),
            _ => {}
        }
    }

    fn proposal(&mut self, value: &Expr) {
        if let Expr::Call(call) = value {
            let name = match &*call.func {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(method) => method.attr.as_str(),
                _ => "",
            };
            match (name, &*call.arguments.args) {
                ("append", [entry]) => return self.entry(entry),
                ("extend", [entries]) => return self.list(entries),
                ("print", [inner]) if inner.is_call_expr() => return self.entry(inner),
                ("print", _) => return,
                _ => {}
            }
        }
        self.list(value);
    }

    fn entry(&mut self, entry: &Expr) {
        match self.arguments(entry) {
            Some((args, kwargs)) => {
                self.found.calls.push(Call { args, kwargs, source: text(self.source, entry) });
            }
            None => self.found.skipped += 1,
        }
    }

    fn arguments(&self, entry: &Expr) -> Option<LiteralArguments> {
        let reader = Reader { source: self.source, json_names: true };
        if let Expr::Call(call) = entry
            && !matches!(&*call.func, Expr::Name(name) if CONSTRUCTORS.contains(&name.id.as_str()))
        {
            return reader.arguments(&call.arguments);
        }
        let single = self.param_names.len() == 1;
        match reader.value(entry)? {
            Value::Dict(entries) => match self.keywords(&entries) {
                Some(kwargs) => Some((vec![], kwargs)),
                None if single => Some((vec![Value::Dict(entries)], vec![])),
                None => None,
            },
            Value::Tuple(args) if !single || args.len() == 1 => Some((args, vec![])),
            value if single => Some((vec![value], vec![])),
            Value::List(args) if args.len() == self.param_names.len() => Some((args, vec![])),
            _ => None,
        }
    }

    /// The entries of a dictionary as keyword arguments, when its keys look like parameters of the function.
    fn keywords(&self, entries: &[(Value, Value)]) -> Option<Vec<(String, Value)>> {
        let keyword = |(key, value): &(Value, Value)| {
            let Value::Str(name) = key else { return None };
            Some((name.clone(), value.clone()))
        };
        let kwargs: Vec<_> = entries.iter().map(keyword).collect::<Option<_>>()?;
        let known = |(name, _): &(String, Value)| self.param_names.contains(&name.as_str());
        (self.param_names.is_empty() || kwargs.iter().any(known)).then_some(kwargs)
    }
}

/// Calls that are values in themselves, not proposals to call the function.
const CONSTRUCTORS: &[&str] = &["bytearray", "complex", "dict", "float", "frozenset", "set"];

/// Reads entries one by one from a reply that breaks off or has a fault in one place.
fn by_lines(code: &str, param_names: &[&str], found: &mut Calls) {
    let mut pending = String::new();
    let mut pending_lines = 0;
    for line in code.lines() {
        let line = line.trim();
        // A line that opens a list only introduces the entries after it.
        let opens_list = pending.is_empty() && line.ends_with('[') && !line.contains(['(', '{']);
        if opens_list || line.is_empty() || pending.is_empty() && line.starts_with([']', '#']) {
            continue;
        }
        if !pending.is_empty() && starts_entry(line) {
            found.skipped += 1;
            (pending, pending_lines) = (String::new(), 0);
        }
        if pending.is_empty() && !starts_entry(line) {
            continue;
        }
        pending.push_str(line);
        pending.push('\n');
        pending_lines += 1;
        let ends_here = syntax::module(&pending).is_ok_and(|module| {
            let mut reply = Reply { source: &pending, param_names, found };
            for stmt in &module.body {
                match stmt {
                    // `dict(a=1),` is a tuple of one entry.
                    Stmt::Expr(statement) => reply.list(&statement.value),
                    _ => reply.statement(stmt),
                }
            }
            true
        });
        if ends_here || pending_lines == MAX_ENTRY_LINES {
            found.skipped += usize::from(!ends_here);
            (pending, pending_lines) = (String::new(), 0);
        }
    }
    found.skipped += usize::from(!pending.is_empty());
}

fn starts_entry(line: &str) -> bool {
    let head: &str =
        line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).next().unwrap_or("");
    let next = line[head.len()..].chars().next();
    match next {
        Some('(') => head.is_empty() || !head.starts_with(|c: char| c.is_ascii_digit()),
        Some('{') => head.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Module;

    fn shown(text: &str, params: &[&str]) -> (Vec<String>, usize) {
        let found = parse_calls(text, params);
        (found.calls.iter().map(|call| call.to_source().unwrap()).collect(), found.skipped)
    }

    #[test]
    fn lists_of_dicts_are_calls() {
        let text = "examples = [\n    dict(a=1, b='x'),  # one\n    {\"a\": 2},\n]\nexamples += [dict(a=[1]*3), {'a': (1,)}]\n";
        assert_eq!(
            shown(text, &["a", "b"]),
            (vec!["a=1, b='x'".into(), "a=2".into(), "a=(1,)".into()], 1)
        );
        assert_eq!(parse_calls(text, &["a"]).calls[1].source, "{\"a\": 2}");
    }

    #[test]
    fn json_lists_are_calls() {
        assert_eq!(
            shown("[{\"a\": true, \"b\": null}]", &["a", "b"]),
            (vec!["a=True, b=None".into()], 0)
        );
    }

    #[test]
    fn call_lines_are_calls() {
        let text = "Sure:\n```python\nf(1, b=2)\nprint(f('x'))\nassert f(3) == 4\nf(open('x'))\n```\nDone.";
        assert_eq!(shown(text, &["a", "b"]), (vec!["1, b=2".into(), "'x'".into(), "3".into()], 1));
    }

    #[test]
    fn a_broken_reply_keeps_its_complete_entries() {
        let text = "examples = [\n    dict(a=1),\n    dict(a=[\n        2]),\n    dict(a=?),\n    {'a': 3},\n    dict(a=";
        assert_eq!(shown(text, &["a"]), (vec!["a=1".into(), "a=[2]".into(), "a=3".into()], 2));
    }

    #[test]
    fn bare_values_are_arguments() {
        assert_eq!(
            shown("[(1, 2), [3, 4], 5]", &["a", "b"]),
            (vec!["1, 2".into(), "3, 4".into()], 1)
        );
        assert_eq!(
            shown("[1, [2], {'k': 3}]", &["a"]),
            (vec!["1".into(), "[2]".into(), "{'k': 3}".into()], 0)
        );
    }

    #[test]
    fn a_call_binds_only_to_a_signature_that_takes_it() {
        let module = Module::parse("def f(a, /, b, *, c=1): pass\ndef g(*a, **k): pass\n").unwrap();
        let binds =
            |text: &str, i: usize| parse_calls(text, &[]).calls[0].bind(&module.functions()[i]);
        assert!(binds("f(1, 2)", 0) && binds("f(1, b=2, c=3)", 0) && binds("f(1, 2, z=3)", 1));
        assert!(
            !binds("f(1)", 0)
                && !binds("f(1, 2, 3)", 0)
                && !binds("f(a=1, b=2)", 0)
                && !binds("f(1, 2, b=3)", 0)
        );
        assert!(!binds("f(1, 2, z=3)", 0));
    }

    #[test]
    fn a_keyword_that_is_no_identifier_has_no_source() {
        let call =
            Call { args: vec![], kwargs: vec![("a b".into(), Value::None)], source: String::new() };
        assert_eq!(call.to_source(), None);
    }
}
