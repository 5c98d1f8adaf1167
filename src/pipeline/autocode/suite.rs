//! The cases of a problem's tests: which of those that were recorded a test asserts, and which a question shows.
//!
//! Invariant: a case is chosen because it kills a mutant, is documented, reaches a branch or gives another result; the choice depends on
//! the candidates alone.

use std::collections::BTreeSet;

use crate::cases::assertions::TestWriter;
use crate::cases::{Executed, ExecutedCase};
use crate::outcome::{Reason, Rejection};
use crate::sample::SampleCase;
use crate::sandbox::End;
use crate::sandbox::value::Value;

/// Cases of a full test beyond those that kill a mutant or reach a branch of their own.
const ENOUGH: usize = 10;
/// Cases of a full test at most.
const MAX_CASES: usize = 40;
/// Cases of a demo test at most.
const DEMO: usize = 2;

/// A case that a test can state.
pub(super) struct Candidate {
    pub executed: ExecutedCase,
    pub case: SampleCase,
}

/// Whether a call raises something by accident: neither at a statement of the program that is there to raise, nor as the docstring says.
fn is_accident(writer: &TestWriter<'_>, case: &SampleCase) -> bool {
    let End::Raised(raised) = &case.end else { return false };
    let line = raised.line.and_then(|line| writer.program.lines().nth(line as usize - 1));
    let is_meant = line.is_some_and(|line| {
        let line = line.trim_start();
        ["raise", "assert"].iter().any(|word| {
            line.starts_with(word)
                || line.contains(&format!(": {word} "))
                || line.contains(&format!("; {word} "))
        })
    });
    !is_meant && !is_named(writer, &raised.kind)
}

/// Whether a docstring names a class of exceptions.
fn is_named(writer: &TestWriter<'_>, class: &str) -> bool {
    let class = class.rsplit('.').next().unwrap_or(class);
    writer.function.docstring.as_deref().unwrap_or_default().contains(class)
}

/// The cases of a test: candidates, and those chosen of them.
#[derive(Default)]
pub(super) struct Suite {
    pub candidates: Vec<Candidate>,
    pub chosen: BTreeSet<usize>,
    seen: BTreeSet<String>,
}

impl Suite {
    pub(super) fn extend(&mut self, writer: &TestWriter<'_>, cases: Vec<ExecutedCase>) {
        for executed in cases {
            let case = SampleCase::new(&executed.arguments, &executed.result);
            if writer.can_state(&case)
                && !is_accident(writer, &case)
                && self.seen.insert(executed.arguments.clone())
            {
                self.candidates.push(Candidate { executed, case });
            }
        }
    }

    /// Chooses the candidates with these arguments.
    pub(super) fn keep(&mut self, arguments: &[String]) {
        let is_wanted = |candidate: &Candidate| arguments.contains(&candidate.case.arguments);
        let wanted = (0..self.candidates.len()).filter(|&index| is_wanted(&self.candidates[index]));
        let room = MAX_CASES.saturating_sub(self.chosen.len());
        self.chosen.extend(
            wanted.filter(|index| !self.chosen.contains(index)).take(room).collect::<Vec<_>>(),
        );
    }

    /// Chooses candidates from `from` on that kill mutants: greedily, the one that kills most of what is left, and of equals the first.
    /// Those that none kills stay in `survivors`.
    pub(super) fn choose(&mut self, from: usize, kills: &[Vec<usize>], survivors: &mut Vec<usize>) {
        let mut left: Vec<usize> =
            (0..kills.len()).filter(|&mutant| !kills[mutant].is_empty()).collect();
        let killed: BTreeSet<usize> = left.iter().map(|&mutant| survivors[mutant]).collect();
        let is_chosen = |candidate: &usize| self.chosen.contains(&(from + candidate));
        left.retain(|&mutant| !kills[mutant].iter().any(is_chosen));
        while !left.is_empty() && self.chosen.len() < MAX_CASES {
            let mut counts = vec![0_usize; self.candidates.len() - from];
            for &mutant in &left {
                kills[mutant].iter().for_each(|&candidate| counts[candidate] += 1);
            }
            let best = (0..counts.len()).rev().max_by_key(|&candidate| counts[candidate]);
            let Some(best) = best else { break };
            self.chosen.insert(from + best);
            left.retain(|&mutant| !kills[mutant].contains(&best));
        }
        survivors.retain(|mutant| !killed.contains(mutant));
    }

