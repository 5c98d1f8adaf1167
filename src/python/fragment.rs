//! A short piece of Python as it appears in prose: a literal, a call with literal arguments, or
//! words of code.
//!
//! Invariant: reading a fragment never runs it, and a text that is not Python still has its words.

use ruff_python_ast::Expr;

use super::call::{self, Call};
use super::literal;
use super::syntax;
use crate::sandbox::value::Value;

/// What a piece of Python is.
#[derive(Debug, Clone, PartialEq)]
pub enum Fragment {
    Literal(Value),
    /// A call of a plain name whose arguments are all literals.
    Call {
        name: String,
        /// The call's only wrapper, such as `list` or `asyncio.run`.
        within: Option<String>,
        call: Call,
    },
    /// Anything else, Python or not.
    Other,
}

/// Reads a piece of Python.
pub fn read(text: &str) -> Fragment {
    let text = text.trim();
    if let Some(value) = literal::parse(text) {
        return Fragment::Literal(value);
    }
    let Some(Expr::Call(outer)) = syntax::expression(text) else { return Fragment::Other };
    let direct = |node: &ruff_python_ast::ExprCall| match &*node.func {
        Expr::Name(name) => Some((name.id.to_string(), call::of(text, node)?)),
        _ => None,
    };
    if let Some((name, call)) = direct(&outer) {
        return Fragment::Call { name, within: None, call };
    }
    let within = match &*outer.func {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => match &*attribute.value {
            Expr::Name(name) => Some(format!("{}.{}", name.id, attribute.attr)),
            _ => None,
        },
        _ => None,
    };
    match (&*outer.arguments.args, &*outer.arguments.keywords, within) {
        ([Expr::Call(inner)], [], Some(within)) => match direct(inner) {
            Some((name, call)) => Fragment::Call { name, within: Some(within), call },
            None => Fragment::Other,
        },
        _ => Fragment::Other,
    }
}

/// A word of a piece of Python.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    Name(String),
    /// A number or a text, with how it is written.
    Literal(Value, String),
    /// What begins as a literal and is none: a text without its end, digits with letters behind.
    Unreadable(String),
}

/// Takes a piece of Python, whole or not, apart into its names and literals; operators and brackets say nothing.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_len =
            |text: &str, more: fn(char) -> bool| text.find(|c| !more(c)).unwrap_or(text.len());
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let len = if first.is_ascii_digit() {
            // A dot belongs to the number; the one that ends a sentence does not.
            let len = word_len(rest, |c| c.is_alphanumeric() || c == '_' || c == '.');
            let number = rest[..len].trim_end_matches('.');
            let len = match rest[number.len()..].strip_prefix(['+', '-']) {
                // `1e-05`
                Some(exponent) if number.ends_with(['e', 'E']) && !number.starts_with("0x") => {
                    number.len() + 1 + word_len(exponent, |c| c.is_ascii_digit())
                }
                _ => number.len(),
            };
            words.push(literal_word(&rest[..len]));
            len
        } else if is_name(first) {
            let len = word_len(rest, is_name);
            let is_prefix = len <= 2 && rest[len..].starts_with(['\'', '"']);
            if is_prefix {
                let len = len + quoted_len(&rest[len..]);
                words.push(literal_word(&rest[..len]));
                len
            } else {
                words.push(Word::Name(rest[..len].to_owned()));
                len
            }
        } else if first == '\'' || first == '"' {
            let len = quoted_len(rest);
            words.push(literal_word(&rest[..len]));
            len
        } else {
            first.len_utf8()
        };
        rest = &rest[len..];
    }
    words
}

fn literal_word(text: &str) -> Word {
    literal::parse(text).map_or_else(
        || Word::Unreadable(text.to_owned()),
        |value| Word::Literal(value, text.to_owned()),
    )
}

/// The bytes of a quoted text with its quotes; the rest of the text if it does not end.
fn quoted_len(text: &str) -> usize {
    let mark = if text.starts_with('"') { '"' } else { '\'' };
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == mark && !is_escaped {
            return at + c.len_utf8();
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_calls_are_told_apart() {
        assert_eq!(
            read(" [1, 'a'] "),
            Fragment::Literal(Value::List(vec![Value::int(1), Value::str("a")]))
        );
        for (text, expected) in [
            ("f(1, b=[2])", Some(("f", None, "1, b=[2]"))),
            ("list(f(3))", Some(("f", Some("list"), "3"))),
            ("asyncio.run(f())", Some(("f", Some("asyncio.run"), ""))),
            ("f(x)", None),
            ("f(1).strip()", None),
            ("f(1) == 2", None),
            ("a.f(1)", None),
            ("if x:", None),
        ] {
            let found = match read(text) {
                Fragment::Call { name, within, call } => {
                    Some((name, within, call.to_source().unwrap()))
                }
                Fragment::Literal(_) | Fragment::Other => None,
            };
            let expected = expected.map(|(name, within, arguments): (&str, Option<&str>, &str)| {
                (name.to_owned(), within.map(str::to_owned), arguments.to_owned())
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_fragment_that_is_no_python_has_its_words() {
        let name = |text: &str| Word::Name(text.into());
        assert_eq!(
            words("if x.y >= 1.5:"),
            [name("if"), name("x"), name("y"), Word::Literal(Value::Float(1.5), "1.5".into()),]
        );
        assert_eq!(
            words("KeyError: 'a\\'b'"),
            [name("KeyError"), Word::Literal(Value::str("a'b"), "'a\\'b'".into()),]
        );
        assert_eq!(
            words("b'x' é_1"),
            [Word::Literal(Value::Bytes(vec![b'x']), "b'x'".into()), name("é_1")]
        );
        assert_eq!(
            words("1e-05. 'open"),
            [Word::Literal(Value::Float(1e-5), "1e-05".into()), Word::Unreadable("'open".into()),]
        );
        assert_eq!(words("2nd"), [Word::Unreadable("2nd".into())]);
        assert_eq!(words("<= ()"), []);
    }
}
