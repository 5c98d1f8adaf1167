//! Which value a sentence states to be the result of which call.
//!
//! Invariant: a value is the result of one call at most, and of the nearest.

use super::claims::{CallText, Claim, Reading, Stated, stated, take, words};
use super::spans::Sentence;

/// Words after which a result stands.
const STRONG: [&str; 30] = [
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
    "->",
    "→",
    "=>",
    "==",
    "throws",
    "fails",
    "ends",
    "results",
    "outputs",
    "leads",
];
/// Words that join a call and its result only where nothing else stands between.
const WEAK: [&str; 5] = ["is", "equals", "=", ":", "⇒"];
/// Words that turn what comes after them into something that is not so.
const NEGATIONS: [&str; 8] = ["not", "never", "cannot", "instead", "rather", "without", "neither", "nor"];
/// Words that show a sentence to be English, where a result has its word before it.
const ENGLISH: [&str; 10] = ["the", "is", "of", "and", "it", "for", "with", "returns", "gives", "raises"];
/// Words that a value may stand before; another word would be what the number counts.
const CONJUNCTIONS: [&str; 16] = [
    "if",
    "when",
    "whenever",
    "for",
    "because",
    "and",
    "or",
    "as",
    "since",
    "in",
    "on",
    "at",
    "only",
    "otherwise",
    "instead",
    "unless",
];
/// Longer texts between a mark and a span than this many words do not make the span a result.
const MAX_FILLERS: usize = 3;

/// Joins the calls of a sentence with what is stated of them.
pub fn results(sentence: &Sentence<'_>, readings: &[Reading], is_taken: &mut [bool], found: &mut Vec<Claim>) {
    for (i, reading) in readings.iter().enumerate() {
        let Some(span) = sentence.spans.get(i) else { continue };
        let shown = |stated: &str| format!("{} … {stated}", span.text);
        match reading {
            Reading::Pair(call, stated) => {
                found.push(Claim::Result {
                    shown: span.text.to_owned(),
                    call: call.clone(),
                    stated: stated.clone(),
                    may_print: false,
                });
                take(is_taken, i);
            }
            Reading::Call(call) => {
                if let Some((at, stated)) = result_of(sentence, readings, i, call) {
                    let text = sentence.spans.get(at).map_or("", |span| span.text);
                    let may_print = may_print(sentence, i, at);
                    found.push(Claim::Result { shown: shown(text), call: call.clone(), stated, may_print });
                    take(is_taken, i);
                    take(is_taken, at);
                } else if let Some((text, stated)) = bare_result(sentence.prose_before(i + 1)) {
                    let may_print = sentence.prose_before(i + 1).contains("print");
                    found.push(Claim::Result { shown: shown(text), call: call.clone(), stated, may_print });
                    take(is_taken, i);
                }
            }
            Reading::Value(_) | Reading::Otherwise { .. } => {}
        }
    }
}

/// Finds the span that is stated to be a call's result: the value after a word such as `returns`, also where another call
/// shares it, as in `f(1)` and `f(2)` return `3`; in a sentence that is not English the first value that is no argument; or
/// the value before, as in `3` for `f(1)`.
fn result_of(
    sentence: &Sentence<'_>,
    readings: &[Reading],
    call_at: usize,
    call: &CallText,
) -> Option<(usize, Stated)> {
    let mut unmarked = None;
    for (at, reading) in readings.iter().enumerate().skip(call_at + 1) {
        match reading {
            Reading::Call(next) if at == call_at + 1 && is_joined(sentence.prose_before(at)) => {
                return result_of(sentence, readings, at, next);
            }
            Reading::Call(_) | Reading::Pair(..) | Reading::Otherwise { is_call: true } => break,
            Reading::Otherwise { is_call: false } => {}
            Reading::Value(stated) => match mark(sentence.prose_before(at), at == call_at + 1) {
                Mark::Result => return Some((at, stated.clone())),
                Mark::Negated => break,
                Mark::None if is_argument(stated, call) => {}
                Mark::None => unmarked = unmarked.or(Some((at, stated.clone()))),
            },
        }
    }
    if !is_english(sentence) {
        return unmarked;
    }
    let before = call_at.checked_sub(1)?;
    let between = words(sentence.prose_before(call_at));
    let is_for = between == ["for"] && matches!(mark(sentence.prose_before(before), false), Mark::Result);
    match readings.get(before)? {
        Reading::Value(stated) if is_for || between == ["is", "what"] => Some((before, stated.clone())),
        Reading::Value(_) | Reading::Call(_) | Reading::Pair(..) | Reading::Otherwise { .. } => None,
    }
}

