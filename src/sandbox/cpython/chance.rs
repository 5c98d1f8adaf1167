//! Runs a job again under more seeds if what it did may depend on chance.
//!
//! Invariant: a program that nothing was asked for, and that left the generator of `random` alone, costs nothing here.

use super::super::error::SandboxError;
use super::super::job::{Execution, Isolation, Job};
use super::budget::Budget;
use super::program::Prepared;
use super::verified::{Images, compare_in_order, note_differences, run_alone};

/// How many more seeds decide.
const SEEDS: u64 = 8;

/// Runs the cases of an execution that has shown no difference so far under more seeds, if chance may have a part in it.
pub fn settle(
    images: &Images,
    prepared: &Prepared<'_>,
    mut execution: Execution,
    budget: &mut Budget,
) -> Result<Execution, SandboxError> {
    let chance = execution.chance;
    let differs = |execution: &Execution| execution.cases.iter().any(|case| case.nondeterministic);
    if !chance.is_possible() || prepared.job.isolation != Isolation::Case || differs(&execution) {
        return Ok(execution);
    }
    let are_independent = !execution.cases.iter().any(|case| case.order_dependent);
    let mut states = Vec::new();
    for number in 0..SEEDS {
        let image = if number % 2 == 0 { &images.first } else { &images.other };
        let again = Job { random_seed: Some(number), ..prepared.job.clone() };
        let again = Prepared { job: &again, code: prepared.code.clone() };
        if are_independent {
            let found = compare_in_order(image, &again, &mut execution, budget)?;
            states.extend(found.random.map(|(_, after)| after));
        } else {
            budget.begin_run();
            for (index, case) in execution.cases.iter_mut().enumerate() {
                match run_alone(image, &again, index, budget)? {
                    Some(elsewhere) => note_differences(case, elsewhere),
                    None => case.nondeterministic = true,
                }
            }
        }
        if differs(&execution) {
            return Ok(execution);
        }
    }
    // Who seeds the generator leaves it in the same state whatever it began with.
    let is_seeded = states.windows(2).all(|pair| pair[0] == pair[1]);
    let takes_time_apart = prepared.job.takes_time_apart && chance.clock_in_case;
    if chance.entropy_in_case || takes_time_apart || (chance.draws() && !is_seeded) {
        for case in &mut execution.cases {
            case.uses_entropy = true;
        }
    }
    Ok(execution)
}
