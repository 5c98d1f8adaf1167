//! The stage that adds programs which do the same: rules of `rewrite`, one place at a time, each proven.
//!
//! Invariant: the row itself comes first; what is chosen depends on the row, the options and the seed alone.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::proof::{Original, Prover, end_of};
use super::sample::{Sample, Technique, Trial};
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::flow::Stage;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::Module;
use crate::python::tokens::bare_tokens;
use crate::record::Record;
use crate::rewrite::{Rule, rewrites};

/// Adds programs that do the same as a row's own.
pub struct Augment<'a> {
    pub prover: Prover<'a>,
    /// Programs to add to each row, at most.
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
            "1|{}|{}|{}|{:?}",
            self.prover.fingerprint(),
            self.variants,
            self.max_depth,
            Rule::ALL
        )
    }

    async fn apply(&self, input: &Record<Sample>) -> Result<Outcome<Sample>> {
        if input.body.is_text {
            return Ok(Outcome::Accepted(vec![input.clone()]));
        }
        let sample = &input.body;
        let row = match sample.open(self.prover.prompts) {
            Ok(row) => row,
            Err(why) => return Ok(Outcome::Rejected(why)),
        };
        let original = match self.prover.open(&input.id, &row).await? {
            Ok(original) => original,
            Err(why) => return Ok(Outcome::Rejected(why)),
        };
        let mut search = Search {
            stage: self,
            row: &row,
            original,
            rng: ChaCha8Rng::from_seed(
                *blake3::hash(format!("augment|{}|{}", self.prover.seed, input.id).as_bytes())
                    .as_bytes(),
            ),
            seen: BTreeSet::from([bare_tokens(&sample.program)]),
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
    /// The programs there are, without layout and comments.
    seen: BTreeSet<Vec<String>>,
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
        found.shuffle(&mut self.rng);
        found.truncate(variants);
        Ok(Some(found))
    }

    /// Applies at most `count` rules to a program, each by itself at one place, and returns the results that are proven.
    async fn step(&mut self, parent: &Variant, count: usize) -> Result<Vec<Variant>> {
        let Ok(module) = Module::parse(&parent.program) else { return Ok(Vec::new()) };
        let entry = self.row.problem.as_ref().and_then(|problem| problem.tests.entry());
        let keep: Vec<&str> = entry.into_iter().collect();
        let mut rules = Rule::ALL.to_vec();
        rules.shuffle(&mut self.rng);
        let (mut made, mut tried) = (Vec::new(), 0);
        for rule in rules {
            if tried == count {
                break;
            }
            let places = rewrites(&module, rule, &keep);
            let Some(place) = places.choose(&mut self.rng) else { continue };
            let program = place.apply(&parent.program);
            if !self.seen.insert(bare_tokens(&program)) {
                continue;
            }
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
}
