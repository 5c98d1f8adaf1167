//! Runs one job in two snapshots: as many fresh instances as its cases need, and their results put together.
//!
//! Invariant: a case that dies costs only itself, no instance serves two jobs, and an execution has one result for each case of
//! the job, in the job's order, or none at all.

use super::super::error::SandboxError;
use super::super::job::{CaseResult, Chance, Elsewhere, End, Execution, Isolation};
use super::budget::Budget;
use super::image::{self, Image};
use super::program::Prepared;

/// The two snapshots of a runtime, which differ in their seeds.
pub struct Images {
    pub first: Image,
    pub other: Image,
}

/// Runs a job, and again in the other snapshot with its cases in reverse, and returns what it did.
pub fn run(
    images: &Images,
    prepared: &Prepared<'_>,
    budget: &mut Budget,
) -> Result<Execution, SandboxError> {
    let order: Vec<usize> = (0..prepared.job.cases.len()).collect();
    let (mut execution, ran) = run_in_order(&images.first, prepared, &order, budget)?;
    budget.limit_checks(prepared.job);
    if prepared.job.isolation == Isolation::Program || ran == 0 {
        return Ok(execution);
    }
    if prepared.job.isolation == Isolation::InOrder {
        compare_in_order(&images.other, prepared, &mut execution, budget)?;
        return Ok(execution);
    }
    // Which cases exceed the job's room depends on their order, so those are not compared.
    let backwards: Vec<usize> = (0..ran).rev().collect();
    budget.begin_run();
    let (mut other, _) = run_in_order(&images.other, prepared, &backwards, budget)?;
    other.cases.reverse();
    if other.cases.len() != ran {
        mark_nondeterministic(&mut execution);
    } else if !execution.cases.iter().zip(&other.cases).all(|(a, b)| a.same_run(b)) {
        // State may reach any case unseen, as when two orders happen to agree on one: run every case alone.
        budget.begin_run();
        for (index, (case, backwards)) in execution.cases.iter_mut().zip(other.cases).enumerate() {
            *case = settle_alone(images, prepared, index, case, &backwards, budget)?;
        }
        execution.truncated |= budget.is_spent;
    }
    Ok(execution)
}

/// Runs a case alone in both snapshots, and says in what it differs between them, or from its runs after other cases.
fn settle_alone(
    images: &Images,
    prepared: &Prepared<'_>,
    index: usize,
    forwards: &CaseResult,
    backwards: &CaseResult,
    budget: &mut Budget,
) -> Result<CaseResult, SandboxError> {
    if budget.is_spent {
        return Ok(over_budget());
    }
    let alone = run_alone(&images.first, prepared, index, budget)?;
    let bytes = budget.bytes;
    let elsewhere = match &alone {
        Some(_) if !budget.is_spent => run_alone(&images.other, prepared, index, budget)?,
        _ => None,
    };
    if budget.is_spent {
        return Ok(over_budget());
    }
    let (Some(mut alone), Some(elsewhere)) = (alone, elsewhere) else {
        // It has loaded before, so nothing but the fuel for checks is lacking.
        return Ok(CaseResult::ended(End::OutOfFuel, 0, String::new()));
    };
    let depends_on_order = !alone.same_outcome(forwards) || !elsewhere.same_outcome(backwards);
    note_differences(&mut alone, elsewhere);
    if !alone.nondeterministic {
        alone.order_dependent = depends_on_order;
        budget.bytes = bytes; // The run elsewhere is not kept.
    }
    Ok(alone)
}

/// Marks all cases of a program that loads under some seeds and not under others.
fn mark_nondeterministic(execution: &mut Execution) {
    for case in &mut execution.cases {
        case.nondeterministic = true;
    }
}

/// Compares an execution that has shown no difference so far with the job's runs in these images.
pub fn compare_with(
    images: &[Image],
    prepared: &Prepared<'_>,
    mut execution: Execution,
    budget: &mut Budget,
) -> Result<Execution, SandboxError> {
    for image in images {
        if prepared.job.isolation != Isolation::Case
            || execution.cases.iter().any(|case| case.nondeterministic || case.order_dependent)
        {
            break;
        }
        compare_in_order(image, prepared, &mut execution, budget)?;
    }
    Ok(execution)
}

/// Compares each case with its run in this image, and returns what that run owes to chance.
pub fn compare_in_order(
    image: &Image,
    prepared: &Prepared<'_>,
    execution: &mut Execution,
    budget: &mut Budget,
) -> Result<Chance, SandboxError> {
    let order: Vec<usize> = (0..execution.cases.len()).collect();
    budget.begin_run();
    let (other, _) = run_in_order(image, prepared, &order, budget)?;
    if other.cases.len() != execution.cases.len() {
        mark_nondeterministic(execution);
    }
    for (case, elsewhere) in execution.cases.iter_mut().zip(other.cases) {
        note_differences(case, elsewhere);
    }
    Ok(other.chance)
}

/// Says of a case in what it differs from its run under the other seeds.
pub fn note_differences(case: &mut CaseResult, elsewhere: CaseResult) {
    case.nondeterministic = !case.same_run(&elsewhere);
    case.prints_differ = case.nondeterministic && case.same_result(&elsewhere);
    case.elsewhere = Elsewhere(case.nondeterministic.then(|| Box::new(elsewhere)));
}

pub fn run_alone(
    image: &Image,
    prepared: &Prepared<'_>,
    index: usize,
    budget: &mut Budget,
) -> Result<Option<CaseResult>, SandboxError> {
    Ok(run_in_order(image, prepared, &[index], budget)?.0.cases.pop())
}

/// A case that is not run, or not kept: the cases before it have spent the job's room.
fn over_budget() -> CaseResult {
    CaseResult::ended(End::OutputTooLarge, 0, String::new())
}

/// Runs cases in the given order, in one instance as long as none dies, and returns how many fitted
/// the job's room.
///
/// Results are in that order, one for each case, or there are none because the program did not
/// load.
fn run_in_order(
    image: &Image,
    prepared: &Prepared<'_>,
    order: &[usize],
    budget: &mut Budget,
) -> Result<(Execution, usize), SandboxError> {
    let mut execution = image::run(image, prepared, order, budget)?;
    while !budget.is_spent
        && let Some(rest) = order.get(execution.cases.len()..).filter(|rest| !rest.is_empty())
    {
        if execution.cases.is_empty() {
            break; // The program did not load.
        }
        let next = image::run(image, prepared, rest, budget)?;
        if next.cases.is_empty() && !budget.is_spent {
            // It loaded before: something else than the program decides, and these cases cannot be had.
            execution.cases.extend(rest.iter().map(|_| {
                let mut case = CaseResult::ended(next.end.clone(), 0, String::new());
                case.nondeterministic = true;
                case
            }));
            break;
        }
        execution.push_output(&next);
        execution.cases.extend(next.cases);
        execution.truncated |= next.truncated;
        execution.fuel = execution.fuel.saturating_add(next.fuel);
        execution.memory = execution.memory.max(next.memory);
        execution.chance.add(next.chance);
    }
    if !budget.is_spent || execution.cases.is_empty() {
        let ran = execution.cases.len();
        return Ok((execution, ran));
    }
    // Treat the case that overflowed the budget like the cases after it.
    execution.cases.pop_if(|case| case.end == End::OutputTooLarge);
    let ran = execution.cases.len();
    execution.cases.resize_with(order.len(), over_budget);
    Ok((execution, ran))
}
