//! `tgsand autocode`: raw code in, verified programming problems out.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::prompts::PromptArgs;
use super::args::source::SourceArgs;
use super::args::units::parse_share;
use super::args::work::{Opening, WorkArgs};
use crate::cases::rules::Rules;
use crate::error::{Exit, Result};
use crate::flow::tally::Words;
use crate::pipeline::autocode::report::{Counts, Settings};
use crate::pipeline::autocode::{self, Options, Summary, Task};
use crate::report::stderr::tell;

const WORDS: Words = Words::of("functions");

/// Arguments of `tgsand autocode`.
#[derive(Debug, Args)]
#[command(mut_arg("out", |arg| arg.help("Output folder [default: runs/<input name>-autocode]")))]
pub struct AutocodeArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Reject a function with fewer cases than this
    #[arg(long, env = "TGSAND_MIN_CASES", default_value_t = 7, value_name = "N")]
    min_cases: usize,
    /// Reject a function if its tests kill a smaller share of its faulty variants
    #[arg(long, env = "TGSAND_MIN_MUTATION", default_value_t = 0.8, value_name = "0…1", value_parser = parse_share)]
    min_mutation: f64,
    /// Inputs to look at in each search
    #[arg(long, env = "TGSAND_POOL", default_value_t = 60, value_name = "N")]
    pool: usize,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
}

/// Runs `tgsand autocode`.
pub fn run(args: &AutocodeArgs) -> Result<Exit> {
    let options = Options {
        seed: args.source.seed,
        rules: Rules::default(),
        pool: args.pool.max(1),
        min_cases: args.min_cases,
        min_mutation: args.min_mutation,
        dedupe: args.source.dedupe(),
    };
    let prompts = args.prompts.open()?;
    let rows = args.source.open()?;
    let work = args.work.open(Opening {
        input: args.source.input(),
        suffix: "-autocode",
        answered_by: "",
        reading: rows.reading,
        words: WORDS,
        stop: Arc::new(AtomicBool::new(false)),
        model: None,
        runtime: None,
        model_window: 0,
    })?;
    let started = Instant::now();
    let task = Task { prompts: &prompts, options: &options };
    work.tell_replaced(&Settings::of(&task));
    let summary = work.drive(None, async |run| autocode::run(rows.rows, run, &task).await)?;
    let Summary { ending, counts } = &summary;
    tell!("{}", ending.tally.table(WORDS, started.elapsed(), &count_rows(counts)));
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    tell!("samples are in {}", work.folder.path().join("samples").display());
    Ok(ending.tally.exit(args.source.min_yield))
}

fn count_rows(counts: &Counts) -> Vec<(String, String)> {
    let mut rows = vec![
        ("problems".to_owned(), counts.problems.to_string()),
        ("cases".to_owned(), counts.cases.to_string()),
        ("cases added to kill mutants".to_owned(), counts.added_cases.to_string()),
        ("mutants killed".to_owned(), format!("{} of {}", counts.killed, counts.mutants)),
    ];
    if let Some(score) = counts.median_score() {
        rows.push(("median mutation score".to_owned(), format!("{score:.3}")));
    }
    rows
}
