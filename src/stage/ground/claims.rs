//! What a text claims: results of calls, places of code, and names and values that it takes for known.
//!
//! Invariant: reading claims looks at the text and at which functions there are, never at what holds.

use super::lines::lines;
use super::results::{bare_result, denies, lone_result, results};
use super::spans::{Sentence, sentences};
use crate::python::Call;
use crate::python::fragment::{Fragment, read};
use crate::python::literal;
use crate::sandbox::value::Value;

/// One thing that a text claims.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// A call gives a result.
    Result { shown: String, call: CallText, stated: Stated, may_print: bool },
    /// A call of a function of the program, of which nothing is stated.
    Call(String, CallText),
    /// Inline code that stands for something in the program or in an execution.
    Code(String),
    /// Lines of the program, and the inline code that has to stand on them.
    Lines { first: usize, last: usize, beside: Option<String> },
    /// A word of the prose that looks like a name in code.
    Word(String),
    /// A value of the prose that a word such as `returns` makes a result.
    Bare(Value, String),
}

/// A call with literal arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct CallText {
    pub name: String,
    /// What the call stands in alone, such as `list`.
    pub within: Option<String>,
    pub call: Call,
}

/// The result that is stated of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Stated {
    Value(Value),
    Raises { class: String, message: Option<String> },
}

/// Names of things that look like names in code.
const PROPER: [&str; 12] = [
    "JavaScript",
    "TypeScript",
    "GitHub",
    "NumPy",
    "SciPy",
    "PyPI",
    "CPython",
    "OpenAI",
    "LaTeX",
    "camelCase",
    "CamelCase",
    "YouTube",
];

/// Reads the claims of a text about a program with these functions.
pub fn claims(text: &str, functions: &[String]) -> Vec<Claim> {
    let mut found = Vec::new();
    for sentence in sentences(text) {
        let readings: Vec<Reading> = sentence.spans.iter().map(|span| Reading::of(span.text, functions)).collect();
        let mut is_taken = vec![false; readings.len()];
        results(&sentence, &readings, &mut is_taken, &mut found);
        lines(&sentence, &mut is_taken, &mut found);
        for (at, ((span, reading), is_taken)) in sentence.spans.iter().zip(&readings).zip(is_taken).enumerate() {
            match reading {
                _ if is_taken => {}
                // What is said not to be need not be anywhere.
                Reading::Value(_) if denies(sentence.prose_before(at)) => {}
                Reading::Call(call) => found.push(Claim::Call(span.text.to_owned(), call.clone())),
                Reading::Pair(..) | Reading::Value(_) | Reading::Otherwise { .. } => {
                    found.push(Claim::Code(span.text.to_owned()));
                }
            }
        }
        prose(&sentence, &mut found);
    }
    found
}

/// What a span may be in a sentence about results.
pub enum Reading {
    /// A call of a function of the program.
    Call(CallText),
    /// Such a call with its result: `f(1) == 2`.
    Pair(CallText, Stated),
    /// A literal or an exception.
    Value(Stated),
    /// Anything else; a call among these ends what an earlier call may have as its result.
    Otherwise { is_call: bool },
}

impl Reading {
    fn of(text: &str, functions: &[String]) -> Self {
        let text = text.trim();
        if let Some(call) = call(text, functions) {
            return Self::Call(call);
        }
        if let Some((call, stated)) = pair(text, functions) {
            return Self::Pair(call, stated);
        }
        match stated(text) {
            Some(stated) => Self::Value(stated),
            None => Self::Otherwise { is_call: text.ends_with(')') },
        }
    }
}

fn call(text: &str, functions: &[String]) -> Option<CallText> {
    match read(text) {
        Fragment::Call { name, within, call } if functions.contains(&name) => Some(CallText { name, within, call }),
        Fragment::Call { .. } | Fragment::Literal(_) | Fragment::Other => None,
    }
}

/// Reads `f(1) == 2` and its like in one span.
fn pair(text: &str, functions: &[String]) -> Option<(CallText, Stated)> {
    let text = text.trim_start_matches("assert ").trim_start_matches(">>> ");
    ["==", "->", "→", "=>", "⇒", "returns", "raises", "#", "="].iter().find_map(|mark| {
        text.match_indices(mark).find_map(|(at, _)| {
            let call = call(&text[..at], functions)?;
            Some((call, stated(&text[at + mark.len()..])?))
        })
    })
}

/// Reads a literal, or an exception with or without its message.
pub fn stated(text: &str) -> Option<Stated> {
    let text = text.trim();
    let text = text.strip_prefix("raises ").unwrap_or(text);
    if let Some(value) = literal::parse(text) {
        return Some(Stated::Value(value));
    }
    let head_len = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let (class, rest) = text.split_at(head_len);
    if !is_exception(class) {
        return None;
    }
    let message = match rest.trim() {
        "" | "()" => None,
        rest => match rest.strip_prefix(':') {
            Some(message) => Some(message.trim().to_owned()),
            None => match literal::parse(rest.strip_prefix('(')?.strip_suffix(')')?)? {
                Value::Str(message) => Some(message),
                _ => return None,
            },
        },
    };
    Some(Stated::Raises { class: class.to_owned(), message })
}

fn is_exception(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_plain = ["StopIteration", "StopAsyncIteration", "KeyboardInterrupt", "SystemExit", "GeneratorExit"];
    let has_ending = ["Error", "Exception", "Warning"].iter().any(|ending| last.ends_with(ending));
    (has_ending && last.starts_with(char::is_uppercase)) || is_plain.contains(&last)
}

