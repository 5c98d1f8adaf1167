//! How many values a text has, judged without reading it.
//!
//! Invariant: reading the text gives no more values than are counted, whether it is JSON or not.

/// Counts the values of a text: at least as many as reading it gives, names of fields aside.
///
/// Each empty list or object counts as two.
pub fn values_at_most(text: &[u8]) -> usize {
    let mut values = 1;
    let mut in_text = false;
    let mut is_escaped = false;
    for &byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_texts_alone() {
        for (text, values) in [
            ("0", 1),
            ("[0,1]", 3),
            ("[[],[]]", 4 + 1),
            (r#"{"a":1,"b":[2,"x, [y]"]}"#, 5),
            (r#"["\"[,,,", "\\", 3]"#, 4),
            (r#"\"[,,,"#, 1),
        ] {
            assert_eq!(values_at_most(text.as_bytes()), values, "{text}");
        }
    }
}
