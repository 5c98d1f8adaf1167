//! Chooses the cases that a prompt shows: together they reach what all cases reach, as far as their number allows.
//!
//! Invariant: the first call that the source shows is the first case, at least one case stays hidden, and two different results are
//! shown if there are two.

use std::collections::BTreeSet;

use super::trivial::broken;
use crate::cases::notation::result_text;
use crate::cases::{Executed, ExecutedCase};
use crate::python::given;
use crate::sandbox::End;

/// Splits cases, which are in the order of preference, into visible and hidden ones; `wanted` are shown unless more are needed.
pub(super) fn split<'c>(
    executed: &'c Executed,
    order: &[&'c ExecutedCase],
    wanted: usize,
) -> (Vec<&'c ExecutedCase>, Vec<&'c ExecutedCase>) {
    let most = order.len().saturating_sub(1).max(1);
    // Some stay hidden where there are many, even if each would show something.
    let most = if order.len() > 5 { order.len() - (order.len() / 3).clamp(2, 4) } else { most };
    let mut visible: Vec<usize> = Vec::new();
    let first = executed
        .target
        .examples
        .iter()
        .find_map(|example| order.iter().position(|case| case.arguments == *example));
    visible.extend(first);
    let mut shown: BTreeSet<Feature> = visible.iter().flat_map(|&at| features(order[at])).collect();
    while visible.len() < most {
        let gain = |at: usize| features(order[at]).difference(&shown).map(Feature::weight).sum();
        let left = (0..order.len()).filter(|at| !visible.contains(at));
        let best = left.map(|at| (gain(at), std::cmp::Reverse(at))).max();
        let Some((gain, std::cmp::Reverse(at))) = best else { break };
        let gain: usize = gain;
        let is_needed = gain >= 3;
        if !is_needed && visible.len() >= wanted {
            break;
        }
        shown.extend(features(order[at]));
        visible.push(at);
    }
    let pinned = usize::from(first.is_some());
    // After the one that is shown in the source, in the order of preference.
    visible[pinned..].sort_unstable();
    let hidden = (0..order.len()).filter(|at| !visible.contains(at));
    (visible.iter().map(|&at| order[at]).collect(), hidden.map(|at| order[at]).collect())
}

/// What a case shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Feature {
    Side(u32),
    /// The line that raised, and what.
    Raise(String),
    Result(String),
    /// How many arguments are given by position, and the names of the others.
    Form(usize, Vec<String>),
    /// The number of a trivial program that gives something else.
    Beyond(usize),
}

impl Feature {
    /// How much it counts; what must be shown if it can be counts 3 or more.
    fn weight(&self) -> usize {
        match self {
            Self::Side(_) | Self::Raise(_) => 6,
            Self::Form(..) | Self::Beyond(_) => 3,
            Self::Result(_) => 1,
        }
    }
}

/// What a case gives, or raises and where.
fn outcome(case: &ExecutedCase) -> Feature {
    match &case.result.end {
        End::Raised(raised) => Feature::Raise(format!("{} {:?}", raised.kind, raised.line)),
        end => Feature::Result(format!("{}|{}", result_text(end), case.result.stdout)),
    }
}

fn features(case: &ExecutedCase) -> BTreeSet<Feature> {
    let sides = case.result.coverage.iter().flat_map(|coverage| &coverage.branches);
    let mut found: BTreeSet<Feature> = sides.map(|&side| Feature::Side(side)).collect();
    found.insert(outcome(case));
    if let Some(call) = given::arguments(&case.arguments) {
        let mut names: Vec<String> = call.kwargs.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        if let End::Returned { value, .. } = &case.result.end {
            found.extend(broken(&call, value).into_iter().map(Feature::Beyond));
        }
        found.insert(Feature::Form(call.args.len(), names));
    }
    found
}

/// Puts a case with another outcome among the hidden ones if all of them give the same, for one that shows no less.
pub(super) fn with_two_results_hidden<'c>(
    visible: &mut [&'c ExecutedCase],
    hidden: &mut [&'c ExecutedCase],
) {
    let [first, ..] = hidden else { return };
    let same = outcome(first);
    if hidden.iter().any(|case| outcome(case) != same) || hidden.len() < 2 {
        return;
    }
    let results = |features: &BTreeSet<Feature>| {
        features.iter().filter(|feature| matches!(feature, Feature::Result(_))).count().min(2)
    };
    let all: BTreeSet<Feature> = visible.iter().flat_map(|case| features(case)).collect();
    let shows_no_less = |out: usize| {
        let rest = (0..visible.len()).filter(|&at| at != out).map(|at| visible[at]);
        let shown: BTreeSet<Feature> = rest.chain([hidden[0]]).flat_map(features).collect();
        let is_must = |feature: &&Feature| feature.weight() >= 3;
        outcome(visible[out]) != same
            && results(&shown) >= results(&all)
            && features(visible[out]).iter().filter(is_must).all(|feature| shown.contains(feature))
    };
    // The first one is the one that the source shows.
    if let Some(place) = (1..visible.len()).rev().find(|&at| shows_no_less(at)) {
        std::mem::swap(&mut visible[place], &mut hidden[0]);
    }
}

/// Puts a case with another returned result among the visible ones if all of them give the same.
pub(super) fn with_two_results<'c>(
    visible: &mut [&'c ExecutedCase],
    hidden: &mut [&'c ExecutedCase],
) {
    let returned = |case: &ExecutedCase| {
        matches!(case.result.end, End::Returned { .. }).then(|| outcome(case))
    };
    let results: BTreeSet<Feature> = visible.iter().filter_map(|case| returned(case)).collect();
    if results.len() > 1 {
        return;
    }
    let is_new = |case: &&ExecutedCase| returned(case).is_some_and(|text| !results.contains(&text));
    let Some(new) = hidden.iter().position(is_new) else { return };
    // Any but the first repeats what others show if it returns what they return.
    let repeated = (1..visible.len()).rev().find(|&at| {
        returned(visible[at]).is_some()
            && (0..visible.len()).any(|i| i != at && returned(visible[i]).is_some())
    });
    let place = repeated.or(visible.len().checked_sub(1));
    if let Some(place) = place.filter(|&place| place > 0) {
        std::mem::swap(&mut visible[place], &mut hidden[new]);
    }
}
