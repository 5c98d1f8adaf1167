//! Values of the standard library's classes: as source, and as the builtin values that they equal.
//!
//! Invariant: the class of such a value was recognised by its identity, so a program's own class of the same name is not one.

use super::Value;

/// Writes source that makes a value of a class; a class derived from a builtin one gives the builtin value.
pub(super) fn write(out: &mut String, class: &str, from: &Value) -> bool {
    let (before, after) = match class {
        // Only a parser could tell that the guest's text is nothing but a literal.
        LITERAL => return false,
        "collections.Counter" => ("__import__('collections').Counter(", ")"),
        "collections.OrderedDict" => ("__import__('collections').OrderedDict(", ")"),
        "collections.defaultdict" => ("__import__('collections').defaultdict(None, ", ")"),
        "collections.deque" => ("__import__('collections').deque(", ")"),
        "fractions.Fraction" => ("__import__('fractions').Fraction(*", ")"),
        "decimal.Decimal" => ("__import__('decimal').Decimal(", ")"),
        "range" => ("range(*", ")"),
        "dict_keys" => ("dict.fromkeys(", ").keys()"),
        "dict_items" => ("dict(", ").items()"),
        "dict_values" => ("dict(enumerate(", ")).values()"),
        _ => ("", ""),
    };
    out.push_str(before);
    let is_written = from.write_source(out, true);
    out.push_str(after);
    is_written
}

impl Value {
    /// The value with all that is [`Value::Derived`] in it as the builtin value that it equals, if there is one; `read` reads a
    /// literal.
    pub fn plain(&self, read: &dyn Fn(&str) -> Option<Self>) -> Self {
        let all = |items: &[Self]| items.iter().map(|item| item.plain(read)).collect();
        match self {
            Self::List(items) => Self::List(all(items)),
            Self::Tuple(items) => Self::Tuple(all(items)),
            Self::Set(items) => Self::Set(all(items)),
            Self::FrozenSet(items) => Self::FrozenSet(all(items)),
            Self::Dict(entries) => {
                let plain = |(k, v): &(Self, Self)| (k.plain(read), v.plain(read));
                Self::Dict(entries.iter().map(plain).collect())
            }
            Self::Derived(class, from) => match (class.as_str(), &**from) {
                (LITERAL, Self::Str(text)) => read(text),
                (class, from) => equal_builtin(class, from, read),
            }
            .unwrap_or_else(|| self.clone()),
            other => other.clone(),
        }
    }
}

/// In place of a class: a builtin value that is too deep for JSON, as its literal.
const LITERAL: &str = "literal";

/// The builtin value that a value of a class equals; `None` if it equals none.
fn equal_builtin(class: &str, from: &Value, read: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    match (class, from) {
        ("collections.deque" | "range" | "dict_values", _) => None,
        ("fractions.Fraction", Value::Tuple(parts)) => match parts.as_slice() {
            [Value::Int(numerator), Value::Int(denominator)] => fraction(numerator, denominator),
            _ => None,
        },
        ("decimal.Decimal", Value::Str(text)) => decimal_number(text),
        ("fractions.Fraction" | "decimal.Decimal", _) => None,
        (_, from) => Some(from.plain(read)),
    }
}

/// A fraction in lowest terms as the integer or the float that it equals exactly.
fn fraction(numerator: &str, denominator: &str) -> Option<Value> {
    if denominator == "1" {
        return Some(Value::Int(numerator.to_owned()));
    }
    let (top, bottom): (i64, u64) = (numerator.parse().ok()?, denominator.parse().ok()?);
    let is_exact = top.unsigned_abs() <= 1 << 53 && bottom.is_power_of_two();
    is_exact.then_some(Value::Float(top as f64 / bottom as f64))
}

