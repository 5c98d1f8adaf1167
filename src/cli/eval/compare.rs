//! `tgsand eval compare`: two runs side by side, problem by problem.
//!
//! Invariant: nothing is run and nothing written; what is read are the files of finished runs, and a row that contradicts itself is
//! refused.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use crate::cli::say;
use crate::dataset::jsonl::JsonLines;
use crate::error::{Error, Exit, Result};
use crate::flow::settings::{self, Differing};
use crate::grade::TestResult;
use crate::json::{Json, Object};
use crate::measure::paired::{Scored, compare};
use crate::pipeline::eval::changes::{self, Sample, changes};
use crate::pipeline::eval::comparison::{Measure, Runs};
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
    let settings = settings_of(&args.first)?.zip(settings_of(&args.second)?);
    let differing: BTreeSet<&str> =
        comparison.better_ids.iter().chain(&comparison.worse_ids).map(String::as_str).collect();
    let changes = changes(&samples(&args.first, &differing)?, &samples(&args.second, &differing)?);
    let runs = Runs {
        first: args.first.display().to_string(),
        second: args.second.display().to_string(),
        measure,
        settings: settings.map(|(first, second)| Differing::of(&first, &second)),
        comparison,
        changes,
    };
    match args.json {
        true => say(&serde_json::to_string(&runs).expect("a comparison is plain data"))?,
        false => {
            let text = markdown(&runs.title(), &runs.rows()) + &changes::markdown(&runs.changes);
            say(text.trim_end())?;
        }
    }
    Ok(Exit::Done)
}

/// The rows of a run; a missing file is reported in terms of runs.
fn open(path: &Path) -> Result<(PathBuf, JsonLines)> {
    let is_folder = path.is_dir();
    let file = if is_folder { path.join(RESULTS) } else { path.to_owned() };
    match JsonLines::open(&file) {
        Ok(lines) => Ok((file, lines)),
        Err(Error::Input { source, .. }) if source.kind() == ErrorKind::NotFound => {
            let path = path.display();
            Err(Error::Usage(match is_folder {
                true => {
                    format!(
                        "{path} has no {RESULTS}: it is not a finished run of eval that scored a problem"
                    )
                }
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
        if let Some(why) = contradiction(row) {
            return Err(wrong(&format!("the row has changed since it was written: {why}")));
        }
        let text = |key: &str| row.get(key).and_then(Json::as_str).map(str::to_owned);
        let id = text("id").ok_or_else(|| wrong("not a result: it has no id"))?;
        let value = match measure {
            Measure::AvgPassRatio => row
                .get("pass_ratio")
                .and_then(Json::as_f64)
                .ok_or_else(|| wrong("not a result: it has no pass_ratio"))?,
            Measure::PassAt1 => {
                let samples = row
                    .get("samples")
                    .and_then(Json::as_list)
                    .map(<[Json]>::len)
                    .filter(|&samples| samples > 0);
                let correct = row.get("correct").and_then(Json::as_u64);
                let (samples, correct) =
                    samples.zip(correct).ok_or_else(|| wrong("not a result: it has no samples"))?;
                correct as f64 / samples as f64
            }
        };
        let problem = text("problem").filter(|digest| !digest.is_empty());
        if scored.insert(id, Scored { value, format: text("format"), problem }).is_some() {
            return Err(wrong("a second result for the same problem"));
        }
    }
    if scored.is_empty() {
        return Err(Error::Usage(format!("{} has no scored problems", path.display())));
    }
    Ok(scored)
}

/// What a row says of its samples and they do not, as far as it states both; so damage shows that would change a comparison.
fn contradiction(row: &Object) -> Option<String> {
    let samples = row.get("samples")?.as_list()?;
    let mut passed_tests = 0;
    let mut correct = 0;
    for (number, sample) in samples.iter().enumerate() {
        let results = sample.get("results")?.as_list()?;
        let passes = |result: &&Json| result.as_str() == Some(TestResult::Passed.name());
        let passed = results.iter().filter(passes).count() as u64;
        if sample.get("passed_tests")?.as_u64()? != passed {
            return Some(format!("sample {number} has another number of passed tests"));
        }
        let is_right = *sample.get("passed")? == Json::Bool(true);
        if is_right != (passed > 0 && passed == results.len() as u64) {
            return Some(format!("sample {number} has other results"));
        }
        passed_tests += passed;
        correct += u64::from(is_right);
    }
    if row.get("correct")?.as_u64()? != correct {
        return Some(format!("{correct} of its samples are correct"));
    }
    let all = row.get("tests")?.as_u64()?.checked_mul(samples.len() as u64)?;
    let ratio = row.get("pass_ratio")?.as_f64()?;
    (ratio != passed_tests as f64 / all as f64)
        .then(|| format!("{passed_tests} of {all} tests are passed"))
}

/// The samples of these problems. The file has been read before, so that its rows are known to be sound.
fn samples(path: &Path, ids: &BTreeSet<&str>) -> Result<BTreeMap<String, Vec<Sample>>> {
    let (file, lines) = open(path)?;
    let mut samples = BTreeMap::new();
    for line in lines {
        let line = line?;
        let wrong = |why: &str| Error::Usage(format!("{}:{}: {why}", file.display(), line.number));
        let row = line.json.as_ref().map_err(|why| wrong(why))?;
        let id = row.get("id").and_then(Json::as_str).filter(|id| ids.contains(id));
        if let Some((id, found)) = id.zip(row.get("samples")) {
            let found = found.typed().map_err(|why| wrong(&format!("field \"samples\": {why}")))?;
            samples.insert(id.to_owned(), found);
        }
    }
    Ok(samples)
}

/// The settings of a run, from its `run.json`; `None` if there is none or if an older version wrote
/// it.
fn settings_of(path: &Path) -> Result<Option<Map<String, Value>>> {
    let folder = match path.file_name() {
        _ if path.is_dir() => path,
        Some(name) if name == RESULTS => path.parent().unwrap_or(Path::new("")),
        // For any other file, nothing says which run it belongs to.
        Some(_) | None => return Ok(None),
    };
    settings::stated(folder)
}
