//! Chooses among the inputs that were tried those that show most of a function.
//!
//! Invariant: the choice depends only on the tries; calls that are shown come first, the others are ordered by length.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::python::Call;
use crate::python::prepared;
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End};

/// Results whose `repr` and printed text are longer make poor examples.
const MAX_RESULT: usize = 3000;

/// Fewer calls than this show too little, whatever else is to be said of them.
const FEW: usize = 4;

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

    /// Whether the call gave a keyword that the function, or one that it hands it on to, does not take.
    fn has_unknown_keyword(&self) -> bool {
        matches!(&self.result.end, End::Raised(raised) if raised.kind == "TypeError" && raised.message.contains("unexpected keyword argument"))
    }

    /// Whether the call ran into a name that the program lacks.
    fn lacks_name(&self) -> bool {
        matches!(&self.result.end, End::Raised(raised) if matches!(raised.kind.as_str(), "NameError" | "ImportError" | "ModuleNotFoundError"))
    }

    /// The line that raised, if the call did.
    fn raised_at(&self) -> Option<u32> {
        match &self.result.end {
            End::Raised(raised) => raised.line,
            _ => None,
        }
    }

    /// Whether the call raised what the program means to raise.
    fn is_on_purpose(&self, raising: &BTreeSet<u32>) -> bool {
        self.raised_at().is_some_and(|line| raising.contains(&line))
    }

    fn returned_nothing(&self) -> bool {
        matches!(&self.result.end, End::Returned { value: Value::None, .. })
    }

    /// How many arguments are empty, zero or nothing, and whether the result is.
    pub(super) fn oddness(&self) -> usize {
        let values = self.call.args.iter().chain(self.call.kwargs.iter().map(|(_, value)| value));
        let empty = values.filter(|value| is_empty(value)).count();
        let is_nothing =
            matches!(&self.result.end, End::Returned { value, .. } if matches!(value, Value::None));
        empty + usize::from(is_nothing && self.result.stdout.is_empty())
    }

    /// How many calls made the first argument ready.
    fn steps(&self) -> usize {
        let first = self.call.args.first().and_then(Value::as_expression);
        first.map_or(0, prepared::steps_of)
    }

    fn shown_len(&self) -> usize {
        let value = match &self.result.end {
            End::Returned { repr, .. } => repr.len(),
            End::Raised(raised) => raised.message.len(),
            End::Exited { .. }
            | End::CompileError { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. } => 0,
        };
        value + self.result.stdout.len()
    }

    /// What a reader would call the same result.
    pub(super) fn outcome(&self) -> String {
        match &self.result.end {
            End::Returned { value, .. } => format!("{value}|{}", self.result.stdout),
            End::Raised(raised) => format!("{}@{:?}", raised.kind, raised.line),
            end @ (End::Exited { .. }
            | End::CompileError { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. }) => format!("{end:?}"),
        }
    }
}

/// Whether a value has nothing in it.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Int(digits) => digits == "0",
        Value::Float(x) => *x == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            items.is_empty()
        }
        Value::Dict(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Picks inputs: calls that are shown first, then those that together reach every branch reached, each of them twice if possible, then
/// those with new results.
pub(super) fn select(tries: Vec<&Try>, raising: &BTreeSet<u32>, count: usize) -> Vec<String> {
    let mut order: Vec<&Try> = tries.iter().copied().filter(|tried| tried.finished()).collect();
    let unfinished: Vec<&Try> = tries.iter().copied().filter(|tried| !tried.finished()).collect();
    if !unfinished.is_empty() && !order.iter().any(|tried| tried.returned()) {
        // The function is rejected further on, with a few of these as its evidence: they say more than wrong types do.
        return unfinished.iter().take(3).map(|tried| tried.arguments.clone()).collect();
    }
    if order.iter().any(|tried| tried.shown_len() <= MAX_RESULT) {
        order.retain(|tried| tried.shown_len() <= MAX_RESULT);
    }
    // A program that lacks a name shows nothing else, however short the ways around it are.
    if order.iter().any(|tried| !tried.lacks_name()) {
        order.retain(|tried| !tried.lacks_name() || tried.is_on_purpose(raising));
    }
    // What wrong types raise shows nothing about the function, unless it raises so itself.
    if order.iter().any(|tried| tried.returned()) {
        order.retain(|tried| {
            !tried.is_type_error() || tried.is_on_purpose(raising) && !tried.has_unknown_keyword()
        });
    }
    // An object that nothing was done to is like an empty list, if others are made ready.
    let has_ready = order.iter().any(|tried| tried.steps() > 0);
    let is_bare = |tried: &Try| usize::from(has_ready && tried.steps() < 2);
    order.sort_by_cached_key(|tried| {
        (!tried.given, tried.oddness() + is_bare(tried), tried.arguments.len() / 24)
    });
    let returns_nothing = order.iter().all(|tried| !tried.returned() || tried.returned_nothing());
    let mut picking =
        Picking { raising, count, returns_nothing, picked: Vec::new(), outcomes: HashSet::new() };
    // The calls that people chose to show, unless there are so many that nothing else finds room.
    let shown = order.iter().filter(|tried| tried.given).take(count.div_ceil(2));
    shown.for_each(|tried| picking.pick(tried));
    // What a call runs into by accident shows a branch only if no other call does.
    let meant: Vec<&Try> = order
        .iter()
        .copied()
        .filter(|tried| tried.returned() || tried.is_on_purpose(raising))
        .collect();
    picking.cover(&meant, 1);
    for times in 1..=2 {
        picking.cover(&order, times);
    }
    for is_new in [true, false] {
        for tried in &order {
            if picking.outcomes.contains(&tried.outcome()) != is_new && picking.has_room_for(tried)
            {
                picking.pick(tried);
            }
        }
    }
    // Odd ones rather than too few.
    for tried in order.iter().filter(|tried| tried.returned()) {
        if picking.picked.len() < FEW {
            picking.pick(tried);
        }
    }
    let mut picked = picking.picked;
    if picked.is_empty() {
        picked.extend(order.iter().take(count));
    }
    let first = picked.iter().take_while(|tried| tried.given).count();
    picked[first..]
        .sort_by(|a, b| (a.arguments.len(), &a.arguments).cmp(&(b.arguments.len(), &b.arguments)));
    picked.into_iter().map(|tried| tried.arguments.clone()).collect()
}

struct Picking<'t> {
    raising: &'t BTreeSet<u32>,
    count: usize,
    /// Whether no call returns anything, so that it is no odd result.
    returns_nothing: bool,
    picked: Vec<&'t Try>,
    outcomes: HashSet<String>,
}

