//! Gives a literal in a function a name at module level.
//!
//! Preconditions: a number of more than one digit's worth or a text of three characters or more, on one line, that is not a docstring, a
//! pattern, an annotation or part of an f-string, and whose identity is not asked for; what it is for is known from its value or
//! its use; the name is new, and is bound right before the function or class that uses it.

use std::collections::BTreeMap;

use ruff_python_ast::{CmpOp, Expr, Number, Operator, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::fresh;
use crate::rewrite::layout::Change;
use crate::rewrite::naming::is_generic;
use crate::rewrite::program::Program;
use crate::rewrite::references::{Place, ScopeKind};
use crate::rewrite::walk::Site;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    let mut literals: BTreeMap<(usize, &str), Vec<&Site<'_>>> = BTreeMap::new();
    for site in &program.sites {
        let kind = program.references.scopes[site.scope].kind;
        if matches!(kind, ScopeKind::Function | ScopeKind::Comprehension)
            && is_worth_a_name(program, site)
            && let Some(top) = top_level(program, site.place)
        {
            literals.entry((top, program.text_of(site.expr))).or_default().push(site);
        }
    }
    for ((top, text), sites) in literals {
        if found.is_full() {
            return;
        }
        let stmt = &program.blocks[0].body[top];
        let Some(at) = above(program, stmt) else { continue };
        let Some(name) = fresh::name(program, said(program, &sites)) else { continue };
        let mut change = Change::default();
        let newline = program.newline;
        change.insert(at, format!("{name} = {text}{newline}{newline}{newline}"));
        for site in sites {
            change.replace(span_of(site.expr), name.clone());
        }
        found.add(change);
    }
}

fn is_worth_a_name(program: &Program<'_>, site: &Site<'_>) -> bool {
    let is_statement = site.parent.is_none() && program.stmt(site.place).is_expr_stmt();
    let asks_identity = matches!(
        site.parent,
        Some(Expr::Compare(node)) if node.ops.iter().any(|op| matches!(op, CmpOp::Is | CmpOp::IsNot))
    );
    let text = program.text_of(site.expr);
    let is_big = match site.expr {
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(value) => value.as_u64().is_none_or(|value| value > 2),
            Number::Float(_) => true,
            Number::Complex { .. } => false,
        },
        Expr::StringLiteral(string) => {
            !string.value.is_implicit_concatenated() && string.value.to_str().chars().count() > 2
        }
        _ => false,
    };
    // A negative number is a literal with a sign before it.
    // An item of a list is data among its like.
    let is_plain = !matches!(
        site.parent,
        Some(Expr::UnaryOp(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) | Expr::Dict(_))
    );
    is_big && is_plain && !is_statement && !asks_identity && !text.contains('\n')
}

/// The index of the module's statement around a place, if it is a function or class.
fn top_level(program: &Program<'_>, place: Place) -> Option<usize> {
    let mut at = place;
    while let Some(owner) = program.block(at).owner {
        at = owner;
    }
    let stmt = program.blocks[0].body.get(at.1)?;
    (at.0 == 0 && (stmt.is_function_def_stmt() || stmt.is_class_def_stmt())).then_some(at.1)
}

/// Where a statement and the comments right above it begin; `None` if these begin the file.
fn above(program: &Program<'_>, stmt: &Stmt) -> Option<usize> {
    program.margin(stmt).filter(|margin| margin.is_empty())?;
    let mut at = program.line_start(stmt.start().to_usize());
    let own = at;
    while at > 0 {
        let before = program.line_start(at - 1);
        if !program.text(before..at).starts_with('#') {
            return Some(at);
        }
        at = before;
    }
    (own == 0).then_some(0)
}

/// Texts and numbers that everybody knows by a name.
#[rustfmt::skip]
const KNOWN: [(&str, &str); 18] = [
    ("aeiou", "VOWELS"), ("aeiouAEIOU", "VOWELS"), ("AEIOUaeiou", "VOWELS"), ("AEIOU", "VOWELS"), ("0123456789", "DIGITS"),
    ("abcdefghijklmnopqrstuvwxyz", "ALPHABET"), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ALPHABET"), ("01234567890", "DIGITS"),
    ("0123456789abcdef", "HEX_DIGITS"), ("0123456789ABCDEF", "HEX_DIGITS"), ("utf-8", "ENCODING"), ("utf8", "ENCODING"),
    ("1e-9", "TOLERANCE"), ("1e-6", "TOLERANCE"), ("86400", "SECONDS_PER_DAY"), ("3600", "SECONDS_PER_HOUR"),
    ("1440", "MINUTES_PER_DAY"), ("1000000007", "MODULUS"),
];

/// What a constant is for, if all of its uses say the same; by its value alone, or by what takes it.
fn said(program: &Program<'_>, sites: &[&Site<'_>]) -> Option<String> {
    let first = sites.first()?;
    let (text, is_text) = match first.expr {
        Expr::StringLiteral(string) => (string.value.to_str(), true),
        expr => (program.text_of(expr), false),
    };
    let plain = text.replace('_', "");
    if let Some((_, name)) = KNOWN.iter().find(|(value, _)| *value == plain || *value == text) {
        return Some((*name).to_owned());
    }
    if plain.starts_with("3.14") && !is_text {
        return Some("PI".to_owned());
    }
    let mut names = sites.iter().map(|site| use_said(site, is_text));
    let name = names.next()??;
    names.all(|other| other.as_ref() == Some(&name)).then_some(name)
}

/// What the use of a literal says that it is for.
fn use_said(site: &Site<'_>, is_text: bool) -> Option<String> {
    let is_it = |expr: &Expr| std::ptr::eq(expr, site.expr);
    match site.parent? {
        Expr::Call(call) => {
            let keyword = call.arguments.keywords.iter().find(|keyword| is_it(&keyword.value));
            if let Some(name) = keyword.and_then(|keyword| keyword.arg.as_ref()) {
                return worded(name.as_str());
            }
            let is_first = call.arguments.args.first().is_some_and(is_it);
            match &*call.func {
                Expr::Attribute(method) if is_first && is_text => {
                    let of = method.value.as_name_expr().map(|name| name.id.as_str());
                    (of == Some("re")).then(|| "PATTERN".to_owned())
                }
                Expr::Name(function) if is_first && is_text => {
                    function.id.as_str().ends_with("Error").then(|| "MESSAGE".to_owned())
                }
                _ => None,
            }
        }
        Expr::BinOp(node) if node.op == Operator::Mod && is_it(&node.right) && !is_text => {
            Some("MODULUS".to_owned()).filter(|_| is_large(site.expr))
        }
        Expr::Attribute(method) if method.attr.as_str() == "format" => Some("TEMPLATE".to_owned()),
        Expr::Compare(node) if !is_text => match (&*node.ops, &*node.left, &*node.comparators) {
            ([CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE], Expr::Name(name), [right])
                if is_it(right) && !is_generic(name.id.as_str()) =>
            {
                worded(name.id.as_str()).map(|name| format!("{name}_LIMIT"))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a number is too large to be a step or a base.
fn is_large(expr: &Expr) -> bool {
    let number = expr.as_number_literal_expr().and_then(|number| number.value.as_int()?.as_u64());
    number.is_some_and(|number| number > 1000)
}

/// The name of a variable or parameter as that of a constant.
fn worded(name: &str) -> Option<String> {
    let is_word = name.len() >= 3 && name.is_ascii() && !name.starts_with('_');
    is_word.then(|| name.to_uppercase())
}
