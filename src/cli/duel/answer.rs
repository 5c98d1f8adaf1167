//! `tgsand duel answer`: has both contestants answer chosen turns.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::LayoutArgs;
use super::{KING_HELP, OUT_HELP, end_of_asking, estimate, go_on, opening};
use crate::cli::args::model::{DEFAULT_TEMPERATURE, ModelArgs};
use crate::cli::args::models::Models;
use crate::cli::args::prompts::PromptArgs;
use crate::cli::args::work::WorkArgs;
use crate::cli::config::Config;
use crate::error::{Exit, Result};
use crate::pipeline::duel::answer::Answer;
use crate::pipeline::duel::steps;
use crate::pipeline::duel::stored::{self, ANSWERS};

const EXAMPLES: &str = "Example:
  tgsand duel answer my-duel --model KING --challenger CHALLENGER --base-url http://127.0.0.1:8000/v1
  tgsand duel judge my-duel --judge A,B,C --base-url http://127.0.0.1:8000/v1";

/// Arguments of `tgsand duel answer`.
#[derive(Debug, Args)]
#[command(
    mut_arg("out", |arg| arg.help(OUT_HELP)),
    mut_arg("model", |arg| arg.help(KING_HELP)),
    after_help = EXAMPLES
)]
pub(super) struct AnswerArgs {
    /// Run folder of `prepare`, or file of rows with `instance_id`, `messages`, `assistant` and, if the
    /// challenger is to see one, `reference` with `patch` and `description`
    input: PathBuf,
    /// Model that writes with the hidden pull request; a name, or an endpoint in `tgsand.toml`
    #[arg(long, env = "TGSAND_CHALLENGER", value_name = "NAME")]
    challenger: String,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &AnswerArgs, config: &Config) -> Result<Exit> {
    let stored = stored::chosen(&args.input)?;
    let prompts = args.prompts.open()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut models =
        Models { args: &args.model, config, stop: &stop, sharing: None, opened: Vec::new() };
    let king = if args.model.is_named() { models.main()? } else { None };
    let challenger = models.beside(&args.challenger, DEFAULT_TEMPERATURE)?;
    let all = models.all();
    let models = (&all[..], &args.model);
    let work = args.work.open(opening(&args.input, true, stored.reading.clone(), models, &stop))?;
    let started = Instant::now();
    let answer = Answer { king: king.as_ref(), challenger: &challenger, prompts: &prompts };
    let reference_files = args.layout.is_reference();
    let ending =
        work.drive(&all, async |run| steps::answer(stored, run, &answer, reference_files).await)?;
    if let Some(exit) = estimate(&all, &ending)? {
        return Ok(exit);
    }
    if let Some(exit) = end_of_asking(&work, &all, &args.model, started, &ending, Vec::new())? {
        return Ok(exit);
    }
    Ok(go_on(ANSWERS, work.folder.path(), "judge", &ending.tally))
}
