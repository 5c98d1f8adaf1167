//! Sets of programs, made larger, cleaner, tidier or smaller: each technique takes the set that the one before it leaves.
//!
//! Invariant: a program that is written in the place of another does the same as far as the row's tests and fresh inputs show.

pub mod augment;
mod chain;
pub mod clean;
mod page;
pub mod proof;
pub mod refactor;
pub mod report;
pub mod rewrite_by_model;
pub mod sample;
pub mod select;
pub mod synthesize;
pub mod tools;

use futures_util::StreamExt;
use futures_util::stream;

use self::chain::{Fates, Stages, applied};
use self::clean::FINDINGS;
use self::page::Changes;
use self::report::{RULES, Report, Settings, Trials};
use self::rewrite_by_model::{READABLE, READABLE_AGAIN, Rewriting};
use self::sample::{Sample, Technique};
use self::select::{Points, Selecting};
use self::synthesize::{DISCRIMINATE, DISCRIMINATE_AGAIN, ITEM, ITEM_AGAIN, Synthesis, Synthesize};
use self::tools::Tools;
use crate::ask::prompt::{Prompt, Prompts};
use crate::dataset::jsonl::JsonLines;
use crate::dataset::problems::ID_FIELDS;
use crate::dataset::rows::{self, UniqueIds};
use crate::error::Result;
use crate::flow::Fate;
use crate::flow::frame::{Ending, Run};
use crate::flow::tally::Words;
use crate::json::Object;
use crate::lint::{self, Finding, Selection, Severity, Step};
use crate::outcome::{Reason, Rejection};
use crate::python::Module;
use crate::record::Record;
use crate::report::{markdown, markdown_table};

/// The file of the rows that are kept.
pub const OPTIMIZED: &str = "samples/optimized.jsonl";

/// The page of a run.
pub const PAGE: &str = "report.html";

/// The prompts of this pipeline.
pub const PROMPTS: &[Prompt] =
    &[ITEM, ITEM_AGAIN, DISCRIMINATE, DISCRIMINATE_AGAIN, READABLE, READABLE_AGAIN];

/// The findings of a run, of dropped programs, too.
pub const SARIF: &str = "findings.sarif";

/// What the records of a run are called.
pub const WORDS: Words = Words::of("rows");

/// What is done, and how.
pub struct Options {
    /// In this order.
    pub techniques: Vec<Technique>,
    pub seed: u64,
    /// Fresh inputs to compare on, for each function.
    pub inputs: usize,
    /// Programs to add to each row, at most.
    pub variants: usize,
    /// Rules that follow each other on one program, at most.
    pub max_depth: usize,
    /// What programs are cleaned of.
    pub selection: Selection,
    /// Programs with a finding of this severity or a worse one are dropped.
    pub drop_from: Option<Severity>,
    /// How programs are tidied.
    pub steps: Vec<Step>,
    /// The study's tools, if they take the steps.
    pub tools: Option<Tools>,
    pub selecting: Selecting,
    /// How programs are compared when they are selected.
    pub points: Points,
    /// How rows are added; needed by [`Technique::Synthesize`].
    pub synthesis: Option<Synthesis>,
    /// Who rewrites programs before they are tidied, if anybody does.
    pub rewriting: Option<Rewriting>,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub ending: Ending,
    pub report: Report,
}

