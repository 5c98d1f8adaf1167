//! What Python takes for a name.
//!
//! Invariant: a name is accepted only as Python keeps it. An identifier that is not in Unicode's
//! form NFKC is valid source, but denotes a name other than the one that is written, so it is
//! rejected.

use ruff_python_ast::Expr;

use super::syntax;

/// Whether a text is an identifier and not a keyword: a variable's name, or a keyword argument's.
pub fn is_identifier(text: &str) -> bool {
    // The parser normalises names; around parentheses, blanks or comments the text is another one, too.
    matches!(syntax::expression(text), Some(Expr::Name(name)) if name.id.as_str() == text)
}

/// Whether a text is identifiers with dots between them: `limit`, `Bounds.low`.
pub fn is_dotted_identifier(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_any_script_are_names() {
        for name in ["x", "_", "__init__", "x1", "größe", "变量", "match", "type", "_1"] {
            assert!(is_identifier(name), "{name}");
        }
    }

    #[test]
    fn what_python_reads_otherwise_is_not_a_name() {
        for text in [
            "", " ", "1a", "a b", "a ", "(a)", "a.b", "a\n", "a#", "a-b", "²", "x²", "*", "...",
            "None", "True", "class", "lambda", "await", "f()", "ﬁ", "e\u{301}",
        ] {
            assert!(!is_identifier(text), "{text:?}");
        }
    }

    #[test]
    fn every_part_of_a_dotted_name_is_a_name() {
        for text in ["a", "a.b", "Bounds.low._x"] {
            assert!(is_dotted_identifier(text), "{text}");
        }
        for text in ["", ".", "a.", ".a", "a..b", "a.None", "a. b", "a.1"] {
            assert!(!is_dotted_identifier(text), "{text}");
        }
    }
}
