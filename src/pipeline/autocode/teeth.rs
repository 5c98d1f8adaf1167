//! Gives tests their teeth: chooses the inputs that tell faulty variants of a solution from the solution itself.
//!
//! Invariant: a mutant counts as killed only if the test as it is published fails on it.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::suite::{Candidate, Suite, constant};
use crate::ask::prompt::Prompts;
use crate::cases::assertions::{TEST_NAMES, TestWriter};
use crate::cases::execute::Execute;
use crate::cases::rules::Rules;
use crate::cases::run::case;
use crate::cases::script::{self, Solution};
use crate::cases::{Executed, ExecutedCase, Proposed};
use crate::error::Result;
use crate::flow::Stage;
use crate::inputs::Propose;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::examples::examples;
use crate::python::mutate::{Faults, Mutant, mutants};
use crate::python::{Function, Module};
use crate::record::Record;
use crate::sample::SampleCase;
use crate::sample::problem::{MutationReport, Survivor};
use crate::sandbox::{Isolation, Job, Limits, Observe, Sandbox};

/// Variants to run for one function.
const MAX_MUTANTS: usize = 60;
/// Fewer variants say too little about tests.
const MIN_MUTANTS: usize = 3;
/// Inputs that mutants run on at a time.
const AT_ONCE: usize = 20;
/// Searches for inputs that tell the surviving mutants apart.
const SEARCHES: u64 = 2;
/// What a mutant may take for each unit of fuel that the solution takes; one that takes more has failed.
const FUEL_FACTOR: u64 = 20;
/// Fuel that any mutant may take.
const SPARE_FUEL: u64 = 5_000_000;

/// The stage that chooses cases and measures what they kill.
pub struct Teeth<'a> {
    pub sandbox: &'a Sandbox,
    pub prompts: &'a Prompts,
    pub limits: Limits,
    pub seed: u64,
    pub rules: &'a Rules,
    /// Inputs to look at for each search.
    pub pool: usize,
    /// Fewer cases than this are no full test.
    pub min_cases: usize,
    /// Tests that kill a smaller share of the mutants are toothless.
    pub min_mutation: f64,
}

/// A function with its tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    pub executed: Executed,
    pub demo: Vec<SampleCase>,
    /// All cases, those of the demo first.
    pub full: Vec<SampleCase>,
    pub demo_test: String,
    pub full_test: String,
    pub mutation: MutationReport,
}

