//! Python literal expressions as values.
//!
//! Invariant: `parse` accepts every text that `Value::to_literal` writes, and gives the same value back.

use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Arguments, Expr, ExprCall, ExprStringLiteral, Number, Operator, UnaryOp};

use super::syntax::{self, span_of};
use crate::sandbox::value::{Value, code_points, distinct, last_of_each_key, of_code_points};

/// Digits of the longest integer read, CPython's own limit for decimal text.
const MAX_INT_DIGITS: usize = 4300;

/// Evaluates a literal expression; `None` for anything that would have to be run.
///
/// Besides displays and constants these calls count as literals: `set()`, `frozenset(…)`, `bytearray(b'…')`,
/// `float('nan')` and its like, `complex(re, im)` and `dict(a=1)`.
pub fn parse(source: &str) -> Option<Value> {
    let source = source.trim();
    Reader { source, json_names: false }.value(&syntax::expression(source)?)
}

/// An expression with another literal in the first place where one has a value; `None` if none has.
pub fn with_other(source: &str, from: &Value, to: &Value) -> Option<String> {
    struct Place<'a> {
        reader: Reader<'a>,
        wanted: &'a Value,
        found: Option<Range<usize>>,
    }
    impl<'a> Visitor<'a> for Place<'_> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            let is_wanted = expr.is_literal_expr() || expr.is_unary_op_expr();
            if is_wanted && self.reader.value(expr).as_ref() == Some(self.wanted) {
                self.found.get_or_insert(span_of(expr));
            }
            match expr {
                // The digits of a negative number are no number of their own.
                Expr::UnaryOp(_) if self.reader.value(expr).is_some() => {}
                // Which item is taken says nothing of what is in it.
                Expr::Subscript(subscript) => self.visit_expr(&subscript.value),
                expr => visitor::walk_expr(self, expr),
            }
        }
    }
    let reader = Reader { source, json_names: false };
    let mut place = Place { reader, wanted: from, found: None };
    place.visit_expr(&syntax::expression(source)?);
    Some(syntax::with_replacements(source, vec![(place.found?, to.to_literal()?)]))
}

/// Positional and keyword arguments.
pub(super) type LiteralArguments = (Vec<Value>, Vec<(String, Value)>);

/// Turns expressions of one source text into values.
#[derive(Clone, Copy)]
pub(super) struct Reader<'s> {
    pub source: &'s str,
    /// Whether `true`, `false` and `null` are the constants of JSON.
    pub json_names: bool,
}

