//! Sets of programs, made larger, cleaner, tidier or smaller: each technique takes the set that the one before it leaves.
//!
//! Invariant: a program that is written in the place of another does the same as far as the row's tests and fresh inputs show.

pub mod augment;
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

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream::{self, LocalBoxStream};

use self::augment::Augment;
use self::augment::spread::Spread;
use self::clean::{Clean, FINDINGS};
use self::page::Changes;
use self::proof::Prover;
use self::refactor::Refactor;
use self::report::{RULES, Report, Settings, Trials};
use self::rewrite_by_model::{READABLE, READABLE_AGAIN, RewriteByModel, Rewriting};
use self::sample::{Sample, Technique, Trial, TrialEnd};
use self::select::spool::Spool;
use self::select::{Figures, Points, Selecting, TestScore};
use self::synthesize::{DISCRIMINATE, DISCRIMINATE_AGAIN, ITEM, ITEM_AGAIN, Synthesis, Synthesize};
use self::tools::Tools;
use crate::ask::prompt::{Prompt, Prompts};
use crate::dataset::dedupe::Twin;
use crate::dataset::jsonl::JsonLines;
use crate::dataset::problems::ID_FIELDS;
use crate::dataset::rows::{self, UniqueIds};
use crate::error::{Error, Result};
use crate::flow::frame::{Ending, Run};
use crate::flow::journal::Journal;
use crate::flow::tally::{Tally, Words};
use crate::flow::{self, Fate, Stage};
use crate::json::Object;
use crate::lint::{self, Finding, Selection, Severity, Step};
use crate::outcome::{Reason, Rejection};
use crate::python::{Module, tree_digest};
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

/// Records on their way from one technique to the next.
type Fates<'a> = LocalBoxStream<'a, Result<Fate<Sample>>>;

