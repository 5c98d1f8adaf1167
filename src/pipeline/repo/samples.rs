//! Questions and designs of a repository: made of its index and of executions, checked against both, and written.
//!
//! Invariant: no text is written that does not hold against the index; what does not hold is rejected with the claim.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use serde::Serialize;

use super::by_model::AskStage;
use super::calls::{self, CallStage, Callable, Called, Loads};
use super::choose::{Rules, choose};
use super::code::Code;
use super::make::{Made, Maker};
use super::manner::Manner;
use super::options::Options;
use super::plan::Plan;
use crate::ask::prompt::Prompts;
use crate::ask::respondent::Respondent;
use crate::cases::execute::Execute;
use crate::error::Result;
use crate::flow::frame::{Ending, REJECTED, Run};
use crate::flow::output::Output;
use crate::flow::run_folder::RunFolder;
use crate::flow::{self, Dropped, Fate};
use crate::ground::Ground;
use crate::ground::repository::Repository;
use crate::index::{FileId, Index, Role, SymbolId};
use crate::inputs::Propose;
use crate::record::{Lineage, Record};
use crate::schema::Row;

/// Inputs that are kept for a function.
const INPUTS: usize = 8;

const QA: &str = "samples/qa.jsonl";
const DESIGN: &str = "samples/design.jsonl";

/// Takes away what earlier runs have written of samples.
pub fn remove(folder: &RunFolder) -> Result<()> {
    [QA, DESIGN, REJECTED].iter().try_for_each(|name| folder.remove(name))
}

/// What this pipeline needs in addition to the frame of every run.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub options: &'a Options,
    pub prompts: &'a Prompts,
    /// Writes questions and designs of its own.
    pub author: Option<&'a Respondent>,
}

/// What a run has written, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub functions: u64,
    /// Functions that ran in the sandbox with at least one result.
    pub executed: u64,
    pub qa: BTreeMap<&'static str, u64>,
    pub design: BTreeMap<&'static str, u64>,
    /// Texts that did not hold, by reason.
    pub text: BTreeMap<&'static str, u64>,
    /// Why functions gave no execution, by reason.
    pub not_executed: BTreeMap<&'static str, u64>,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
}

/// Runs the pipeline over an index, and writes the samples and `run.json`.
pub async fn run(index: &Index, run: &Run<'_>, task: &Task<'_>) -> Result<Summary> {
    let Task { options, prompts, author } = *task;
    let code = Code::new(index)?;
    let repository = Repository::of(index)?;
    let modules = repository.modules();
    let stage = CallStage {
        propose: Propose {
            sandbox: run.sandbox,
            prompts,
            model: None,
            limits: run.limits,
            seed: options.seed,
            inputs: INPUTS,
        },
        execute: Execute { sandbox: run.sandbox, limits: run.limits },
        modules,
        code: &code,
        loads: Loads::default(),
    };
    let manner = Manner { seed: options.seed, languages: options.languages.clone() };
    let functions = chosen(index, options)?;
    let plan = match options.qa {
        true => Plan::of(&code, &manner, &functions)?,
        false => Plan::default(),
    };
    let maker = Maker {
        code: &code,
        ground: Ground { sandbox: run.sandbox, limits: run.limits },
        repository: &repository,
        runtime: run.sandbox.fingerprint(),
        options,
        manner: &manner,
        plan: &plan,
        tested: Default::default(),
    };
    let records = functions.iter().map(|&id| record(&code, &stage, id));
    let journal = run.folder.journal("call")?;
    let records = futures_util::stream::iter(run.until_stopped(records));
    let called = flow::run(&stage, &journal, run.window, records);
    let of_functions = called
        .zip(futures_util::stream::iter(functions.iter()))
        .then(|(fate, &id)| of_function(&maker, fate, id));
    let files = index.all_files().filter(|(_, file)| file.role == Role::Source);
    let mut files: Vec<FileId> = files.map(|(id, _)| id).collect();
    if options.limit.is_some() {
        files.retain(|&file| functions.iter().any(|&id| index.symbol(id).file == file));
    }
    let of_files = futures_util::stream::iter(run.until_stopped(files.into_iter()))
        .then(|file| of_file(&maker, file));
    let ground = || Ground { sandbox: run.sandbox, limits: run.limits };
    let asking = author.map(|respondent| AskStage {
        respondent,
        prompts,
        ground: ground(),
        repository: &repository,
        digest: &index.revision.digest,
    });
    let replies = asking.is_some().then(|| run.folder.journal("repo-ask")).transpose()?;
    let of_author = match asking.as_ref().zip(replies.as_ref()) {
        Some((stage, replies)) => {
            let designs = if options.design { maker.designs(prompts)? } else { Vec::new() };
            let asked = functions.iter().filter(|_| options.qa);
            let questions = asked.map(|&id| maker.question(prompts, id));
            let orders = questions.chain(designs.into_iter().map(Ok));
            let orders = run.until_stopped(orders.map(|order| order.map(Fate::Live)));
            let delivered =
                flow::run(stage, replies, run.window, futures_util::stream::iter(orders));
            let name = stage.respondent.name();
            let digests = format!("{:?}", prompts.digests(super::by_model::PROMPTS_ASKED));
            let maker = &maker;
            delivered
                .map(move |fate| {
                    Ok(match fate? {
                        Fate::Live(record) => {
                            let made = maker.delivered(&record, name, &digests)?;
                            Fate::Live(record.with_body(made))
                        }
                        Fate::Rejected(dropped) => Fate::Rejected(dropped),
                        Fate::Deferred(dropped) => Fate::Deferred(dropped),
                    })
                })
                .boxed_local()
        }
        None => futures_util::stream::empty().boxed_local(),
    };
    let made = of_functions.chain(of_files).chain(of_author);

    // A file is written only if it has rows: loaders do not take an empty one.
    let (mut qa, mut design): (Option<Output>, Option<Output>) = (None, None);
    let mut counts = Counts::default();
    let ending = run
        .collect(made, |fate, rejected| {
            let Fate::Live(Record { lineage, body: made, .. }) = fate else { return Ok(()) };
            counts.add(&made);
            write(run.folder, QA, &mut qa, &made.qa)?;
            write(run.folder, DESIGN, &mut design, &made.design)?;
            made.rejected.into_iter().try_for_each(|(id, why)| {
                rejected.write(&Dropped { id, lineage: lineage.clone(), why })
            })
        })
        .await?;
    if !ending.interrupted {
        // What earlier runs with other options have written is not of this one.
        let (no_qa, no_design) = (qa.is_none(), design.is_none());
        let stale =
            [(no_qa, QA), (no_design, DESIGN)].into_iter().filter(|(is_stale, _)| *is_stale);
        stale.map(|(_, name)| name).try_for_each(|name| run.folder.remove(name))?;
        if !options.index {
            super::INDEX_FILES.iter().try_for_each(|name| run.folder.remove(name))?;
        }
        for output in qa.into_iter().chain(design) {
            output.finish()?;
        }
        run.write_report("repo", options, &ending, &counts)?;
    }
    Ok(Summary { ending, counts })
}

