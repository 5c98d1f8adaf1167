//! Runs a job again under more seeds if what it did may depend on chance.
//!
//! Invariant: a program that nothing was asked for, and that left the generator of `random` alone, costs nothing here.

use super::super::error::SandboxError;
use super::super::job::{Execution, Isolation, Job};
use super::image::OutputBudget;
use super::verified::{Images, note_differences, run_alone, run_in_order};

/// How many more seeds decide.
const SEEDS: u64 = 8;

/// Runs the cases of an execution that has shown no difference so far under more seeds, if chance may have a part in it.
pub fn settle(
    images: &Images,
    job: &Job,
    mut execution: Execution,
) -> Result<Execution, SandboxError> {
    let chance = execution.chance;
    let differs = |execution: &Execution| execution.cases.iter().any(|case| case.nondeterministic);
    if !chance.is_possible() || job.isolation != Isolation::Case || differs(&execution) {
        return Ok(execution);
    }
    let are_independent = !execution.cases.iter().any(|case| case.order_dependent);
    let order: Vec<usize> = (0..execution.cases.len()).collect();
    let mut states = Vec::new();
    for number in 0..SEEDS {
        let image = if number % 2 == 0 { &images.first } else { &images.other };
        let again = Job { random_seed: Some(number), ..job.clone() };
        let mut budget = OutputBudget::of(job);
        if are_independent {
            let (found, _) = run_in_order(image, &again, &order, &mut budget)?;
            states.extend(found.chance.random.map(|(_, after)| after));
            for (case, elsewhere) in execution.cases.iter_mut().zip(found.cases) {
                note_differences(case, elsewhere);
            }
        } else {
            for (index, case) in execution.cases.iter_mut().enumerate() {
                if let Some(elsewhere) = run_alone(image, &again, index, &mut budget)? {
                    note_differences(case, elsewhere);
                }
            }
        }
        if differs(&execution) {
            return Ok(execution);
        }
    }
    // Who seeds the generator leaves it in the same state whatever it began with.
    let is_seeded = states.windows(2).all(|pair| pair[0] == pair[1]);
    if chance.entropy_in_case || (chance.draws() && !is_seeded) {
        for case in &mut execution.cases {
            case.uses_entropy = true;
        }
    }
    Ok(execution)
}
