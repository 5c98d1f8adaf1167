//! Questions and designs of a repository: made of its index and of executions, checked against both, and written.
//!
//! Invariant: no text is written that does not hold against the index; what does not hold is rejected with the claim.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::calls::{self, CallStage, Callable, Called};
use super::code::Code;
use super::draft::{QaDraft, Topic};
use super::qa::{self, Manner};
use crate::ask::prompt::Prompts;
use crate::cases::execute::Execute;
use crate::error::Result;
use crate::flow::frame::{Ending, Rejected, Run};
use crate::flow::{self, Dropped, Fate};
use crate::ground::repository::{About, Checked, Execution, Repository};
use crate::ground::{Ground, ungrounded};
use crate::index::{Index, Kind, Role, SymbolId};
use crate::inputs::Propose;
use crate::outcome::Reason;
use crate::record::{Lineage, Record};
use crate::sample::repository::{
    RepoExecution, RepoProvenance, RepoQa, RepoQuestion, TextLanguage,
};
use crate::sample::turn::ChatMessage;

/// Statements of a function that is asked about, at least.
const MIN_STATEMENTS: u32 = 2;
/// Lines of a function that is asked about, at most.
const MAX_LINES: u32 = 200;
/// Inputs that are kept for a function.
const INPUTS: usize = 8;

/// The settings of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Options {
    pub qa: bool,
    pub design: bool,
    pub seed: u64,
    /// Functions that are asked about; `None` for all.
    pub limit: Option<usize>,
    /// Questions about one function at most.
    pub per_function: usize,
    pub languages: Vec<TextLanguage>,
}

/// What a run has written, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub qa: BTreeMap<&'static str, u64>,
    pub design: BTreeMap<&'static str, u64>,
    /// Functions that could be called, of all that were asked about, and why others could not.
    pub called: u64,
    pub not_called: BTreeMap<&'static str, u64>,
    /// Texts that did not hold, by reason.
    pub text: BTreeMap<&'static str, u64>,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
}

/// Runs the pipeline over an index, and writes the samples and `run.json`.
pub async fn run(index: &Index, run: &Run<'_>, options: &Options) -> Result<Summary> {
    let code = Code::new(index)?;
    let repository = Repository::of(index)?;
    let modules = calls::modules(&code)?;
    let prompts = Prompts::default();
    let stage = CallStage {
        propose: Propose {
            sandbox: run.sandbox,
            prompts: &prompts,
            model: None,
            limits: run.limits,
            seed: options.seed,
            inputs: INPUTS,
        },
        execute: Execute { sandbox: run.sandbox, limits: run.limits },
        modules: &modules,
        sources: &|module| source_of(&code, module),
    };
    let manner = Manner { seed: options.seed, languages: options.languages.clone() };
    let mut writer = Writer {
        code: &code,
        ground: Ground { sandbox: run.sandbox, limits: run.limits },
        repository: &repository,
        run,
        options,
        manner: &manner,
        counts: Counts::default(),
    };
    let mut output = run.folder.output("samples/qa.jsonl")?;
    let functions = chosen(index, options);
    let records = functions.iter().map(|&id| record(&code, &modules, id));
    let journal = run.folder.journal("call")?;
    let called = flow::run(
        &stage,
        &journal,
        run.window,
        futures_util::stream::iter(run.until_stopped(records)),
    );
    let drafts = called.zip(futures_util::stream::iter(functions.iter()));
    // A record is done when its rows are made, so that the count shows how far the run is.
    let written = drafts.then(|(fate, &id)| writer_rows(&writer, fate, id));
    let mut all: Vec<Made> = Vec::new();
    let mut rows = Vec::new();
    let ending = run
        .collect(written, |fate, rejected| {
            if let Fate::Live(record) = fate {
                record.body.write(&mut output, rejected, &mut rows)?;
                all.push(record.body.without_rows());
            }
            Ok(())
        })
        .await?;
    all.iter().for_each(|made| writer.counts.add(made));
    let mut summary = Summary { ending, counts: Counts::default() };
    if !summary.ending.interrupted && !run.stop.load(Ordering::Relaxed) {
        for draft in qa::of_repository(&code, &manner)? {
            let made = writer.made(vec![draft], None).await?;
            made.write_rows(&mut output)?;
            writer.counts.add(&made);
        }
        output.finish()?;
        summary.counts = writer.counts.clone();
        run.write_report("repo", options, &summary.ending, &summary.counts)?;
    }
    Ok(summary)
}
