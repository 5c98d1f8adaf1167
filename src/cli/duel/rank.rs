//! `tgsand duel rank`: more than two contestants, by their duels.

use std::path::PathBuf;

use clap::Args;

use crate::cli::say;
use crate::error::{Exit, Result};
use crate::pipeline::duel::ranking::{Ranking, markdown, rank};
use crate::report::stderr::tell;

const EXAMPLES: &str = "Example:
  tgsand duel run trajectories.jsonl --model KING --challenger A,B,C --judge D,E --out duels ...
  tgsand duel rank duels/A duels/B duels/C";

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
    match args.json {
        true => {
            tell_notes(&ranking);
            say(&serde_json::to_string(&ranking).expect("a ranking is plain data"))?;
        }
        false => say_ranking(&ranking)?,
    }
    Ok(Exit::Done)
}

/// Prints a ranking as a table, after what a reader of it has to know.
pub(super) fn say_ranking(ranking: &Ranking) -> Result<()> {
    tell_notes(ranking);
    say(markdown(ranking).trim_end())
}

fn tell_notes(ranking: &Ranking) {
    for note in ranking.notes() {
        tell!("tgsand: {note}");
    }
}
