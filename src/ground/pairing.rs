//! Pairs the values of a sentence with its calls.
//!
//! Values are paired by position, regardless of the words between: a value after a call is its
//! result, or that of the call it is `for`, and one before all calls is the first call's.
//!
//! Invariant: a value that is an argument of a call is its result only if no other value is.

use super::claim::{CallText, Claim, Stated};
use super::items::{Item, ItemKind};
use super::spans::{Sentence, take};
use super::wording::{
    Polarity, has_mark, is_denied_ahead, is_for, is_given, is_joined, is_negation, polarity,
    says_it_raises,
};
use super::words::words;

/// A call as the text shows it, and as it is read.
pub type ShownCall = (String, CallText);

/// Calls that a sentence lists together, which share what is stated of them.
struct Group {
    /// The items that the first and the last call are.
    first: usize,
    last: usize,
    calls: Vec<ShownCall>,
    has_result: bool,
    has_exception: bool,
}

/// The pairing of one sentence.
struct Pairing<'s, 'out> {
    sentence: &'s Sentence<'s>,
    items: &'s [Item<'s>],
    groups: Vec<Group>,
    is_taken: &'out mut [bool],
    found: &'out mut Vec<Claim>,
}

/// Pairs every value with calls, and gives the last group of calls: a later sentence may speak of it.
pub fn pair(
    sentence: &Sentence<'_>,
    items: &[Item<'_>],
    is_taken: &mut [bool],
    found: &mut Vec<Claim>,
) -> Option<Vec<ShownCall>> {
    let mut pairing = Pairing { sentence, items, groups: Vec::new(), is_taken, found };
    pairing.group_calls();
    let arguments = pairing.pair_values();
    pairing.pair_arguments(&arguments);
    pairing.pair_exceptions();
    pairing.refuse_denial_ahead();
    pairing.groups.pop().map(|group| group.calls)
}

impl<'s> Pairing<'s, '_> {
    /// The text between an item and the one before it.
    fn before(&self, at: usize) -> &'s str {
        let previous = at.checked_sub(1).and_then(|previous| self.items.get(previous));
        let start = previous.map_or(0, |item| item.end);
        let end = self.items.get(at).map_or(self.sentence.text.len(), |item| item.start);
        self.sentence.text.get(start..end).unwrap_or_default()
    }

    fn shown(&self, item: &Item<'_>) -> &'s str {
        let text = self.sentence.text.get(item.start..item.end).unwrap_or_default();
        text.trim_matches('`').trim()
    }

    /// First pass: calls with nothing but words of a list between them are one group.
    fn group_calls(&mut self) {
        for (at, item) in self.items.iter().enumerate() {
            let ItemKind::Call(call) = item.kind else { continue };
            let call = (self.shown(item).to_owned(), call.clone());
            let is_next = is_joined(self.before(at));
            match self.groups.last_mut() {
                Some(group) if group.last + 1 == at && is_next => {
                    group.last = at;
                    group.calls.push(call);
                }
                Some(_) | None => self.groups.push(Group {
                    first: at,
                    last: at,
                    calls: vec![call],
                    has_result: false,
                    has_exception: false,
                }),
            }
        }
    }

    /// Second pass: states values to be results; values that are arguments are left for the third, each with its group.
    fn pair_values(&mut self) -> Vec<(usize, usize)> {
        let mut arguments = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let ItemKind::Value(stated) = &item.kind else { continue };
            let before = self.groups.iter().rposition(|group| group.first < at);
            let after = self.groups.iter().position(|group| group.first > at);
            let Some(place) =
                (if self.is_for_next(at) { after.or(before) } else { before.or(after) })
            else {
                continue;
            };
            let words = self.before(at);
            let mut calls = self.groups.iter().flat_map(|group| &group.calls);
            let is_argument = calls.any(|(_, call)| call.has_argument(stated));
            let is_given_ahead = before.is_none() && is_argument && is_given(words);
            if self.is_of_code(at) || is_given_ahead {
                if !is_argument && let Stated::Value(value) = stated {
                    self.found.push(Claim::InCode(value.clone(), self.shown(item).to_owned()));
                }
                continue;
            }
            if is_argument && !has_mark(words) {
                arguments.push((at, place));
                continue;
            }
            if let Some(group) = self.groups.get_mut(place) {
                group.has_result = true;
                group.has_exception |= matches!(stated, Stated::Raises { .. });
            }
            self.state(at, place);
        }
        arguments
    }

    /// Third pass: a value that is an argument is the result of a group that has no other.
    fn pair_arguments(&mut self, arguments: &[(usize, usize)]) {
        for &(at, place) in arguments {
            if self.groups.get(place).is_some_and(|group| !group.has_result) {
                self.state(at, place);
            }
        }
    }

    /// Fourth pass: words such as `raises` after a group state an exception, whichever it is.
    fn pair_exceptions(&mut self) {
        for group in &self.groups {
            let prose = self.before(group.last + 1);
            if group.has_exception || !says_it_raises(prose) {
                continue;
            }
            let any = Stated::Raises { class: String::new(), message: None };
            let is_denied = words(prose).iter().any(|word| is_negation(word));
            let polarity = if is_denied { Polarity::Denied } else { Polarity::Affirmed };
            for (shown, call) in &group.calls {
                let claim = Claim::result(shown, "an exception", call, &any, false, polarity);
                self.found.push(claim);
            }
        }
    }

    /// Refuses a sentence that denies all of what it goes on to state.
    fn refuse_denial_ahead(&mut self) {
        if let Some(first) = self.items.iter().position(Item::is_call)
            && is_denied_ahead(self.before(first))
        {
            let why = "state what is the case, not what is not".into();
            self.found.push(Claim::Refused(self.sentence.shown(), why));
        }
    }

    /// States a value to be the result of every call of a group.
    fn state(&mut self, at: usize, place: usize) {
        let (Some(item), Some(group)) = (self.items.get(at), self.groups.get(place)) else {
            return;
        };
        let ItemKind::Value(stated) = &item.kind else { return };
        let call_end = self.items.get(group.last).map_or(0, |call| call.end.min(item.start));
        let way = self.sentence.text.get(call_end..item.start).unwrap_or_default();
        let may_print = way.contains("print") || !way.contains("return");
        let polarity = polarity(self.before(at), self.before(at + 1));
        let text = self.shown(item);
        for (shown, call) in &group.calls {
            self.found.push(Claim::result(shown, text, call, stated, may_print, polarity));
        }
        if let Some(span) = item.span {
            take(self.is_taken, span);
        }
    }

    /// Whether a value is that of the call after it: `3` for `f(1)`.
    fn is_for_next(&self, at: usize) -> bool {
        self.items.get(at + 1).is_some_and(Item::is_call) && is_for(self.before(at + 1))
    }

    /// Whether a value is that of the code before it: `LIMIT` is `40`.
    fn is_of_code(&self, at: usize) -> bool {
        let previous = at.checked_sub(1).and_then(|previous| self.items.get(previous));
        previous.is_some_and(|previous| previous.has_value_after(self.before(at)))
    }
}
