//! `tgsand stats`: figures about the samples of a run.

use std::path::PathBuf;

use clap::Args;

use super::args::packages::PackageArgs;
use super::args::units::parse_threads;
use super::{default_threads, runtime, say};
use crate::error::{Error, Exit, Result};
use crate::pipeline::stats;
use crate::report::stderr::tell;
use crate::sandbox::runtime::DEFAULT;
use crate::schema;

/// Unreadable rows that are named one by one.
const TOLD: usize = 5;

const EXAMPLES: &str = "Examples:
  tgsand stats runs/raw_data
  tgsand stats samples.jsonl --json";

/// Arguments of `tgsand stats`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatsArgs {
    /// Folder of a run of `synth`, or a file with its samples (also .gz, .zst, `-`)
    run: PathBuf,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// Do not run the programs; figures about branches are left out
    #[arg(long)]
    no_run: bool,
    /// Threads that run programs
    #[arg(long, env = "TGSAND_THREADS", default_value_t = default_threads(), value_parser = parse_threads, value_name = "N")]
    threads: usize,
    /// Python runtime for programs; installed on first use
    #[arg(long, env = "TGSAND_RUNTIME", default_value = DEFAULT, value_name = "NAME")]
    runtime: String,
    #[command(flatten)]
    packages: PackageArgs,
}

/// Runs `tgsand stats`.
pub fn run(args: &StatsArgs) -> Result<Exit> {
    let open = || runtime::open(&args.runtime, args.threads, &args.packages.with);
    let sandbox = (!args.no_run).then(open).transpose()?;
    let tokio = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(Error::io("the event loop"))?;
    let jobs = 4 * args.threads;
    let stats = tokio.block_on(stats::run(&args.run, sandbox.as_ref(), jobs))?;
    for row in stats.unreadable.iter().take(TOLD) {
        tell!("tgsand: {row}");
    }
    if stats.unreadable.len() > TOLD {
        tell!("tgsand: further rows that cannot be read are counted, not listed");
    }
    if stats.is_empty() {
        tell!("tgsand: {} has no samples of `synth`", args.run.display());
    }
    if args.json {
        say(&schema::line(&stats))?;
    } else {
        say(&stats::tables(&stats))?;
    }
    Ok(if stats.is_empty() { Exit::Failed } else { Exit::Done })
}