/// Whether prose does no more than list what stands around it.
fn is_joined(prose: &str) -> bool {
    let words = words(prose);
    let is_list = |word: &String| ["and", "or", "und", "et", "y", "as", "well"].contains(&word.as_str());
    prose.len() <= 12 && words.iter().all(is_list) && (!words.is_empty() || prose.trim() == ",")
}

/// Whether prose ends in a word that denies what comes after it: not `4`, rather than `4`.
pub fn denies(prose: &str) -> bool {
    let words = words(prose);
    let ends = |end: &[&str]| words.len() >= end.len() && words.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b);
    ends(&["not"]) || ends(&["rather", "than"]) || ends(&["instead", "of"]) || ends(&["never"])
}

enum Mark {
    Result,
    Negated,
    None,
}

/// Tells whether prose makes the value behind it a result.
fn mark(prose: &str, is_next_to_call: bool) -> Mark {
    let words = words(prose);
    let is_negated = words.iter().any(|word| NEGATIONS.contains(&word.as_str()) || word.ends_with("n't"));
    let strong = words.iter().rposition(|word| STRONG.contains(&word.as_str()));
    let is_near = strong.is_some_and(|at| words.len() - at - 1 <= MAX_FILLERS);
    let phrase =
        words.ends_with(&["evaluates".into(), "to".into()]) || words.ends_with(&["results".into(), "in".into()]);
    let weak = is_next_to_call && words.len() <= 2 && words.iter().any(|word| WEAK.contains(&word.as_str()));
    match (is_near || phrase || weak, is_negated) {
        (true, false) => Mark::Result,
        (true, true) => Mark::Negated,
        (false, _) => Mark::None,
    }
}

fn may_print(sentence: &Sentence<'_>, call_at: usize, at: usize) -> bool {
    let between: Vec<String> = (call_at + 1..=at).flat_map(|i| words(sentence.prose_before(i))).collect();
    between.iter().any(|word| word.starts_with("print")) || !between.iter().any(|word| word.starts_with("return"))
}

/// Reads a result that stands in prose behind a call: `returns 3`.
pub fn bare_result(prose: &str) -> Option<(&str, Stated)> {
    let (mark_end, head) = first_mark(prose)?;
    let is_negated = words(head).iter().any(|word| NEGATIONS.contains(&word.as_str()) || word.ends_with("n't"));
    if is_negated || words(head).len() > MAX_FILLERS {
        return None;
    }
    // `returns the list [1]`, `returns **3**`.
    let mut rest = prose.get(mark_end..)?;
    for _ in 0..=MAX_FILLERS {
        rest = rest.trim_start().trim_start_matches('*');
        if let Some(text) = value_at_start(rest) {
            return Some((text, stated(text)?));
        }
        let (_, after) = rest.split_once(' ')?;
        rest = after;
    }
    None
}

/// The end of the first word in prose that a result follows, and what stands before that word.
fn first_mark(prose: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    for word in prose.split_inclusive(char::is_whitespace) {
        let plain = word.trim().to_lowercase();
        if STRONG.contains(&plain.as_str()) {
            return Some((at + word.len(), &prose[..at]));
        }
        at += word.len();
    }
    None
}

/// The longest literal or exception that a text begins with.
fn value_at_start(text: &str) -> Option<&str> {
    const LONGEST: usize = 200;
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]).take_while(|&at| at <= LONGEST);
    let mut ends: Vec<usize> = ends.filter(|&at| at > 0).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let next = text[end..].chars().next();
        let is_boundary = next.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '(');
        let candidate = text[..end].trim_end();
        let candidate = candidate.strip_suffix(['.', ',']).unwrap_or(candidate);
        // `returns 1 if`, but not `prints 3 lines`.
        let following = text[end..].trim_start();
        let goes_on = text[end..].starts_with(' ')
            && following.starts_with(char::is_alphabetic)
            && !words(following).first().is_some_and(|word| CONJUNCTIONS.contains(&word.as_str()));
        (is_boundary && !goes_on && !candidate.is_empty() && stated(candidate).is_some()).then_some(candidate)
    })
}

fn is_argument(stated: &Stated, call: &CallText) -> bool {
    match stated {
        Stated::Value(value) => {
            call.call.args.contains(value) || call.call.kwargs.iter().any(|(_, argument)| argument == value)
        }
        Stated::Raises { .. } => false,
    }
}

fn is_english(sentence: &Sentence<'_>) -> bool {
    sentence.prose().iter().flat_map(|(_, prose)| words(prose)).any(|word| ENGLISH.contains(&word.as_str()))
}

/// The value of a piece of prose that a word makes a result, where no call stands before it to be run.
pub fn lone_result(prose: &str) -> Option<(&str, Stated)> {
    let (mark_end, _) = first_mark(prose)?;
    let text = prose.get(mark_end..).and_then(value_at_start)?;
    Some((text, stated(text)?))
}
