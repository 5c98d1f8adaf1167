//! Requests in the form of Python's `marshal`, which the guest reads in a third of the fuel that JSON takes.
//!
//! Invariant: what the guest reads equals what `json.loads` would make of the same value.

use serde_json::{Number, Value};

/// The bits of a digit of a large integer.
const DIGIT_BITS: u32 = 15;

/// A dictionary: the fields of a JSON object, and one more of bytes.
pub fn request(fields: &serde_json::Map<String, Value>, bytes: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut out = vec![b'{'];
    for (name, field) in fields {
        text(&mut out, name);
        value(&mut out, field);
    }
    if let Some((name, bytes)) = bytes {
        text(&mut out, name);
        counted(&mut out, b's', bytes.len());
        out.extend_from_slice(bytes);
    }
    out.push(b'0');
    out
}

fn value(out: &mut Vec<u8>, json: &Value) {
    match json {
        Value::Null => out.push(b'N'),
        Value::Bool(true) => out.push(b'T'),
        Value::Bool(false) => out.push(b'F'),
        Value::Number(number) => self::number(out, number),
        Value::String(string) => text(out, string),
        Value::Array(items) => {
            counted(out, b'[', items.len());
            items.iter().for_each(|item| value(out, item));
        }
        Value::Object(fields) => out.extend(request(fields, None)),
    }
}

/// A type and a count. Requests are far shorter than 4 GiB, as guests have no more memory.
fn counted(out: &mut Vec<u8>, kind: u8, count: usize) {
    out.push(kind);
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    counted(out, if text.is_ascii() { b'a' } else { b'u' }, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn number(out: &mut Vec<u8>, number: &Number) {
    let small = number.as_i64().and_then(|number| i32::try_from(number).ok());
    match (small, number.as_i64(), number.as_u64()) {
        (Some(small), _, _) => {
            out.push(b'i');
            out.extend_from_slice(&small.to_le_bytes());
        }
        (None, Some(large), _) => integer(out, large.unsigned_abs(), large < 0),
        (None, None, Some(large)) => integer(out, large, false),
        (None, None, None) => {
            out.push(b'g');
            out.extend_from_slice(&number.as_f64().unwrap_or(f64::NAN).to_le_bytes());
        }
    }
}

fn integer(out: &mut Vec<u8>, magnitude: u64, is_negative: bool) {
    let mut digits: Vec<u16> = Vec::new();
    let mut rest = magnitude;
    while rest > 0 {
        digits.push((rest & ((1 << DIGIT_BITS) - 1)) as u16);
        rest >>= DIGIT_BITS;
    }
    let count = digits.len() as i32;
    out.push(b'l');
    out.extend_from_slice(&(if is_negative { -count } else { count }).to_le_bytes());
    digits.iter().for_each(|digit| out.extend_from_slice(&digit.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_python_writes_them() {
        let of = |json: &str| {
            let mut out = Vec::new();
            value(&mut out, &serde_json::from_str(json).unwrap());
            out
        };
        // As `marshal.dumps(value, 2)` has them, which writes no references.
        assert_eq!(of("null"), b"N");
        assert_eq!(of("[true, -2]"), b"[\x02\0\0\0Ti\xfe\xff\xff\xff");
        assert_eq!(of("4294967296"), b"l\x03\0\0\0\0\0\0\0\x04\0");
        assert_eq!(of("-4294967297"), b"l\xfd\xff\xff\xff\x01\0\0\0\x04\0");
        assert_eq!(
            of("18446744073709551615"),
            b"l\x05\0\0\0\xff\x7f\xff\x7f\xff\x7f\xff\x7f\x0f\0"
        );
        assert_eq!(of("0.5"), b"g\0\0\0\0\0\0\xe0\x3f");
        assert_eq!(of("\"\u{e9}\""), b"u\x02\0\0\0\xc3\xa9");
        assert_eq!(of("{\"k\": []}"), b"{a\x01\0\0\0k[\0\0\0\x000");
    }

    #[test]
    fn a_field_of_bytes_is_the_last() {
        let written = request(&serde_json::Map::new(), Some(("p", b"\x01")));
        assert_eq!(written, b"{a\x01\0\0\0ps\x01\0\0\0\x010");
    }
}