pub(super) fn take(is_taken: &mut [bool], at: usize) {
    if let Some(flag) = is_taken.get_mut(at) {
        *flag = true;
    }
}

/// The words of prose in lower case, without the punctuation around them.
pub(super) fn words(prose: &str) -> Vec<String> {
    let is_edge = |c: char| matches!(c, ',' | '.' | ';' | '(' | ')' | '"' | '“' | '”' | '*' | '!' | '?');
    prose
        .split_whitespace()
        .map(|word| word.trim_matches(is_edge).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Finds words of the prose that look like code, and bare values that are told as results.
fn prose(sentence: &Sentence<'_>, found: &mut Vec<Claim>) {
    for (at, (_, prose)) in sentence.prose().into_iter().enumerate() {
        for word in prose.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
            let word = word.trim_matches('_');
            let is_snake = word.contains('_') && word.contains(|c: char| c.is_ascii_alphabetic());
            let is_camel =
                word.as_bytes().windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
            if (is_snake || is_camel) && !PROPER.contains(&word) {
                found.push(Claim::Word(word.to_owned()));
            }
        }
        let is_behind_call = at > 0 && bare_result(prose).is_some();
        if !is_behind_call && let Some((text, Stated::Value(value))) = lone_result(prose) {
            found.push(Claim::Bare(value, text.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<Claim> {
        claims(text, &["f".into(), "g".into()])
    }

    /// The stated results of a text, as `call -> result`.
    fn results(text: &str) -> Vec<String> {
        let shown = |claim| match claim {
            Claim::Result { call, stated, .. } => {
                let stated = match stated {
                    Stated::Value(value) => value.to_string(),
                    Stated::Raises { class, message } => {
                        message.map_or_else(|| class.clone(), |message| format!("{class}: {message}"))
                    }
                };
                Some(format!("{}({}) -> {stated}", call.name, call.call.to_source().unwrap()))
            }
            _ => None,
        };
        read_all(text).into_iter().filter_map(shown).collect()
    }

    #[test]
    fn a_result_stands_behind_its_word() {
        for (text, expected) in [
            ("`f(1, 2)` returns `3`.", vec!["f(1, 2) -> 3"]),
            ("With `5` as its argument, `f(5)` returns the list `[1]`, not `[2]`.", vec!["f(5) -> [1]"]),
            ("The call `f(1)` meets `2` on its way, and so it gives `4`.", vec!["f(1) -> 4"]),
            ("`f(1)` raises a `ValueError: no`, and `f(2)` gives `1`.", vec!["f(1) -> ValueError: no", "f(2) -> 1"]),
            ("`f(1)` raises `ValueError(\"no\")`.", vec!["f(1) -> ValueError: no"]),
            ("`f(1) == 2`, `f(2) -> [3]`, `assert g() == None`.", vec!["f(1) -> 2", "f(2) -> [3]", "g() -> None"]),
            ("`f(1)` is `2`. `f(2)` → `3`.", vec!["f(1) -> 2", "f(2) -> 3"]),
            ("It returns `2` for `f(1)`.", vec!["f(1) -> 2"]),
            ("`f(1)` returns 2, and `f(2)` raises ValueError.", vec!["f(1) -> 2", "f(2) -> ValueError"]),
            ("`f(1)` returns [1, 2] if all goes well.", vec!["f(1) -> [1, 2]"]),
        ] {
            assert_eq!(results(text), expected, "{text}");
        }
    }

    #[test]
    fn a_value_that_is_no_result_is_not_taken_for_one() {
        for text in [
            "In `f(7)` the remainder of the test leaves `1`.",
            "`f(1)` never returns `2`.",
            "`f(1)` does not give `2`.",
            "`f(1)`. It returns `2`.",
            "`f(x)` returns `2`.",
            "`f(1)` calls `g(x)`, which returns `2`.",
            "`len([1])` gives `1`.",
            "`f(1)` prints 3 lines.",
        ] {
            assert_eq!(results(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn another_language_has_no_word_that_is_waited_for() {
        assert_eq!(results("`f(1, 2)` ergibt `3`."), ["f(1, 2) -> 3"]);
        assert_eq!(results("调用 `f(1, 2)` 得到 `3`。"), ["f(1, 2) -> 3"]);
        assert_eq!(results("`f(1, 2)` setzt `1` ein und ergibt `3`."), ["f(1, 2) -> 3"]);
    }

    #[test]
    fn words_that_look_like_code_are_claims_and_others_are_not() {
        let word = |text: &str| Claim::Word(text.into());
        assert_eq!(
            read_all("It keeps max_size and getItem in mind, on GitHub, _really_."),
            [word("max_size"), word("getItem"),]
        );
        assert_eq!(read_all("It returns 42 if nothing is left."), [Claim::Bare(Value::int(42), "42".into())]);
        assert_eq!(read_all("It adds 42 up and returns 3 items."), []);
    }

    #[test]
    fn exceptions_are_known_by_their_names() {
        assert!(matches!(stated("KeyError: 'a'"), Some(Stated::Raises { .. })));
        assert!(matches!(stated("json.JSONDecodeError"), Some(Stated::Raises { .. })));
        for text in ["value", "ValueErrors", "error", "Error_", "x.y", ""] {
            assert_eq!(stated(text), None, "{text}");
        }
    }
}
