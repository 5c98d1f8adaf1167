//! What expressions may do when evaluated, and what can see a variable.
//!
//! Invariant: `is_total` means that evaluation cannot raise, has no effect, and gives the same anywhere between two statements that
//! bind none of its names.

use std::ops::Range;

use ruff_python_ast::{CmpOp, Expr, Operator, Stmt, UnaryOp};

use super::program::Program;
use super::references::{Does, Place, ScopeId, ScopeKind};
use super::types::Type;
use super::walk::BlockKind;
use crate::python::syntax::span_of;

impl<'m> Program<'m> {
    /// The function scope that a name is a local variable of, if only this function's own text and its comprehensions touch it.
    pub(super) fn private_local(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let of = self.references.scope_of(scope, name)?;
        (self.references.scopes[of].kind == ScopeKind::Function && self.is_private(of, name))
            .then_some(of)
    }

    /// Whether no function, lambda, class or generator within the scope captures a variable.
    fn is_private(&self, of: ScopeId, name: &str) -> bool {
        self.references.variable(of, name).into_iter().all(|reference| {
            let mut at = reference.scope;
            loop {
                if at == of {
                    return true;
                }
                let scope = &self.references.scopes[at];
                match (scope.kind, scope.parent) {
                    (ScopeKind::Comprehension, Some(parent)) => at = parent,
                    _ => return false,
                }
            }
        })
    }

    /// Whether no other scope gives a variable its values, as one that declares it `nonlocal` does.
    fn is_bound_by(&self, of: ScopeId, name: &str) -> bool {
        self.references.variable(of, name).iter().all(|reference| match reference.does {
            Does::Load => true,
            Does::Store
            | Does::Update
            | Does::Delete
            | Does::Parameter
            | Does::Element
            | Does::Declare => reference.scope == of,
        })
    }

    /// The statements around a place within its scope, from the inside: the place itself first.
    pub(super) fn places_around(&self, place: Place) -> Vec<Place> {
        let mut places = vec![place];
        let mut at = place;
        loop {
            let block = self.block(at);
            match (block.kind, block.owner) {
                (BlockKind::Module | BlockKind::Function | BlockKind::Class, _) | (_, None) => {
                    return places;
                }
                (BlockKind::Loop | BlockKind::Branch | BlockKind::Other, Some(owner)) => {
                    places.push(owner);
                    at = owner;
                }
            }
        }
    }

