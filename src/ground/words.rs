//! The words of a text.
//!
//! Invariant: words are compared in lower case and without the punctuation around them.

/// The words of prose in lower case, without the punctuation around them.
pub fn words(prose: &str) -> Vec<String> {
    let is_gap = |c: char| c.is_whitespace() || ",.;:()[]{}<>*!?_—–…\"“”‘«»\\$".contains(c);
    let cased = |word: &str| word.trim_matches('\'').to_lowercase();
    // An arrow is a word, and so is a sign of equality.
    let arrows = prose.replace("->", " → ").replace("=>", " ⇒ ").replace('=', " = ");
    arrows.split(is_gap).map(cased).filter(|word| !word.is_empty()).collect()
}
