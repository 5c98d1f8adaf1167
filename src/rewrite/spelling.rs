//! How parts of expressions are written where they move to: parentheses and negations.
//!
//! Invariant: what is written means the same wherever the caller says that it stands.

use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCompare, Operator, UnaryOp};

use super::program::Program;
use super::references::ScopeId;
use super::types::Type;
use super::walk::Site;
use crate::python::syntax::span_of;

/// How tightly an expression holds together; a higher one needs no parentheses within a lower one.
pub(super) fn precedence(expr: &Expr) -> u8 {
    match expr {
        Expr::Named(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Starred(_) => 0,
        Expr::Tuple(tuple) if !tuple.parenthesized => 0,
        Expr::Generator(generator) if !generator.parenthesized => 0,
        Expr::Lambda(_) => 1,
        Expr::If(_) => 2,
        Expr::BoolOp(node) => match node.op {
            BoolOp::Or => 3,
            BoolOp::And => 4,
        },
        Expr::UnaryOp(node) if node.op == UnaryOp::Not => 5,
        Expr::Compare(_) => 6,
        Expr::BinOp(node) => operator(node.op),
        Expr::UnaryOp(_) => 12,
        Expr::Await(_) => 14,
        _ => 15,
    }
}

pub(super) const TERNARY: u8 = 2;
pub(super) const OR: u8 = 3;
pub(super) const AND: u8 = 4;
pub(super) const NOT: u8 = 5;
pub(super) const COMPARE: u8 = 6;

/// How tightly an operator holds its operands together.
pub(super) fn operator(op: Operator) -> u8 {
    match op {
        Operator::BitOr => 7,
        Operator::BitXor => 8,
        Operator::BitAnd => 9,
        Operator::LShift | Operator::RShift => 10,
        Operator::Add | Operator::Sub => 11,
        Operator::Mult | Operator::MatMult | Operator::Div | Operator::Mod | Operator::FloorDiv => {
            12
        }
        Operator::Pow => 13,
    }
}

impl<'m> Program<'m> {
    /// The span of an expression with all parentheses around it; only for one that is not the sole argument of a call.
    pub(super) fn outer(&self, expr: &Expr) -> Range<usize> {
        let mut span = span_of(expr);
        loop {
            let before = self.tokens[..self.token_at(span.start)]
                .iter()
                .rev()
                .find(|(kind, _)| !is_layout(*kind));
            let after =
                self.tokens[self.token_at(span.end)..].iter().find(|(kind, _)| !is_layout(*kind));
            match (before, after) {
                (Some((TokenKind::Lpar, open)), Some((TokenKind::Rpar, close))) => {
                    span = open.start..close.end;
                }
                _ => return span,
            }
        }
    }

    /// An operand as it is written, its own parentheses included.
    pub(super) fn operand(&self, expr: &Expr) -> &'m str {
        self.text(self.outer(expr))
    }

    /// An expression written where only tighter ones need no parentheses; without its own, unless it goes over lines.
    pub(super) fn within(&self, expr: &Expr, least: u8) -> String {
        let text = self.text_of(expr);
        if precedence(expr) < least || text.contains('\n') {
            format!("({text})")
        } else {
            text.to_owned()
        }
    }

    /// Whether something that holds together like `precedence` can take the place of an expression without parentheses.
    pub(super) fn fits(&self, site: &Site<'_>, new: u8) -> bool {
        let Some(parent) = site.parent else { return true };
        let span = span_of(site.expr);
        let before = self.token_at(span.start).checked_sub(1).map(|i| self.tokens[i].0);
        let after = self.tokens.get(self.token_at(span.end)).map(|(kind, _)| *kind);
        let opens = matches!(
            before,
            Some(TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::Comma)
        );
        let closes = matches!(
            after,
            Some(TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::Comma)
        );
        if opens && closes {
            return new >= TERNARY;
        }
        match parent {
            Expr::BoolOp(_) | Expr::UnaryOp(_) | Expr::Compare(_) | Expr::BinOp(_) => {
                new > precedence(parent)
            }
            _ => new >= precedence(site.expr),
        }
    }

    /// Whether a name's value cannot change how comparisons turn out to be opposites.
    fn opposite(&self, scope: ScopeId, node: &ExprCompare) -> Option<&'static str> {
        let ([op], [right]) = (&*node.ops, &*node.comparators) else { return None };
        let is_ordered = || {
            let kinds = (self.type_of(scope, &node.left), self.type_of(scope, right));
            matches!(
                kinds,
                (Some(Type::Int | Type::Bool), Some(Type::Int | Type::Bool))
                    | (Some(Type::Str), Some(Type::Str))
            )
        };
        Some(match op {
            CmpOp::Is => "is not",
            CmpOp::IsNot => "is",
            CmpOp::In => "not in",
            CmpOp::NotIn => "in",
            CmpOp::Eq if self.is_tame => "!=",
            CmpOp::NotEq if self.is_tame => "==",
            CmpOp::Lt if is_ordered() => ">=",
            CmpOp::LtE if is_ordered() => ">",
            CmpOp::Gt if is_ordered() => "<=",
            CmpOp::GtE if is_ordered() => "<",
            _ => return None,
        })
    }

    /// A condition that holds exactly if another does not; `None` if it cannot be written on one line.
    pub(super) fn negated(&self, scope: ScopeId, test: &Expr) -> Option<Negation> {
        let text = self.text_of(test);
        if text.contains('\n') {
            return None;
        }
        Some(match test {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => Negation {
                text: self.text_of(&*node.operand).to_owned(),
                precedence: precedence(&node.operand),
            },
            Expr::BooleanLiteral(node) => Negation {
                text: if node.value { "False" } else { "True" }.to_owned(),
                precedence: 15,
            },
            Expr::Compare(node) if let Some(op) = self.opposite(scope, node) => {
                let (left, right) = (self.operand(&node.left), self.operand(&node.comparators[0]));
                Negation { text: format!("{left} {op} {right}"), precedence: COMPARE }
            }
            // Nobody writes `not a < b`; and `a >= b` may be something else.
            Expr::Compare(node) if node.ops.len() == 1 => return None,
            Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Starred(_) => return None,
            _ => Negation { text: format!("not {}", self.within(test, NOT)), precedence: NOT },
        })
    }

    /// Whether an expression is a literal whose evaluation does nothing and whose comparison asks the other operand.
    pub(super) fn is_literal(&self, expr: &Expr) -> bool {
        match expr {
            Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_) => true,
            Expr::UnaryOp(node) => {
                node.op == UnaryOp::USub && node.operand.is_number_literal_expr()
            }
            Expr::Tuple(tuple) => tuple.elts.iter().all(|one| self.is_literal(one)),
            Expr::List(list) => list.elts.iter().all(|one| self.is_literal(one)),
            _ => false,
        }
    }
}

/// A condition's opposite as it is written.
pub(super) struct Negation {
    pub text: String,
    pub precedence: u8,
}

impl Negation {
    pub(super) fn within(self, least: u8) -> String {
        if self.precedence < least { format!("({})", self.text) } else { self.text }
    }
}

fn is_layout(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::NonLogicalNewline | TokenKind::Comment)
}
