//! What a run has made: figures about its samples, so that users see what they got.
//!
//! Invariant: figures come from the rows as they were written, and from running their programs again; nothing is written.

mod functions;
mod pairs;
mod questions;
mod reach;
mod report;
mod spread;
mod yields;

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use serde::Serialize;

pub use self::functions::Functions;
pub use self::pairs::Pairs;
pub use self::questions::Questions;
pub use self::reach::Reach;
pub use self::report::tables;
pub use self::yields::Yield;
use crate::dataset::format::RowFormat;
use crate::dataset::jsonl::{JsonLines, Line};
use crate::dataset::stated::written_pair;
use crate::error::Result;
use crate::json::Object;
use crate::sample::Case2Code;
use crate::sandbox::Sandbox;
use crate::schema::{Row, RowSchema};

/// The files of a run with samples.
const SAMPLES: [&str; 3] = ["samples/case2code.jsonl", "samples/qa.jsonl", "samples/duel.jsonl"];

/// The kinds of samples that figures are about.
const FORMATS: [RowFormat; 4] =
    [RowFormat::Case2Code, RowFormat::Qa, RowFormat::Design, RowFormat::MutantPair];

/// The figures of a run or of a file of samples.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Stats {
    /// What became of the input; absent for a file of samples.
    #[serde(rename = "yield", skip_serializing_if = "Option::is_none")]
    pub made: Option<Yield>,
    pub case2code: Functions,
    /// Absent if programs were not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Reach>,
    pub qa: Questions,
    pub duel: Pairs,
    /// Rows that are none of these samples: where they stand, and why they cannot be read.
    pub unreadable: Vec<String>,
}

impl Row for Stats {
    const SCHEMA: RowSchema = RowSchema::new("stats", 1);
}

/// Reads a run's folder, or one file of samples, and runs the programs of its samples under coverage if there is a sandbox.
pub async fn run(path: &Path, sandbox: Option<&Sandbox>, jobs: usize) -> Result<Stats> {
    let mut stats = Stats::default();
    let files: Vec<PathBuf> = match path.is_dir() {
        true => {
            stats.made = Yield::of(path)?;
            SAMPLES.iter().map(|name| path.join(name)).filter(|path| path.is_file()).collect()
        }
        false => vec![path.to_owned()],
    };
    let mut reach = sandbox.map(|_| Reach::default());
    for file in files {
        // Programs run while rows are read: a file of samples may be larger than memory.
        let samples = JsonLines::open(&file)?.filter_map(|line| match line {
            Ok(line) => stats.add(&file, line).map(Ok),
            Err(error) => Some(Err(error)),
        });
        let measured = samples.map(|sample: Result<Case2Code>| async {
            match (sample, sandbox) {
                (Ok(sample), Some(sandbox)) => reach::measured(sandbox, &sample).await,
                (Ok(_), None) => Ok(None),
                (Err(error), _) => Err(error),
            }
        });
        let mut measured = futures_util::stream::iter(measured).buffered(jobs.max(1));
        while let Some(sides) = measured.next().await {
            if let (Some(sides), Some(reach)) = (sides?, &mut reach) {
                reach.add(&sides);
            }
        }
    }
    stats.coverage = reach;
    Ok(stats)
}

impl Stats {
    /// Whether there was anything to count.
    pub fn is_empty(&self) -> bool {
        self.case2code.samples + self.qa.samples + self.duel.pairs == 0
    }

    /// Counts a row, and hands it back if it has cases to run.
    fn add(&mut self, file: &Path, line: Line) -> Option<Case2Code> {
        let place = format!("{}:{}", file.display(), line.number);
        match line.json.and_then(|row| self.count(&row)) {
            Ok(sample) => sample,
            Err(why) => {
                self.unreadable.push(format!("{place}: {why}"));
                None
            }
        }
    }

    fn count(&mut self, row: &Object) -> Result<Option<Case2Code>, String> {
        match RowFormat::of(row, &FORMATS)? {
            Some(RowFormat::Case2Code) => {
                let sample: Case2Code = row.typed()?;
                self.case2code.add(&sample);
                return Ok(Some(sample));
            }
            Some(RowFormat::Qa) => self.qa.add(&row.typed()?),
            Some(RowFormat::Design) => self.qa.designs += 1,
            Some(RowFormat::MutantPair) => self.duel.add(&written_pair(row)?),
            Some(_) | None => return Err(RowFormat::unknown(row, "sample")),
        }
        Ok(None)
    }
}