impl Reader<'_> {
    /// The value of a literal expression.
    pub(super) fn value(&self, expr: &Expr) -> Option<Value> {
        Some(match expr {
            Expr::NoneLiteral(_) => Value::None,
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(_) => Value::Int(decimal(&self.source[span_of(literal)])?),
                Number::Float(x) => Value::Float(*x),
                Number::Complex { real, imag } => Value::Complex(*real, *imag),
            },
            Expr::StringLiteral(literal) => self.text(literal)?,
            Expr::BytesLiteral(literal) => Value::Bytes(literal.value.bytes().collect()),
            Expr::List(list) => Value::List(self.values(&list.elts)?),
            Expr::Tuple(tuple) => Value::Tuple(self.values(&tuple.elts)?),
            Expr::Set(set) => Value::Set(distinct(self.values(&set.elts)?)?),
            Expr::Dict(dict) => {
                let entry = |key: &Expr, value: &Expr| Some((self.value(key)?, self.value(value)?));
                let entries: Option<Vec<_>> =
                    dict.items.iter().map(|item| entry(item.key.as_ref()?, &item.value)).collect();
                Value::Dict(last_of_each_key(entries?)?)
            }
            Expr::UnaryOp(unary) => {
                let operand = self.value(&unary.operand)?;
                match unary.op {
                    UnaryOp::USub => negative(operand)?,
                    UnaryOp::UAdd
                        if !matches!(operand, Value::Bool(_)) && real(&operand).is_some() =>
                    {
                        operand
                    }
                    _ => return None,
                }
            }
            Expr::BinOp(sum) => {
                let Value::Complex(0.0, imag) = self.value(&sum.right)? else { return None };
                let left = real(&self.value(&sum.left)?)?;
                match sum.op {
                    Operator::Add => Value::Complex(left, imag),
                    Operator::Sub => Value::Complex(left, -imag),
                    _ => return None,
                }
            }
            Expr::Call(call) => self.constructor(call)?,
            Expr::Name(name) if self.json_names => match name.id.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::None,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The arguments of a call, `None` if any of them is not a literal.
    pub(super) fn arguments(&self, arguments: &Arguments) -> Option<LiteralArguments> {
        let args = self.values(&arguments.args)?;
        let keyword = |name: Option<&str>, value| Some((name?.to_owned(), self.value(value)?));
        let kwargs: Option<Vec<_>> =
            arguments.keywords.iter().map(|one| keyword(one.arg.as_deref(), &one.value)).collect();
        Some((args, kwargs?))
    }

    fn values(&self, exprs: &[Expr]) -> Option<Vec<Value>> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    fn text(&self, literal: &ExprStringLiteral) -> Option<Value> {
        let text = literal.value.to_str();
        // The parser reads an escaped lone surrogate as U+FFFD; that would be another text.
        let written = &self.source[span_of(literal)];
        if text.contains(char::REPLACEMENT_CHARACTER)
            && written.to_ascii_lowercase().contains("\\ud")
        {
            if self.json_names {
                return None; // JSON joins two halves of a pair, Python does not.
            }
            let within = |mark: char| written.strip_prefix(mark)?.strip_suffix(mark);
            return within('\'').or_else(|| within('"')).and_then(code_points).map(of_code_points);
        }
        Some(Value::str(text))
    }

    fn constructor(&self, call: &ExprCall) -> Option<Value> {
        let Expr::Name(name) = &*call.func else { return None };
        let (args, kwargs) = self.arguments(&call.arguments)?;
        if name.id.as_str() == "dict" && args.is_empty() {
            return Some(Value::Dict(
                kwargs.into_iter().map(|(key, value)| (Value::Str(key), value)).collect(),
            ));
        }
        if !kwargs.is_empty() {
            return None;
        }
        Some(match (name.id.as_str(), args.as_slice()) {
            ("set", []) => Value::Set(vec![]),
            ("frozenset", []) => Value::FrozenSet(vec![]),
            ("frozenset", [Value::Set(items) | Value::List(items) | Value::Tuple(items)]) => {
                Value::FrozenSet(distinct(items.clone())?)
            }
            ("bytearray", []) => Value::ByteArray(vec![]),
            ("bytearray", [Value::Bytes(bytes)]) => Value::ByteArray(bytes.clone()),
            ("float", [Value::Str(name)]) => match name.trim().to_ascii_lowercase().as_str() {
                "nan" => Value::Float(f64::NAN),
                "inf" | "+inf" | "infinity" => Value::Float(f64::INFINITY),
                "-inf" | "-infinity" => Value::Float(f64::NEG_INFINITY),
                _ => return None,
            },
            ("complex", [re, im]) => Value::Complex(real(re)?, real(im)?),
            _ => return None,
        })
    }
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Int(digits) => digits.parse().ok(),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

fn negative(value: Value) -> Option<Value> {
    Some(match value {
        Value::Int(digits) if digits == "0" => Value::Int(digits),
        Value::Int(digits) => match digits.strip_prefix('-') {
            Some(positive) => Value::Int(positive.to_owned()),
            None => Value::Int(format!("-{digits}")),
        },
        Value::Float(x) => Value::Float(-x),
        Value::Complex(re, im) => Value::Complex(-re, -im),
        _ => return None,
    })
}

/// The decimal digits of an integer token such as `0x_ff` or `1_000`.
fn decimal(token: &str) -> Option<String> {
    let token: String = token.chars().filter(|&c| c != '_').collect();
    let (radix, digits) = match token.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &token[2..]),
        Some("0o") => (8, &token[2..]),
        Some("0b") => (2, &token[2..]),
        _ => (10, token.as_str()),
    };
    if digits.len() > MAX_INT_DIGITS {
        return None;
    }
    if radix == 10 {
        let digits = digits.trim_start_matches('0');
        return Some(if digits.is_empty() { "0".to_owned() } else { digits.to_owned() });
    }
    // Little-endian limbs of nine decimal digits.
    let mut limbs = vec![0u64];
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(radix)?);
        for limb in &mut limbs {
            let grown = *limb * u64::from(radix) + carry;
            (*limb, carry) = (grown % 1_000_000_000, grown / 1_000_000_000);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let top = limbs.pop()?;
    Some(limbs.iter().rev().fold(top.to_string(), |text, limb| text + &format!("{limb:09}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(source: &str, expected: Value) {
        assert_eq!(parse(source), Some(expected), "{source}");
    }

    #[test]
    fn numbers_of_every_notation_are_read() {
        reads("1_000", Value::int(1000));
        reads("-0", Value::int(0));
        reads("--5", Value::int(5));
        reads("0xFF", Value::int(255));
        reads("0b_101", Value::int(5));
        reads("0xffffffffffffffffffff", Value::Int("1208925819614629174706175".into()));
        reads(
            "123456789012345678901234567890",
            Value::Int("123456789012345678901234567890".into()),
        );
        reads("-1.5e3", Value::Float(-1500.0));
        reads("1-2j", Value::Complex(1.0, -2.0));
        reads("float('-inf')", Value::Float(f64::NEG_INFINITY));
        reads("float('NaN')", Value::Float(f64::NAN));
    }

    #[test]
    fn texts_are_joined_and_unescaped() {
        reads(r"'a' 'b\n'", Value::str("ab\n"));
        reads(r"r'\d' ", Value::str("\\d"));
        reads(r"b'\x00a'", Value::Bytes(vec![0, 97]));
        reads(
            r#"["\uD800", '\'\ud83d\\']"#,
            Value::List(vec![
                Value::EscapedStr(r"\ud800".into()),
                Value::EscapedStr(r"\'\ud83d\\".into()),
            ]),
        );
        assert_eq!(parse(r"'\ud800\n'"), None);
        assert_eq!(parse("f'{x}'"), None);
    }

    #[test]
    fn containers_are_read() {
        reads(
            "[1, (2,), {3}]",
            Value::List(vec![
                Value::int(1),
                Value::Tuple(vec![Value::int(2)]),
                Value::Set(vec![Value::int(3)]),
            ]),
        );
        reads("{'a': 1, 'a': 2}", Value::Dict(vec![(Value::str("a"), Value::int(2))]));
        reads("{1, True, 1.0}", Value::Set(vec![Value::int(1)]));
        reads("dict(a=None)", Value::Dict(vec![(Value::str("a"), Value::None)]));
        reads("set()", Value::Set(vec![]));
        reads("frozenset({1})", Value::FrozenSet(vec![Value::int(1)]));
        reads("bytearray(b'a')", Value::ByteArray(vec![97]));
    }

    #[test]
    fn what_would_run_is_no_literal() {
        for source in [
            "x",
            "1 + 2",
            "[1] * 2",
            "list()",
            "open('f')",
            "{[]: 1}",
            "{**a}",
            "[*a]",
            "dict(**a)",
            "-True",
        ] {
            assert_eq!(parse(source), None, "{source}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
    }

    #[test]
    fn written_literals_are_read_back() {
        let value = Value::Tuple(vec![
            Value::Complex(-0.0, f64::INFINITY),
            Value::Float(f64::NAN),
            Value::FrozenSet(vec![]),
            Value::Dict(vec![(Value::Bytes(vec![255]), Value::str("it's \"é\" \u{7f}"))]),
            Value::ByteArray(vec![0]),
            Value::Float(1e22),
            Value::EscapedStr(r"\'\ud800".into()),
        ]);
        reads(&value.to_literal().unwrap(), value);
    }
}
