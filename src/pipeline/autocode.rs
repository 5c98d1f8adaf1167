//! Functions to verified programming problems: inputs, tests with teeth, and a question.
//!
//! Invariant: a problem's tests pass on its solution and fail on programs that do nothing; what is written depends on the input,
//! the options and the seed alone.

pub mod describe;
pub mod report;
mod suite;
pub mod teeth;

use futures_util::StreamExt;

use self::describe::{Describe, Described, QUESTION, describable};
use self::report::{Counts, Report, Settings};
use self::teeth::{Teeth, Tested};
use crate::ask::prompt::{Prompt, Prompts};
use crate::cases::execute::Execute;
use crate::cases::rules::{self, Rules};
use crate::dataset::RawCode;
use crate::dataset::dedupe::{Seen, without_twins};
use crate::dataset::functions::expand_row;
use crate::dataset::rows::UniqueIds;
use crate::error::Result;
use crate::fences::fenced;
use crate::flow::frame::{Ending, Run};
use crate::flow::{self, Fate};
use crate::inputs::Propose;
use crate::record::Record;
use crate::sample::Provenance;
use crate::sample::problem::{CodingProblem, PromptCompletion, RewardRow};

/// The prompts of this pipeline.
pub const PROMPTS: &[Prompt] = &[QUESTION];

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    pub rules: Rules,
    /// Inputs to look at in each search.
    pub pool: usize,
    /// Fewer cases than this are no full test.
    pub min_cases: usize,
    /// Tests that kill a smaller share of the faulty variants are toothless.
    pub min_mutation: f64,
    /// Functions from this similarity to an earlier one are duplicates; `None` keeps all.
    pub dedupe: Option<f64>,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
}

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    pub prompts: &'a Prompts,
    pub options: &'a Options,
}

/// Runs the pipeline and writes the samples and `run.json`.
///
/// If the run is stopped, no new function is begun, and the outputs of the last whole run stay as they are.
pub async fn run(
    rows: impl Iterator<Item = Result<Fate<RawCode>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let Task { prompts, options } = *task;
    let Run { sandbox, limits, folder, window, .. } = *run;
    let Options { seed, rules, pool, min_cases, min_mutation, dedupe } = options;
    let (seed, pool, min_cases, min_mutation) = (*seed, *pool, *min_cases, *min_mutation);
    let propose = Propose { sandbox, prompts, model: None, limits, seed, inputs: pool };
    let execute = Execute { sandbox, limits };
    let teeth = Teeth { sandbox, prompts, limits, seed, rules, pool, min_cases, min_mutation };
    let describe = Describe { sandbox, prompts, limits };
    let journals = (
        folder.journal("propose")?,
        folder.journal("execute")?,
        folder.journal("teeth")?,
        folder.journal("describe")?,
    );

    let mut ids = UniqueIds::default();
    let mut seen = dedupe.map(Seen::new);
    let targets = run
        .until_stopped(rows)
        .flat_map(expand_row)
        .map(move |fate| Ok(describable(without_twins(ids.apply(fate?), seen.as_mut()))));
    let proposed = flow::run(&propose, &journals.0, window, futures_util::stream::iter(targets));
    let executed = flow::run(&execute, &journals.1, window, proposed);
    let validated = executed.map(|fate| Ok(rules::validate(fate?, rules)));
    let tested = flow::run(&teeth, &journals.2, window, validated);
    let described = flow::run(&describe, &journals.3, window, tested);

    let mut problems = folder.output("samples/problems.jsonl")?;
    let mut pairs = folder.output("samples/autocode.jsonl")?;
    let mut rewards = folder.output("samples/rl.jsonl")?;
    let mut counts = Counts::default();
    let ending = run
        .collect(described, |fate, _| {
            let Fate::Live(record) = fate else { return Ok(()) };
            let problem = problem(record, run, task);
            counts.add(&problem);
            pairs.write(&PromptCompletion::new(&problem, fenced(&problem.canonical_solution)))?;
            rewards.write(&RewardRow::new(&problem))?;
            problems.write(&problem)
        })
        .await?;
    let summary = Summary { ending, counts };
    if !summary.ending.interrupted {
        for output in [problems, pairs, rewards] {
            output.finish()?;
        }
        let report = Report::new(&summary.counts);
        run.write_report("autocode", &Settings::of(task), &summary.ending, &report)?;
    }
    Ok(summary)
}

/// The row of a described function.
fn problem(record: Record<Described>, run: &Run<'_>, task: &Task<'_>) -> CodingProblem {
    let Record { id, lineage, body: Described { tested, question } } = record;
    let Tested { executed, demo, full, demo_test, full_test, mutation } = tested;
    CodingProblem {
        question,
        canonical_solution: executed.target.program,
        demo_test_func: demo_test,
        full_test_func: full_test,
        language: "python".into(),
        difficulty: None,
        id,
        entry: executed.target.entry,
        demo_cases: demo,
        full_cases: full,
        mutation,
        provenance: Provenance {
            tgsand: env!("CARGO_PKG_VERSION").into(),
            source: lineage,
            runtime: executed.runtime,
            seed: task.options.seed,
            limits: run.limits,
            fuel: executed.fuel,
            proposer: executed.proposer,
            model: None,
            prompts: task.prompts.digests([&QUESTION]),
            branch_coverage: None,
        },
    }
}