/// A decimal number as the integer or the float that it equals exactly.
fn decimal_number(text: &str) -> Option<Value> {
    match text {
        "NaN" | "-NaN" => return Some(Value::Float(f64::NAN)),
        "Infinity" => return Some(Value::Float(f64::INFINITY)),
        "-Infinity" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    let (negative, digits, point) = digits(text)?;
    let sign = if negative && digits.bytes().any(|digit| digit != b'0') { "-" } else { "" };
    let len = i32::try_from(digits.len()).ok()?;
    if point >= len && point < 5000 {
        let zeros = "0".repeat(usize::try_from(point - len).ok()?);
        return Some(Value::Int(format!("{sign}{digits}{zeros}")));
    }
    // A float's own decimal digits end; the two are equal if they are the same.
    let float = text.parse::<f64>().ok().filter(|float| float.is_finite())?;
    let (_, exact, exact_point) = self::digits(&format!("{:.1100}", float.abs()))?;
    (exact == digits && exact_point == point).then_some(Value::Float(float))
}

/// Whether two texts are equal as `decimal.Decimal` has it: `6` and `6.0` are, and no text that is not a number is.
pub fn equal_decimals(first: &str, second: &str) -> bool {
    let number = |text: &str| match text.trim_start_matches(['-', '+']) {
        word if word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("infinity") => {
            Some((text.starts_with('-'), "inf".to_owned(), 0))
        }
        _ => {
            digits(text).map(|(negative, digits, point)| (negative && digits != "0", digits, point))
        }
    };
    number(first).is_some_and(|first| number(second) == Some(first))
}

/// Sign, digits without zeros on either side, and where the point stands before or after the first of them.
fn digits(text: &str) -> Option<(bool, String, i32)> {
    let (mantissa, exponent) = match text.split_once(['E', 'e']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{part}");
    if all.is_empty() || !all.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let stripped = all.trim_start_matches('0');
    if stripped.is_empty() {
        return Some((negative, "0".into(), 1));
    }
    let dropped = i32::try_from(all.len() - stripped.len()).ok()?;
    let point = i32::try_from(whole.len()).ok()?.checked_sub(dropped)?.checked_add(exponent)?;
    Some((negative, stripped.trim_end_matches('0').to_owned(), point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_as_decimals_however_they_are_written() {
        for (first, second) in [
            ("6", "6.0"),
            ("0.1", "0.10"),
            ("-0", "0"),
            ("1e2", "100"),
            ("+7", "7."),
            ("-inf", "-Infinity"),
        ] {
            assert!(equal_decimals(first, second), "{first} {second}");
        }
        for (first, second) in [
            ("6", "-6"),
            ("0.1", "0.1000001"),
            ("a", "a"),
            ("", "0"),
            ("-", "0"),
            (".", "0"),
            ("--5", "5"),
            ("nan", "nan"),
        ] {
            assert!(!equal_decimals(first, second), "{first} {second}");
        }
    }

    fn derived(class: &str, from: Value) -> Value {
        Value::Derived(class.into(), Box::new(from))
    }

    fn of_text(class: &str, text: &str) -> Value {
        derived(class, Value::str(text)).plain(&|_| None)
    }

    #[test]
    fn a_decimal_is_the_number_that_it_equals_exactly() {
        for (text, number) in [
            ("1.0", Value::int(1)),
            ("-1.50E+2", Value::int(-150)),
            ("0E-7", Value::int(0)),
            ("-0", Value::int(0)),
            ("1E+20", Value::Int("100000000000000000000".into())),
            ("0.5", Value::Float(0.5)),
            ("-0.1250", Value::Float(-0.125)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ] {
            assert_eq!(of_text("decimal.Decimal", text), number, "{text}");
        }
        for text in ["0.1", "1E-400", "sNaN", "1E+9999999"] {
            assert!(
                matches!(of_text("decimal.Decimal", text), Value::Derived(..) | Value::Float(_)),
                "{text}"
            );
            assert!(of_text("decimal.Decimal", text) != Value::Float(0.1), "{text}");
        }
    }

    #[test]
    fn a_fraction_is_a_float_if_a_float_is_exactly_that() {
        let of = |top: i64, bottom: i64| {
            let parts = Value::Tuple(vec![Value::int(top), Value::int(bottom)]);
            derived("fractions.Fraction", parts).plain(&|_| None)
        };
        assert_eq!(of(3, 1), Value::int(3));
        assert_eq!(of(-3, 4), Value::Float(-0.75));
        assert!(matches!(of(1, 3), Value::Derived(..)));
    }

    #[test]
    fn what_the_library_makes_can_be_made_again_from_source() {
        let list = Value::List(vec![Value::int(1)]);
        let nested = Value::Tuple(vec![derived("collections.deque", list.clone())]);
        assert_eq!(nested.to_expression().unwrap(), "(__import__('collections').deque([1]),)");
        assert_eq!(nested.to_literal(), None);
        assert_eq!(derived("list", list).to_expression().unwrap(), "[1]");
        assert_eq!(Value::Cycle(1).to_expression(), None);
    }
}
