//! Inline code that can be evaluated: literals, calls of the program's functions, operators and comparisons.
//!
//! Invariant: no name in an expression is bound by anything but the program and Python's own words.

use crate::python::fragment::{Word, words};

/// The function that is added to the program to evaluate an expression.
pub const EVALUATOR: &str = "_reckoned_out_of_text";

/// Names that an expression may have besides functions of the program.
const NAMES: [&str; 18] = [
    "and", "or", "not", "is", "in", "None", "True", "False", "int", "float", "str", "list",
    "tuple", "set", "len", "abs", "bool", "sorted",
];

/// An expression by what it can say.
#[derive(Debug, PartialEq, Eq)]
pub enum Expression {
    /// Something that is true or false.
    Comparison(String),
    /// Calls and what is done with their results.
    OfCalls(String),
    /// Neither.
    OfLiterals,
}

impl Expression {
    /// Reads an expression of these functions; `None` if it is not one, or could not be evaluated.
    pub fn read(text: &str, functions: &[String]) -> Option<Self> {
        let words = words(text);
        let is_known = |word: &Word| match word {
            Word::Name(name) => functions.contains(name) || NAMES.contains(&name.as_str()),
            Word::Literal(..) => true,
            Word::Unreadable(_) => false,
        };
        let is_call = functions.iter().any(|name| text.contains(&format!("{name}(")));
        let has_literal = words.iter().any(|word| matches!(word, Word::Literal(..)));
        let outer = outer(text)?;
        if !words.iter().all(is_known)
            || !(has_literal || is_call)
            || text.contains(['#', ';', ':', '\n', '\\', '→', '⇒'])
        {
            return None;
        }
        let padded = format!(" {} ", outer.replace('(', " ("));
        let has_word =
            [" and ", " or ", " not ", " is ", " in "].iter().any(|word| padded.contains(word));
        let compares = has_word || outer.contains(['<', '>', '=']);
        if compares && outer.contains(',') {
            return None;
        }
        if compares {
            let is_plain = outer.matches('=').count() == 1 && !outer.contains(['<', '>', '!']);
            let text = if is_plain { text.replacen(" = ", " == ", 1) } else { text.to_owned() };
            return Some(Self::Comparison(text));
        }
        let has_operator = outer.contains(['+', '*', '/', '%', '-', '&', '|', '^', '~', '@']);
        match (is_call, has_operator) {
            (true, _) => Some(Self::OfCalls(text.to_owned())),
            (false, true) => Some(Self::OfLiterals),
            (false, false) => None,
        }
    }

    /// The program with the function that evaluates expressions.
    pub fn program(program: &str) -> String {
        format!("{program}\n\ndef {EVALUATOR}(text):\n    return eval(text)\n")
    }
}

/// The text outside of quotes and brackets; `None` if one of them does not end.
pub(super) fn outer(text: &str) -> Option<String> {
    let mut out = String::new();
    let (mut depth, mut quote) = (0_usize, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => {
                depth += 1;
                out.push('(');
            }
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1)?,
            (None, _) if depth == 0 => out.push(c),
            (None, _) => {}
        }
    }
    (depth == 0 && quote.is_none()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_read_by_what_it_says() {
        let read = |text: &str| Expression::read(text, &["f".into()]);
        for text in [
            "f(1) != 3",
            "6 == f(1)",
            "[f(1), f(2)] == [6, 3]",
            "(f(1)) == 6",
            "f(1) is None",
            "40 > 40",
        ] {
            assert_eq!(read(text), Some(Expression::Comparison(text.into())), "{text}");
        }
        for text in ["f(1) + 1", "f(f(1))", "f(1 + 0)", "f(*[1])", "[f(1), 2]"] {
            assert_eq!(read(text), Some(Expression::OfCalls(text.into())), "{text}");
        }
        assert_eq!(read("8 / 2 = 4.0"), Some(Expression::Comparison("8 / 2 == 4.0".into())));
        assert_eq!(read("8 / 2"), Some(Expression::OfLiterals));
        for text in [
            "x = f(1); x == 6",
            "f(1) # gives 6",
            "f(x)",
            "x < 10",
            "f(1), f(2) == 20, 23",
            "f(1",
            "f(1).real",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
