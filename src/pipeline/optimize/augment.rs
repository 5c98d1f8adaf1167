//! The stage that makes programs which do the same: rules of `rewrite`, one place at a time, each proven.
//!
//! Invariant: the row itself comes first; what is made depends on the row, the options and the seed alone. No two of the programs have the
//! same syntax tree, and none has a finding that the program which it was made from has not.

pub mod spread;

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::spread::{index, weight};
use super::proof::{Original, Prover, end_of};
use super::sample::{Sample, Technique, Trial};
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::flow::Stage;
use crate::lint::{self, Selection};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::{Module, tree_digest};
use crate::record::Record;
use crate::rewrite::{Rule, rewrites};

/// Programs that are made for each one that is added, so that the run can choose.
const CANDIDATES: usize = 2;
/// How much more often a program is preferred that is no harder to maintain than the row's own.
const MAINTAINABLE: u32 = 3;
/// Places of a rule that are looked at for a result without a new finding.
const PLACES: usize = 4;

/// Makes programs that do the same as a row's own.
pub struct Augment<'a> {
    pub prover: Prover<'a>,
    /// What a result may have no more of than the program that it was made from.
    pub selection: &'a Selection,
    /// Programs to add to each row, at most; twice as many are made.
    pub variants: usize,
    /// Rules that follow each other on one program, at most.
    pub max_depth: usize,
}

/// A program, and the rules that made it of the row's own.
#[derive(Clone)]
struct Variant {
    program: String,
    rules: Vec<Rule>,
}

impl Stage for Augment<'_> {
    type In = Sample;
    type Out = Sample;
    const NAME: &'static str = "augment";

    fn fingerprint(&self) -> String {
        // A rule that is new finds more; one that finds other places raises the number.
        format!(
            "5|{}|{}|{}|{}|{:?}",
            self.prover.fingerprint(),
            self.selection.digest(),
            self.variants,
            self.max_depth,
            Rule::ALL
        )
    }

    async fn apply(&self, input: &Record<Sample>) -> Result<Outcome<Sample>> {
        let sample = &input.body;
        let (row, original) = match self.prover.open(input).await? {
            Ok((row, Ok(original))) => (row, original),
            Ok((_, Err(unproven))) => return Ok(Outcome::Rejected(unproven)),
            Err(outcome) => return Ok(outcome),
        };
        let mut search = Search {
            stage: self,
            row: &row,
            original,
            rng: ChaCha8Rng::from_seed(
                *blake3::hash(format!("augment|{}|{}", self.prover.seed, input.id).as_bytes())
                    .as_bytes(),
            ),
            seen: tree_digest(&sample.program).into_iter().collect(),
            trials: Vec::new(),
        };
        let Some(chosen) = search.run(&sample.program).await? else {
            let why = "the program does not parse";
            return Ok(Outcome::Rejected(Rejection::new(Reason::UnparsableSource, why)));
        };
        let mut made = vec![input.with_body(Sample { trials: search.trials, ..sample.clone() })];
        for (at, variant) in chosen.into_iter().enumerate() {
            let mut rules = sample.rules.clone();
            rules.extend(variant.rules.iter().map(|rule| rule.name().to_owned()));
            let mut techniques = sample.techniques.clone();
            techniques.push(Technique::Augment);
            let body = Sample {
                program: variant.program,
                rules,
                techniques,
                trials: Vec::new(),
                ..sample.clone()
            };
            let id = format!("{}/{}-{}", input.id, Technique::Augment.name(), at + 1);
            made.push(Record { id, ..input.with_body(body) });
        }
        Ok(Outcome::Accepted(made))
    }
}

/// The search for variants of one program.
struct Search<'a, 's> {
    stage: &'s Augment<'a>,
    row: &'s ProgramRow,
    original: Original<'a>,
    rng: ChaCha8Rng,
    /// The syntax trees of the programs there are.
    seen: BTreeSet<u64>,
    trials: Vec<Trial>,
}

