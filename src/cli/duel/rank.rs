//! `tgsand duel rank`: more than two contestants, by their duels.

use std::path::PathBuf;

use clap::Args;

use crate::cli::say;
use crate::error::{Exit, Result};
use crate::pipeline::duel::ranking::{markdown, rank};
use crate::report::stderr::tell;

const EXAMPLES: &str = "Example:
  for name in A B C; do tgsand duel run trajectories.jsonl --model KING --challenger $name --out duel-$name ...; done
  tgsand duel rank duel-A duel-B duel-C";

/// Arguments of `tgsand duel rank`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RankArgs {
    /// Run folders of `judge` or `run`, or files of judged turns
    #[arg(required = true)]
    duels: Vec<PathBuf>,
    /// Seed for the bootstrap intervals
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RankArgs) -> Result<Exit> {
    let ranking = rank(&args.duels, args.seed)?;
    for note in ranking.notes() {
        tell!("tgsand: {note}");
    }
    match args.json {
        true => say(&serde_json::to_string(&ranking).expect("a ranking is plain data"))?,
        false => say(markdown(&ranking).trim_end())?,
    }
    Ok(Exit::Done)
}
