//! `tgsand eval compare`: two runs side by side, problem by problem.
//!
//! Invariant: nothing is run and nothing written; what is read are the files of finished runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value as Json;

use crate::cli::say;
use crate::dataset::jsonl::JsonLines;
use crate::error::{Error, Exit, Result};
use crate::eval::compare::compare;

/// Arguments of `tgsand eval compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Run folder or results.jsonl
    first: PathBuf,
    /// Run folder or results.jsonl
    second: PathBuf,
    /// Compare the share of tests passed instead of the share of samples that pass (pass@1)
    #[arg(long)]
    pass_ratio: bool,
    /// Seed of the intervals
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `tgsand eval compare`.
pub(super) fn run(args: &CompareArgs) -> Result<Exit> {
    let first = values(&args.first, args.pass_ratio)?;
    let second = values(&args.second, args.pass_ratio)?;
    let compared = compare(&first, &second, args.seed)
        .ok_or_else(|| Error::Usage("the two runs have no problem in common".into()))?;
    match args.json {
        true => say(&serde_json::to_string(&compared).expect("a comparison is plain data"))?,
        false => say(&compared.to_string())?,
    }
    Ok(Exit::Done)
}

/// One value a problem: the share of its samples that pass, or of their tests.
fn values(path: &Path, pass_ratio: bool) -> Result<BTreeMap<String, f64>> {
    let path = if path.is_dir() { path.join("results.jsonl") } else { path.to_owned() };
    let mut values = BTreeMap::new();
    for line in JsonLines::open(&path)? {
        let line = line?;
        let wrong = |why: &str| Error::Usage(format!("{}:{}: {why}", path.display(), line.number));
        let row = line.json.as_ref().map_err(|why| wrong(why))?;
        let id = row.get("id").and_then(Json::as_str).ok_or_else(|| wrong("no result: it has no id"))?;
        let value = match pass_ratio {
            true => row.get("pass_ratio").and_then(Json::as_f64),
            false => {
                let samples = row.get("samples").and_then(Json::as_array).map(Vec::len).filter(|&samples| samples > 0);
                let correct = row.get("correct").and_then(Json::as_u64);
                samples.zip(correct).map(|(samples, correct)| correct as f64 / samples as f64)
            }
        };
        let value = value.ok_or_else(|| wrong("no result: it has no samples"))?;
        if values.insert(id.to_owned(), value).is_some() {
            return Err(wrong("a second result of the same problem"));
        }
    }
    Ok(values)
}
