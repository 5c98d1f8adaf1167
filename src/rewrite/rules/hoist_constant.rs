//! Gives a literal in a function a name at module level.
//!
//! Preconditions: a number of more than one digit's worth or a text of three characters or more, on one line, that is not a docstring, a
//! pattern, an annotation or part of an f-string, and whose identity is not asked for; the name is new, and is bound right before the
//! function or class that uses it.

use std::collections::BTreeMap;

use ruff_python_ast::{CmpOp, Expr, Number, Operator, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::fresh;
use crate::rewrite::layout::Change;
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
        let name = fresh::name(program, wanted(program, sites[0]));
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
    // A negative number is a literal with a sign before it, and `5 .real` would need its space.
    let is_plain = !matches!(site.parent, Some(Expr::UnaryOp(_) | Expr::Attribute(_)));
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

/// Names that say what a constant is for.
fn wanted(program: &Program<'_>, site: &Site<'_>) -> &'static [&'static str] {
    match (site.expr, site.parent) {
        (Expr::StringLiteral(string), parent) => {
            let text = string.value.to_str();
            let is_format = text.contains('%') || text.contains('{');
            match parent {
                _ if is_format => &["TEMPLATE", "PATTERN", "FORMAT"],
                Some(Expr::Call(_)) => &["LABEL", "TEXT", "PHRASE"],
                Some(Expr::Compare(_)) => &["CHARACTERS", "EXPECTED", "TEXT"],
                _ => &["MESSAGE", "TEXT", "PHRASE"],
            }
        }
        (_, Some(Expr::BinOp(node))) => match node.op {
            Operator::Mod => &["MODULUS", "DIVISOR"],
            Operator::Div | Operator::FloorDiv => &["DIVISOR", "DENOMINATOR"],
            Operator::Mult | Operator::MatMult => &["FACTOR", "MULTIPLIER", "SCALE"],
            Operator::Pow => &["EXPONENT", "BASE"],
            Operator::Add | Operator::Sub => &["OFFSET", "INCREMENT"],
            Operator::LShift
            | Operator::RShift
            | Operator::BitAnd
            | Operator::BitOr
            | Operator::BitXor => &["MASK", "BITS"],
        },
        (_, Some(Expr::Compare(_))) => &["LIMIT", "THRESHOLD", "BOUND"],
        (_, Some(call @ Expr::Call(_))) if program.builtin_call(call, "range").is_some() => {
            &["LIMIT", "UPPER_BOUND", "STEPS"]
        }
        (_, Some(Expr::Subscript(_) | Expr::Slice(_))) => &["POSITION", "INDEX"],
        _ => &["CONSTANT", "DEFAULT", "VALUE"],
    }
}