/// Writes rows to a file, which is begun with the first of them.
fn write<T: Row>(
    folder: &RunFolder,
    name: &str,
    output: &mut Option<Output>,
    rows: &[T],
) -> Result<()> {
    for row in rows {
        let output = match output {
            Some(output) => output,
            None => output.insert(folder.output(name)?),
        };
        output.write(row)?;
    }
    Ok(())
}

impl Counts {
    fn add(&mut self, made: &Made) {
        if let Some(called) = &made.called {
            self.functions += 1;
            self.executed += u64::from(!called.cases.is_empty());
            if let Some(why) = &called.why_not {
                *self.not_executed.entry(why.reason.name()).or_default() += 1;
            }
        }
        for row in &made.qa {
            *self.qa.entry(row.kind.name()).or_default() += 1;
        }
        for row in &made.design {
            *self.design.entry(row.kind.name()).or_default() += 1;
        }
        for (_, why) in &made.rejected {
            *self.text.entry(why.reason.name()).or_default() += 1;
        }
    }
}

/// The functions that are asked about, in the order of the index.
fn chosen(index: &Index, options: &Options) -> Result<Vec<SymbolId>> {
    let rules = Rules { seed: options.seed, ..Rules::default() };
    let mut ids = choose(index, &rules)?.chosen;
    // What is inside a function has no name outside of it.
    ids.retain(|&id| !index.symbol(id).qualified_name.contains("<locals>"));
    ids.truncate(options.limit.unwrap_or(usize::MAX));
    ids.sort_unstable();
    Ok(ids)
}

fn record(code: &Code<'_>, stage: &CallStage<'_>, id: SymbolId) -> Result<Fate<Callable>> {
    let symbol = code.index.symbol(id);
    let path = &code.index.file(symbol.file).path;
    Ok(Fate::Live(Record {
        id: format!("{path}:{}:{}", symbol.qualified_name, symbol.lines.start),
        lineage: Lineage { file: path.clone(), line: symbol.lines.start.into() },
        body: calls::callable(code, stage.modules, id)?,
    }))
}

async fn of_function(
    maker: &Maker<'_>,
    fate: Result<Fate<Called>>,
    id: SymbolId,
) -> Result<Fate<Made>> {
    Ok(match fate? {
        Fate::Live(record) => {
            let made = maker.of_function(id, record.body.clone()).await?;
            Fate::Live(record.with_body(made))
        }
        Fate::Rejected(dropped) => Fate::Rejected(dropped),
        Fate::Deferred(dropped) => Fate::Deferred(dropped),
    })
}

async fn of_file(maker: &Maker<'_>, file: FileId) -> Result<Fate<Made>> {
    let path = maker.code.index.file(file).path.clone();
    let body = maker.of_file(file).await?;
    let lineage = Lineage { file: path.clone(), line: 1 };
    Ok(Fate::Live(Record { id: path, lineage, body }))
}
