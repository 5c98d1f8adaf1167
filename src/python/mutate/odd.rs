//! What nobody writes by mistake: the same thing on both sides, a loop that never begins, a remainder compared with more than it can be.
//!
//! Invariant: what the original has already does not count against a variant of it.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, Number, Operator, Stmt};

use crate::python::syntax::span_of;

/// Counts the oddities of some statements.
pub(super) fn oddities(source: &str, body: &[Stmt]) -> usize {
    let mut odd = Odd { source, count: 0 };
    odd.visit_body(body);
    odd.count
}

struct Odd<'s> {
    source: &'s str,
    count: usize,
}

impl Odd<'_> {
    fn text(&self, expr: &Expr) -> &str {
        self.source.get(span_of(expr)).unwrap_or_default()
    }

    fn are_same(&self, one: &Expr, other: &Expr) -> bool {
        !one.is_literal_expr() && self.text(one) == self.text(other)
    }

    /// Whether a name stands among some expressions twice.
    fn repeats_name(&self, exprs: &[&Expr]) -> bool {
        exprs.iter().enumerate().any(|(at, one)| {
            one.is_name_expr() && exprs[..at].iter().any(|other| self.are_same(one, other))
        })
    }

    fn add(&mut self, is_odd: bool) {
        self.count += usize::from(is_odd);
    }

    fn comparison(&mut self, left: &Expr, op: CmpOp, right: &Expr) {
        let is_same = self.are_same(left, right);
        self.add(is_same);
        // `x % 2 == 2` never holds.
        let number = |expr: &Expr| match expr {
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(value) => value.as_u64(),
                Number::Float(_) | Number::Complex { .. } => None,
            },
            _ => None,
        };
        if let Expr::BinOp(sum) = left
            && sum.op == Operator::Mod
            && matches!(op, CmpOp::Eq | CmpOp::NotEq)
        {
            let pair = number(&sum.right).zip(number(right));
            self.add(pair.is_some_and(|(by, with)| with >= by));
        }
    }
}

impl<'a> Visitor<'a> for Odd<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::While(node) => {
                let never = matches!(&*node.test, Expr::BooleanLiteral(literal) if !literal.value);
                self.add(never || self.text(&node.test) == "0");
            }
            Stmt::Assign(node) => {
                for target in &node.targets {
                    let is_itself = self.are_same(target, &node.value);
                    // `d[value] = value`.
                    let is_own_key = matches!(target, Expr::Subscript(subscript)
                        if subscript.slice.is_name_expr() && self.are_same(&subscript.slice, &node.value));
                    self.add(is_itself || is_own_key);
                }
            }
            Stmt::AugAssign(node) => self.add(self.are_same(&node.target, &node.value)),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BinOp(node) => self.add(self.are_same(&node.left, &node.right)),
            Expr::BoolOp(node) => {
                let is_same = node.values.windows(2).any(|pair| self.are_same(&pair[0], &pair[1]));
                self.add(is_same);
            }
            Expr::Compare(node) => {
                let operands: Vec<&Expr> =
                    std::iter::once(&*node.left).chain(&node.comparators).collect();
                for (pair, op) in operands.windows(2).zip(&node.ops) {
                    self.comparison(pair[0], *op, pair[1]);
                }
            }
            Expr::Call(node) => {
                let positional = node.arguments.args.iter();
                let named = node.arguments.keywords.iter().map(|keyword| &keyword.value);
                let own = match &*node.func {
                    // `xs.index(xs)`.
                    Expr::Attribute(method) => Some(&*method.value),
                    _ => None,
                };
                let all: Vec<&Expr> = own.into_iter().chain(positional).chain(named).collect();
                self.add(self.repeats_name(&all));
            }
            Expr::Tuple(node) => {
                let all: Vec<&Expr> = node.elts.iter().collect();
                self.add(self.repeats_name(&all));
            }
            Expr::List(node) => {
                let all: Vec<&Expr> = node.elts.iter().collect();
                self.add(self.repeats_name(&all));
            }
            Expr::Subscript(node) => self.add(self.are_same(&node.value, &node.slice)),
            Expr::If(node) => self.add(self.are_same(&node.body, &node.orelse)),
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}
