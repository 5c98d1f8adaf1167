//! Names that say what a variable holds, found out from where its values come from.
//!
//! Invariant: a name is given only for a reason that the text shows; a variable whose values are of several kinds gets none.

use std::collections::HashSet;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, Number, Operator, Stmt};

use super::program::Program;
use super::references::{Origin, ScopeId};
use super::types::Type;
use crate::python::syntax::span_of;

/// Names of more than one letter that say no more than that something is held.
#[rustfmt::skip]
const GENERIC: [&str; 47] = [
    "ans", "arr", "array1", "aux", "char1", "cnt", "curr", "dct", "dic", "dict1", "diff", "ele", "elem", "flag1", "idx", "ind",
    "li", "list1", "list2", "lis", "lst", "maxi", "mini", "mn", "mx", "num", "num1", "number1", "obj", "out", "output1", "prod",
    "rem", "res", "ret", "rev", "rslt", "sm", "str1", "str2", "str_", "summ", "temp", "tmp", "val", "var", "wrd",
];
/// Plurals that are short for others.
const SHORT: [(&str, &str); 6] = [
    ("nums", "number"),
    ("vals", "value"),
    ("elems", "element"),
    ("strs", "text"),
    ("chars", "char"),
    ("indices", "index"),
];

/// Whether a name says nothing: one letter, maybe with a digit, or one of a known few.
pub(super) fn is_generic(name: &str) -> bool {
    let mut letters = name.chars();
    let is_letter = letters.next().is_some_and(char::is_alphabetic);
    let rest = letters.as_str();
    is_letter && (rest.is_empty() || rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
        || GENERIC.contains(&name)
}

/// The words of a program's comments and docstrings.
pub(super) fn words_in_prose<'m>(program: &Program<'m>) -> HashSet<&'m str> {
    let comments = program.tokens.iter().filter(|(kind, _)| *kind == TokenKind::Comment);
    let comments = comments.map(|(_, span)| program.text(span.clone()));
    let stmts = program.blocks.iter().flat_map(|block| block.body);
    let docstrings = stmts.filter_map(|stmt| match stmt {
        Stmt::Expr(node) if node.value.is_string_literal_expr() => {
            Some(program.text_of(&*node.value))
        }
        _ => None,
    });
    let texts = comments.chain(docstrings);
    texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_')).collect()
}

/// What a variable would be called by somebody who knows where its values come from.
pub(super) fn said(program: &Program<'_>, scope: ScopeId, name: &str) -> Option<String> {
    let origins = program.references.origins().get(&(scope, name))?;
    if origins.iter().any(|origin| matches!(origin, Origin::Update(..))) {
        return updated(program, scope, name, origins).map(str::to_owned);
    }
    let mut names = origins.iter().map(|origin| match origin {
        Origin::Value(value) => value_said(program, scope, name, value),
        Origin::Element(iterated) => element_said(program, scope, name, iterated),
        Origin::Counter => is_only_subscript(program, scope, name).then(|| "index".to_owned()),
        Origin::Update(..) | Origin::Unknown => None,
    });
    let first = names.next()??;
    names.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// A variable that is counted up or collected into.
fn updated(
    program: &Program<'_>,
    scope: ScopeId,
    name: &str,
    origins: &[Origin<'_>],
) -> Option<&'static str> {
    let is = |wanted: u64| {
        move |expr: &Expr| match expr {
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(value) => value.as_u64() == Some(wanted),
                Number::Float(value) => *value == wanted as f64,
                Number::Complex { .. } => false,
            },
            _ => false,
        }
    };
    let begins = |test: &dyn Fn(&Expr) -> bool| {
        origins.iter().all(|origin| match origin {
            Origin::Value(value) => test(value),
            Origin::Update(..) => true,
            Origin::Element(_) | Origin::Counter | Origin::Unknown => false,
        })
    };
    let updates = |test: &dyn Fn(Operator, &Expr) -> bool| {
        origins.iter().all(|origin| match origin {
            Origin::Update(op, by) => test(*op, by),
            Origin::Value(_) | Origin::Element(_) | Origin::Counter | Origin::Unknown => true,
        })
    };
    let is_number = program.variable_type(scope, name).is_some_and(Type::is_number);
    if is_subscript(program, scope, name) {
        let is_index = begins(&is(0)) && updates(&|op, by| op == Operator::Add && is(1)(by));
        return (is_index && is_only_subscript(program, scope, name)).then_some("index");
    }
    if begins(&is(0)) && updates(&|op, by| op == Operator::Add && is(1)(by)) {
        // What also bounds a loop is not a count of what is found.
        return (!is_tested_by_while(program, scope, name)).then_some("count");
    }
    if is_number && begins(&is(0)) && updates(&|op, _| op == Operator::Add) {
        return Some("total");
    }
    (is_number && begins(&is(1)) && updates(&|op, _| op == Operator::Mult)).then_some("product")
}

