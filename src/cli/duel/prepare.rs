//! `tgsand duel prepare`: chooses the turns of a duel.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::args::{ChainArgs, ChoiceArgs};
use super::{SUFFIX, WORDS, go_on};
use crate::cli::args::work::open_folder;
use crate::dataset::hub::Source;
use crate::error::{Error, Exit, Result};
use crate::pipeline::duel::prepare::{Choice, Chosen, choose};
use crate::pipeline::duel::steps;
use crate::pipeline::duel::stored::CHOSEN;
use crate::report::counted;
use crate::report::stderr::tell;

const EXAMPLES: &str = "Example:
  tgsand duel prepare trajectories.jsonl --pull-requests prs.parquet --turns 200 --out my-duel
  tgsand duel answer my-duel --model KING --challenger CHALLENGER --base-url http://127.0.0.1:8000/v1";

/// Arguments of `tgsand duel prepare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PrepareArgs {
    /// Trajectories with `instance_id`, `repo`, `exit_status` and `messages` in JSONL, one JSON list or
    /// Parquet (also .gz, .zst), or hf://owner/name[@revision][/file] on the Hugging Face hub
    input: PathBuf,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    chain: ChainArgs,
    /// Output folder [default: runs/<input name>-duel]
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &PrepareArgs) -> Result<Exit> {
    let started = Instant::now();
    let choice = args.choice.choice(&args.chain.read()?)?;
    let (source, chosen) = chosen(&args.input, &args.choice, &choice)?;
    let folder = open_folder(args.out.as_deref(), &source.path, SUFFIX, false)?;
    let tally = steps::prepare(&folder, &source.name, &chosen, &choice)?;
    tell!("{}", tally.table(WORDS, started.elapsed(), &[]));
    let folder = folder.path();
    if let Some(damage) = chosen.reading.damage() {
        tell!("tgsand: {damage}; {} has the turns of the lines before", folder.display());
        return Ok(Exit::Incomplete);
    }
    Ok(go_on(CHOSEN, folder, "answer", &tally))
}

/// Chooses turns of a file, which is read twice.
pub(super) fn chosen(input: &Path, args: &ChoiceArgs, choice: &Choice) -> Result<(Source, Chosen)> {
    if input == Path::new("-") {
        let why = "trajectories are read twice, so they cannot come from stdin";
        return Err(Error::Usage(why.into()));
    }
    let source = Source::open(input)?;
    let requests = args.pull_requests.as_deref().map(Source::open).transpose()?;
    let chosen = choose(&source, requests.as_ref(), choice)?;
    if let (Some(requests), 1..) = (&requests, chosen.unreadable_requests) {
        let rows = counted(chosen.unreadable_requests as usize, "row");
        tell!("tgsand: {rows} of {} cannot be read as pull requests", requests.name);
    }
    Ok((source, chosen))
}
