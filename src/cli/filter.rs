//! `tgsand filter`: runs the samples of an existing set again, and keeps what holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::executors;
use super::args::units::parse_share;
use super::args::work::{Opening, WorkArgs, exit_of_yield};
use super::config::Config;
use crate::dataset::jsonl::JsonLines;
use crate::dataset::stated::known_formats;
use crate::error::{Exit, Result};
use crate::flow::tally::Words;
use crate::ground::repository::Repository;
use crate::index::Index;
use crate::outcome::Reason;
use crate::pipeline::filter::{self, held::Held};
use crate::report::stderr::{inform, tell};

const WORDS: Words = Words::of("rows");

/// Arguments of `tgsand filter`.
#[derive(Debug, Args)]
#[command(mut_arg("out", |arg| arg.help("Output folder [default: runs/<input name>-filtered]")))]
pub struct FilterArgs {
    /// Samples, JSONL, one JSON list or Parquet: case2code, qa, design or duel, or reference rows
    /// (also .gz, .zst, `-`)
    input: PathBuf,
    /// Hold rows about a repository, with questions and answers or requirements and designs, against
    /// the files in this folder
    #[arg(long, env = "TGSAND_REPO", value_name = "FOLDER")]
    repo: Option<PathBuf>,
    /// Exit with code 4 if less than this share holds
    #[arg(long, env = "TGSAND_MIN_YIELD", value_name = "0…1", value_parser = parse_share)]
    min_yield: Option<f64>,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs `tgsand filter`.
pub fn run(args: &FilterArgs, config: &Config) -> Result<Exit> {
    let stop = Arc::new(AtomicBool::new(false));
    let executors = executors::open(config, &stop)?;
    let lines = JsonLines::open(&args.input)?;
    let held = args.repo.as_deref().map(|folder| held(folder, args.work.threads())).transpose()?;
    let repository = held.as_ref().map(|held| held.digest.clone());
    let settings = filter::Settings { repository, executors: executors.described() };
    let work = args.work.open(Opening {
        inputs: vec![&args.input],
        suffix: "-filtered",
        goes_on: false,
        answered_by: "",
        reading: lines.reading(),
        words: WORDS,
        stop,
        models: &[],
        runtime: None,
        model_window: 0,
    })?;
    let work = work.with_executors(executors);
    work.tell_replaced(&settings);
    let started = Instant::now();
    let summary = work.drive(&[], async |run| filter::run(lines, held.as_ref(), run).await)?;
    let tally = &summary.ending.tally;
    inform!("{}", tally.table(WORDS, started.elapsed(), &cause_rows(&summary.causes)));
    if let Some(exit) = work.unfinished(&summary.ending) {
        return Ok(exit);
    }
    if tally.accepted == 0 && tally.rejected.contains_key(&Reason::UnreadableRecord) {
        tell!("tgsand: known formats: {}", known_formats());
    }
    inform!("kept.jsonl and rejected.jsonl are in {}", work.folder.path().display());
    Ok(exit_of_yield(tally, args.min_yield))
}

/// Reads the repository that rows are held against.
fn held(folder: &Path, threads: usize) -> Result<Held> {
    let repository = Repository::of(&Index::open(folder, threads)?)?;
    let digest = repository.digest();
    Ok(Held { repository, digest })
}

fn cause_rows(causes: &BTreeMap<String, u64>) -> Vec<(String, String)> {
    causes.iter().map(|(cause, count)| (format!("  cause {cause}"), count.to_string())).collect()
}
