//! What the words around a value say of it.
//!
//! Invariant: only the words decide; which values and calls there are is read elsewhere.

use super::words::words;

/// Words that a result follows.
pub(super) const STRONG: [&str; 42] = [
    "return",
    "returns",
    "returned",
    "returning",
    "give",
    "gives",
    "gave",
    "giving",
    "yield",
    "yields",
    "yielded",
    "yielding",
    "produce",
    "produces",
    "produced",
    "raise",
    "raises",
    "raised",
    "raising",
    "print",
    "prints",
    "printed",
    "→",
    "⇒",
    "=",
    "throws",
    "throw",
    "fails",
    "ends",
    "results",
    "result",
    "outputs",
    "leads",
    "evaluates",
    "equals",
    "answer",
    "gets",
    "maps",
    "back",
    "out",
    "ergibt",
    "liefert",
];
/// Words that make a value what the code before it has: `LIMIT` is `40`.
const CONTEXT: [&str; 16] = [
    "which", "is", "are", "was", "equals", "being", "has", "no", "key", "of", "with", "the", "a",
    "value", "=", "ist",
];
/// Words before an argument.
const GIVEN: [&str; 9] =
    ["with", "argument", "input", "passing", "given", "mit", "gets", "takes", "passed"];
const NEGATIONS: [&str; 10] =
    ["not", "never", "cannot", "neither", "nor", "without", "rather", "hardly", "false", "wrong"];

/// Whether a sentence says that something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    Affirmed,
    Denied,
    /// Denied somewhere nearby, so that the meaning is unclear.
    Unclear,
}

pub(super) fn is_negation(word: &str) -> bool {
    NEGATIONS.contains(&word) || word.ends_with("n't") || word.ends_with("n’t")
}

/// Whether prose only lists what is around it.
pub(super) fn is_joined(prose: &str) -> bool {
    const LIST: [&str; 19] = [
        "and", "or", "und", "et", "y", "as", "well", "then", "also", "both", "even", "too",
        "likewise", "plus", "oder", "&", "/", "too,", "just",
    ];
    let words = words(prose);
    words.iter().all(|word| LIST.contains(&word.as_str()))
        && (!words.is_empty() || prose.trim() == ",")
}

/// Whether prose makes the value before it that of the call behind it: `3` for `f(1)`.
pub(super) fn is_for(prose: &str) -> bool {
    let words = words(prose);
    !prose.trim_start().starts_with([',', ';'])
        && words.first().is_some_and(|word| ["for", "from", "für", "by"].contains(&word.as_str()))
        || words == ["is", "what"]
        || words == ["comes", "from"]
}

pub(super) fn is_context(prose: &str) -> bool {
    let words = words(prose);
    !words.is_empty() && words.iter().all(|word| CONTEXT.contains(&word.as_str()))
}

pub(super) fn is_given(prose: &str) -> bool {
    words(prose).iter().rev().take(3).any(|word| GIVEN.contains(&word.as_str()))
}

/// Whether prose has a word that a result follows.
pub fn has_mark(prose: &str) -> bool {
    words(prose).iter().any(|word| STRONG.contains(&word.as_str()))
}

/// Whether prose ends in a word that denies what comes after it: not `4`, rather than `4`.
pub fn denies(prose: &str) -> bool {
    let words = words(prose);
    let ends = |end: &[&str]| {
        words.len() >= end.len() && words.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b)
    };
    ends(&["not"]) || ends(&["rather", "than"]) || ends(&["instead", "of"]) || ends(&["never"])
}

/// Whether the prose around a value affirms it.
pub(super) fn polarity(before: &str, after: &str) -> Polarity {
    if is_said_false(after) {
        return Polarity::Unclear;
    }
    if denies(before) {
        return Polarity::Denied;
    }
    let negated = |prose: &str| words(prose).iter().any(|word| is_negation(word));
    if !negated(before) {
        return Polarity::Affirmed;
    }
    let clause = [" and ", " but ", ": "]
        .iter()
        .filter_map(|cut| before.rfind(cut).map(|at| at + cut.len()))
        .max();
    let clause = before.get(clause.unwrap_or(0)..).unwrap_or_default();
    if !negated(clause) {
        return Polarity::Affirmed;
    }
    let words = words(clause);
    let is_near = words.iter().rev().take(3).any(|word| is_negation(word));
    if is_near
        && !clause.contains(',')
        && words.iter().filter(|word| is_negation(word)).count() == 1
    {
        Polarity::Denied
    } else {
        Polarity::Unclear
    }
}

/// Whether prose denies what is before it.
pub(super) fn is_said_false(after: &str) -> bool {
    let words = words(after);
    let starts = |first: &[&str], second: &[&str]| match &words[..] {
        [one, two, ..] => first.contains(&one.as_str()) && second.contains(&two.as_str()),
        _ => false,
    };
    starts(&["is", "was", "are"], &["false", "wrong", "untrue", "not", "never"])
        || starts(&["does", "do"], &["not"])
        || words
            .first()
            .is_some_and(|word| ["fails", "不成立"].contains(&word.as_str()) || word == "doesn't")
}

/// Whether prose denies a whole statement that is still to come: it is not so that.
pub(super) fn is_denied_ahead(prose: &str) -> bool {
    let words = words(prose);
    words.last().is_some_and(|word| word == "that")
        && words.iter().any(|word| is_negation(word) || word == "untrue")
}

pub(super) fn says_it_raises(prose: &str) -> bool {
    let verbs =
        ["raise", "raises", "raised", "throw", "throws", "crash", "crashes", "crashed", "errors"];
    words(prose).iter().take(5).any(|word| verbs.contains(&word.as_str()))
}