impl Stage for Teeth<'_> {
    type In = Executed;
    type Out = Tested;
    const NAME: &'static str = "teeth";

    fn fingerprint(&self) -> String {
        format!(
            "5|{}|{:?}|{}|{:?}|{}|{}|{}",
            self.sandbox.fingerprint(),
            self.limits,
            self.seed,
            self.rules,
            self.pool,
            self.min_cases,
            self.min_mutation
        )
    }

    async fn apply(&self, input: &Record<Executed>) -> Result<Outcome<Tested>> {
        let executed = &input.body;
        let target = &executed.target;
        let (module, function) = match target.parse() {
            Ok(parsed) => parsed,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        if TEST_NAMES.contains(&target.entry.as_str()) {
            let why = format!("tests use the name {} themselves", target.entry);
            return Ok(rejected(Reason::TestFailed, why));
        }
        let writer = TestWriter { function: &function, program: &target.program };
        let shown = shown(&module, &function, &target.examples);
        let mut suite = Suite::default();
        // What a reader is shown is asserted in any case, and other inputs only for what it does not kill.
        suite.extend(&writer, self.run(input, shown.clone()).await?);
        suite.extend(&writer, executed.cases.clone());
        suite.keep(&shown);
        suite.keep(&target.examples);
        let variants = self.variants(&module, input);
        if variants.len() < MIN_MUTANTS {
            let why = format!(
                "the function has {} faulty variants to try the tests on, at least {MIN_MUTANTS} are needed",
                variants.len()
            );
            return Ok(rejected(Reason::ToothlessTests, why));
        }
        let mut survivors: Vec<usize> = (0..variants.len()).collect();
        self.choose(executed, &mut suite, 0, &variants, &mut survivors).await?;
        let found_at_first = suite.chosen.len();
        for round in 1..=SEARCHES {
            if survivors.is_empty() {
                break;
            }
            let from = suite.candidates.len();
            suite.extend(&writer, self.search(input, round).await?);
            self.choose(executed, &mut suite, from, &variants, &mut survivors).await?;
        }
        let added_cases = suite.chosen.len() - found_at_first;
        suite.fill(executed);
        if suite.chosen.len() < self.min_cases {
            let why = format!(
                "{} cases can be stated in a test, at least {} are needed",
                suite.chosen.len(),
                self.min_cases
            );
            return Ok(rejected(Reason::TooFewCases, why));
        }
        let (demo, full) = suite.cases(&writer, &shown);
        if let Some(rejection) = constant(&full) {
            return Ok(Outcome::Rejected(rejection));
        }
        let (demo_test, full_test) = (writer.script(&demo), writer.script(&full));
        let solution = Solution {
            sandbox: self.sandbox,
            limits: self.limits,
            program: &target.program,
            entry: &target.entry,
            language: None,
        };
        for test in [&demo_test, &full_test] {
            if let Some(rejection) = solution.fault_of(test).await? {
                return Ok(Outcome::Rejected(rejection));
            }
        }
        let limits = self.mutant_limits(executed);
        let programs: Vec<&str> = variants.iter().map(|mutant| mutant.source.as_str()).collect();
        let passed =
            script::passing(self.sandbox, limits, &programs, &target.program, &full_test).await?;
        let survivors: Vec<Survivor> =
            passed.iter().map(|&index| survivor(&variants[index])).collect();
        let killed = variants.len() - survivors.len();
        let score = killed as f64 / variants.len() as f64;
        if score < self.min_mutation {
            let why = format!(
                "the tests kill {killed} of {} faulty variants, less than {}",
                variants.len(),
                self.min_mutation
            );
            let evidence = serde_json::json!({"survivors": survivors});
            return Ok(Outcome::Rejected(
                Rejection::new(Reason::ToothlessTests, why).with_evidence(evidence),
            ));
        }
        let mutation = MutationReport {
            score: Some(score),
            killed,
            mutants: variants.len(),
            added_cases,
            survivors,
        };
        let executed = Executed { cases: Vec::new(), ..executed.clone() };
        Ok(Outcome::Accepted(vec![input.with_body(Tested {
            executed,
            demo,
            full,
            demo_test,
            full_test,
            mutation,
        })]))
    }
}

fn rejected<T>(reason: Reason, why: String) -> Outcome<T> {
    Outcome::Rejected(Rejection::new(reason, why))
}

fn survivor(mutant: &Mutant) -> Survivor {
    Survivor {
        operator: mutant.operator.to_owned(),
        line: mutant.line,
        original: mutant.original.clone(),
        replacement: mutant.replacement.clone(),
    }
}

