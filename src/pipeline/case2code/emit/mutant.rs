//! Duels: the program against the variant of it that fails on the fewest cases.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Emit;
use crate::cases::{Executed, ExecutedCase};
use crate::error::Result;
use crate::fences::fenced;
use crate::python::Module;
use crate::python::mutate::{Faults, Mutant, mutants};
use crate::record::Record;
use crate::sample::{Case2Code, Evidence, MutantPair, Mutation, SampleCase};
use crate::sandbox::{CaseResult, End, Isolation, Job};

/// Variants to run for one function.
const MAX_MUTANTS: usize = 12;
/// A variant that fails at most one in this many cases is subtle enough: the search stops there.
const SUBTLE_SHARE: usize = 4;

/// Makes the duel of a function, or none if no variant of it fails any case.
pub async fn sample(
    emit: &Emit<'_>,
    input: &Record<Executed>,
    case2code: &Case2Code,
    rng: &mut ChaCha8Rng,
) -> Result<Option<MutantPair>> {
    let executed = &input.body;
    let Ok(module) = Module::parse(&executed.target.program) else { return Ok(None) };
    let mut variants = mutants(&module, &executed.target.entry, Faults::Plausible);
    variants.shuffle(rng);
    variants.truncate(MAX_MUTANTS);
    let mut best: Option<(Mutant, Evidence)> = None;
    for mutant in variants {
        let Some(evidence) = kill(emit, executed, case2code, &mutant).await? else { continue };
        let is_subtler =
            best.as_ref().is_none_or(|(_, known)| evidence.failing.0 < known.failing.0);
        if is_subtler {
            let subtle = SUBTLE_SHARE * evidence.failing.0 <= evidence.failing.1;
            best = Some((mutant, evidence));
            if subtle {
                break;
            }
        }
    }
    Ok(best.map(|(mutant, evidence)| MutantPair {
        id: input.id.clone(),
        prompt: case2code.prompt.clone(),
        chosen: case2code.completion.clone(),
        rejected: fenced(&mutant.source),
        entry: executed.target.entry.clone(),
        mutation: Mutation {
            operator: mutant.operator.to_owned(),
            line: mutant.line,
            original: mutant.original,
            replacement: mutant.replacement,
        },
        evidence,
        provenance: case2code.provenance.clone(),
    }))
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
    let screening = emit.sandbox.submit(job.clone()).await?;
    let screened = executed.cases.iter().zip(&screening.cases);
    let is_rival = screening.cases.len() == executed.cases.len()
        && screened.into_iter().any(|(case, got)| !case.result.same_outcome(got));
    if !is_rival {
        return Ok(None); // It does not load, or fails no case.
    }
    let execution =
        emit.sandbox.submit(Job { isolation: Isolation::Case, varies_start: true, ..job }).await?;
    if execution.cases.len() != executed.cases.len() {
        return Ok(None);
    }
    let failing: Vec<(&ExecutedCase, &CaseResult)> = executed
        .cases
        .iter()
        .zip(&execution.cases)
        .filter(|(case, got)| !case.result.same_outcome(got) && !got.nondeterministic)
        .collect();
    let finishes = execution.cases.iter().any(|got| matches!(got.end, End::Returned { .. }));
    // The prompt must decide the duel: a variant that agrees with everything the prompt shows is
    // not a worse answer.
    let is_visible =
        |arguments: &str| case2code.visible_cases.iter().any(|case| case.arguments == arguments);
    let visible = failing.iter().filter(|(case, _)| is_visible(&case.arguments));
    let shortest = visible.min_by_key(|(case, _)| case.arguments.len());
    Ok(shortest.filter(|_| finishes).map(|(case, got)| Evidence {
        expected: SampleCase::new(&case.arguments, &case.result),
        got: SampleCase::new(&case.arguments, got),
        failing: (failing.len(), executed.cases.len()),
    }))
}
