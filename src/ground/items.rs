//! The calls, values and other code of a sentence, in the order of its text.
//!
//! Invariant: items do not overlap, and each knows the bytes of its sentence.

use super::bare_values::bare_values;
use super::claim::{CallText, Stated};
use super::reading::Reading;
use super::spans::Sentence;
use super::wording::is_context;

/// One item of a sentence.
pub struct Item<'t> {
    pub start: usize,
    pub end: usize,
    /// The inline code that it is; a bare value of the prose is none.
    pub span: Option<usize>,
    pub kind: ItemKind<'t>,
}

/// What an item is.
pub enum ItemKind<'t> {
    Call(&'t CallText),
    Value(Stated),
    /// Other code; what is of a function has no value of its own.
    Code {
        is_of_function: bool,
        is_open_call: bool,
    },
}

impl Item<'_> {
    pub fn is_call(&self) -> bool {
        matches!(self.kind, ItemKind::Call(_))
    }

    /// Whether a value after this item and these words is the item's own: `LIMIT` is `40`.
    pub fn has_value_after(&self, words: &str) -> bool {
        matches!(self.kind, ItemKind::Code { is_of_function: false, .. }) && is_context(words)
    }
}

/// Lists the items of a sentence; bare values of the prose are items only in a sentence with a call.
pub fn items<'t>(
    sentence: &'t Sentence<'_>,
    readings: &'t [Reading],
    functions: &[String],
    has_call: bool,
) -> Vec<Item<'t>> {
    let mut items = Vec::new();
    for (at, (reading, span)) in readings.iter().zip(&sentence.spans).enumerate() {
        let kind = match reading {
            Reading::Call(call) => ItemKind::Call(call),
            Reading::Value(stated) => ItemKind::Value(stated.clone()),
            Reading::Other => {
                let opens = |name: &String| span.text.contains(&format!("{name}("));
                let is_function = functions.iter().any(|name| name == span.text.trim());
                let is_open_call = functions.iter().any(opens);
                ItemKind::Code { is_of_function: is_function || is_open_call, is_open_call }
            }
            Reading::Pair(..) | Reading::Comparison(_) | Reading::Arithmetic => {
                ItemKind::Code { is_of_function: false, is_open_call: false }
            }
        };
        items.push(Item { start: span.start, end: span.end, span: Some(at), kind });
    }
    if has_call {
        for (start, prose) in sentence.prose() {
            for (at, text, stated) in bare_values(prose) {
                let start = start + at;
                items.push(Item {
                    start,
                    end: start + text.len(),
                    span: None,
                    kind: ItemKind::Value(stated),
                });
            }
        }
        items.sort_by_key(|item| item.start);
    }
    items
}
