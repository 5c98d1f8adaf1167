//! `tgsand duel`: a challenger against a king on turns of trajectories, judged by a panel; in one go or step by step.

mod alpha;
mod answer;
mod args;
mod chain;
mod judge;
mod panel;
mod prepare;
mod programs;
mod rank;
mod report;
mod run;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::{Args, Subcommand};

use super::args::model::ModelArgs;
use super::args::work::{Opening, Work};
use super::config::Config;
use super::{tell_written, usage};
use crate::dataset::jsonl::Reading;
use crate::error::{Exit, Result};
use crate::flow::frame::Ending;
use crate::flow::tally::{Tally, Words};
use crate::model::Model;
use crate::outcome::Reason;
use crate::pipeline::duel::report::{Counts, Verdict, rows};
use crate::report::counted;
use crate::report::stderr::{inform, tell};

const WORDS: Words = Words::of("turns");
/// What tells the folders of duels apart from those of other commands on one input.
const SUFFIX: &str = "-duel";
/// The help of `--out` for a step that goes on with the folder of the former.
const OUT_HELP: &str = "Output folder [default: the run folder, or runs/<file name>-duel]";
/// The help of `--model` for a step in which it is the king.
const KING_HELP: &str = "King: model that writes blind, or name of an endpoint in `tgsand.toml`; without one, the king's turns are the dataset's own";

/// Arguments of `tgsand duel`.
#[derive(Debug, Args)]
pub struct DuelArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Choose turns, have both contestants answer, have the panel judge, and decide
    Run(Box<run::RunArgs>),
    /// Choose turns of trajectories
    Prepare(Box<prepare::PrepareArgs>),
    /// Have both contestants answer chosen turns
    Answer(Box<answer::AnswerArgs>),
    /// Have the panel judge answers
    Judge(Box<judge::JudgeArgs>),
    /// Decide by verdicts that are there, and write the reports; no model is asked
    Report(Box<report::ReportArgs>),
    /// Rank more than two contestants by their duels
    Rank(rank::RankArgs),
    /// Decide between two files of programs by a test set, and ask judges about ties only
    Programs(Box<programs::ProgramArgs>),
}

/// Runs `tgsand duel`.
pub fn run(args: &DuelArgs, config: &Config) -> Result<Exit> {
    match &args.step {
        Step::Run(args) => run::run(args, config),
        Step::Prepare(args) => prepare::run(args),
        Step::Answer(args) => answer::run(args, config),
        Step::Judge(args) => judge::run(args, config),
        Step::Report(args) => report::run(args),
        Step::Rank(args) => rank::run(args),
        Step::Programs(args) => programs::run(args, config),
    }
}

/// What every step that asks models works on.
fn opening<'a>(
    input: &'a Path,
    goes_on: bool,
    reading: Reading,
    models: (&'a [&'a Model], &ModelArgs),
    stop: &Arc<AtomicBool>,
) -> Opening<'a> {
    let (models, args) = models;
    Opening {
        inputs: vec![input],
        suffix: SUFFIX,
        goes_on,
        answered_by: "",
        reading,
        words: WORDS,
        stop: Arc::clone(stop),
        models,
        runtime: None,
        model_window: args.window().max(64),
    }
}

/// Prints what a step that asks models would ask, if it only estimates.
fn estimate(models: &[&Model], ending: &Ending) -> Result<Option<Exit>> {
    if !models.iter().any(|model| model.is_estimate()) {
        return Ok(None);
    }
    for model in models {
        usage::print_first_estimate(model)?;
    }
    Ok(Some(if ending.interrupted { Exit::Interrupted } else { Exit::Done }))
}

/// Prints the table that ends a step that asks models; gives how the process ends if the step is not done.
fn end_of_asking(
    work: &Work,
    models: &[&Model],
    args: &ModelArgs,
    started: Instant,
    ending: &Ending,
    mut extra: Vec<(String, String)>,
) -> Result<Option<Exit>> {
    extra.extend(usage::rows_of_all(models));
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    usage::close(models, args)?;
    Ok(work.unfinished(ending))
}

/// Says with which step to go on after one that has written this file, and how the process ends.
fn go_on(file: &str, folder: &Path, next: &str, tally: &Tally) -> Exit {
    let folder = folder.display();
    match (tally.deferred, tally.accepted) {
        (1.., _) => {
            let left = counted(tally.deferred as usize, "turn");
            tell!("tgsand: {left} left; run the same command again to resume");
            Exit::Incomplete
        }
        (0, 0) => {
            tell!("tgsand: no turn is left; {folder}/rejected.jsonl has the reasons");
            Exit::Failed
        }
        (0, 1..) => {
            tell!("{file} is in {folder}; go on with `tgsand duel {next} {folder}`");
            Exit::Done
        }
    }
}

/// How many turns are in which bucket.
fn bucket_rows(counts: &Counts) -> Vec<(String, String)> {
    let buckets = counts.buckets.iter();
    buckets
        .map(|(bucket, count)| (format!("bucket {}", bucket.name()), count.to_string()))
        .collect()
}

/// The rows of a decided duel.
fn decided_rows(counts: &Counts, verdict: Option<&Verdict>) -> Vec<(String, String)> {
    bucket_rows(counts).into_iter().chain(verdict.into_iter().flat_map(rows)).collect()
}

/// Says how a duel was decided, and how the process ends.
fn end_of_duel(verdict: &Verdict, folder: &Path, ending: &Ending) -> Exit {
    for reason in verdict.reasons() {
        tell!("tgsand: {reason}");
    }
    tell_written(folder, &["report.md", "report.html", "turns.jsonl", "samples"]);
    let Tally { rejected, deferred, .. } = &ending.tally;
    let is_foreign = rejected.keys().all(|reason| *reason == Reason::UnreadableRecord);
    if verdict.decision.turns == 0 && *deferred == 0 && verdict.absent.is_nothing() && is_foreign {
        tell!(
            "tgsand: the input has no turns; {}/rejected.jsonl has the reasons",
            folder.display()
        );
        return Exit::Failed;
    }
    match ending.tally.deferred == 0 && verdict.absent.is_nothing() {
        true if verdict.is_accepted() => Exit::Done,
        true => Exit::BelowGate,
        false => Exit::Incomplete,
    }
}
