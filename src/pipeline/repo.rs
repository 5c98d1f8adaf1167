//! Repositories: an index of what their code says, for models to be asked about.
//!
//! Invariant: every file of the result is written under another name and moved into place, and the same tree gives the same bytes.

mod by_model;
mod calls;
pub mod choose;
mod code;
mod context;
mod design;
mod draft;
mod make;
mod manner;
mod natural;
pub mod options;
mod plan;
mod qa;
mod reach;
mod receivers;
mod routes;
mod rows;
pub mod samples;
mod summary;
mod wording;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use crate::ask::prompt::Prompt;
use crate::error::Result;
use crate::flow::frame::REPORT_SCHEMA;
use crate::flow::run_folder::RunFolder;
use crate::index::{FileId, Index, Revision, Skipped, Target};
use crate::named::named_enum;
use crate::schema::{Row, RowSchema};

named_enum! {
    /// What is made of a repository.
    pub enum Emit {
        /// `functions.json`, `repo_summary.txt` and `index.jsonl`.
        Index = "index",
        /// Questions with their answers: `samples/qa.jsonl`.
        Qa = "qa",
        /// Requirements with their designs: `samples/design.jsonl`.
        Design = "design",
    }
}

/// The prompts of this pipeline.
pub const PROMPTS: &[Prompt] =
    &[by_model::QA, by_model::DESIGN, by_model::REPAIR, by_model::ALONE, by_model::SAME];

/// The files of an index.
const INDEX_FILES: [&str; 4] =
    ["functions.json", "index.jsonl", "repo_summary.txt", "skipped.jsonl"];

/// Files whose rows are made at the same time, and held in memory until they are written.
const BATCH: usize = 64;

/// What an index has, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub files: u64,
    pub lines: u64,
    /// By kind.
    pub symbols: BTreeMap<&'static str, u64>,
    /// By what they lead to; unresolved ones by the reason.
    pub calls: BTreeMap<&'static str, u64>,
    pub unresolved_calls: BTreeMap<&'static str, u64>,
    pub endpoints: u64,
    /// Places that read a setting.
    pub config_reads: u64,
    pub tests: u64,
    /// By reason; a folder counts once.
    pub skipped: BTreeMap<&'static str, u64>,
}

/// The contents of `run.json`.
#[derive(Serialize)]
struct Report<'a> {
    tgsand: &'static str,
    pipeline: &'static str,
    input: &'a str,
    settings: Settings<'a>,
    revision: &'a Revision,
    #[serde(flatten)]
    counts: &'a Counts,
}

#[derive(Serialize)]
struct Settings<'a> {
    emit: &'a [Emit],
}

impl Row for Report<'_> {
    const SCHEMA: RowSchema = REPORT_SCHEMA;
}

impl Row for Skipped {
    const SCHEMA: RowSchema = RowSchema::new("skipped", 1);
}

/// Writes the report of a run that makes no samples.
pub fn write_report(
    index: &Index,
    input: &str,
    emit: &[Emit],
    counts: &Counts,
    folder: &RunFolder,
) -> Result<()> {
    let report = Report {
        tgsand: env!("CARGO_PKG_VERSION"),
        pipeline: "repo",
        input,
        settings: Settings { emit },
        revision: &index.revision,
        counts,
    };
    folder.write_report(&report)
}

/// Writes the files of an index.
pub fn write_index(index: &Index, folder: &RunFolder) -> Result<Counts> {
    let mut functions = folder.output("functions.json")?;
    let mut records = folder.output("index.jsonl")?;
    let mut summary = folder.output("repo_summary.txt")?;
    functions.write_text("[")?;
    summary.write_text(&summary::head(index))?;
    let files: Vec<FileId> = index.file_ids().collect();
    let mut separator = "\n";
    for batch in files.chunks(BATCH) {
        let rendered: Vec<Result<rows::Rendered>> =
            batch.par_iter().map(|&file| rows::render(index, file)).collect();
        for (&file, rendered) in batch.iter().zip(rendered) {
            let rendered = rendered?;
            for function in rendered.functions {
                functions.write_text(separator)?;
                functions.write_text(&function)?;
                separator = ",\n";
            }
            rendered.records.iter().try_for_each(|line| records.write_line(line))?;
            summary.write_text(&summary::section(index, file))?;
        }
    }
    functions.write_text("\n]\n")?;
    let mut skipped = folder.output("skipped.jsonl")?;
    index.skipped.iter().try_for_each(|one| skipped.write(one))?;
    for output in [functions, records, summary, skipped] {
        output.finish()?;
    }
    Ok(count(index))
}

fn count(index: &Index) -> Counts {
    let mut counts = Counts {
        files: index.files.len() as u64,
        lines: index.files.iter().map(|file| u64::from(file.lines)).sum(),
        endpoints: index.endpoints.len() as u64,
        config_reads: index.config.len() as u64,
        ..Counts::default()
    };
    for (id, symbol) in index.all_symbols() {
        *counts.symbols.entry(symbol.kind.name()).or_default() += 1;
        counts.tests += u64::from(index.is_test(id));
    }
    for call in &index.calls {
        let to = match &call.target {
            Target::Symbol(_) | Target::Module(_) | Target::Namespace(_) => "tree",
            Target::External(_) => "external",
            Target::Builtin(_) => "builtin",
            Target::Unresolved(why) => {
                *counts.unresolved_calls.entry(why.name()).or_default() += 1;
                "unresolved"
            }
        };
        *counts.calls.entry(to).or_default() += 1;
    }
    for skipped in &index.skipped {
        *counts.skipped.entry(skipped.reason.name()).or_default() += 1;
    }
    counts
}
