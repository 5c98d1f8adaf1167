//! Variants of a program that cases tell from it: each differs on a call that the prompt shows.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Emit;
use crate::cases::{Executed, ExecutedCase};
use crate::error::Result;
use crate::fences::fenced;
use crate::python::Module;
use crate::python::mutate::{Faults, Mutant, mutants};
use crate::record::Record;
use crate::sample::{Case2Code, Evidence, MutantPair, Mutation, SampleCase};
use crate::sandbox::{CaseResult, End, Execution, Isolation, Job, Limits};

/// Variants to run for one function.
const MAX_MUTANTS: usize = 14;
/// Variants to choose from: as many are run twice from fresh memory.
const MAX_VARIANTS: usize = 6;
/// How often a variant may need the fuel of the program; one that needs more is taken to run forever.
const FUEL_FACTOR: u64 = 8;
const SPARE_FUEL: u64 = 20_000_000;

/// A variant that differs on a call of the prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// The byte at which the edit begins.
    pub at: usize,
    pub mutation: Mutation,
    pub evidence: Evidence,
}

impl Variant {
    /// The text of the variant; `None` if the program is not the one that it is made of.
    pub fn apply(&self, program: &str) -> Option<String> {
        let before = program.get(..self.at)?;
        let after = program.get(self.at..)?.strip_prefix(self.mutation.original.as_str())?;
        Some([before, &self.mutation.replacement, after].concat())
    }

    /// Whether it gives a value for the call that shows it to be wrong.
    pub fn is_told_by_value(&self) -> bool {
        is_value(&self.evidence.got.end)
    }

    /// The pair of a program and this variant of it.
    pub fn pair(&self, sample: &Case2Code) -> Option<MutantPair> {
        Some(MutantPair {
            id: sample.id.clone(),
            prompt: sample.prompt.clone(),
            chosen: sample.completion.clone(),
            rejected: fenced(&self.apply(&sample.program)?),
            entry: sample.entry.clone(),
            mutation: self.mutation.clone(),
            evidence: self.evidence.clone(),
            provenance: sample.provenance.clone(),
        })
    }
}

fn is_value(end: &End) -> bool {
    matches!(end, End::Returned { .. })
}

/// Whether a variant was stopped instead of ending by itself.
fn is_stopped(end: &End) -> bool {
    matches!(
        end,
        End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. }
            | End::CompileError { .. }
    )
}

/// Finds variants of a function that are told from it, of as many kinds as there are.
pub async fn variants(
    emit: &Emit<'_>,
    input: &Record<Executed>,
    case2code: &Case2Code,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Variant>> {
    let executed = &input.body;
    let Ok(module) = Module::parse(&executed.target.program) else { return Ok(Vec::new()) };
    let mut found: Vec<Variant> = Vec::new();
    for mutant in in_turn(mutants(&module, &executed.target.entry, Faults::Plausible), rng) {
        let by_value = found.iter().filter(|variant| variant.is_told_by_value()).count();
        if by_value >= MAX_VARIANTS {
            break;
        }
        if let Some(evidence) = kill(emit, executed, case2code, &mutant).await? {
            let mutation = Mutation {
                operator: mutant.operator.to_owned(),
                line: mutant.line,
                original: mutant.original,
                replacement: mutant.replacement,
            };
            found.push(Variant { at: mutant.at, mutation, evidence });
        }
    }
    // An exception tells a variant from the program too easily; it has to do where no value does.
    if found.iter().any(Variant::is_told_by_value) {
        found.retain(Variant::is_told_by_value);
    }
    Ok(found)
}

/// The variants to run: one of each kind in turn, the kinds in a random order.
fn in_turn(mut mutants: Vec<Mutant>, rng: &mut ChaCha8Rng) -> Vec<Mutant> {
    mutants.shuffle(rng);
    let mut kinds: Vec<&'static str> = Vec::new();
    let mut of_kind: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut turns: Vec<(usize, usize, Mutant)> = Vec::new();
    for mutant in mutants {
        let turn = of_kind.entry(mutant.operator).or_default();
        if *turn == 0 {
            kinds.push(mutant.operator);
        }
        let place = kinds.iter().position(|kind| *kind == mutant.operator).unwrap_or_default();
        turns.push((*turn, place, mutant));
        *turn += 1;
    }
    // Kinds with many edits came first more often than others.
    let mut places: Vec<usize> = (0..kinds.len()).collect();
    places.shuffle(rng);
    turns.sort_by_key(|&(turn, place, _)| (turn, places[place]));
    turns.into_iter().take(MAX_MUTANTS).map(|(_, _, mutant)| mutant).collect()
}

/// Runs a variant on all cases; the evidence is the shortest visible call that distinguishes it,
/// `None` if none does.
async fn kill(
    emit: &Emit<'_>,
    executed: &Executed,
    case2code: &Case2Code,
    mutant: &Mutant,
) -> Result<Option<Evidence>> {
    let job = Job {
        code: mutant.source.clone(),
        entry: Some(executed.target.entry.clone()),
        cases: executed.cases.iter().map(|case| crate::cases::run::case(&case.arguments)).collect(),
        limits: emit.limits,
        isolation: Isolation::Program,
        observe: vec![crate::sandbox::Observe::Mutations],
        ..Job::default()
    };
    // One pass in one interpreter finds the rivals; what is stated of one is what it gives from fresh memory, twice.
    let fuel = executed.fuel.saturating_mul(FUEL_FACTOR).saturating_add(SPARE_FUEL);
    let limits = Limits { fuel: fuel.min(emit.limits.fuel), ..emit.limits };
    let screening = emit.sandbox.submit(Job { limits, ..job.clone() }).await?;
    if !is_rival(executed, case2code, &screening) {
        return Ok(None);
    }
    let execution =
        emit.sandbox.submit(Job { isolation: Isolation::Case, varies_start: true, ..job }).await?;
    if !is_rival(executed, case2code, &execution) {
        return Ok(None);
    }
    let pairs = executed.cases.iter().zip(&execution.cases);
    let failing: Vec<(&ExecutedCase, &CaseResult)> = pairs
        .filter(|(case, got)| !case.result.same_outcome(got) && !got.nondeterministic)
        .collect();
    // The prompt must decide the duel: a variant that agrees with everything the prompt shows is
    // not a worse answer. Another value says more than an exception.
    let visible = failing.iter().filter(|(case, _)| is_visible(case2code, case));
    let shortest = visible.min_by_key(|(case, got)| (!is_value(&got.end), case.arguments.len()));
    Ok(shortest.map(|(case, got)| Evidence {
        expected: SampleCase::new(&case.arguments, &case.result),
        got: SampleCase::new(&case.arguments, got),
        failing: (failing.len(), executed.cases.len()),
    }))
}

fn is_visible(case2code: &Case2Code, case: &ExecutedCase) -> bool {
    case2code.visible_cases.iter().any(|visible| visible.arguments == case.arguments)
}

/// Whether a variant runs to its end on every case, returns in some, and differs on one that the prompt shows.
fn is_rival(executed: &Executed, case2code: &Case2Code, execution: &Execution) -> bool {
    let results = &execution.cases;
    results.len() == executed.cases.len()
        && !results.iter().any(|got| is_stopped(&got.end))
        && results.iter().any(|got| is_value(&got.end))
        && executed
            .cases
            .iter()
            .zip(results)
            .any(|(case, got)| is_visible(case2code, case) && !case.result.same_outcome(got))
}
