//! What a text claims: results of calls, places of code, and names and values that it takes for known.
//!
//! Invariant: reading claims looks at the text and at which functions there are, never at what holds.

use super::bare_values::lone_result;
use super::claim::{Claim, Stated};
use super::lines::lines;
use super::reading::Reading;
use super::results::results;
use super::spans::{Sentence, sentences};
use super::wording::denies;

/// Names of things that look like names in code.
pub(super) const PROPER: [&str; 12] = [
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
    let mut carried = None;
    for sentence in sentences(text) {
        let readings: Vec<Reading> =
            sentence.spans.iter().map(|span| Reading::of(span.text, functions)).collect();
        let mut is_taken = vec![false; readings.len()];
        results(&sentence, &readings, functions, &mut carried, &mut is_taken, &mut found);
        lines(&sentence, &mut is_taken, &mut found);
        for (at, ((span, reading), is_taken)) in
            sentence.spans.iter().zip(&readings).zip(is_taken).enumerate()
        {
            if is_taken {
                continue;
            }
            match reading {
                // What is said not to be need not be anywhere.
                Reading::Value(_) if denies(sentence.prose_before(at)) => {}
                Reading::Call(call) => found.push(Claim::Call(span.text.to_owned(), call.clone())),
                Reading::Pair(..)
                | Reading::Comparison(_)
                | Reading::Arithmetic
                | Reading::Value(_)
                | Reading::Other => {
                    found.push(Claim::Code(span.text.to_owned()));
                }
            }
        }
        prose(&sentence, functions, &mut found);
    }
    found
}

/// Finds words of the prose that look like code, and bare values that are stated as results.
fn prose(sentence: &Sentence<'_>, functions: &[String], found: &mut Vec<Claim>) {
    for (_, prose) in sentence.prose() {
        for name in functions.iter().filter(|name| has_call(prose, name)) {
            found.push(Claim::Refused(format!("{name}("), "calls must be in backticks".into()));
        }
        for word in prose.split(|c: char| !c.is_alphabetic()).filter(|word| is_mixed(word)) {
            found.push(Claim::Refused(
                word.to_owned(),
                "it mixes letters of two scripts that look alike".into(),
            ));
        }
        for word in prose.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
            let word = word.trim_matches('_');
            let is_snake = word.contains('_') && word.contains(|c: char| c.is_ascii_alphabetic());
            let is_camel = word
                .as_bytes()
                .windows(2)
                .any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
            if (is_snake || is_camel) && !PROPER.contains(&word) {
                found.push(Claim::Word(word.to_owned()));
            }
        }
        if let Some((text, Stated::Value(value))) = lone_result(prose) {
            found.push(Claim::Bare(value, text.to_owned()));
        }
    }
}

fn has_call(prose: &str, name: &str) -> bool {
    prose.match_indices(name).any(|(at, _)| {
        let before = prose[..at].chars().next_back();
        prose[at + name.len()..].starts_with('(')
            && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether a word has Latin letters among Greek or Cyrillic ones.
pub(super) fn is_mixed(word: &str) -> bool {
    let is_like = |c: char| ('\u{370}'..='\u{52f}').contains(&c);
    word.contains(|c: char| c.is_ascii_alphabetic()) && word.contains(is_like)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::claim::stated;
    use crate::sandbox::value::Value;

    fn read_all(text: &str) -> Vec<Claim> {
        claims(text, &["f".into(), "g".into()])
    }

    /// The stated results of a text, as `call -> result`.
    fn results(text: &str) -> Vec<String> {
        let shown = |claim| match claim {
            Claim::Result { call, stated, .. } => {
                let stated = match stated {
                    Stated::Value(value) => value.to_string(),
                    Stated::Raises { class, message } => message
                        .map_or_else(|| class.clone(), |message| format!("{class}: {message}")),
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
            ("With `5` as its argument, `f(5)` returns the list `[1]`.", vec!["f(5) -> [1]"]),
            (
                "`f(1)` raises a `ValueError: no`, and `f(2)` gives `1`.",
                vec!["f(1) -> ValueError: no", "f(2) -> 1"],
            ),
            ("`f(1)` raises `ValueError(\"no\")`.", vec!["f(1) -> ValueError: no"]),
            (
                "`f(1) == 2`, `f(2) -> [3]`, `assert g() == None`.",
                vec!["f(1) -> 2", "f(2) -> [3]", "g() -> None"],
            ),
            ("`f(1)` is `2`. `f(2)` → `3`.", vec!["f(1) -> 2", "f(2) -> 3"]),
            ("It returns `2` for `f(1)`.", vec!["f(1) -> 2"]),
            (
                "`f(1)` returns 2, and `f(2)` raises ValueError.",
                vec!["f(1) -> 2", "f(2) -> ValueError"],
            ),
            ("`f(1)` returns [1, 2] if all goes well.", vec!["f(1) -> [1, 2]"]),
        ] {
            assert_eq!(results(text), expected, "{text}");
        }
    }

    #[test]
    fn a_value_that_is_no_result_is_not_taken_for_one() {
        for text in ["`f(x)` returns `2`.", "`len([1])` gives `1`."] {
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
        assert_eq!(
            read_all("It returns 42 if nothing is left."),
            [Claim::Bare(Value::int(42), "42".into())]
        );
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
