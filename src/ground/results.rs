//! Which value a sentence states to be the result of which call.
//!
//! Calls and values are paired by where they stand, whatever words are between. A value behind a call is its result, or that of
//! the call it is `for`; one before all calls is the first's. In the sentence after, words such as `it returns` do it.
//!
//! Invariant: a value in a sentence with a call is stated to be a result, is an argument, or has to stand in the code.

use super::claims::{CallText, Claim, Reading, Stated, stated, take, words};
use super::lines::line_ranges;
use super::spans::Sentence;
use super::wording::{
    Is, STRONG, denial, has_mark, is_context, is_denied_ahead, is_for, is_given, is_joined,
    is_negation, is_said_false, says_it_raises,
};
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

/// The calls of which a later sentence may speak.
pub type Carried = Option<Vec<(String, CallText)>>;

/// What a value of a sentence is paired by.
struct Item<'t> {
    start: usize,
    end: usize,
    span: Option<usize>,
    what: What<'t>,
}

enum What<'t> {
    Call(&'t CallText),
    Value(Stated),
    /// Other code; what is of a function has no value of its own.
    Code {
        is_of_function: bool,
        is_open_call: bool,
    },
}

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
                found.push(result(span.text, "", call, stated, false, Is::So));
                take(is_taken, at);
            }
            Reading::Comparison(call) => {
                let is_false = is_said_false(sentence.prose_before(at + 1));
                let stated = Stated::Value(Value::Bool(!is_false));
                found.push(result(span.text, "", call, &stated, false, Is::So));
                take(is_taken, at);
            }
            Reading::Arithmetic => take(is_taken, at),
            Reading::Call(_) | Reading::Value(_) | Reading::Otherwise => {}
        }
    }
    let has_call = readings.iter().any(|reading| matches!(reading, Reading::Call(_)));
    let items = items(sentence, readings, functions, has_call);
    if has_call {
        *carried = pair_all(sentence, &items, is_taken, found);
    } else {
        let calls = if has_pair { None } else { carried.take() };
        if sentence.text.trim().is_empty() || (items.is_empty() && calls.is_some()) {
            *carried = calls;
        } else {
            without_call(sentence, &items, calls.as_deref(), is_taken, found);
        }
    }
}

fn items<'t>(
    sentence: &'t Sentence<'_>,
    readings: &'t [Reading],
    functions: &[String],
    has_call: bool,
) -> Vec<Item<'t>> {
    let mut items = Vec::new();
    for (at, (reading, span)) in readings.iter().zip(&sentence.spans).enumerate() {
        let what = match reading {
            Reading::Call(call) => What::Call(call),
            Reading::Value(stated) => What::Value(stated.clone()),
            Reading::Otherwise => {
                let opens = |name: &String| span.text.contains(&format!("{name}("));
                let is_function = functions.iter().any(|name| name == span.text.trim());
                let is_open_call = functions.iter().any(opens);
                What::Code { is_of_function: is_function || is_open_call, is_open_call }
            }
            Reading::Pair(..) | Reading::Comparison(_) | Reading::Arithmetic => {
                What::Code { is_of_function: false, is_open_call: false }
            }
        };
        items.push(Item { start: span.start, end: span.end, span: Some(at), what });
    }
    if has_call {
        for (start, prose) in sentence.prose() {
            for (at, text, stated) in bare_values(prose) {
                let start = start + at;
                items.push(Item {
                    start,
                    end: start + text.len(),
                    span: None,
                    what: What::Value(stated),
                });
            }
        }
        items.sort_by_key(|item| item.start);
    }
    items
}