/// Takes every row through the techniques, and writes the rows that are left and `run.json`.
pub async fn run(lines: JsonLines, run: &Run<'_>, options: &Options) -> Result<Summary> {
    let prompts = Prompts::default();
    let unwanted = Selection::of_rewrites();
    let stages = Stages::open(run, options, &prompts, &unwanted)?;
    let trials = Trials::default();
    let mut ids = UniqueIds::default();
    let read = |row: Object, _| (rows::id_of(&row, &ID_FIELDS), Ok(row));
    let records = rows::records(run.until_stopped(lines), run.input.clone(), read);
    let samples = records.map(|fate| Ok(sample_of(ids.apply(fate?), &prompts)));
    let mut fates: Fates<'_> = stream::iter(samples).boxed_local();
    for &technique in &options.techniques {
        fates = applied(technique, fates, run, &stages, options, &trials).await?;
    }
    let keeps_numbers = !options.techniques.contains(&Technique::Augment);
    let mut output = None;
    let mut report = Report::default();
    let mut changes = Changes::default();
    let mut found: Vec<(String, Vec<Finding>)> = Vec::new();
    let ending = run
        .collect(fates, |fate, _| {
            match fate {
                Fate::Live(mut record) => {
                    let row = record.body.open(&prompts);
                    let row = row.expect("a row that was read is read again");
                    if record.body.findings.is_some() {
                        // Techniques after the cleaning have moved lines, or made another program.
                        let found = stages.clean.0.found(&record.body.program, &row);
                        record.body.findings = Some(found.unwrap_or_default());
                    }
                    report.add(&record.body, &row);
                    changes.add(&record, &row);
                    let output = match &mut output {
                        Some(output) => output,
                        none => none.insert(run.folder.output(OPTIMIZED)?),
                    };
                    output.write_line(
                        &record.body.written(&record.id, &row, keeps_numbers).to_string(),
                    )?;
                    found.extend(record.body.findings.map(|findings| (record.id, findings)));
                }
                Fate::Rejected(dropped) => {
                    let findings = dropped.why.evidence.get(FINDINGS).cloned();
                    let findings = findings.and_then(|it| serde_json::from_value(it).ok());
                    found.extend(findings.map(|findings| (dropped.id, findings)));
                }
                Fate::Deferred(_) => {}
            }
            Ok(())
        })
        .await?;
    report.trials = trials.take();
    report.variants = stages.spread.counts();
    report.selected = stages.figures.take();
    report.count_findings(&found);
    report.synthesis = stages.synthesize.as_ref().map(Synthesize::counts).unwrap_or_default();
    if !ending.interrupted {
        match output {
            Some(output) => output.finish()?,
            // A loader cannot read a file without rows.
            None => run.folder.remove(OPTIMIZED)?,
        }
        let title = format!("{}: {}", run.input, names(&options.techniques));
        let rows = [ending.tally.rows(WORDS), report.rows()].concat();
        run.folder.write_text(PAGE, &changes.page(&title, &rows, &report))?;
        let rules = markdown_table(RULES, report.rules());
        run.folder.write_text("report.md", &format!("{}\n{rules}", markdown(&title, &rows)))?;
        match options.techniques.contains(&Technique::Clean) {
            true => run.folder.write_text(SARIF, &format!("{:#}\n", lint::sarif(&found)))?,
            false => run.folder.remove(SARIF)?,
        }
        run.write_report("optimize", &Settings::of(options), &ending, &report)?;
    }
    Ok(Summary { ending, report })
}

/// Techniques as they are written on the command line and in rows.
fn names(techniques: &[Technique]) -> String {
    techniques.iter().map(|technique| technique.name()).collect::<Vec<_>>().join("+")
}

/// The rows as samples with their own programs.
fn sample_of(fate: Fate<Object>, prompts: &Prompts) -> Fate<Sample> {
    let (id, lineage, row) = match fate {
        Fate::Live(Record { id, lineage, body }) => (id, lineage, body),
        Fate::Rejected(dropped) => return Fate::Rejected(dropped),
        Fate::Deferred(dropped) => return Fate::Deferred(dropped),
    };
    let parsed = |sample: Sample| match Module::parse(&sample.program) {
        Err(error) if !sample.is_text => {
            Err(Rejection::new(Reason::UnparsableSource, error.to_string()))
        }
        Ok(_) | Err(_) => Ok(sample),
    };
    match Sample::read(row, &id, prompts).and_then(parsed) {
        Ok(body) => Fate::Live(Record { id, lineage, body }),
        Err(why) => {
            let detail = format!("{lineage}: {}", why.detail);
            Fate::rejected(id, lineage, Rejection { detail, ..why })
        }
    }
}