impl Teeth<'_> {
    /// The mutants to run, in the order of the text.
    fn variants(&self, module: &Module, input: &Record<Executed>) -> Vec<Mutant> {
        let entry = &input.body.target.entry;
        let mut variants = mutants(module, entry, Faults::All);
        let seed = blake3::hash(format!("teeth|{}|{}|{entry}", self.seed, input.id).as_bytes());
        let mut order: Vec<usize> = (0..variants.len()).collect();
        order.shuffle(&mut ChaCha8Rng::from_seed(*seed.as_bytes()));
        let kept: BTreeSet<usize> = order.into_iter().take(MAX_MUTANTS).collect();
        let mut index = 0..;
        variants.retain(|_| index.next().is_some_and(|index| kept.contains(&index)));
        variants
    }

    fn mutant_limits(&self, executed: &Executed) -> Limits {
        let most = executed.cases.iter().map(|case| case.result.fuel).max().unwrap_or_default();
        let fuel =
            most.saturating_mul(FUEL_FACTOR).saturating_add(SPARE_FUEL).min(self.limits.fuel);
        Limits { fuel, ..self.limits }
    }

    /// Chooses candidates from `from` on that kill mutants; those that none kills stay in `survivors`. A mutant that the first inputs kill
    /// does not run on the others, and small inputs come first.
    async fn choose(
        &self,
        executed: &Executed,
        suite: &mut Suite,
        from: usize,
        variants: &[Mutant],
        survivors: &mut Vec<usize>,
    ) -> Result<()> {
        let mut at = from;
        while at < suite.candidates.len() && !survivors.is_empty() {
            let end = suite.candidates.len().min(at + AT_ONCE);
            let candidates = &suite.candidates[at..end];
            let kills = self.kills(executed, candidates, variants, survivors).await?;
            suite.choose(at, &kills, survivors);
            at = end;
        }
        Ok(())
    }

    /// For each of these mutants, which candidates tell it from the solution.
    async fn kills(
        &self,
        executed: &Executed,
        candidates: &[Candidate],
        variants: &[Mutant],
        which: &[usize],
    ) -> Result<Vec<Vec<usize>>> {
        let limits = self.mutant_limits(executed);
        let cases: Vec<_> =
            candidates.iter().map(|candidate| case(&candidate.case.arguments)).collect();
        let kills = which.iter().map(async |&index| {
            let job = Job {
                code: variants[index].source.clone(),
                entry: Some(executed.target.entry.clone()),
                cases: cases.clone(),
                limits,
                isolation: Isolation::Program,
                observe: vec![Observe::Mutations],
                ..Job::default()
            };
            let execution = self.sandbox.submit(job).await?;
            let killed = |index: &usize| {
                let got = execution.cases.get(*index);
                got.is_none_or(|got| !candidates[*index].executed.result.same_outcome(got))
            };
            Ok::<_, crate::error::Error>((0..candidates.len()).filter(killed).collect())
        });
        try_join_all(kills).await
    }

    /// More inputs of the same function, found from another seed.
    async fn search(&self, input: &Record<Executed>, round: u64) -> Result<Vec<ExecutedCase>> {
        let propose = Propose {
            sandbox: self.sandbox,
            prompts: self.prompts,
            model: None,
            limits: self.limits,
            seed: self.seed.wrapping_add(round << 32),
            inputs: self.pool,
        };
        let proposed = propose.apply(&input.with_body(input.body.target.clone())).await?;
        match proposed {
            Outcome::Accepted(proposed) => {
                let inputs = proposed.into_iter().flat_map(|proposed| proposed.body.inputs);
                self.run(input, inputs.collect()).await
            }
            Outcome::Rejected(_) => Ok(Vec::new()),
        }
    }

    /// What more inputs of the same function give; none if the rules do not hold for them.
    async fn run(
        &self,
        input: &Record<Executed>,
        inputs: Vec<String>,
    ) -> Result<Vec<ExecutedCase>> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let Executed { target, proposer, .. } = input.body.clone();
        let execute = Execute { sandbox: self.sandbox, limits: self.limits };
        let proposed = input.with_body(Proposed { target, inputs, proposer });
        let Outcome::Accepted(mut executed) = execute.apply(&proposed).await? else {
            return Ok(Vec::new());
        };
        // A few inputs may be fewer than the rules ask for.
        let rules = Rules { min_cases: 1, ..self.rules.clone() };
        let kept = executed.pop().and_then(|executed| rules.check(&executed.body).ok());
        Ok(kept.map(|kept| kept.cases).unwrap_or_default())
    }
}

/// Calls of the source that a reader is shown if the docstring shows none.
const SHOWN: usize = 2;

/// The arguments of the calls that show a reader what the function does: those of its own docstring, or the first ones of its source.
fn shown(module: &Module, function: &Function, elsewhere: &[String]) -> Vec<String> {
    let docstring = function.docstring.as_deref().unwrap_or_default();
    let documented = examples(module, function).into_iter().filter(|example| {
        !example.call.source.is_empty() && docstring.contains(&example.call.source)
    });
    let documented: Vec<String> =
        documented.filter_map(|example| example.call.to_source()).collect();
    match documented.is_empty() {
        true => elsewhere.iter().take(SHOWN).cloned().collect(),
        false => documented,
    }
}
