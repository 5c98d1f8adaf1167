//! Which of the programs that were made are added: the rules of a run are mixed, and its programs stay as easy to maintain.
//!
//! Invariant: what is added depends on the order of the rows alone; at every point no rule is in more than its share of the programs that
//! were added, and their mean maintainability is at least that of the programs that they were made from.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use crate::flow::Fate;
use crate::measure::Maintainability;
use crate::pipeline::optimize::sample::{Sample, Technique};
use crate::python::tree_digest;
use crate::record::Record;
use crate::rewrite::Rule;

/// The share of a run's new programs that one rule may be in.
pub const MAX_SHARE: f64 = 0.15;
/// Programs that every rule may be in, so that small sets do not stay without any.
const FEW: u64 = 3;

/// Adds programs one by one.
#[derive(Default)]
pub struct Spread {
    /// Programs to add to each row, at most.
    variants: usize,
    state: RefCell<State>,
}

/// What rows there are: an earlier run may have added programs to the same ones.
#[derive(Default)]
struct Known {
    ids: HashSet<String>,
    /// The syntax trees of their programs.
    trees: HashSet<u64>,
}

#[derive(Default)]
struct State {
    known: Known,
    counts: SpreadCounts,
    /// How much more maintainable the programs are than those that they were made from, all together.
    gain: f64,
    row: Option<Row>,
}

/// The row whose programs come next.
struct Row {
    id: String,
    maintainability: Option<f64>,
    added: usize,
}

/// What was added and left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SpreadCounts {
    /// Programs that were added.
    pub added: u64,
    /// Those among them that each rule has a part in.
    pub by_rule: BTreeMap<String, u64>,
    /// Proven programs that were left out because the set has them already.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// Proven programs that were left out because one of their rules had its share.
    pub over_share: u64,
    /// Proven programs that were left out because all programs together would have become harder to maintain.
    pub less_maintainable: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Spread {
    /// Adds so many programs to each row, at most.
    pub fn new(variants: usize) -> Self {
        Self { variants, ..Self::default() }
    }

    /// What was added so far.
    pub fn counts(&self) -> SpreadCounts {
        self.state.borrow().counts.clone()
    }

    /// Remembers a row of the set: no program that is added repeats its id or its program. The whole set has to be known before the
    /// first row is passed on.
    pub fn remember(&self, fate: &Fate<Sample>) {
        if let Fate::Live(record) = fate
            && !is_new(&record.body)
        {
            let known = &mut self.state.borrow_mut().known;
            known.ids.insert(record.id.clone());
            known.trees.extend(tree_digest(&record.body.program));
        }
    }

    /// Passes rows on, and of the programs made from each those that are added.
    pub fn pass(&self, fate: Fate<Sample>) -> Option<Fate<Sample>> {
        let record = match fate {
            Fate::Live(record) => record,
            Fate::Rejected(dropped) => return Some(Fate::Rejected(dropped)),
            Fate::Deferred(dropped) => return Some(Fate::Deferred(dropped)),
        };
        let mut state = self.state.borrow_mut();
        if !is_new(&record.body) {
            let maintainability = index(&record.body.program);
            state.row = Some(Row { id: record.id.clone(), maintainability, added: 0 });
            return Some(Fate::Live(record));
        }
        state.add(record, self.variants).map(Fate::Live)
    }
}

impl State {
    fn add(&mut self, record: Record<Sample>, variants: usize) -> Option<Record<Sample>> {
        let row = self.row.as_mut().filter(|row| row.added < variants)?;
        let (counts, known) = (&mut self.counts, &mut self.known);
        let tree = tree_digest(&record.body.program);
        if tree.is_some_and(|tree| known.trees.contains(&tree)) {
            counts.repeated += 1;
            return None;
        }
        let names = Rule::ALL.iter().map(|rule| rule.name());
        let own: BTreeSet<&str> =
            names.filter(|name| record.body.rules.iter().any(|rule| rule == name)).collect();
        let most = (MAX_SHARE * (counts.added + 1) as f64).floor() as u64;
        let has_share =
            |name: &&str| counts.by_rule.get(*name).is_some_and(|&count| count >= most.max(FEW));
        if own.iter().any(has_share) {
            counts.over_share += 1;
            return None;
        }
        let gain = row.maintainability.zip(index(&record.body.program));
        let gain = self.gain + gain.map_or(0.0, |(before, after)| after - before);
        if gain < 0.0 {
            counts.less_maintainable += 1;
            return None;
        }
        self.gain = gain;
        counts.added += 1;
        for name in own {
            *counts.by_rule.entry(name.to_owned()).or_default() += 1;
        }
        known.trees.extend(tree);
        row.added += 1;
        let mut number = row.added;
        let mut id = format!("{}/{}-{number}", row.id, Technique::Augment.name());
        while !known.ids.insert(id.clone()) {
            number += 1;
            id = format!("{}/{}-{number}", row.id, Technique::Augment.name());
        }
        Some(Record { id, ..record })
    }
}

/// Whether a program was made from that of a row before it.
fn is_new(sample: &Sample) -> bool {
    sample.techniques.last() == Some(&Technique::Augment)
}

/// The maintainability index; `None` for a program that has none.
pub(super) fn index(program: &str) -> Option<f64> {
    Maintainability::of(program).ok().map(|measured| measured.index())
}

