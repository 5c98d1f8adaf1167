//! `tgsand eval compare`: two runs side by side, problem by problem.
//!
//! Invariant: nothing is run and nothing written; what is read are the files of finished runs.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use crate::cli::say;
use crate::dataset::jsonl::JsonLines;
use crate::error::{Error, Exit, Result};
use crate::flow::frame::REPORT_SCHEMA;
use crate::json::Json;
use crate::measure::paired::{Scored, compare};
use crate::pipeline::eval::comparison::{Measure, Runs, Settings};
use crate::pipeline::eval::result::ProblemResult;
use crate::report::markdown;
use crate::schema::{self, Row};

/// The file of a run that has its scored problems.
const RESULTS: &str = "results.jsonl";

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
    /// Seed for the bootstrap intervals
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Print one JSON object, with all problems that flipped
    #[arg(long)]
    json: bool,
}

/// Runs `tgsand eval compare`.
pub(super) fn run(args: &CompareArgs) -> Result<Exit> {
    let measure = if args.pass_ratio { Measure::AvgPassRatio } else { Measure::PassAt1 };
    let first = scored(&args.first, measure)?;
    let second = scored(&args.second, measure)?;
    let comparison =
        compare(&first, &second, args.seed).map_err(|nothing| Error::Usage(nothing.to_string()))?;
    let settings = settings(&args.first)?.zip(settings(&args.second)?);
    let runs = Runs {
        first: args.first.display().to_string(),
        second: args.second.display().to_string(),
        measure,
        settings: settings.map(|(first, second)| Settings::differing(&first, &second)),
        comparison,
    };
    match args.json {
        true => say(&serde_json::to_string(&runs).expect("a comparison is plain data"))?,
        false => say(markdown(&runs.title(), &runs.rows()).trim_end())?,
    }
    Ok(Exit::Done)
}

/// The rows of a run; what is not there is told in terms of runs.
fn open(path: &Path) -> Result<(PathBuf, JsonLines)> {
    let is_folder = path.is_dir();
    let file = if is_folder { path.join(RESULTS) } else { path.to_owned() };
    match JsonLines::open(&file) {
        Ok(lines) => Ok((file, lines)),
        Err(Error::Input { source, .. }) if source.kind() == ErrorKind::NotFound => {
            let path = path.display();
            Err(Error::Usage(match is_folder {
                true => format!("{path} is not a finished run of eval: it has no {RESULTS}"),
                false => format!("no run folder or {RESULTS} at {path}"),
            }))
        }
        Err(error) => Err(error),
    }
}

/// One value a problem: the share of its samples that pass, or of their tests.
fn scored(path: &Path, measure: Measure) -> Result<BTreeMap<String, Scored>> {
    let (file, lines) = open(path)?;
    let mut scored = BTreeMap::new();
    for line in lines {
        let line = line?;
        let wrong = |why: &str| Error::Usage(format!("{}:{}: {why}", file.display(), line.number));
        let row = line.json.as_ref().map_err(|why| wrong(why))?;
        schema::of(row.get(schema::FIELD).and_then(Json::as_str), &[ProblemResult::SCHEMA])
            .map_err(|why| wrong(&why))?;
        let text = |key: &str| row.get(key).and_then(Json::as_str).map(str::to_owned);
        let id = text("id").ok_or_else(|| wrong("no result: it has no id"))?;
        let value = match measure {
            Measure::AvgPassRatio => row
                .get("pass_ratio")
                .and_then(Json::as_f64)
                .ok_or_else(|| wrong("no result: it has no pass_ratio"))?,
            Measure::PassAt1 => {
                let samples = row
                    .get("samples")
                    .and_then(Json::as_list)
                    .map(<[Json]>::len)
                    .filter(|&samples| samples > 0);
                let correct = row.get("correct").and_then(Json::as_u64);
                let (samples, correct) =
                    samples.zip(correct).ok_or_else(|| wrong("no result: it has no samples"))?;
                correct as f64 / samples as f64
            }
        };
        let problem = text("problem").filter(|digest| !digest.is_empty());
        if scored.insert(id, Scored { value, format: text("format"), problem }).is_some() {
            return Err(wrong("a second result of the same problem"));
        }
    }
    if scored.is_empty() {
        return Err(Error::Usage(format!("{} has no scored problem", path.display())));
    }
    Ok(scored)
}

/// What a run was told, as its `run.json` has it; `None` where there is none or where an older version wrote it.
pub(super) fn settings(path: &Path) -> Result<Option<Map<String, Value>>> {
    let folder = match path.file_name() {
        _ if path.is_dir() => path,
        Some(name) if name == RESULTS => path.parent().unwrap_or(Path::new("")),
        // Of any other file nothing tells which run it is of.
        Some(_) | None => return Ok(None),
    };
    let file = folder.join("run.json");
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::input(file)(error)),
    };
    let wrong = |why: String| Error::Usage(format!("{}: {why}", file.display()));
    let mut report: Map<String, Value> =
        serde_json::from_slice(&text).map_err(|why| wrong(why.to_string()))?;
    schema::of(report.get(schema::FIELD).and_then(Value::as_str), &[REPORT_SCHEMA])
        .map_err(wrong)?;
    Ok(match report.get_mut("settings").map(Value::take) {
        Some(Value::Object(settings)) => Some(settings),
        Some(_) | None => None,
    })
}
