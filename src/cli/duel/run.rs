//! `tgsand duel run`: all steps of a duel.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::{ChainArgs, ChoiceArgs, GateArgs};
use super::panel::PanelArgs;
use super::prepare::chosen;
use super::rank::say_ranking;
use super::{KING_HELP, SUFFIX, decided_rows, end_of_asking, end_of_duel, estimate, opening};
use crate::ask::respondent::Respondent;
use crate::cli::args::model::{DEFAULT_TEMPERATURE, ModelArgs};
use crate::cli::args::models::Models;
use crate::cli::args::prompts::PromptArgs;
use crate::cli::args::work::WorkArgs;
use crate::cli::config::Config;
use crate::error::{Error, Exit, Result};
use crate::model::Model;
use crate::pipeline::duel::answer::Answer;
use crate::pipeline::duel::contest::{DATASET, Options};
use crate::pipeline::duel::judge::Judge;
use crate::pipeline::duel::ranking::rank;
use crate::pipeline::duel::{self, Summary, Task};
use crate::report::stderr::tell;

const EXAMPLES: &str = "Example:
  tgsand duel run trajectories.jsonl --pull-requests prs.parquet --model KING --challenger CHALLENGER \\
      --judge A,B,C --base-url http://127.0.0.1:8000/v1";

/// Arguments of `tgsand duel run`.
#[derive(Debug, Args)]
#[command(
    mut_arg("out", |arg| arg.help("Output folder [default: runs/<input name>-duel]")),
    mut_arg("model", |arg| arg.help(KING_HELP)),
    after_help = EXAMPLES
)]
pub(super) struct RunArgs {
    /// Trajectories with `instance_id`, `repo`, `exit_status` and `messages` in JSONL, one JSON list or
    /// Parquet (also .gz, .zst), or hf://owner/name[@revision][/file] on the Hugging Face hub
    input: PathBuf,
    /// Models that write with the hidden pull request, each a name or an endpoint in `tgsand.toml`; several have a duel each, in
    /// folders of their own, and are ranked
    #[arg(
        long,
        env = "TGSAND_CHALLENGER",
        value_name = "NAME,…",
        required = true,
        value_delimiter = ','
    )]
    challenger: Vec<String>,
    #[command(flatten)]
    panel: PanelArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    gate: GateArgs,
    /// Compare the challenger with the dataset's own turns (1), or with those of the king that --model names (2)
    #[arg(long, env = "TGSAND_MODE", value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    mode: Option<u8>,
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

pub(super) fn run(args: &RunArgs, config: &Config) -> Result<Exit> {
    if args.challenger.iter().any(|name| name.trim().is_empty()) {
        return Err(Error::Usage("--challenger has an empty name".into()));
    }
    match &args.challenger[..] {
        [challenger] => Ok(duel(args, config, challenger, &args.work, None)?.exit),
        challengers => each(args, config, challengers),
    }
}

/// A duel that has come to its end, with a model whose cache and budget the next one shares.
struct Duelled {
    exit: Exit,
    sharing: Option<Model>,
}

/// Has each of the challengers a duel with the king, and ranks them all.
fn each(args: &RunArgs, config: &Config, challengers: &[String]) -> Result<Exit> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let out = args.work.out_beside(&args.input, SUFFIX);
    for (place, name) in challengers.iter().enumerate() {
        let folder = out.join(folder_name(name));
        if challengers[..place].contains(name) || folders.contains(&folder) {
            return Err(Error::Usage(format!("--challenger names {name} twice")));
        }
        folders.push(folder);
    }
    let (mut sharing, mut is_won) = (None, false);
    for (name, folder) in challengers.iter().zip(&folders) {
        tell!("tgsand: {name}");
        let work = args.work.clone().into_folder(folder.clone());
        let duelled = duel(args, config, name, &work, sharing)?;
        match duelled.exit {
            Exit::Done => is_won = true,
            Exit::BelowGate => {}
            exit @ (Exit::Interrupted | Exit::Incomplete | Exit::Failed | Exit::Usage) => {
                return Ok(exit);
            }
        }
        sharing = duelled.sharing;
    }
    let seed = args.choice.choice(&args.chain.read()?)?.seed;
    if args.model.is_estimate() {
        return Ok(Exit::Done);
    }
    say_ranking(&rank(&folders, seed)?)?;
    Ok(if is_won { Exit::Done } else { Exit::BelowGate })
}

/// A folder's name for a challenger, which leads nowhere else.
fn folder_name(challenger: &str) -> String {
    let name = challenger.replace(['/', '\\', ':'], "-");
    if name.starts_with('.') { format!("_{name}") } else { name }
}

/// Runs a duel with one challenger.
fn duel(
    args: &RunArgs,
    config: &Config,
    challenger: &str,
    work: &WorkArgs,
    sharing: Option<Model>,
) -> Result<Duelled> {
    let chain = args.chain.read()?;
    let config = &chain.complete(config);
    let choice = args.choice.choice(&chain)?;
    let base = Options { until_decided: args.until_decided, ..Options::default() };
    let options = args.gate.options(base, &chain)?;
    check_mode(args)?;
    let prompts = args.prompts.open()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut models = Models { args: &args.model, config, stop: &stop, sharing, opened: Vec::new() };
    let king = if args.model.is_named() { models.main()? } else { None };
    let challenger = models.beside(challenger, DEFAULT_TEMPERATURE)?;
    // What would end a later duel ends the first one.
    let contestants: Vec<&str> = args
        .challenger
        .iter()
        .map(|name| models.known_as(name))
        .chain([king.as_ref().map_or(DATASET, Respondent::name)])
        .collect();
    let panel = args.panel.open(&mut models, &chain, &contestants)?;
    let all = models.all();
    let (source, chosen) = chosen(&args.input, &args.choice, &choice)?;
    let models = (&all[..], &args.model);
    let work = work.open(opening(&source.path, false, chosen.reading, models, &stop))?;
    let started = Instant::now();
    let answer = Answer { king: king.as_ref(), challenger: &challenger, prompts: &prompts };
    let judges: Vec<Judge<'_>> =
        panel.iter().map(|judge| Judge { judge, prompts: &prompts }).collect();
    let task = Task { choice: &choice, answer: &answer, judges: &judges, options: &options };
    task.refuse_other(&work.folder)?;
    work.tell_replaced(&task.settings());
    let summary =
        work.drive(&all, async |run| duel::run(&source.name, chosen.fates, run, &task).await)?;
    let ended = |exit| {
        let sharing = all.first().copied().cloned();
        Ok(Duelled { exit, sharing })
    };
    let Summary { ending, counts, verdict } = &summary;
    if let Some(exit) = estimate(&all, ending)? {
        return ended(exit);
    }
    let rows = decided_rows(counts, verdict.as_ref());
    if let Some(exit) = end_of_asking(&work, &all, &args.model, started, ending, rows)? {
        return ended(exit);
    }
    let Some(verdict) = verdict else { return ended(Exit::Interrupted) };
    ended(end_of_duel(verdict, work.folder.path(), ending))
}

/// A king is named in mode 2 alone.
fn check_mode(args: &RunArgs) -> Result<()> {
    let why = match (args.mode, args.model.is_named()) {
        (Some(1), true) => {
            "--mode 1 takes the dataset's own turns for the king's; leave out --model"
        }
        (Some(2), false) => "--mode 2 needs --model, the king",
        (_, _) => return Ok(()),
    };
    Err(Error::Usage(why.into()))
}