/// Pairs every value with calls; the last group of calls is what a later sentence may speak of.
fn pair_all(
    sentence: &Sentence<'_>,
    items: &[Item<'_>],
    is_taken: &mut [bool],
    found: &mut Vec<Claim>,
) -> Carried {
    let between = |at: usize| {
        let start =
            at.checked_sub(1).and_then(|before| items.get(before)).map_or(0, |item| item.end);
        let end = items.get(at).map_or(sentence.text.len(), |item| item.start);
        sentence.text.get(start..end).unwrap_or_default()
    };
    let shown = |item: &Item<'_>| {
        sentence.text.get(item.start..item.end).unwrap_or_default().trim_matches('`').trim()
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let What::Call(_) = item.what else { continue };
        let follows =
            at > 0 && matches!(items.get(at - 1).map(|item| &item.what), Some(What::Call(_)));
        match groups.last_mut() {
            Some(group) if follows && is_joined(between(at)) => group.push(at),
            Some(_) | None => groups.push(vec![at]),
        }
    }
    let calls = |group: &[usize]| -> Vec<(String, CallText)> {
        let of = |item: &Item<'_>| match item.what {
            What::Call(call) => Some((shown(item).to_owned(), call.clone())),
            What::Value(_) | What::Code { .. } => None,
        };
        group.iter().filter_map(|at| items.get(*at)).filter_map(of).collect()
    };
    let all: Vec<(String, CallText)> = groups.iter().flat_map(|group| calls(group)).collect();
    let mut arguments: Vec<(usize, usize)> = Vec::new();
    let mut has_result = vec![false; groups.len()];
    let mut has_raise = vec![false; groups.len()];
    let mut state = |at: usize, group: usize, found: &mut Vec<Claim>| {
        let (Some(item), Some(members)) = (items.get(at), groups.get(group)) else { return };
        let What::Value(stated) = &item.what else { return };
        let start =
            members.last().and_then(|at| items.get(*at)).map_or(0, |call| call.end.min(item.start));
        let way = sentence.text.get(start..item.start).unwrap_or_default();
        let may_print = way.contains("print") || !way.contains("return");
        let is = denial(between(at), between(at + 1));
        for (text, call) in calls(members) {
            found.push(result(&text, shown(item), &call, stated, may_print, is));
        }
        if let Some(span) = item.span {
            take(is_taken, span);
        }
    };
    for (at, item) in items.iter().enumerate() {
        let What::Value(stated) = &item.what else { continue };
        let before = groups.iter().rposition(|group| group.first().is_some_and(|call| *call < at));
        let next = groups.iter().position(|group| group.first().is_some_and(|call| *call > at));
        let is_next = matches!(items.get(at + 1).map(|item| &item.what), Some(What::Call(_)))
            && is_for(between(at + 1));
        let Some(group) = (if is_next { next.or(before) } else { before.or(next) }) else {
            continue;
        };
        let is_argument = all.iter().any(|(_, call)| is_argument(stated, call));
        let is_behind_code = at > 0
            && matches!(
                items.get(at - 1).map(|item| &item.what),
                Some(What::Code { is_of_function: false, .. })
            )
            && is_context(between(at));
        if is_behind_code || (before.is_none() && is_argument && is_given(between(at))) {
            if !is_argument && let Stated::Value(value) = stated {
                found.push(Claim::InCode(value.clone(), shown(item).to_owned()));
            }
            continue;
        }
        if is_argument && !has_mark(between(at)) {
            arguments.push((at, group));
            continue;
        }
        if let Some(flag) = has_result.get_mut(group) {
            *flag = true;
        }
        if let (Stated::Raises { .. }, Some(flag)) = (stated, has_raise.get_mut(group)) {
            *flag = true;
        }
        state(at, group, found);
    }
    for (at, group) in arguments {
        if has_result.get(group) == Some(&false) {
            state(at, group, found);
        }
    }
    for (group, has_raise) in groups.iter().zip(has_raise) {
        let Some(last) = group.last() else { continue };
        let prose = between(last + 1);
        if !has_raise && says_it_raises(prose) {
            let any = Stated::Raises { class: String::new(), message: None };
            let is =
                if words(prose).iter().any(|word| is_negation(word)) { Is::NotSo } else { Is::So };
            for (text, call) in calls(group) {
                found.push(result(&text, "an exception", &call, &any, false, is));
            }
        }
    }
    if let Some(first) = items.iter().position(|item| matches!(item.what, What::Call(_)))
        && is_denied_ahead(between(first))
    {
        found.push(Claim::Refused(shown_of(sentence), "say what is so, not what is not".into()));
    }
    groups.last().map(|group| calls(group))
}

