//! Chooses among the inputs that were tried those that show most of a function.
//!
//! Invariant: the choice depends only on the tries, and is ordered by length.

use std::collections::{BTreeSet, HashSet};

use crate::python::Call;
use crate::sandbox::{CaseResult, End};

/// Results whose `repr` and printed text are longer make poor examples.
const MAX_RESULT: usize = 3000;

/// A try and what came of it.
pub(super) struct Try {
    pub call: Call,
    pub arguments: String,
    pub result: CaseResult,
    /// Found in the source or proposed by a model: preferred when equal.
    pub given: bool,
}

impl Try {
    /// Whether the call came to an end of its own within the limits.
    pub(super) fn finished(&self) -> bool {
        matches!(self.result.end, End::Returned { .. } | End::Raised(_))
    }

    pub(super) fn returned(&self) -> bool {
        matches!(self.result.end, End::Returned { .. })
    }

    /// The branch sides that the call ran.
    pub(super) fn sides(&self) -> BTreeSet<u32> {
        self.result.coverage.iter().flat_map(|coverage| coverage.branches.iter().copied()).collect()
    }

    /// Whether the call raised what wrong types raise.
    fn is_type_error(&self) -> bool {
        matches!(&self.result.end, End::Raised(raised) if matches!(raised.kind.as_str(), "TypeError" | "AttributeError"))
    }

    fn shown_len(&self) -> usize {
        let value = match &self.result.end {
            End::Returned { repr, .. } => repr.len(),
            End::Raised(raised) => raised.message.len(),
            End::Exited { .. }
            | End::NotBuilt { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. } => 0,
        };
        value + self.result.stdout.len()
    }

    /// What a reader would call the same result.
    fn outcome(&self) -> String {
        match &self.result.end {
            End::Returned { value, .. } => format!("{value}|{}", self.result.stdout),
            End::Raised(raised) => format!("{}@{:?}", raised.kind, raised.line),
            end @ (End::Exited { .. }
            | End::NotBuilt { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. }) => format!("{end:?}"),
        }
    }
}

/// Picks inputs: first those that together reach every branch reached, then those with new results; smallest first.
pub(super) fn select(tries: &[Try], count: usize) -> Vec<String> {
    let mut order: Vec<&Try> = tries.iter().filter(|tried| tried.finished()).collect();
    let unfinished: Vec<&Try> = tries.iter().filter(|tried| !tried.finished()).collect();
    if !unfinished.is_empty() && !order.iter().any(|tried| tried.returned()) {
        // The function is rejected further on, with a few of these as its evidence: they say more than wrong types do.
        return unfinished.iter().take(3).map(|tried| tried.arguments.clone()).collect();
    }
    if order.iter().any(|tried| tried.shown_len() <= MAX_RESULT) {
        order.retain(|tried| tried.shown_len() <= MAX_RESULT);
    }
    order.sort_by_key(|tried| (!tried.given, tried.arguments.len()));
    let mut picked: Vec<&Try> = Vec::new();
    let mut covered = BTreeSet::new();
    let mut outcomes = HashSet::new();
    while picked.len() < count {
        // A call with the wrong types shows nothing about the function, no matter which lines it
        // reaches.
        let gain = |tried: &&&Try| match tried.is_type_error() {
            true => 0,
            false => tried.sides().difference(&covered).count(),
        };
        // The first of the best: the order prefers calls from the source, then the shortest.
        let Some(best) = order.iter().rev().max_by_key(gain).filter(|tried| gain(tried) > 0) else {
            break;
        };
        covered.extend(best.sides());
        outcomes.insert(best.outcome());
        picked.push(best);
    }
    let raising = |picked: &[&Try]| picked.iter().filter(|tried| !tried.returned()).count();
    // Small inputs read best, larger ones show more: every third of the new results comes from the far end.
    let mixed: Vec<&Try> = mixed(&order);
    for repeat_outcomes in [false, true] {
        for tried in &mixed {
            let is_new = outcomes.contains(&tried.outcome()) == repeat_outcomes;
            let is_picked = picked.iter().any(|other| other.arguments == tried.arguments);
            // Errors are results, but a set of errors teaches nothing else.
            let too_many_errors = !tried.returned() && 3 * (raising(&picked) + 1) > count
                || tried.is_type_error() && picked.iter().any(|other| other.is_type_error());
            if picked.len() < count && is_new && !is_picked && !too_many_errors {
                outcomes.insert(tried.outcome());
                picked.push(tried);
            }
        }
    }
    if picked.is_empty() {
        picked.extend(order.iter().take(count));
    }
    picked
        .sort_by(|a, b| (a.arguments.len(), &a.arguments).cmp(&(b.arguments.len(), &b.arguments)));
    picked.into_iter().map(|tried| tried.arguments.clone()).collect()
}

/// The order with every third place taken from its far end, up to twice the middle length.
fn mixed<'t>(order: &[&'t Try]) -> Vec<&'t Try> {
    let middle = order.get(order.len() / 2).map_or(0, |tried| tried.arguments.len());
    let mut far = order.iter().rev().filter(|tried| tried.arguments.len() <= 2 * middle + 40);
    let mut near = order.iter();
    let mut mixed: Vec<&Try> = Vec::new();
    while mixed.len() < 2 * order.len() {
        let next = if mixed.len() % 3 == 2 { far.next() } else { near.next() };
        match next.or_else(|| near.next()).or_else(|| far.next()) {
            Some(tried) => mixed.push(tried),
            None => break,
        }
    }
    mixed
}
