//! Texts with lone surrogates, which are text to Python and not Unicode.
//!
//! Invariant: equal texts are written the same, as Python's `backslashreplace` escapes them, and are nothing but text between quotes.

use super::Value;

/// The text of these code points.
pub fn of_code_points(points: impl IntoIterator<Item = u32>) -> Value {
    let points: Vec<u32> = points.into_iter().collect();
    let text: Option<String> = points.iter().copied().map(char::from_u32).collect();
    text.map_or_else(
        || {
            let mut text = String::new();
            points.iter().for_each(|&point| push_escaped(&mut text, point));
            Value::EscapedStr(text)
        },
        Value::Str,
    )
}

fn push_escaped(text: &mut String, point: u32) {
    let (mark, digits) = match char::from_u32(point) {
        Some(c @ ('\\' | '\'')) => {
            text.push('\\');
            return text.push(c);
        }
        Some(c @ ' '..='~') => return text.push(c),
        _ if point <= 0xff => ("\\x", 2),
        _ if point <= 0xffff => ("\\u", 4),
        _ => ("\\U", 8),
    };
    text.push_str(mark);
    let digit = |place: u32| char::from_digit(point >> (4 * place) & 0xf, 16).unwrap_or_default();
    text.extend((0..digits).rev().map(digit));
}

/// The code points of an escaped text; `None` if it could be anything but text between single quotes in Python source. It may
/// come from a guest, which may be hostile, and may be evaluated in another one.
pub fn code_points(escaped: &str) -> Option<Vec<u32>> {
    let mut points = Vec::new();
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        let digits = match c {
            '\\' => match chars.next()? {
                c @ ('\\' | '\'') => {
                    points.push(c.into());
                    continue;
                }
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => return None,
            },
            ' '..='~' if c != '\'' => {
                points.push(c.into());
                continue;
            }
            _ => return None,
        };
        let digit = |_| chars.next().and_then(|digit| digit.to_digit(16));
        let digits: Option<Vec<u32>> = (0..digits).map(digit).collect();
        points.push(digits?.into_iter().fold(0, |point, digit| (point << 4) | digit));
    }
    Some(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_escaped_only_if_it_has_a_lone_surrogate() {
        assert_eq!(of_code_points([0x61, 0x1f600]), Value::str("a😀"));
        let points = [0xd83d, 0x61, 0x27, 0x5c, 0xa, 0xe9, 0x20ac, 0x1f600];
        let escaped = r"\ud83da\'\\\x0a\xe9\u20ac\U0001f600";
        assert_eq!(of_code_points(points), Value::EscapedStr(escaped.into()));
        assert_eq!(code_points(escaped), Some(points.to_vec()));
        assert_eq!(code_points(r"\uD83D"), Some(vec![0xd83d]));
    }
}