impl Search<'_, '_> {
    /// Finds variants; `None` if the program does not parse.
    async fn run(&mut self, program: &str) -> Result<Option<Vec<Variant>>> {
        let first = Variant { program: program.to_owned(), rules: Vec::new() };
        if Module::parse(&first.program).is_err() {
            return Ok(None);
        }
        let Augment { variants, max_depth, .. } = *self.stage;
        let mut found: Vec<Variant> = Vec::new();
        // On the row's own program each rule is tried, so that the report tells which of them hold.
        let mut last = self.step(&first, Rule::ALL.len()).await?;
        for _ in 1..max_depth {
            let mut parents = last.clone();
            parents.shuffle(&mut self.rng);
            parents.truncate(variants);
            found.append(&mut last);
            for parent in parents {
                last.extend(self.step(&parent, 1).await?);
            }
        }
        found.append(&mut last);
        let before = index(program);
        // What people write more often, and what is no harder to maintain, is more often among the first.
        let mut drawn: Vec<(f64, Variant)> = Vec::new();
        for variant in found {
            let weight = variant.rules.iter().map(|&rule| weight(rule)).min().unwrap_or(1);
            let weight = match index(&variant.program) >= before {
                true => weight * MAINTAINABLE,
                false => weight,
            };
            drawn.push((self.rng.random::<f64>().powf(1.0 / f64::from(weight)), variant));
        }
        drawn.sort_by(|a, b| b.0.total_cmp(&a.0));
        drawn.truncate(variants * CANDIDATES);
        Ok(Some(drawn.into_iter().map(|(_, variant)| variant).collect()))
    }

    /// Applies at most `count` rules to a program, each by itself at one place, and returns the results that are proven.
    async fn step(&mut self, parent: &Variant, count: usize) -> Result<Vec<Variant>> {
        let runnable = self.row.runnable(&parent.program);
        let Ok(module) = Module::parse(&runnable) else { return Ok(Vec::new()) };
        let entry = self.row.problem.as_ref().and_then(|problem| problem.tests.entry());
        let keep: Vec<&str> = entry.into_iter().collect();
        let mut rules = Rule::ALL.to_vec();
        // The same rule twice would take its own result back, or its own names.
        rules.retain(|rule| !parent.rules.contains(rule));
        rules.shuffle(&mut self.rng);
        let own = self.findings(&runnable);
        let (mut made, mut tried) = (Vec::new(), 0);
        for rule in rules {
            if tried == count {
                break;
            }
            let mut places = rewrites(&module, rule, &keep);
            places.retain(|place| place.begins_at_or_after(self.row.imports.len()));
            places.shuffle(&mut self.rng);
            let results = places.iter().take(PLACES).map(|place| place.apply(&runnable));
            let is_new = |result: &String| {
                let digest = tree_digest(result.get(self.row.imports.len()..).unwrap_or_default());
                digest.is_some_and(|digest| !self.seen.contains(&digest))
            };
            let is_clean = |result: &String| {
                let found = self.findings(result);
                found.iter().all(|(rule, &count)| own.get(rule).is_some_and(|&own| count <= own))
            };
            let result = results.filter(is_new).find(is_clean);
            let program = result.as_deref().and_then(|text| text.get(self.row.imports.len()..));
            let Some(program) = program.map(str::to_owned) else { continue };
            self.seen.extend(tree_digest(&program));
            tried += 1;
            let (end, why) =
                end_of(self.row, Some(&self.original), &parent.program, &program).await?;
            self.trials.push(Trial { rule: rule.name().to_owned(), end, why });
            if end.is_kept() {
                let rules = parent.rules.iter().copied().chain([rule]).collect();
                made.push(Variant { program, rules });
            }
        }
        Ok(made)
    }

    /// How often each rule of the linter finds something in a program.
    fn findings(&self, program: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for finding in lint::findings(program, self.stage.selection).unwrap_or_default() {
            *counts.entry(finding.rule).or_default() += 1;
        }
        counts
    }
}
