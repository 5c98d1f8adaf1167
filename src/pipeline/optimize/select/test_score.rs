//! The stage that scores a row by what its tests do: how much of its program they run, or how many faulty variants they reject.
//!
//! Invariant: a row without tests, or whose program fails them, has no score; the variants are drawn by the seed and the row alone.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::ask::prompt::Prompts;
use crate::dataset::problems::Problem;
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::flow::Stage;
use crate::grade::coverage;
use crate::marking::{Marking, Opened, Rules};
use crate::outcome::Outcome;
use crate::pipeline::optimize::sample::Sample;
use crate::python::Module;
use crate::python::mutate::{Faults, mutants};
use crate::record::Record;
use crate::sandbox::{Limits, Sandbox};

/// Faulty variants to run for one row.
pub const MAX_MUTANTS: usize = 20;
/// Fewer variants say too little about tests.
const MIN_MUTANTS: usize = 3;
/// What a variant may take for each unit of fuel that the tests of the program take; one that takes more has failed.
const FUEL_FACTOR: u64 = 20;
/// Fuel that any variant may take.
const SPARE_FUEL: u64 = 5_000_000;

/// What a row's tests are looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestQuality {
    Coverage,
    MutationScore,
}

/// Scores rows by their tests.
pub struct TestScore<'a> {
    pub sandbox: &'a Sandbox,
    pub prompts: &'a Prompts,
    pub limits: Limits,
    pub seed: u64,
    pub quality: TestQuality,
}

impl Stage for TestScore<'_> {
    type In = Sample;
    type Out = Sample;
    const NAME: &'static str = "test-score";

    fn fingerprint(&self) -> String {
        let Self { sandbox, limits, seed, quality, .. } = self;
        format!("1|{}|{limits:?}|{seed}|{quality:?}", sandbox.fingerprint())
    }

    async fn apply(&self, input: &Record<Sample>) -> Result<Outcome<Sample>> {
        if input.body.is_text {
            return Ok(Outcome::Accepted(vec![input.clone()]));
        }
        let row = match input.body.open(self.prompts) {
            Ok(row) => row,
            Err(why) => return Ok(Outcome::Rejected(why)),
        };
        let score = self.score(input, &row).await?;
        let body = Sample { score, ..input.body.clone() };
        Ok(Outcome::Accepted(vec![input.with_body(body)]))
    }
}

impl TestScore<'_> {
    async fn score(&self, input: &Record<Sample>, row: &ProgramRow) -> Result<Option<f64>> {
        let Some(problem) = &row.problem else { return Ok(None) };
        let program = row.runnable(&input.body.program);
        // A technique before this one may have put another program in the place of the row's own.
        let problem = Problem { reference: Some(program.clone()), ..problem.clone() };
        let record = input.with_body(problem);
        let marking = Marking::unremembered(self.sandbox, self.limits, Rules::default());
        let Ok(opened) = marking.open(&record).await? else { return Ok(None) };
        let Some(graded) = opened.reference.as_ref().map(|it| &it.graded) else { return Ok(None) };
        if !graded.passes() {
            return Ok(None);
        }
        match self.quality {
            TestQuality::Coverage => {
                // Being watched takes some more.
                let fuel = self.limits.fuel.saturating_mul(2);
                let limits = Limits { fuel, ..self.limits };
                let code = opened.prelude.before(&program);
                coverage(self.sandbox, limits, &code, &record.body.tests).await
            }
            TestQuality::MutationScore => {
                let fuel = graded.fuel.saturating_mul(FUEL_FACTOR).saturating_add(SPARE_FUEL);
                self.mutation_score(&record, row, &input.body.program, &opened, fuel).await
            }
        }
    }

    async fn mutation_score(
        &self,
        record: &Record<Problem>,
        row: &ProgramRow,
        program: &str,
        opened: &Opened,
        fuel: u64,
    ) -> Result<Option<f64>> {
        let variants = self.variants(&record.id, row, program);
        if variants.len() < MIN_MUTANTS {
            return Ok(None);
        }
        let limits = Limits { fuel: fuel.min(self.limits.fuel), ..self.limits };
        // A variant that does not end shall not run for as long as the problem allows.
        let rules = Rules { time_factor: 0.0, ..Rules::default() };
        let marking = Marking::unremembered(self.sandbox, limits, rules);
        let codes = variants.iter().map(String::as_str);
        let Ok(graded) = marking.grade(record, opened, codes).await? else { return Ok(None) };
        let killed = graded.values().filter(|graded| !graded.passes()).count();
        Ok(Some(killed as f64 / graded.len() as f64))
    }

    /// Faulty variants of the functions of a program, as they run.
    fn variants(&self, id: &str, row: &ProgramRow, program: &str) -> Vec<String> {
        let Ok(module) = Module::parse(program) else { return Vec::new() };
        let names: BTreeSet<&str> = module.functions().iter().map(|it| it.name.as_str()).collect();
        let of = |name| mutants(&module, name, Faults::All);
        let sources: BTreeSet<String> =
            names.into_iter().flat_map(of).map(|mutant| mutant.source).collect();
        let mut sources: Vec<String> = sources.into_iter().collect();
        let seed = blake3::hash(format!("test-score|{}|{id}", self.seed).as_bytes());
        sources.shuffle(&mut ChaCha8Rng::from_seed(*seed.as_bytes()));
        sources.truncate(MAX_MUTANTS);
        sources.iter().map(|source| row.runnable(source)).collect()
    }
}