    /// Whether a variable of a function surely has a value when a statement of the function begins.
    pub(super) fn is_bound_at(&self, of: ScopeId, name: &str, place: Place) -> bool {
        let references = self.references.variable(of, name);
        if references.iter().any(|reference| reference.does == Does::Delete) {
            return false;
        }
        if references.iter().any(|reference| reference.does == Does::Parameter) {
            return true;
        }
        let around = self.places_around(place);
        references.iter().any(|reference| {
            let binds = matches!(reference.does, Does::Store | Does::Update);
            if !binds || reference.scope != of {
                return false;
            }
            around.iter().enumerate().any(|(depth, &(block, index))| {
                if reference.place.0 != block {
                    return false;
                }
                match self.stmt(reference.place) {
                    Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) => {
                        reference.place.1 < index
                    }
                    // Within the body the target has a value.
                    Stmt::For(node) if reference.place.1 == index && depth > 0 => {
                        let inner = around[depth - 1].0;
                        self.blocks[inner].kind == BlockKind::Loop
                            && span_of(&*node.target).contains(&reference.span.start)
                    }
                    _ => false,
                }
            })
        })
    }

    /// Whether nothing that runs elsewhere changes what an expression gives: a literal, or a local name that only its function sees.
    pub(super) fn is_quiet(&self, scope: ScopeId, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => self.private_local(scope, name.id.as_str()).is_some(),
            _ => self.is_literal(expr),
        }
    }

    /// Whether evaluating an expression at a statement cannot raise and has no effect.
    pub(super) fn is_total(&self, expr: &Expr, place: Place) -> bool {
        let scope = self.scope_at(place);
        let total = |expr: &Expr| self.is_total(expr, place);
        match expr {
            Expr::Name(name) => {
                let name = name.id.as_str();
                match self.references.scope_of(scope, name) {
                    Some(of) if self.references.scopes[of].kind == ScopeKind::Function => {
                        of == scope
                            && self.is_bound_at(of, name, place)
                            && self.is_bound_by(of, name)
                    }
                    Some(_) => false,
                    None => self.is_builtin(name),
                }
            }
            Expr::List(list) => list.elts.iter().all(total),
            Expr::Tuple(tuple) => tuple.elts.iter().all(total),
            Expr::Dict(dict) => dict.items.iter().all(|item| {
                item.key.as_ref().is_some_and(|key| self.is_literal(key) && !key.is_list_expr())
                    && total(&item.value)
            }),
            Expr::UnaryOp(node) => {
                let number = || self.type_of(scope, &node.operand).is_some_and(Type::is_number);
                total(&node.operand)
                    && (node.op == UnaryOp::Not || number())
                    && (node.op != UnaryOp::Invert || self.is_int(scope, &node.operand))
            }
            Expr::BinOp(node) => {
                matches!(node.op, Operator::Add | Operator::Sub | Operator::Mult)
                    && self.is_int(scope, &node.left)
                    && self.is_int(scope, &node.right)
                    && total(&node.left)
                    && total(&node.right)
            }
            Expr::Compare(node) => {
                let mut operands = std::iter::once(&*node.left).chain(&node.comparators);
                let identity = node.ops.iter().all(|op| matches!(op, CmpOp::Is | CmpOp::IsNot));
                operands.all(|one| {
                    total(one)
                        && (identity || self.type_of(scope, one).is_some_and(Type::is_number))
                }) && !node.ops.iter().any(|op| matches!(op, CmpOp::In | CmpOp::NotIn))
            }
            _ => self.is_literal(expr),
        }
    }

    /// Whether an expression mentions a variable.
    pub(super) fn mentions(&self, span: &Range<usize>, of: ScopeId, name: &str) -> bool {
        !self.references.variable_within(of, name, span).is_empty()
    }

    /// Whether a span of the text binds a variable, reads it through an inner function, or could.
    pub(super) fn binds_within(&self, span: &Range<usize>, of: ScopeId, name: &str) -> bool {
        self.references
            .variable_within(of, name, span)
            .iter()
            .any(|reference| reference.does != Does::Load)
    }

    /// Whether nothing can see when a local variable is given its value: neither a handler nor another scope.
    pub(super) fn is_unseen(&self, place: Place, name: &str) -> Option<ScopeId> {
        let scope = self.scope_at(place);
        let of = self.private_local(scope, name)?;
        (of == scope && !self.block(place).guarded).then_some(of)
    }

    /// Whether a loop variable is read only within its own loop, or in other loops over the same name.
    ///
    /// `within` is the span where it may be read.
    pub(super) fn is_read_only_in(&self, of: ScopeId, name: &str, within: &Range<usize>) -> bool {
        self.references.variable(of, name).into_iter().all(|reference| {
            if within.contains(&reference.span.start) {
                return true;
            }
            match reference.does {
                Does::Store => true,
                Does::Load if reference.scope == of || self.is_private(of, name) => {
                    self.places_around(reference.place).iter().any(|&place| {
                        let Stmt::For(node) = self.stmt(place) else { return false };
                        let (Some(first), Some(last)) = (node.body.first(), node.body.last())
                        else {
                            return false;
                        };
                        let body = span_of(first).start..span_of(last).end;
                        body.contains(&reference.span.start)
                            && !body.contains(&within.start)
                            && matches!(&*node.target, Expr::Name(target) if target.id.as_str() == name)
                    })
                }
                Does::Load
                | Does::Update
                | Does::Delete
                | Does::Parameter
                | Does::Element
                | Does::Declare => false,
            }
        })
    }

    /// Whether a jump out of the innermost loop, or on to its next turn, is among statements.
    pub(super) fn jumps(&self, body: &[Stmt]) -> Jumps {
        let mut jumps = Jumps::default();
        jumps.look(body);
        jumps
    }
}

/// Which jumps of a loop's body belong to the loop.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Jumps {
    pub has_continue: bool,
    pub has_break: bool,
}

impl Jumps {
    fn look(&mut self, body: &[Stmt]) {
        for stmt in body {
            match stmt {
                Stmt::Continue(_) => self.has_continue = true,
                Stmt::Break(_) => self.has_break = true,
                Stmt::If(node) => {
                    self.look(&node.body);
                    node.elif_else_clauses.iter().for_each(|clause| self.look(&clause.body));
                }
                Stmt::With(node) => self.look(&node.body),
                Stmt::Try(node) => {
                    self.look(&node.body);
                    for handler in &node.handlers {
                        let body = handler.as_except_handler().map_or(&[][..], |one| &one.body);
                        self.look(body);
                    }
                    self.look(&node.orelse);
                    self.look(&node.finalbody);
                }
                Stmt::Match(node) => node.cases.iter().for_each(|case| self.look(&case.body)),
                // Jumps in an inner loop's `else` belong to the outer one.
                Stmt::For(node) => self.look(&node.orelse),
                Stmt::While(node) => self.look(&node.orelse),
                _ => {}
            }
        }
    }
}

/// Whether nothing runs after the last of the statements in their block.
pub(super) fn always_leaves(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_)) => true,
        Some(Stmt::If(node)) => {
            always_leaves(&node.body)
                && node.elif_else_clauses.last().is_some_and(|last| last.test.is_none())
                && node.elif_else_clauses.iter().all(|clause| always_leaves(&clause.body))
        }
        _ => false,
    }
}