/// A variable that is given a value.
fn value_said(program: &Program<'_>, scope: ScopeId, name: &str, value: &Expr) -> Option<String> {
    let said = match value {
        Expr::List(list) if list.elts.is_empty() => {
            is_returned(program, scope, name).then_some("result")?
        }
        Expr::BinOp(node) => {
            let is_number = program.type_of(scope, value).is_some_and(Type::is_number);
            match node.op {
                Operator::Mod if is_number => "remainder",
                Operator::FloorDiv if is_number => "quotient",
                Operator::Sub if is_number => "difference",
                Operator::Mult if is_number => "product",
                Operator::Add if is_number => "total",
                _ => return None,
            }
        }
        Expr::Call(call) => match &*call.func {
            Expr::Name(function) => {
                let function = function.id.as_str();
                let argument = call.arguments.args.first();
                let of = argument.and_then(Expr::as_name_expr).map(|name| name.id.as_str());
                let of = of.filter(|of| singular(of).is_some());
                match function {
                    "Counter" => "counts",
                    _ if !program.is_builtin(function) => return None,
                    "len" => "length",
                    "sum" => "total",
                    "max" => "largest",
                    "min" => "smallest",
                    "input" => "line",
                    "sorted" => return Some(format!("sorted_{}", of?)),
                    "set" => return Some(format!("unique_{}", of?)),
                    _ => return None,
                }
            }
            Expr::Attribute(method) => match method.attr.as_str() {
                "split" if call.arguments.is_empty() => "words",
                "split" => "parts",
                "splitlines" => "lines",
                "findall" => "matches",
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    Some(said.to_owned())
}

/// A variable that a loop gives one value after the other.
fn element_said(program: &Program<'_>, scope: ScopeId, name: &str, of: &Expr) -> Option<String> {
    let text = |text: &str| Some(text.to_owned());
    match of {
        Expr::Name(iterated) => match singular(iterated.id.as_str()) {
            Some(one) => Some(one),
            None if program.type_of(scope, of) == Some(Type::Str) => text("char"),
            None => None,
        },
        Expr::Attribute(iterated) => singular(iterated.attr.as_str()),
        Expr::Call(call) => match &*call.func {
            Expr::Name(function) if program.is_builtin(function.id.as_str()) => {
                match function.id.as_str() {
                    "range" if is_only_subscript(program, scope, name) => text("index"),
                    "sorted" | "reversed" | "set" | "list" | "tuple" => {
                        element_said(program, scope, name, call.arguments.args.first()?)
                    }
                    _ => None,
                }
            }
            Expr::Attribute(method) if method.attr.as_str() == "split" => {
                text(if call.arguments.is_empty() { "word" } else { "part" })
            }
            Expr::Attribute(method) if method.attr.as_str() == "splitlines" => text("line"),
            Expr::Attribute(method) if method.attr.as_str() == "keys" => text("key"),
            _ => None,
        },
        _ => None,
    }
}

/// What one of several is called.
fn singular(plural: &str) -> Option<String> {
    if let Some((_, one)) = SHORT.iter().find(|(many, _)| *many == plural) {
        return Some((*one).to_owned());
    }
    let one = if let Some(stem) = plural.strip_suffix("ies") {
        format!("{stem}y")
    } else if ["sses", "xes", "ches", "shes"].iter().any(|end| plural.ends_with(end)) {
        plural.strip_suffix("es")?.to_owned()
    } else if ["ss", "us", "is"].iter().any(|end| plural.ends_with(end)) {
        return None;
    } else {
        plural.strip_suffix('s')?.to_owned()
    };
    let is_word = one.len() >= 3 && one.is_ascii() && !is_generic(&one);
    is_word.then_some(one)
}

fn is_named(expr: &Expr, name: &str) -> bool {
    expr.as_name_expr().is_some_and(|read| read.id.as_str() == name)
}

/// Whether a variable is what something is looked up by.
fn is_subscript(program: &Program<'_>, scope: ScopeId, name: &str) -> bool {
    program.sites.iter().any(|site| match site.expr {
        Expr::Subscript(node) => {
            is_named(&node.slice, name)
                && program.references.scope_of(site.scope, name) == Some(scope)
        }
        _ => false,
    })
}

/// Whether something is looked up by a variable, and nothing by another: one `index` among `i` and `j` says less than both.
fn is_only_subscript(program: &Program<'_>, scope: ScopeId, name: &str) -> bool {
    is_subscript(program, scope, name)
        && program.sites.iter().filter(|site| site.scope == scope).all(|site| match site.expr {
            Expr::Subscript(node) => {
                let within = program.references.within(&span_of(&*node.slice));
                within.iter().all(|reference| {
                    reference.name == name || reference.of.is_none() || !is_generic(reference.name)
                })
            }
            _ => true,
        })
}

/// Whether a function's own `return` gives a variable.
fn is_returned(program: &Program<'_>, scope: ScopeId, name: &str) -> bool {
    program.blocks.iter().filter(|block| block.scope == scope).any(|block| {
        block.body.iter().any(|stmt| match stmt {
            Stmt::Return(node) => node.value.as_deref().is_some_and(|value| is_named(value, name)),
            _ => false,
        })
    })
}

/// Whether the condition of a `while` mentions a variable.
fn is_tested_by_while(program: &Program<'_>, scope: ScopeId, name: &str) -> bool {
    program.blocks.iter().flat_map(|block| block.body).any(|stmt| match stmt {
        Stmt::While(node) => program.mentions(&span_of(&*node.test), scope, name),
        _ => false,
    })
}
