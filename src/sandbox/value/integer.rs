//! Integers of any size, as decimal digits.
//!
//! Invariant: an integer never passes through a machine's number: equal digits are equal integers, at any size.

/// The digits by which a written integer is known: without `+`, leading zeros and the sign of zero; `None` for any other text.
pub fn decimal(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    Some(if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_has_one_decimal_however_it_is_written() {
        for (text, digits) in [
            ("7", "7"),
            ("+7", "7"),
            ("-007", "-7"),
            ("-0", "0"),
            ("000", "0"),
            ("18446744073709551617", "18446744073709551617"),
        ] {
            assert_eq!(decimal(text).as_deref(), Some(digits), "{text}");
        }
        for text in ["", "-", "+-1", "1.0", "1e5", "1_000", " 1", "x", "\u{661}"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