/// The stages of a run, with their journals.
struct Stages<'a> {
    augment: (Augment<'a>, Journal),
    spread: Spread,
    clean: (Clean<'a>, Journal),
    refactor: (Refactor<'a>, Journal),
    synthesize: Option<Synthesize<'a>>,
    rewrite: Option<(RewriteByModel<'a>, Journal)>,
    test_score: Option<(TestScore<'a>, Journal)>,
    figures: Figures,
}

/// Takes every row through the techniques, and writes the rows that are left and `run.json`.
pub async fn run(lines: JsonLines, run: &Run<'_>, options: &Options) -> Result<Summary> {
    let prompts = Prompts::default();
    let prover = Prover {
        sandbox: run.sandbox,
        prompts: &prompts,
        limits: run.limits,
        seed: options.seed,
        inputs: options.inputs,
    };
    let Options { variants, max_depth, drop_from, .. } = *options;
    let unwanted = Selection::of_rewrites();
    let synthesis = options.synthesis.as_ref();
    let synthesis = synthesis.map(|it| Synthesize::new(run, it, options.seed));
    let stages = Stages {
        augment: (
            Augment { prover, selection: &unwanted, variants, max_depth },
            run.folder.journal(Augment::NAME)?,
        ),
        spread: Spread::new(variants),
        clean: (
            Clean { prompts: &prompts, selection: &options.selection, drop_from },
            run.folder.journal(Clean::NAME)?,
        ),
        refactor: (
            Refactor { prover, steps: &options.steps, tools: options.tools.as_ref() },
            run.folder.journal(Refactor::NAME)?,
        ),
        synthesize: synthesis.transpose()?,
        rewrite: match &options.rewriting {
            Some(rewriting) => Some((
                RewriteByModel { prover, rewriting },
                run.folder.journal(RewriteByModel::NAME)?,
            )),
            None => None,
        },
        test_score: match options.selecting.by.test_quality() {
            Some(quality) => Some((
                TestScore {
                    sandbox: run.sandbox,
                    prompts: &prompts,
                    limits: run.limits,
                    seed: options.seed,
                    quality,
                },
                run.folder.journal(TestScore::NAME)?,
            )),
            None => None,
        },
        figures: Figures::default(),
    };
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

/// Takes a set through one technique.
async fn applied<'a>(
    technique: Technique,
    fates: Fates<'a>,
    run: &'a Run<'_>,
    stages: &'a Stages<'_>,
    options: &'a Options,
    trials: &'a Trials,
) -> Result<Fates<'a>> {
    let window = run.window;
    Ok(match technique {
        Technique::Augment => {
            let (stage, journal) = &stages.augment;
            let made = flow::run(stage, journal, window, fates).boxed_local();
            let mut made = told(made, technique, trials);
            let mut spool = Spool::new(run.folder)?;
            let mut read = Tally::default();
            while let Some(fate) = made.next().await {
                let fate = fate?;
                stages.spread.remember(&fate);
                select::count(&mut read, &fate);
                (run.watch)(&read);
                spool.push(fate)?;
            }
            let added =
                spool.read()?.filter_map(|fate| fate.map(|it| stages.spread.pass(it)).transpose());
            stream::iter(added).boxed_local()
        }
        Technique::Clean => {
            let (stage, journal) = &stages.clean;
            flow::run(stage, journal, window, fates).boxed_local()
        }
        Technique::Refactor => {
            let fates = match &stages.rewrite {
                Some((stage, journal)) => {
                    told(flow::run(stage, journal, window, fates).boxed_local(), technique, trials)
                }
                None => fates,
            };
            let (stage, journal) = &stages.refactor;
            apart(told(flow::run(stage, journal, window, fates).boxed_local(), technique, trials))
        }
        Technique::Select => {
            let (points, score) = (&options.points, stages.test_score.as_ref());
            select::select(fates, options.selecting, points, score, run, &stages.figures).await?
        }
        Technique::Synthesize => match &stages.synthesize {
            Some(synthesize) => synthesize.extended(fates).await?,
            None => return Err(Error::Usage("rows are added by a model; name one".into())),
        },
    })
}

/// Rejects programs that were made from a row and have become its own program again, or one another, when they were tidied.
fn apart(fates: Fates<'_>) -> Fates<'_> {
    let mut origin = String::new();
    let mut known: Vec<(u64, String)> = Vec::new();
    let mut pass = move |fate: Fate<Sample>| {
        let Fate::Live(record) = fate else { return fate };
        if record.body.origin != origin {
            origin.clone_from(&record.body.origin);
            known.clear();
        }
        let Some(tree) = tree_digest(&record.body.program) else { return Fate::Live(record) };
        let is_made = record.body.techniques.contains(&Technique::Augment);
        match known.iter().find(|(other, _)| *other == tree) {
            Some((_, id)) if is_made => Twin { id: id.clone(), similarity: 1.0 }.reject(&record),
            Some(_) => Fate::Live(record),
            None => {
                known.push((tree, record.id.clone()));
                Fate::Live(record)
            }
        }
    };
    fates.map(move |fate| fate.map(&mut pass)).boxed_local()
}

/// Counts what a technique has tried; programs that it added and that do something else are rejected.
fn told<'a>(fates: Fates<'a>, technique: Technique, trials: &'a Trials) -> Fates<'a> {
    let expanded = fates.flat_map(move |fate| {
        let fates = match fate {
            Ok(Fate::Live(mut record)) => {
                let tried = std::mem::take(&mut record.body.trials);
                trials.add(technique, &tried);
                let rejected = match technique {
                    Technique::Augment => not_equivalent(&record, &tried),
                    Technique::Clean
                    | Technique::Refactor
                    | Technique::Select
                    | Technique::Synthesize => Vec::new(),
                };
                std::iter::once(Fate::Live(record)).chain(rejected).map(Ok).collect()
            }
            other => vec![other],
        };
        stream::iter(fates)
    });
    expanded.boxed_local()
}

/// The fates of programs that do something else than the one that they were made from. A rule may fail on several programs made of one.
fn not_equivalent(record: &Record<Sample>, tried: &[Trial]) -> Vec<Fate<Sample>> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fates = Vec::new();
    for Trial { rule, end, why } in tried {
        match end {
            TrialEnd::FailsTest | TrialEnd::Differs => {}
            TrialEnd::Same | TrialEnd::SameTree | TrialEnd::Misplaced => continue,
        }
        let time = times.entry(rule).or_default();
        *time += 1;
        let again = if *time > 1 { format!("-{time}") } else { String::new() };
        let why = Rejection::new(Reason::NotEquivalent, format!("{rule}: {why}"));
        let id = format!("{}/{rule}{again}", record.id);
        fates.push(Fate::rejected(id, record.lineage.clone(), why));
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Json};
    use crate::record::Lineage;

    #[test]
    fn a_rule_that_fails_on_several_programs_of_a_row_gives_each_an_id_of_its_own() {
        let trial = |rule: &str, end| Trial { rule: rule.into(), end, why: "why".into() };
        let tried = [
            trial("not-in", TrialEnd::Differs),
            trial("drop-else", TrialEnd::Same),
            trial("not-in", TrialEnd::FailsTest),
            trial("drop-else", TrialEnd::Differs),
            trial("not-in", TrialEnd::Misplaced),
            trial("not-in", TrialEnd::Differs),
        ];
        let Ok(Json::Object(row)) = json::read(r#"{"code": "x = 1"}"#) else { unreachable!() };
        let body = Sample::read(row, "a", &Prompts::default()).unwrap();
        let record =
            Record { id: "a".into(), lineage: Lineage { file: "f".into(), line: 1 }, body };
        let ids: Vec<String> = not_equivalent(&record, &tried)
            .into_iter()
            .map(|fate| match fate {
                Fate::Rejected(dropped) => dropped.id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ids, ["a/not-in", "a/not-in-2", "a/drop-else", "a/not-in-3"]);
    }
}
