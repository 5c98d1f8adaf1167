//! Turns `'{} {}'.format(a, b)` into an f-string.
//!
//! Preconditions: a plain text on one line with as many empty or numbered fields as arguments, each used once and in order; arguments without
//! quotes, braces, backslashes and what a field would read as a format; all but the first are names or literals, since an
//! f-string formats each before it evaluates the next.

use ruff_python_ast::Expr;

use super::Found;
use super::fstring_to_format::has_odd_escapes;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::{OR, precedence};

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let Expr::Call(call) = site.expr else { return None };
        let method = call.func.as_attribute_expr()?;
        let Expr::StringLiteral(string) = &*method.value else { return None };
        let is_format = method.attr.as_str() == "format"
            && !string.value.is_implicit_concatenated()
            && call.arguments.keywords.is_empty();
        let text = program.text_of(string);
        let args = &*call.arguments.args;
        if !is_format
            || text.contains('\n')
            || args.is_empty()
            || text.starts_with("\"\"\"")
            || text.starts_with("'''")
        {
            return None;
        }
        // A prefix, or an escape that may be a brace, is left alone.
        if !text.starts_with(['\'', '"']) || has_odd_escapes(text) {
            return None;
        }
        let is_quiet = |expr: &Expr| program.is_quiet(site.scope, expr);
        let is_written = |arg: &Expr| {
            let own = program.text_of(arg);
            !own.contains(['\'', '"', '{', '}', '\\', '!', ':', '\n', '#'])
                && precedence(arg) >= OR
                && !arg.is_starred_expr()
        };
        if !args.iter().all(is_written) || !args.iter().skip(1).all(is_quiet) {
            return None;
        }
        let filled = fill(text, args.iter().map(|arg| program.text_of(arg)).collect())?;
        let mut change = Change::default();
        change.replace(span_of(call), format!("f{filled}"));
        Some(change)
    });
}

/// Writes arguments into the fields of a format.
fn fill(text: &str, arguments: Vec<&str>) -> Option<String> {
    let mut filled = String::new();
    let mut arguments = arguments.into_iter().enumerate();
    let mut is_numbered = None;
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let here = &rest[at..];
        if here.starts_with("{{") || here.starts_with("}}") {
            filled.push_str(&here[..2]);
            rest = &here[2..];
            continue;
        }
        let end = here.find('}')?;
        let field = here.get(1..end)?;
        if field.contains('{') {
            return None;
        }
        let split = field.find(['!', ':']).unwrap_or(field.len());
        let (number, spec) = field.split_at(split);
        let (i, argument) = arguments.next()?;
        let has_number = !number.is_empty();
        if *is_numbered.get_or_insert(has_number) != has_number
            || has_number && number != i.to_string()
        {
            return None;
        }
        filled.push_str(&format!("{{{argument}{spec}}}"));
        rest = &here[end + 1..];
    }
    filled.push_str(rest);
    arguments.next().is_none().then_some(filled)
}
