//! What an object's address looks like in a text or a value.
//!
//! Invariant: a number is never taken for an address.

use crate::sandbox::value::Value;

/// Whether any text in a value shows an address.
pub fn value_shows_address(value: &Value) -> bool {
    match value {
        Value::Opaque(_, repr) | Value::Str(repr) => has_address(repr),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            items.iter().any(value_shows_address)
        }
        Value::Dict(entries) => {
            entries.iter().any(|(k, v)| value_shows_address(k) || value_shows_address(v))
        }
        Value::Object(_, fields) => fields.iter().any(|(_, value)| value_shows_address(value)),
        _ => false,
    }
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
}
