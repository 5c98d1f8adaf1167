//! Which value a sentence states to be the result of which call.
//!
//! A sentence with calls pairs its own; in the sentence after, words such as `it returns` speak of the same calls.
//!
//! Invariant: a value in a sentence with a call is stated to be a result, is an argument, or has to be in the code.

use super::claim::{Claim, Stated};
use super::items::{Item, ItemKind, items};
use super::pairing::{ShownCall, pair};
use super::reading::Reading;
use super::spans::{Sentence, take};
use super::wording::{Polarity, STRONG, has_mark, is_context, is_said_false, polarity};
use super::words::words;
use crate::sandbox::value::Value;

/// Words by which a sentence speaks of all calls.
const EVERY: [&str; 9] = [
    "every",
    "always",
    "whatever",
    "any",
    "regardless",
    "constantly",
    "invariably",
    "each",
    "irrespective",
];

/// The calls that a later sentence may speak of.
pub type Carried = Option<Vec<ShownCall>>;

/// Joins the calls of a sentence with what is stated of them.
pub fn results(
    sentence: &Sentence<'_>,
    readings: &[Reading],
    functions: &[String],
    carried: &mut Carried,
    is_taken: &mut [bool],
    found: &mut Vec<Claim>,
) {
    let mut has_pair = false;
    for (at, (reading, span)) in readings.iter().zip(&sentence.spans).enumerate() {
        match reading {
            Reading::Pair(call, stated) => {
                has_pair = true;
                found.push(Claim::result(span.text, "", call, stated, false, Polarity::Affirmed));
                take(is_taken, at);
            }
            Reading::Comparison(call) => {
                let is_false = is_said_false(sentence.prose_before(at + 1));
                let stated = Stated::Value(Value::Bool(!is_false));
                found.push(Claim::result(span.text, "", call, &stated, false, Polarity::Affirmed));
                take(is_taken, at);
            }
            Reading::Arithmetic => take(is_taken, at),
            Reading::Call(_) | Reading::Value(_) | Reading::Other => {}
        }
    }
    let has_call = readings.iter().any(|reading| matches!(reading, Reading::Call(_)));
    let items = items(sentence, readings, functions, has_call);
    if has_call {
        *carried = pair(sentence, &items, is_taken, found);
    } else {
        let calls = if has_pair { None } else { carried.take() };
        if sentence.text.trim().is_empty() || (items.is_empty() && calls.is_some()) {
            *carried = calls;
        } else {
            without_call(sentence, &items, calls.as_deref(), is_taken, found);
        }
    }
}

/// Reads the values of a sentence that has no call of its own.
fn without_call(
    sentence: &Sentence<'_>,
    items: &[Item<'_>],
    calls: Option<&[ShownCall]>,
    is_taken: &mut [bool],
    found: &mut Vec<Claim>,
) {
    let prose: Vec<String> = sentence.prose().iter().flat_map(|(_, prose)| words(prose)).collect();
    let is_for_all = prose.iter().any(|word| EVERY.contains(&word.as_str()));
    let has_open_call =
        items.iter().any(|item| matches!(item.kind, ItemKind::Code { is_open_call: true, .. }));
    let mut together = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let (ItemKind::Value(stated), Some(span)) = (&item.kind, item.span) else { continue };
        let before = sentence.prose_before(span);
        let text = sentence.spans.get(span).map_or("", |span| span.text);
        let previous = at.checked_sub(1).and_then(|previous| items.get(previous));
        let is_of_code = previous.is_some_and(|previous| previous.has_value_after(before));
        let is_result =
            !is_of_code && (has_mark(before) || (items.len() == 1 && is_context(before)));
        if let (Some(calls), true) = (calls, is_result) {
            let polarity = polarity(before, sentence.prose_before(span + 1));
            for (shown, call) in calls {
                found.push(Claim::result(
                    shown,
                    text,
                    call,
                    stated,
                    !before.contains("return"),
                    polarity,
                ));
            }
            take(is_taken, span);
        } else if let Stated::Value(value) = stated {
            if has_mark(before) && (is_for_all || has_open_call) {
                found.push(Claim::InCode(value.clone(), text.to_owned()));
            }
            if has_mark(before) && is_for_all && !matches!(value, Value::None | Value::Bool(_)) {
                found.push(Claim::Refused(
                    text.to_owned(),
                    "a result is checked for one call, not for all".into(),
                ));
            }
            together.push(value.clone());
        }
    }
    let has_result = prose.iter().any(|word| STRONG.contains(&word.as_str()));
    if has_result && together.len() > 1 {
        found.push(Claim::Together(together, sentence.shown()));
    }
}
