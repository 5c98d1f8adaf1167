//! Halstead's volume: radon's `visitors.HalsteadVisitor`, which counts operators of expressions and what they apply to.
//!
//! Invariant: two operands are the same exactly where Python's `==` says so of what radon keeps of them.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_body, walk_expr, walk_stmt};
use ruff_python_ast::{BoolOp, CmpOp, Expr, Int, Number, Operator, Stmt, UnaryOp};

/// Bits: radon's `metrics.halstead_visitor_report`.
pub(super) fn volume(body: &[Stmt]) -> f64 {
    let mut counts = Counts::default();
    walk_body(&mut counts, body);
    let vocabulary = counts.distinct_operators.len() as u64
        + counts.distinct_operands.len() as u64
        + counts.opaque;
    if vocabulary == 0 {
        0.0
    } else {
        counts.total as f64 * (vocabulary as f64).ln() / std::f64::consts::LN_2
    }
}

#[derive(PartialEq, Eq, Hash)]
enum OperatorKind {
    Binary(Operator),
    Unary(UnaryOp),
    Bool(BoolOp),
    Compare(CmpOp),
}

/// What `HalsteadVisitor.types` keeps of an operand: `x`, `a.x` and `'x'` are all the text x.
#[derive(PartialEq, Eq, Hash)]
enum Operand {
    Text(String),
    Bytes(Vec<u8>),
    /// In decimal: Python's 1, 1.0 and True are equal.
    Real(String),
    Imaginary(String),
    None,
    Ellipsis,
}

#[derive(Default)]
struct Counts<'a> {
    /// The name of the innermost function; operands of different functions differ.
    context: Option<&'a str>,
    /// Operators and operands.
    total: u64,
    distinct_operators: HashSet<OperatorKind>,
    distinct_operands: HashSet<(Option<&'a str>, Operand)>,
    /// Operands that are larger expressions: each differs from every other, being a node of its own.
    opaque: u64,
}

impl<'a> Counts<'a> {
    /// `HalsteadVisitor.dispatch`.
    fn count(&mut self, operator: OperatorKind, operands: impl IntoIterator<Item = &'a Expr>) {
        self.total += 1;
        self.distinct_operators.insert(operator);
        for expr in operands {
            self.total += 1;
            match operand(expr) {
                Some(operand) => {
                    self.distinct_operands.insert((self.context, operand));
                }
                None => self.opaque += 1,
            }
        }
    }
}

impl<'a> Visitor<'a> for Counts<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            // `visit_FunctionDef`: neither decorators nor parameters are looked at.
            Stmt::FunctionDef(function) => {
                let outer = self.context.replace(function.name.as_str());
                walk_body(self, &function.body);
                self.context = outer;
                return;
            }
            Stmt::AugAssign(assign) => {
                self.count(OperatorKind::Binary(assign.op), [&*assign.target, &*assign.value]);
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BinOp(binary) => {
                self.count(OperatorKind::Binary(binary.op), [&*binary.left, &*binary.right]);
            }
            Expr::UnaryOp(unary) => self.count(OperatorKind::Unary(unary.op), [&*unary.operand]),
            Expr::BoolOp(operation) => {
                self.count(OperatorKind::Bool(operation.op), &operation.values);
            }
            Expr::Compare(compare) => {
                let mut operands =
                    Some(std::iter::once(&*compare.left).chain(&compare.comparators));
                for op in &compare.ops {
                    // All operands come with the first operator, none with the others.
                    self.count(OperatorKind::Compare(*op), operands.take().into_iter().flatten());
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

fn operand(expr: &Expr) -> Option<Operand> {
    Some(match expr {
        Expr::Name(name) => Operand::Text(name.id.to_string()),
        Expr::Attribute(attribute) => Operand::Text(attribute.attr.to_string()),
        Expr::StringLiteral(text) => Operand::Text(text.value.to_str().to_owned()),
        Expr::BytesLiteral(bytes) => Operand::Bytes(bytes.value.bytes().collect()),
        Expr::BooleanLiteral(boolean) => Operand::Real(u8::from(boolean.value).to_string()),
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(int) => Operand::Real(decimal(int)),
            Number::Float(float) => Operand::Real(exact(*float)),
            Number::Complex { imag, .. } if *imag == 0.0 => Operand::Real("0".into()),
            Number::Complex { imag, .. } => Operand::Imaginary(exact(*imag)),
        },
        Expr::NoneLiteral(_) => Operand::None,
        Expr::EllipsisLiteral(_) => Operand::Ellipsis,
        _ => return None,
    })
}

/// An integer's digits; one beyond 128 bits that is written in another base keeps its spelling.
fn decimal(int: &Int) -> String {
    let text = int.to_string().to_ascii_lowercase();
    let based = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find_map(|(prefix, radix)| {
        u128::from_str_radix(&text.strip_prefix(prefix)?.replace('_', ""), radix).ok()
    });
    based.map_or(text, |value| value.to_string())
}

/// A float's digits, such that one equal to an integer reads as that integer.
fn exact(float: f64) -> String {
    if float.fract() == 0.0 { format!("{float:.0}") } else { float.to_string() }
}