/// Reads the values of a sentence that has no call of its own.
fn without_call(
    sentence: &Sentence<'_>,
    items: &[Item<'_>],
    calls: Option<&[(String, CallText)]>,
    is_taken: &mut [bool],
    found: &mut Vec<Claim>,
) {
    let prose: Vec<String> = sentence.prose().iter().flat_map(|(_, prose)| words(prose)).collect();
    let is_for_all = prose.iter().any(|word| EVERY.contains(&word.as_str()));
    let has_open_call =
        items.iter().any(|item| matches!(item.what, What::Code { is_open_call: true, .. }));
    let mut together = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let (What::Value(stated), Some(span)) = (&item.what, item.span) else { continue };
        let before = sentence.prose_before(span);
        let text = sentence.spans.get(span).map_or("", |span| span.text);
        let is_behind_code = at > 0
            && matches!(
                items.get(at - 1).map(|item| &item.what),
                Some(What::Code { is_of_function: false, .. })
            )
            && is_context(before);
        let is_result =
            !is_behind_code && (has_mark(before) || (items.len() == 1 && is_context(before)));
        if let (Some(calls), true) = (calls, is_result) {
            let is = denial(before, sentence.prose_before(span + 1));
            for (shown, call) in calls {
                found.push(result(shown, text, call, stated, !before.contains("return"), is));
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
        found.push(Claim::Together(together, shown_of(sentence)));
    }
}

fn shown_of(sentence: &Sentence<'_>) -> String {
    const MOST: usize = 120;
    sentence.text.trim().replace('`', "").chars().take(MOST).collect()
}

fn result(
    shown: &str,
    text: &str,
    call: &CallText,
    stated: &Stated,
    may_print: bool,
    is: Is,
) -> Claim {
    let shown = if text.is_empty() { shown.to_owned() } else { format!("{shown} … {text}") };
    Claim::Result { shown, call: call.clone(), stated: stated.clone(), may_print, is }
}

/// The numbers, lists and exceptions of prose, but for numbers of lines.
fn bare_values(prose: &str) -> Vec<(usize, &str, Stated)> {
    let line_numbers = line_ranges(prose);
    let mut found: Vec<(usize, &str, Stated)> = Vec::new();
    let mut end = 0;
    let mut before = ' ';
    for (at, c) in prose.char_indices() {
        let is_start =
            !(before.is_alphanumeric() || before == '.' || before == '-' && c.is_ascii_digit());
        before = c;
        let in_line = line_numbers.iter().any(|range| range.contains(&at));
        if at < end || !is_start || in_line {
            continue;
        }
        let rest = &prose[at..];
        let is_marked = || has_mark(&prose[..at]);
        let text = match c {
            '0'..='9' | '-' | '[' | '{' => value_at_start(rest),
            '(' | '\'' | '"' if is_marked() => value_at_start(rest),
            'A'..='Z' => {
                let len =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let is_constant = ["None", "True", "False"].contains(&&rest[..len]);
                Some(&rest[..len])
                    .filter(|word| stated(word).is_some() && (!is_constant || is_marked()))
            }
            _ => None,
        };
        if let Some(text) = text
            && let Some(value) = stated(text)
        {
            end = at + text.len();
            found.push((at, text, value));
        }
    }
    found
}

/// The longest literal that a text begins with.
fn value_at_start(text: &str) -> Option<&str> {
    const LONGEST: usize = 200;
    let ends =
        text.char_indices().map(|(at, _)| at).chain([text.len()]).take_while(|&at| at <= LONGEST);
    let mut ends: Vec<usize> = ends.filter(|&at| at > 0).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let is_boundary = text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        let candidate = text[..end].trim_end();
        let candidate = candidate.strip_suffix(['.', ',']).unwrap_or(candidate);
        (is_boundary && !candidate.is_empty() && stated(candidate).is_some()).then_some(candidate)
    })
}

fn is_argument(stated: &Stated, call: &CallText) -> bool {
    match stated {
        Stated::Value(value) => {
            call.call.args.contains(value)
                || call.call.kwargs.iter().any(|(_, argument)| argument == value)
        }
        Stated::Raises { .. } => false,
    }
}

/// The value of a piece of prose that a word makes a result.
pub fn lone_result(prose: &str) -> Option<(&str, Stated)> {
    let found = bare_values(prose).into_iter().find(|(at, _, _)| has_mark(&prose[..*at]));
    found.map(|(_, text, stated)| (text, stated))
}
