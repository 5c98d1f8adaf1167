//! Gives the part of an expression that is computed first a name of its own.
//!
//! Preconditions: the part is evaluated before anything else in its statement but reads of local names, builtins and literals that
//! it cannot change; it is evaluated exactly once (not in a loop's condition, a branch, a lambda or a comprehension); the function
//! does not have it a second time; no operand is a plain number; the part is not the beginning of a longer sum or product; the
//! statement is long enough to want splitting, and is in a function.

use ruff_python_ast::{Expr, Operator, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::fresh;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::{Does, Place, ScopeKind};
use crate::rewrite::types::Type;

/// Characters of a statement's line that nobody would split.
const SHORT: usize = 40;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let scope = program.scope_at(place);
        let (whole, margin) = match stmt {
            Stmt::Return(node) => (node.value.as_deref()?, program.alone(stmt)?),
            Stmt::Assign(node) => (&*node.value, program.alone(stmt)?),
            Stmt::Expr(node) => (&*node.value, program.alone(stmt)?),
            Stmt::If(node) => (&*node.test, program.margin(stmt)?),
            _ => return None,
        };
        if program.references.scopes[scope].kind != ScopeKind::Function {
            return None;
        }
        let part = Search { program, place }.first(whole)?;
        let text = program.text_of(part);
        let Expr::BinOp(node) = part else { return None };
        let line = program.text(stmt.start().to_usize()..whole.end().to_usize());
        if line.chars().count() <= SHORT {
            return None;
        }
        if std::ptr::eq(part, whole) || text.contains('\n') || program.defers_within(&span_of(part))
        {
            return None;
        }
        let is_again = program
            .sites
            .iter()
            .filter(|site| site.scope == scope && program.text_of(site.expr) == text)
            .nth(1);
        // Whoever names a value uses the name wherever the value is needed.
        if is_again.is_some() {
            return None;
        }
        // `n - 1` says more than any name for it, and `a % 2` is known by sight.
        let is_small = |expr: &Expr| expr.as_number_literal_expr().is_some();
        if is_small(&node.left) || is_small(&node.right) {
            return None;
        }
        let is_text = |expr: &Expr| expr.is_string_literal_expr() || expr.is_f_string_expr();
        let parent = program.site_of(part)?.parent;
        // `a * b` of `a * b * c` is a result of nothing.
        let goes_on = |parent: &Expr| {
            let parent = parent.as_bin_op_expr();
            parent.is_some_and(|parent| is_additive(parent.op) == is_additive(node.op))
        };
        if parent.is_some_and(goes_on) {
            return None;
        }
        let is_number = program.type_of(scope, part).is_some_and(Type::is_number);
        let name = match (program.type_of(scope, part), node.op) {
            (Some(Type::Str), _) => "text",
            (Some(Type::List | Type::Tuple), _) => "combined",
            _ if is_text(&node.left) || is_text(&node.right) => "text",
            (_, Operator::Add) if is_number => "total",
            // It may be a sum or a joined text.
            (_, Operator::Add) => return None,
            (_, Operator::Sub) => "difference",
            (_, Operator::Mult | Operator::MatMult) => "product",
            (_, Operator::Div | Operator::FloorDiv) => "quotient",
            (_, Operator::Mod) => "remainder",
            (_, Operator::Pow) => "power",
            (
                _,
                Operator::LShift
                | Operator::RShift
                | Operator::BitAnd
                | Operator::BitOr
                | Operator::BitXor,
            ) => return None,
        };
        let name = fresh::name(program, [name])?;
        let is_operand = matches!(
            parent,
            Some(
                Expr::BinOp(_)
                    | Expr::Compare(_)
                    | Expr::BoolOp(_)
                    | Expr::UnaryOp(_)
                    | Expr::Attribute(_)
            )
        );
        let span = if is_operand { program.outer(part) } else { span_of(part) };
        let mut change = Change::default();
        change
            .insert(stmt.start().to_usize(), format!("{name} = {text}{}{margin}", program.newline));
        change.replace(span, name);
        Some(change)
    });
}

fn is_additive(operator: Operator) -> bool {
    matches!(operator, Operator::Add | Operator::Sub)
}

struct Search<'p> {
    program: &'p Program<'p>,
    place: Place,
}

impl Search<'_> {
    /// The first operation that is computed, if only reads come before it.
    fn first<'e>(&self, expr: &'e Expr) -> Option<&'e Expr> {
        match expr {
            Expr::BinOp(node) => self
                .first(&node.left)
                .or_else(|| self.is_read(&node.left).then(|| self.first(&node.right)).flatten())
                .or(Some(expr)),
            Expr::Compare(node) => self.first(&node.left).or_else(|| {
                let next = node.comparators.first()?;
                self.is_read(&node.left).then(|| self.first(next)).flatten()
            }),
            Expr::BoolOp(node) => self.first(node.values.first()?),
            Expr::UnaryOp(node) => self.first(&node.operand),
            Expr::If(node) => self.first(&node.test),
            Expr::Attribute(node) => self.first(&node.value),
            Expr::Subscript(node) => self.first(&node.value).or_else(|| {
                let is_index = self.is_read(&node.value) && !node.slice.is_slice_expr();
                is_index.then(|| self.first(&node.slice)).flatten()
            }),
            Expr::Tuple(node) => self.in_order(&node.elts),
            Expr::List(node) => self.in_order(&node.elts),
            Expr::Call(node) if self.is_read(&node.func) => self.in_order(&node.arguments.args),
            _ => None,
        }
    }

    fn in_order<'e>(&self, exprs: &'e [Expr]) -> Option<&'e Expr> {
        for expr in exprs {
            if let Some(found) = self.first(expr) {
                return Some(found);
            }
            if !self.is_read(expr) {
                return None;
            }
        }
        None
    }

    /// Whether an expression is a literal or a name that has its value and keeps it whatever is called.
    fn is_read(&self, expr: &Expr) -> bool {
        let program = self.program;
        let Expr::Name(name) = expr else { return program.is_literal(expr) };
        let name = name.id.as_str();
        let scope = program.scope_at(self.place);
        match program.references.scope_of(scope, name) {
            None => program.is_builtin(name),
            Some(0) => {
                let references = program.references.variable(0, name);
                let mut bindings =
                    references.iter().filter(|reference| reference.does != Does::Load);
                bindings.next().is_some_and(|first| first.does == Does::Declare)
                    && bindings.next().is_none()
            }
            Some(of) => {
                program.private_local(scope, name) == Some(scope)
                    && of == scope
                    && program.is_bound_at(of, name, self.place)
            }
        }
    }
}