/// How often a rule's results are preferred: more often the more people write like them.
pub(super) fn weight(rule: Rule) -> u32 {
    match rule {
        Rule::WhileToFor
        | Rule::PlainToAug
        | Rule::MergeIfs
        | Rule::NestingToGuard
        | Rule::LoopToComprehension
        | Rule::FormatToFstring
        | Rule::DropElse
        | Rule::InvertGuard
        | Rule::TrueToWhile
        | Rule::NotIn
        | Rule::HoistConstant
        | Rule::LambdaToDef => 4,
        Rule::RenameLocals
        | Rule::IfToTernary
        | Rule::TernaryToIf
        | Rule::SplitInfix
        | Rule::SwapBranches
        | Rule::SplitAssignments
        | Rule::ComprehensionToLoop
        | Rule::IfToMatch
        | Rule::MatchToIf
        | Rule::AddElse
        | Rule::EmptinessTest
        | Rule::DeMorgan => 2,
        Rule::ForToWhile
        | Rule::AugToPlain
        | Rule::NestIfs
        | Rule::SwapStatements
        | Rule::GuardToNesting
        | Rule::MergeAssignments
        | Rule::SwapEqual
        | Rule::SplitChain
        | Rule::FstringToFormat
        | Rule::WhileToTrue
        | Rule::EmptyDisplay
        | Rule::RangeStart => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Lineage;

    fn sample(id: &str, program: &str, rules: &[&str]) -> Fate<Sample> {
        let techniques = if rules.is_empty() { Vec::new() } else { vec![Technique::Augment] };
        let body = Sample {
            row: "{}".into(),
            program: program.into(),
            origin: id.into(),
            techniques,
            rules: rules.iter().map(|&rule| rule.to_owned()).collect(),
            is_text: false,
            findings: None,
            score: None,
            trials: Vec::new(),
        };
        Fate::Live(Record {
            id: id.into(),
            lineage: Lineage { file: String::new(), line: 0 },
            body,
        })
    }

    fn id(fate: Option<Fate<Sample>>) -> Option<String> {
        fate.map(|fate| match fate {
            Fate::Live(record) => record.id,
            Fate::Rejected(_) | Fate::Deferred(_) => panic!("nothing is rejected"),
        })
    }

    #[test]
    fn a_rule_has_no_more_than_its_share_and_the_next_candidate_takes_its_place() {
        let spread = Spread::new(1);
        let mut kept = BTreeMap::<&str, u64>::new();
        for number in 0..100 {
            let row = format!("{number}");
            assert_eq!(id(spread.pass(sample(&row, "x = 1\n", &[]))), Some(row.clone()));
            let others = ["add-else", "drop-else", "not-in", "nest-ifs", "merge-ifs", "de-morgan"];
            for rule in [&["rename-locals"][..], &[others[number % 6]]].concat() {
                let program = format!("x = 'new {number} {rule}'\n");
                if let Some(id) = id(spread.pass(sample("?", &program, &[rule]))) {
                    assert_eq!(id, format!("{row}/aug-1"));
                    *kept.entry(rule).or_default() += 1;
                }
            }
        }
        let total: u64 = kept.values().sum();
        assert!(kept["rename-locals"] as f64 <= MAX_SHARE * total as f64, "{kept:?}");
        assert!(kept["rename-locals"] as f64 >= 0.8 * MAX_SHARE * total as f64, "{kept:?}");
        assert_eq!(spread.counts().added, total);
        assert!(spread.counts().over_share > 50);
    }

    #[test]
    fn programs_that_are_harder_to_maintain_wait_for_easier_ones() {
        let (simple, complex) =
            ("x = 1\n", "def f(a):\n    if a:\n        return a + 1\n    return a * 2 - a\n");
        let spread = Spread::new(3);
        spread.pass(sample("a", simple, &[]));
        assert_eq!(id(spread.pass(sample("?", complex, &["add-else"]))), None);
        spread.pass(sample("b", complex, &[]));
        assert_eq!(id(spread.pass(sample("?", simple, &["not-in"]))), Some("b/aug-1".into()));
        spread.pass(sample("c", simple, &[]));
        assert_eq!(id(spread.pass(sample("?", complex, &["add-else"]))), Some("c/aug-1".into()));
        assert_eq!(spread.counts().less_maintainable, 1);
    }

    #[test]
    fn ids_and_programs_of_an_earlier_run_are_not_given_again() {
        let spread = Spread::new(3);
        let rows = [("a", "x = 1\n"), ("a/aug-1", "x = 2\n"), ("a/aug-3", "x = 3\n")];
        rows.iter().for_each(|(id, program)| spread.remember(&sample(id, program, &[])));
        spread.pass(sample("a", rows[0].1, &[]));
        assert_eq!(id(spread.pass(sample("?", "x  = 2\n", &["not-in"]))), None);
        assert_eq!(id(spread.pass(sample("?", "x = 4\n", &["not-in"]))), Some("a/aug-2".into()));
        assert_eq!(id(spread.pass(sample("?", "x = 5\n", &["add-else"]))), Some("a/aug-4".into()));
        assert_eq!(spread.counts().repeated, 1);
    }
}
