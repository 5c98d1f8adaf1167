//! `tgsand filter`: runs the samples of an existing set again, and keeps what holds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::args::units::parse_share;
use super::args::work::{WorkArgs, unfinished};
use crate::dataset::jsonl::JsonLines;
use crate::error::{Exit, Result};
use crate::flow::progress::Progress;
use crate::flow::tally::Words;
use crate::pipeline::filter;
use crate::report::stderr::tell;

const WORDS: Words = Words::of("rows");

/// Arguments of `tgsand filter`.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// JSONL samples: case2code, qa, design or duel, or reference rows (also .gz, .zst, `-`)
    input: PathBuf,
    /// Exit with code 4 if less than this share holds
    #[arg(long, env = "TGSAND_MIN_YIELD", value_name = "0…1", value_parser = parse_share)]
    min_yield: Option<f64>,
    /// Stop after this many deferred rows; rerun to retry them
    #[arg(long, env = "TGSAND_MAX_DEFERRED", default_value_t = 100, value_name = "N")]
    max_deferred: u64,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs `tgsand filter`.
pub fn run(args: &FilterArgs) -> Result<Exit> {
    let lines = JsonLines::open(&args.input)?;
    let work = args.work.open(&args.input, "-filtered", lines.hang_up(), Arc::default())?;
    let started = Instant::now();
    let progress = Progress::start(lines.bytes(), WORDS);
    let bytes_read = lines.bytes_read();
    let task = filter::Task {
        file: args.input.display().to_string(),
        sandbox: &work.sandbox,
        limits: args.work.limits(),
        window: args.work.window(),
        max_deferred: args.max_deferred,
        folder: &work.folder,
        stop: &work.stop,
    };
    let summary = work.tokio.block_on(filter::run(lines, &task, |summary| {
        progress.update(&summary.tally, bytes_read.get());
    }));
    progress.finish();
    let summary = summary?;
    tell!("{}", summary.tally.table(WORDS, started.elapsed(), &cause_rows(&summary.causes)));
    if let Some(exit) = unfinished(&summary.deferrals, summary.interrupted, args.max_deferred) {
        return Ok(exit);
    }
    tell!("kept.jsonl and rejected.jsonl are in {}", work.folder.path().display());
    Ok(summary.tally.exit(args.min_yield))
}

fn cause_rows(causes: &BTreeMap<String, u64>) -> Vec<(String, String)> {
    causes.iter().map(|(cause, count)| (format!("  cause {cause}"), count.to_string())).collect()
}
