//! Texts that are put together from pieces: `"look" + "up"`, `"look" "up"`, `look''up`, `look\\up`.
//!
//! Invariant: pieces are joined within their line, so that places keep their lines.

/// A text with its pieces joined; nothing if it has none.
pub(super) fn joined(text: &str) -> Option<String> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '\\']) {
        let (before, seam) = rest.split_at(at);
        whole.push_str(before);
        match len_of_seam(seam) {
            Some(len) if is_within_word(&whole, &seam[len..]) => rest = &seam[len..],
            Some(_) | None => {
                whole.push_str(&seam[..1]);
                rest = &seam[1..];
            }
        }
    }
    whole.push_str(rest);
    (whole != text).then_some(whole)
}

/// The length of what is between two pieces: quotes with nothing, blanks, a plus or a dot between them, or a backslash.
fn len_of_seam(text: &str) -> Option<usize> {
    if let Some(escaped) = text.strip_prefix('\\') {
        return escaped.starts_with(char::is_alphanumeric).then_some(1);
    }
    let quote = &text[..1];
    let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let mut len = 1 + blank(&text[1..]);
    if text[len..].starts_with(['+', '.']) {
        len += 1;
        len += blank(&text[len..]);
    }
    let after = &text[len..];
    // Prefixes of Python's literals.
    let after_prefix = after.trim_start_matches(['f', 'r', 'b', 'u']);
    let other = after_prefix.starts_with(['"', '\'']) && after.len() - after_prefix.len() < 2;
    let is_seam = other && (after_prefix.starts_with(quote) || len > 1);
    // Shells join what stands before a quote with what is in it.
    Some(if is_seam { text.len() - after_prefix.len() + 1 } else { 1 })
}

fn is_within_word(before: &str, after: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "_./".contains(c);
    before.ends_with(is_word) && after.starts_with(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_one_word() {
        for pieces in [
            "a \"look\" + \"up_table\" b",
            "a \"look\" \"up_table\" b",
            "a \"look\"+f\"up_table\" b",
            "a \"look\" + 'up_table\" b",
        ] {
            assert_eq!(joined(pieces).as_deref(), Some("a \"lookup_table\" b"), "{pieces}");
        }
        for pieces in ["grep look''up_ta\\ble", "grep look'up_table'", "grep l\"ook\"up_table"] {
            let whole = joined(pieces).unwrap();
            assert!(whole.starts_with("grep lookup_table"), "{whole}");
        }
        assert_eq!(joined("say \"a\", \"b\" and \"c\""), None);
    }
}
