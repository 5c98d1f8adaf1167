//! Problems in one language to the same problems in another, by a model whose translations are run.
//!
//! Invariant: both solutions give the same results for the same calls, as data, and the translated tests tell these results from others.

mod anywhere;
mod question;
mod recorded;
mod variants;

use std::collections::BTreeMap;

use futures_util::stream;
use serde::Serialize;

use self::question::{Translate, Translated, digests};
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::respondent::Respondent;
use crate::dataset::problems::Problem;
use crate::error::Result;
use crate::executor::{Described, Executors, OtherLanguage};
use crate::flow::frame::{Ending, Run};
use crate::flow::{self, Fate, Stage};
use crate::record::Record;
use crate::sample::problem::{ProvenanceTranslated, TranslatedProblem};

pub use self::question::Options;

/// The prompts of this pipeline.
pub const PROMPTS: &[Prompt] = &question::PROMPTS;

/// The file of the translated problems.
const PROBLEMS: &str = "samples/problems.jsonl";

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    pub prompts: &'a Prompts,
    pub model: &'a Respondent,
    pub options: &'a Options,
}

/// The settings of this pipeline, as `run.json` states them.
#[derive(Serialize)]
pub struct Settings<'a> {
    model: String,
    #[serde(flatten)]
    options: &'a Options,
    /// The servers that run programs in languages that they list; what ran there is neither sandboxed nor deterministic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    executors: Vec<Described>,
    /// Digests, by name.
    prompts: BTreeMap<String, String>,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    #[serde(skip)]
    pub ending: Ending,
    /// Cases that both languages give the same for.
    pub cases: u64,
    /// Faulty variants that were run, and those that a full test had to reject and did.
    pub variants: u64,
    pub variants_rejected: u64,
}

impl<'a> Task<'a> {
    /// What `run.json` states.
    pub fn settings(&self, executors: Vec<Described>) -> Settings<'a> {
        let (options, prompts) = (self.options, digests(self.prompts));
        Settings { model: self.model.name().to_owned(), options, executors, prompts }
    }
}

/// Names where translations run; an error says what the user can do if they run nowhere.
pub fn place(executors: &Executors, to: &OtherLanguage) -> Result<String> {
    Translate::place(executors, to)
}

/// Has every problem translated, and writes what holds.
pub async fn run(
    problems: impl Iterator<Item = Result<Fate<Problem>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let Run { sandbox, limits, executors, .. } = *run;
    let Task { prompts, model, options } = *task;
    let place = place(executors, &options.to)?;
    let stage = Translate { model, prompts, sandbox, limits, executors, options };
    let journal = run.folder.journal(Translate::NAME)?;
    let problems = stream::iter(run.until_stopped(problems));
    let translated = flow::run(&stage, &journal, run.window, problems);
    let mut output = run.folder.output(PROBLEMS)?;
    let mut summary = Summary::default();
    let ending = run
        .collect(translated, |fate, _| {
            let Fate::Live(Record { id, lineage, body }) = fate else { return Ok(()) };
            summary.cases += body.cases.len() as u64;
            summary.variants += body.variants.run;
            summary.variants_rejected += body.variants.rejected;
            let Translated { source_language, question, solution, demo_test, full_test, .. } = body;
            output.write(&TranslatedProblem {
                question,
                canonical_solution: solution,
                demo_test_func: demo_test,
                full_test_func: full_test,
                language: options.to.name().to_owned(),
                id: format!("{id}/{}", options.to.name()),
                source_id: id,
                source_language,
                results_func: body.results,
                cases: body.cases,
                variants: body.variants,
                provenance: ProvenanceTranslated {
                    tgsand: env!("CARGO_PKG_VERSION").into(),
                    source: lineage,
                    place: place.clone(),
                    limits,
                    fuel: body.fuel,
                    model: model.name().to_owned(),
                    prompts: digests(prompts),
                },
            })
        })
        .await?;
    summary.ending = ending;
    if !summary.ending.interrupted {
        output.finish_unless_empty()?;
        let settings = task.settings(executors.described());
        run.write_report("translate", &settings, &summary.ending, &summary)?;
    }
    Ok(summary)
}