    /// Adds candidates that reach a branch side of their own, and then others until there are enough.
    pub(super) fn fill(&mut self, executed: &Executed) {
        let mut reached: BTreeSet<u32> = BTreeSet::new();
        let sides = |candidate: &Candidate| {
            candidate
                .executed
                .result
                .coverage
                .iter()
                .flat_map(|it| it.branches.clone())
                .collect::<Vec<_>>()
        };
        for &index in &self.chosen {
            reached.extend(sides(&self.candidates[index]));
        }
        let branches = executed.coverable.as_ref().map_or(0, |it| 2 * it.branches.len());
        for index in 0..self.candidates.len() {
            if reached.len() >= branches || self.chosen.len() >= MAX_CASES {
                break;
            }
            let own = sides(&self.candidates[index]);
            if own.iter().any(|side| !reached.contains(side)) {
                reached.extend(own);
                self.chosen.insert(index);
            }
        }
        // Another result says more than another input with the same one, and a result more than an exception.
        for (wants_new, may_raise) in [(true, false), (false, false), (true, true), (false, true)] {
            for index in 0..self.candidates.len() {
                if self.chosen.len() >= ENOUGH {
                    return;
                }
                let end = &self.candidates[index].case.end;
                let is_known = || {
                    self.chosen.iter().any(|&known| self.candidates[known].case.end.is_same(end))
                };
                let raises = matches!(end, End::Raised(_));
                if (may_raise || !raises) && (!wants_new || !is_known()) {
                    self.chosen.insert(index);
                }
            }
        }
    }

    /// The cases of the demo test, and all cases with those first. Of each class of exceptions that the docstring does not name, the
    /// demo shows one case: nobody could know it otherwise.
    pub(super) fn cases(
        &self,
        writer: &TestWriter<'_>,
        documented: &[String],
    ) -> (Vec<SampleCase>, Vec<SampleCase>) {
        let chosen: Vec<&Candidate> =
            self.chosen.iter().map(|&index| &self.candidates[index]).collect();
        let mut demo = demo(&chosen, documented);
        let class = |index: &usize| match &chosen[*index].case.end {
            End::Raised(raised) => Some(raised.kind.as_str()),
            _ => None,
        };
        let mut shown: BTreeSet<&str> = demo.iter().filter_map(class).collect();
        let mut raising: Vec<usize> =
            (0..chosen.len()).filter(|index| class(index).is_some()).collect();
        raising.sort_by_key(|&index| (chosen[index].case.arguments.len(), index));
        for index in raising {
            if let Some(class) = class(&index).filter(|class| !is_named(writer, class))
                && shown.insert(class)
            {
                demo.push(index);
            }
        }
        let is_demo = |index: &usize| demo.contains(index);
        let rest = (0..chosen.len()).filter(|index| !is_demo(index));
        let case = |index: usize| chosen[index].case.clone();
        (
            demo.iter().map(|&index| case(index)).collect(),
            demo.iter().copied().chain(rest).map(case).collect(),
        )
    }
}

/// Which cases say most to a reader: documented or short ones that return something, each something else.
fn demo(chosen: &[&Candidate], documented: &[String]) -> Vec<usize> {
    let is_telling = |case: &SampleCase| match &case.end {
        End::Returned { value: Value::None, .. } => {
            !case.stdout.is_empty() || !case.mutated.is_empty()
        }
        End::Returned { value, .. } => {
            !matches!(value, Value::List(items) | Value::Tuple(items) | Value::Set(items) if items.is_empty())
                && !matches!(value, Value::Str(text) if text.is_empty())
        }
        _ => false,
    };
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    // Very short arguments are edge cases: a reader learns more from middling ones.
    order.sort_by_key(|&index| {
        let case = &chosen[index].case;
        (
            !is_telling(case),
            !documented.contains(&case.arguments),
            case.arguments.len().abs_diff(20),
            index,
        )
    });
    let mut demo: Vec<usize> = Vec::new();
    for index in order {
        let end = &chosen[index].case.end;
        if demo.len() < DEMO && !demo.iter().any(|&known| chosen[known].case.end.is_same(end)) {
            demo.push(index);
        }
    }
    demo
}

/// Rejects tests that a constant passes.
pub(super) fn constant(cases: &[SampleCase]) -> Option<Rejection> {
    let returned = |case: &&SampleCase| matches!(case.end, End::Returned { .. });
    let does = |case: &SampleCase| (case.stdout.clone(), case.mutated.clone());
    let mut returned = cases.iter().filter(returned);
    let first = returned.next();
    let differs = |other: &SampleCase| {
        first.is_some_and(|first| !first.end.is_same(&other.end) || does(first) != does(other))
    };
    let is_constant = !returned.any(differs);
    is_constant.then(|| {
        let why = "every case that returns gives the same result";
        Rejection::new(Reason::ToothlessTests, why)
    })
}
