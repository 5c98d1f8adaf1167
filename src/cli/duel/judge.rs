//! `tgsand duel judge`: has a panel judge answers.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::{ChainArgs, GateArgs};
use super::panel::PanelArgs;
use super::{OUT_HELP, bucket_rows, end_of_asking, estimate, go_on, opening};
use crate::cli::args::model::ModelArgs;
use crate::cli::args::models::Models;
use crate::cli::args::prompts::PromptArgs;
use crate::cli::args::work::WorkArgs;
use crate::cli::config::Config;
use crate::error::{Exit, Result};
use crate::pipeline::duel::answer::Answered;
use crate::pipeline::duel::contest::Options;
use crate::pipeline::duel::judge::Judge;
use crate::pipeline::duel::stored::{self, Stored, TURNS};
use crate::pipeline::duel::{layout, steps};

const EXAMPLES: &str = "Example:
  tgsand duel judge my-duel --judge A,B,C --base-url http://127.0.0.1:8000/v1
  tgsand duel judge answers-from-elsewhere.jsonl --judge A,B,C --base-url http://127.0.0.1:8000/v1 --out my-duel
  tgsand duel report my-duel";

/// Arguments of `tgsand duel judge`.
#[derive(Debug, Args)]
#[command(
    mut_arg("out", |arg| arg.help(OUT_HELP)),
    mut_arg("model", |arg| arg.hide(true)),
    after_help = EXAMPLES
)]
pub(super) struct JudgeArgs {
    /// Run folder of `answer`, or file of rows with `instance_id`, `messages`, `king` and `challenger`
    input: PathBuf,
    #[command(flatten)]
    panel: PanelArgs,
    #[command(flatten)]
    gate: GateArgs,
    /// Compare the challenger with the dataset's own turns (1) or with the king's (2)
    #[arg(long, env = "TGSAND_MODE", default_value_t = 2, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    mode: u8,
    #[command(flatten)]
    chain: ChainArgs,
    /// End as soon as the duel is decided, either way
    #[arg(long, env = "TGSAND_UNTIL_DECIDED")]
    until_decided: bool,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &JudgeArgs, config: &Config) -> Result<Exit> {
    let stored = answers(args)?;
    let chain = args.chain.read()?;
    let config = &chain.complete(config);
    let base = Options { until_decided: args.until_decided, ..Options::default() };
    let options = args.gate.options(base, &chain)?;
    let prompts = args.prompts.open()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut models =
        Models { args: &args.model, config, stop: &stop, sharing: None, opened: Vec::new() };
    let contestants = [stored.contest.king.as_str(), &stored.contest.challenger];
    let panel = args.panel.open(&mut models, &chain, &contestants)?;
    let all = models.all();
    let models = (&all[..], &args.model);
    let work = args.work.open(opening(&args.input, true, stored.reading.clone(), models, &stop))?;
    let started = Instant::now();
    let judges: Vec<Judge<'_>> =
        panel.iter().map(|judge| Judge { judge, prompts: &prompts }).collect();
    let judged =
        work.drive(&all, async |run| steps::judge(stored, run, &judges, &options).await)?;
    let ending = &judged.ending;
    if let Some(exit) = estimate(&all, ending)? {
        return Ok(exit);
    }
    let rows = bucket_rows(&judged.counts);
    if let Some(exit) = end_of_asking(&work, &all, &args.model, started, ending, rows)? {
        return Ok(exit);
    }
    Ok(go_on(TURNS, work.folder.path(), "report", &ending.tally))
}

/// The answers that are judged.
fn answers(args: &JudgeArgs) -> Result<Stored<Answered>> {
    let is_reference = args.gate.is_reference_layout() && args.input.is_dir();
    let of_reference = if is_reference { layout::answers(&args.input)? } else { None };
    let stored = match of_reference {
        Some(stored) => stored,
        None => stored::answers(&args.input)?,
    };
    Ok(if args.mode == 1 { stored.against_dataset() } else { stored })
}
