//! Turns an f-string into a call of `format`.
//!
//! Preconditions: one f-string, not several beside each other, on one line; no `{x=}` and nothing computed within a format; all values
//! but the first are literals or local names that no other function sees, since an f-string formats each before it evaluates the next.

use ruff_python_ast::{ConversionFlag, Expr, InterpolatedStringElement};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_expr(|site| {
        let Expr::FString(node) = site.expr else { return None };
        let whole = program.text_of(node);
        let open = whole.find(['\'', '"'])?;
        let prefix: String = whole[..open].chars().filter(|c| !matches!(c, 'f' | 'F')).collect();
        if node.value.is_implicit_concatenated() || whole.contains('\n') {
            return None;
        }
        let quote = if whole[open..].starts_with("\"\"\"") || whole[open..].starts_with("'''") {
            return None;
        } else {
            &whole[open..=open]
        };
        if has_odd_escapes(whole) {
            return None;
        }
        let mut text = String::new();
        let mut values = Vec::new();
        for element in node.value.elements() {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    text.push_str(
                        program.text(literal.start().to_usize()..literal.end().to_usize()),
                    );
                }
                InterpolatedStringElement::Interpolation(field) => {
                    if field.debug_text.is_some() {
                        return None;
                    }
                    let conversion = match field.conversion {
                        ConversionFlag::None => "",
                        ConversionFlag::Str => "!s",
                        ConversionFlag::Ascii => "!a",
                        ConversionFlag::Repr => "!r",
                    };
                    let spec = match &field.format_spec {
                        Some(spec) => {
                            let is_computed = spec
                                .elements
                                .iter()
                                .any(InterpolatedStringElement::is_interpolation);
                            if is_computed {
                                return None;
                            }
                            program.text(spec.start().to_usize()..spec.end().to_usize())
                        }
                        None => "",
                    };
                    let colon = if spec.is_empty() { "" } else { ":" };
                    if !values.is_empty() && !program.is_quiet(site.scope, &field.expression) {
                        return None;
                    }
                    let value = program.within(&field.expression, 1);
                    text.push_str(&format!("{{{conversion}{colon}{spec}}}"));
                    values.push(value);
                }
            }
        }
        if values.is_empty() {
            return None;
        }
        let mut change = Change::default();
        change.replace(
            span_of(node),
            format!("{prefix}{quote}{text}{quote}.format({})", values.join(", ")),
        );
        Some(change)
    });
}

/// Whether a literal has an escape that may stand for a brace.
pub(super) fn has_odd_escapes(literal: &str) -> bool {
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        if character == '\\'
            && !matches!(characters.next(), Some('n' | 't' | 'r' | '\'' | '"' | '\\'))
        {
            return true;
        }
    }
    false
}
