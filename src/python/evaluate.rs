//! What simple expressions come to where the values of their names are known.
//!
//! Invariant: only builtin values are compared, as Python compares them; whatever else an expression has gives no answer.

use ruff_python_ast::{BoolOp, CmpOp, Expr, UnaryOp};

use super::literal;
use super::syntax::{self, span_of};
use crate::sandbox::value::Value;

/// Whether an expression holds; `known` gives the `repr` of a name's value.
pub fn holds(source: &str, known: &dyn Fn(&str) -> Option<String>) -> Option<bool> {
    let expr = syntax::expression(source)?;
    truth(&Evaluation { source, known }.value(&expr)?)
}

struct Evaluation<'e> {
    source: &'e str,
    known: &'e dyn Fn(&str) -> Option<String>,
}

impl Evaluation<'_> {
    fn value(&self, expr: &Expr) -> Option<Value> {
        match expr {
            Expr::Name(name) => literal::parse(&(self.known)(&name.id)?),
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                Some(Value::Bool(!truth(&self.value(&node.operand)?)?))
            }
            Expr::BoolOp(node) => {
                let mut last = None;
                for operand in &node.values {
                    let value = self.value(operand)?;
                    let decides = truth(&value)? == (node.op == BoolOp::Or);
                    last = Some(value);
                    if decides {
                        break;
                    }
                }
                last
            }
            Expr::Compare(node) => {
                let mut left = self.value(&node.left)?;
                for (op, right) in node.ops.iter().zip(&node.comparators) {
                    let right = self.value(right)?;
                    if !compare(&left, *op, &right)? {
                        return Some(Value::Bool(false));
                    }
                    left = right;
                }
                Some(Value::Bool(true))
            }
            expr => literal::parse(self.source.get(span_of(expr))?),
        }
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::None => Some(false),
        Value::Bool(holds) => Some(*holds),
        Value::Int(digits) => Some(digits != "0"),
        Value::Float(x) => Some(*x != 0.0),
        Value::Str(text) => Some(!text.is_empty()),
        Value::Bytes(bytes) => Some(!bytes.is_empty()),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            Some(!items.is_empty())
        }
        Value::Dict(entries) => Some(!entries.is_empty()),
        Value::Complex(..)
        | Value::EscapedStr(_)
        | Value::ByteArray(_)
        | Value::Object(..)
        | Value::Derived(..)
        | Value::Opaque(..)
        | Value::Cycle(_) => None,
    }
}

fn compare(left: &Value, op: CmpOp, right: &Value) -> Option<bool> {
    match op {
        CmpOp::Eq => equal(left, right),
        CmpOp::NotEq => equal(left, right).map(|same| !same),
        CmpOp::Lt => order(left, right).map(std::cmp::Ordering::is_lt),
        CmpOp::LtE => order(left, right).map(std::cmp::Ordering::is_le),
        CmpOp::Gt => order(left, right).map(std::cmp::Ordering::is_gt),
        CmpOp::GtE => order(left, right).map(std::cmp::Ordering::is_ge),
        CmpOp::Is => is_same(left, right),
        CmpOp::IsNot => is_same(left, right).map(|same| !same),
        CmpOp::In => contains(right, left),
        CmpOp::NotIn => contains(right, left).map(|has| !has),
    }
}

/// Identity, of the values of which there is one each.
fn is_same(left: &Value, right: &Value) -> Option<bool> {
    let is_single = |value: &Value| matches!(value, Value::None | Value::Bool(_));
    (is_single(left) || is_single(right)).then(|| left == right)
}

/// Equality, of what is of one type or a plain number.
fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_))
        | (Value::Str(_), Value::Str(_)) => order(left, right).map(std::cmp::Ordering::is_eq),
        (Value::None, _) | (_, Value::None) => Some(left == right),
        (Value::Str(_), Value::Int(_) | Value::Float(_))
        | (Value::Int(_) | Value::Float(_), Value::Str(_)) => Some(false),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        _ => None,
    }
}

fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    let number = |value: &Value| match value {
        Value::Int(digits) => digits.parse::<i32>().ok().map(f64::from),
        Value::Float(x) => Some(*x),
        _ => None,
    };
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => Some(a.chars().cmp(b.chars())),
        (left, right) => number(left)?.partial_cmp(&number(right)?),
    }
}

fn contains(whole: &Value, part: &Value) -> Option<bool> {
    match (whole, part) {
        (Value::Str(text), Value::Str(part)) => Some(text.contains(part.as_str())),
        (Value::List(items) | Value::Tuple(items) | Value::Set(items), part) => {
            items.iter().try_fold(false, |has, item| Some(has | equal(item, part)?))
        }
        (Value::Dict(entries), part) => {
            entries.iter().try_fold(false, |has, (key, _)| Some(has | equal(key, part)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_known_names_decide_is_told_and_nothing_else() {
        let known = |name: &str| {
            let values = [("n", "3"), ("text", "'ab'"), ("none", "None"), ("xs", "[1, 2]")];
            values.iter().find(|(known, _)| *known == name).map(|(_, repr)| (*repr).to_owned())
        };
        for (source, expected) in [
            ("n > 2", Some(true)),
            ("0 < n < 3", Some(false)),
            ("not text", Some(false)),
            ("none is None or f(x)", Some(true)),
            ("n and none", Some(false)),
            ("'b' in text", Some(true)),
            ("n not in xs", Some(true)),
            ("n == 3.0", Some(true)),
            ("n == '3'", Some(false)),
            ("xs is text", None),
            ("len(xs)", None),
            ("unknown", None),
            ("none < 1", None),
        ] {
            assert_eq!(holds(source, &known), expected, "{source}");
        }
    }
}
