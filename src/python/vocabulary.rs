//! What a program's text holds: its names, its literals, and any piece of it.
//!
//! Invariant: comments and docstrings hold nothing; they say things about the code that may not be so.

use std::collections::{BTreeSet, HashSet};

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, InterpolatedStringElement, Stmt};
use ruff_text_size::Ranged;

use super::literal::Reader;
use super::module::Module;
use super::syntax::{self, span_of};
use crate::sandbox::value::Value;

/// Bytes; a longer table is known by its parts alone.
const MAX_LITERAL: usize = 10_000;
/// Bytes of all literals together: each is counted with every literal that contains it.
const MAX_LITERALS: usize = 8 << 20;

/// The names, literals and pieces of one program.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    names: BTreeSet<String>,
    /// Every literal, those within others and those of more than one token included.
    values: Vec<Value>,
    /// The text without comments, docstrings and what white space does not matter.
    code: String,
    lines: Vec<String>,
}

impl Vocabulary {
    /// Reads a program.
    pub fn of(module: &Module) -> Self {
        let source = module.source();
        let mut walk = Walk {
            source,
            values: Vec::new(),
            room: MAX_LITERALS,
            seen: HashSet::new(),
            docstrings: Vec::new(),
        };
        walk.visit_body(module.body());
        let mut names = BTreeSet::new();
        let mut code = String::new();
        for (kind, range) in syntax::tokens(source) {
            let text = source.get(range.clone()).unwrap_or_default();
            // In the order of the text, and apart from each other.
            let next = walk.docstrings.partition_point(|doc| doc.end < range.end);
            let is_docstring = walk
                .docstrings
                .get(next)
                .is_some_and(|doc| doc.start <= range.start && !range.is_empty());
            if kind == TokenKind::Comment || is_docstring {
                continue;
            }
            // Keywords count as names: a text about a loop mentions `for`.
            if kind == TokenKind::Name || kind.is_keyword() {
                names.insert(text.to_owned());
            }
            code.push_str(text);
            code.push(' ');
        }
        let lines = source.lines().map(squeezed).collect();
        Self { names, values: walk.values, code: squeezed(&code), lines }
    }

    /// Whether the code contains a name, an attribute, a keyword or a parameter of this name.
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The names of the code, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The code without comments and docstrings, and without white space that does not matter.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The literals of the code.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Whether a text is a piece of the code, white space aside, that begins and ends at word
    /// boundaries.
    pub fn has_piece(&self, text: &str) -> bool {
        has_piece(&self.code, &squeezed(text))
    }

    /// How many lines the program has.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Whether a text is a piece of one of these lines (from 1), white space aside.
    pub fn is_on_lines(&self, text: &str, first: usize, last: usize) -> bool {
        let text = squeezed(text);
        let joined: String = self
            .lines
            .iter()
            .skip(first.saturating_sub(1))
            .take((last + 1).saturating_sub(first.max(1)))
            .map(|line| format!("{line}\n"))
            .collect();
        has_piece(&joined, &text) || has_piece(&squeezed(&joined), &text)
    }
}

/// The text without white space, except for one blank where two words meet.
pub fn squeezed(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_whitespace() {
        if out.chars().next_back().is_some_and(is_word) && part.chars().next().is_some_and(is_word)
        {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a text has another one as a piece that begins and ends at word boundaries.
pub fn has_piece(code: &str, piece: &str) -> bool {
    let (Some(first), Some(last)) = (piece.chars().next(), piece.chars().next_back()) else {
        return false;
    };
    code.match_indices(piece).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + piece.len()..].chars().next();
        let cuts_word =
            |outside: Option<char>, edge: char| is_word(edge) && outside.is_some_and(is_word);
        // `5` is not a piece of `1.5`.
        let cuts_number = |outside: Option<char>, edge: char| {
            edge.is_ascii_digit() && outside == Some('.') && !piece.contains('.')
        };
        !cuts_word(before, first)
            && !cuts_word(after, last)
            && !cuts_number(before, first)
            && !cuts_number(after, last)
    })
}

struct Walk<'a> {
    source: &'a str,
    values: Vec<Value>,
    /// Bytes of literals that may still be kept.
    room: usize,
    /// How the values are written: tables repeat themselves.
    seen: HashSet<&'a str>,
    docstrings: Vec<std::ops::Range<usize>>,
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Expr(expr) if expr.value.is_string_literal_expr() => {
                self.docstrings.push(span_of(&*expr.value));
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        // A container is a literal as a whole and in its parts.
        if let Some(text) = self.source.get(expr.range().to_std_range())
            && text.len() <= MAX_LITERAL.min(self.room)
            && self.seen.insert(text)
            && let Some(value) = (Reader { source: self.source, json_names: false }).value(expr)
        {
            self.room -= text.len();
            self.values.push(value);
        }
        if let Expr::FString(text) = expr {
            for element in text.value.elements() {
                if let InterpolatedStringElement::Literal(literal) = element {
                    self.values.push(Value::str(&*literal.value));
                }
            }
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Vocabulary {
        Vocabulary::of(&Module::parse(source).unwrap())
    }

    const CODE: &str = "import math\nRATES = {'eur': 1.5, 'usd': -2}\ndef total(items, *, tax=0.2):\n    \"\"\"Sums invisible things.\"\"\"\n    # a phantom\n    return math.floor(sum(i.price for i in items) * tax), f'{tax} off'\n";

    #[test]
    fn names_attributes_parameters_and_keywords_stand_in_the_code() {
        let words = of(CODE);
        for name in ["math", "floor", "RATES", "total", "items", "tax", "price", "for", "sum"] {
            assert!(words.has_name(name), "{name}");
        }
        for name in ["invisible", "phantom", "while", "eur"] {
            assert!(!words.has_name(name), "{name}");
        }
    }

    #[test]
    fn literals_are_found_whole_and_in_parts() {
        let words = of(CODE);
        for value in [
            Value::Float(1.5),
            Value::int(-2),
            Value::str("usd"),
            Value::str(" off"),
            Value::Float(0.2),
        ] {
            assert!(words.values().contains(&value), "{value:?}");
        }
        assert!(!words.values().contains(&Value::str("Sums invisible things.")));
    }

    #[test]
    fn a_piece_of_the_code_begins_and_ends_where_words_do() {
        let words = of(CODE);
        for piece in [
            "def total(items,*, tax = 0.2)",
            "sum(i.price for i in items)",
            "math.floor",
            "* tax",
            ")",
        ] {
            assert!(words.has_piece(piece), "{piece}");
        }
        for piece in ["ice for", "1", "5", "a phantom", "invisible things", "", "sum(items)"] {
            assert!(!words.has_piece(piece), "{piece}");
        }
    }

    #[test]
    fn a_line_has_what_stands_on_it() {
        let words = of(CODE);
        assert_eq!(words.line_count(), 6);
        assert!(words.is_on_lines("RATES = {'eur':1.5", 2, 2));
        assert!(words.is_on_lines("import math", 1, 3));
        assert!(!words.is_on_lines("import math", 2, 6));
        assert!(!words.is_on_lines("import math", 0, 0));
        assert!(!words.is_on_lines("import math", 7, 3));
    }
}
