//! `tgsand duel report`: decides by verdicts that are there.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::args::{ChainArgs, GateArgs};
use super::{OUT_HELP, SUFFIX, WORDS, decided_rows, end_of_duel};
use crate::cli::args::work::open_folder;
use crate::error::{Error, Exit, Result};
use crate::pipeline::duel::contest::{Options, Settings};
use crate::pipeline::duel::stored::{self, Stored};
use crate::pipeline::duel::{Summary, layout, steps};
use crate::report::stderr::tell;
use crate::sample::turn::JudgedTurn;

const EXAMPLES: &str = "Options of the gate that are not given stay as the run folder states them.

Example:
  tgsand duel report my-duel --panel median --win-margin 5
  tgsand duel report verdicts-from-elsewhere.jsonl --out my-duel";

/// Arguments of `tgsand duel report`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReportArgs {
    /// Run folder of `judge` or `run`, or file of rows with `instance_id` and `judgements`
    input: PathBuf,
    /// Judges whose verdicts count (comma-separated) [default: all]
    #[arg(long, env = "TGSAND_JUDGE", value_delimiter = ',', value_name = "NAME,…")]
    judge: Vec<String>,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    chain: ChainArgs,
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR", help = OUT_HELP)]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &ReportArgs) -> Result<Exit> {
    let started = Instant::now();
    let is_reference = args.gate.is_reference_layout() && args.input.is_dir();
    let of_reference = if is_reference { layout::judged(&args.input)? } else { None };
    let stored = match of_reference {
        Some(stored) => stored,
        None => stored::judged(&args.input)?,
    };
    let reading = stored.reading.clone();
    tell_unread(&stored);
    let earlier = &stored.earlier.settings;
    let base = Options {
        gate: earlier.gate.unwrap_or_default(),
        until_decided: earlier.until_decided,
        reference: earlier.reference_gate,
        reference_files: false,
    };
    let options = args.gate.options(base, &args.chain.read()?)?;
    refuse_other_rule(earlier, &options, &args.judge)?;
    let folder = open_folder(args.out.as_deref(), &args.input, SUFFIX, true)?;
    if earlier.until_decided && !stored.is_in(&folder) {
        let why = "a duel that ended as soon as it was decided is reported in its own folder; leave out --out";
        return Err(Error::Usage(why.into()));
    }
    let Summary { ending, counts, verdict } =
        steps::report(&folder, stored, &args.judge, &options)?;
    let rows = decided_rows(&counts, verdict.as_ref());
    tell!("{}", ending.tally.table(WORDS, started.elapsed(), &rows));
    if let Some(damage) = reading.damage() {
        tell!("tgsand: {damage}; the report is of the lines before");
        return Ok(Exit::Incomplete);
    }
    let Some(verdict) = verdict else { return Ok(Exit::Incomplete) };
    Ok(end_of_duel(&verdict, folder.path(), &ending))
}

/// Names the first rows that cannot be read.
fn tell_unread(stored: &Stored<JudgedTurn>) {
    const NAMED: usize = 5;
    for row in stored.unread.iter().take(NAMED) {
        tell!("tgsand: {}; the row is kept as it is, and its verdicts do not count", row.why);
    }
    if let more @ 1.. = stored.unread.len().saturating_sub(NAMED) {
        tell!("tgsand: {more} more rows of verdicts cannot be read");
    }
}

/// The turns of a duel that ended as soon as it was decided are those that decided it: by another rule they prove nothing.
fn refuse_other_rule(earlier: &Settings, options: &Options, judges: &[String]) -> Result<()> {
    let is_same = earlier.gate == Some(options.gate)
        && (judges.is_empty() || judges == earlier.judges.as_slice());
    if !earlier.until_decided || is_same {
        return Ok(());
    }
    Err(Error::Usage(
        "the duel ended as soon as it was decided, so that it can be reported by its own gate and panel alone; for another, judge all turns without --until-decided".into(),
    ))
}
