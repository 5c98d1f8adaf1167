//! `tgsand repo`: a repository in, an index of it out.

use std::path::{Path, PathBuf};

use clap::Args;

use super::args::units::parse_threads;
use super::args::work::{run_name, whole_path};
use crate::error::{Error, Exit, Result};
use crate::flow::run_folder::RunFolder;
use crate::index::Index;
use crate::pipeline::repo::{self, Counts, Emit};
use crate::report::stderr::tell;
use crate::report::table;

/// Arguments of `tgsand repo`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tgsand repo path/to/project --emit index --out runs/project")]
pub struct RepoArgs {
    /// Root folder of the repository; files that its .gitignore names are left out
    path: PathBuf,
    /// What to write (comma-separated): index
    #[arg(
        long,
        env = "TGSAND_EMIT",
        value_delimiter = ',',
        default_value = "index",
        value_name = "KIND,…",
        value_parser = parse_emit
    )]
    emit: Vec<Emit>,
    /// Output folder [default: runs/<folder name>]
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads that read files
    #[arg(long, env = "TGSAND_THREADS", default_value_t = super::default_threads(), value_name = "N", value_parser = parse_threads)]
    threads: usize,
}

fn parse_emit(text: &str) -> Result<Emit, String> {
    Emit::from_name(text.trim()).ok_or_else(|| {
        let known: Vec<&str> = Emit::ALL.iter().map(|emit| emit.name()).collect();
        format!("expected {}", known.join(", "))
    })
}

/// Runs `tgsand repo`.
pub fn run(args: &RepoArgs) -> Result<Exit> {
    let index = Index::open(&args.path, args.threads)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build();
    let pool = pool.map_err(|error| Error::io("the threads")(std::io::Error::other(error)))?;
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| Path::new("runs").join(run_name(&args.path)));
    let folder = RunFolder::open(&out, &whole_path(&args.path))?;
    let input = args.path.display().to_string();
    let counts = pool.install(|| repo::write_index(&index, &input, &args.emit, &folder))?;
    tell!("{}", table(None, rows(&counts)));
    tell!("functions.json, repo_summary.txt and index.jsonl are in {}", out.display());
    if !counts.skipped.is_empty() {
        tell!("{} says what was skipped, and why", out.join("skipped.jsonl").display());
    }
    Ok(Exit::Done)
}

fn rows(counts: &Counts) -> Vec<[String; 2]> {
    let mut rows = vec![
        ["files".to_owned(), counts.files.to_string()],
        ["lines".to_owned(), counts.lines.to_string()],
    ];
    let mut add = |title: &str, counts: &std::collections::BTreeMap<&str, u64>| {
        let total: u64 = counts.values().sum();
        rows.push([title.to_owned(), total.to_string()]);
        rows.extend(counts.iter().map(|(name, count)| [format!("  {name}"), count.to_string()]));
    };
    add("symbols", &counts.symbols);
    add("calls", &counts.calls);
    add("unresolved calls", &counts.unresolved_calls);
    add("skipped", &counts.skipped);
    rows.extend([
        ["endpoints".to_owned(), counts.endpoints.to_string()],
        ["settings read".to_owned(), counts.config_reads.to_string()],
        ["tests".to_owned(), counts.tests.to_string()],
    ]);
    rows
}