impl<'t> Picking<'t> {
    fn pick(&mut self, tried: &'t Try) {
        if self.picked.len() < self.count && !self.has(tried) {
            self.outcomes.insert(tried.outcome());
            self.picked.push(tried);
        }
    }

    fn has(&self, tried: &Try) -> bool {
        self.picked.iter().any(|other| other.arguments == tried.arguments)
    }

    /// Whether a call may be picked that is not needed to reach anything: errors are results, and so is nothing at all, but a set of
    /// them teaches nothing else.
    fn has_room_for(&self, tried: &Try) -> bool {
        let allowed = usize::from(self.returns_nothing);
        let is_odd = |tried: &Try| tried.oddness() > allowed;
        let is_alike = |other: &&&Try| match (tried.returned(), other.returned()) {
            (true, true) => is_odd(tried) && is_odd(other),
            (false, false) => true,
            (true, false) | (false, true) => false,
        };
        let alike = self.picked.iter().filter(is_alike).count();
        let most = match tried.returned() {
            true if !is_odd(tried) => self.count,
            true => self.count / 4,
            false if tried.is_on_purpose(self.raising) && !tried.is_type_error() => self.count / 4,
            false => 1.min(self.count / 4),
        };
        !self.has(tried) && alike < most
    }

    /// Picks calls until every branch side that is reached is reached this many times; a `raise` of the function's own counts as one.
    fn cover(&mut self, order: &[&'t Try], times: usize) {
        let places = |tried: &Try| -> Vec<i64> {
            let sides = tried.sides().into_iter().map(i64::from);
            let raised = tried.raised_at().filter(|line| self.raising.contains(line));
            sides.chain(raised.map(|line| -1 - i64::from(line))).collect()
        };
        let mut reached: HashMap<i64, usize> = HashMap::new();
        for place in self.picked.iter().flat_map(|tried| places(tried)) {
            *reached.entry(place).or_default() += 1;
        }
        let mut gains: Vec<(usize, &'t Try, Vec<i64>)> = order
            .iter()
            .enumerate()
            .map(|(number, tried)| (number, *tried, places(tried)))
            .collect();
        while self.picked.len() < self.count {
            let gain = |places: &[i64]| {
                places.iter().filter(|place| reached.get(place).is_none_or(|&n| n < times)).count()
            };
            gains.retain(|(_, tried, places)| !self.has(tried) && gain(places) > 0);
            if times > 1 {
                // A second time with another result, or it shows nothing new.
                gains.retain(|(_, tried, _)| {
                    !self.outcomes.contains(&tried.outcome()) && self.has_room_for(tried)
                });
            }
            let best = gains
                .iter()
                .max_by_key(|(number, _, places)| (gain(places), std::cmp::Reverse(*number)));
            let Some((_, best, places)) = best.cloned() else { break };
            for place in places {
                *reached.entry(place).or_default() += 1;
            }
            self.pick(best);
        }
    }
}
