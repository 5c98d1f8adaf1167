//! What an object's address looks like in a text or a value.
//!
//! Invariant: a number is never taken for an address.

use crate::sandbox::value::Value;

/// Whether any text in a value shows an address.
pub fn value_shows_address(value: &Value) -> bool {
    value.walk().any(
        |value| matches!(value, Value::Opaque(_, text) | Value::Str(text) if has_address(text)),
    )
}

/// Whether a text has ` at 0x…` with at least four hexadecimal digits, as CPython writes addresses.
pub fn has_address(text: &str) -> bool {
    text.match_indices(" at 0x").any(|(at, found)| {
        let digits = text[at + found.len()..].bytes().take_while(u8::is_ascii_hexdigit).count();
        digits >= 4
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_numbers() {
        assert!(has_address("<object object at 0x7f12ab>"));
        assert!(!has_address("0x7f12ab"));
        assert!(!has_address("look at 0xZZ"));
    }

    #[test]
    fn an_address_is_found_at_any_depth() {
        let opaque = Value::Opaque("object".into(), "<object object at 0x7f12ab>".into());
        let fields = vec![("x".into(), Value::List(vec![opaque]))];
        assert!(value_shows_address(&Value::Object("Box".into(), fields)));
        assert!(!value_shows_address(&Value::List(vec![Value::int(0x7f12ab)])));
    }
}
