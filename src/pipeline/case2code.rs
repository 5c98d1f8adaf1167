//! Raw code to verified samples: propose inputs, run them, keep what holds, write it up.
//!
//! Invariant: what is written depends on the input, the options and the seed alone, never on timing or threads.

pub mod emit;
mod fit;
pub mod report;
pub mod texts;

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt};

use self::emit::{Balance, Emit};
use self::fit::Fit;
use self::report::{Counts, Report, Settings};
use self::texts::{TextKind, TextOptions, TextOutcome, Write, Written};
use crate::ask::prompt::{Prompt, Prompts};
use crate::cases::execute::Execute;
use crate::cases::rules::{self, Rules};
use crate::cases::{Executed, Target};
use crate::dataset::RawCode;
use crate::dataset::dedupe::{Seen, without_twins};
use crate::dataset::functions::Finder;
use crate::dataset::rows::UniqueIds;
use crate::error::Result;
use crate::flow::frame::{Ending, Rejected, Run};
use crate::flow::output::Output;
use crate::flow::run_folder::RunFolder;
use crate::flow::{self, Dropped, Fate};
use crate::inputs::{ModelProposer, PROPOSE, Propose};
use crate::python::prose::Docstrings;
use crate::record::Lineage;
use crate::sample::MutantPair;
use crate::sample::preference::MutantPreference;

/// The prompts of this pipeline.
pub const PROMPTS: &[Prompt] =
    &[emit::INSTRUCTIONS, PROPOSE, texts::QA, texts::DESIGN, texts::REPAIR];

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    /// Inputs to keep for each function.
    pub inputs: usize,
    pub rules: Rules,
    /// Functions from this similarity to an earlier one are duplicates; `None` keeps all.
    pub dedupe: Option<f64>,
    /// Whether private functions and methods are taken.
    pub private: bool,
    /// How much the programs of the samples say about themselves.
    pub docstrings: Docstrings,
    /// How many calls of the program's functions a trace follows; if there are more, it has the call's own steps alone.
    pub frames: usize,
    /// A program with more characters than this is left out.
    pub max_program: usize,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
}

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    pub prompts: &'a Prompts,
    /// Proposes inputs; without one the built-in search does.
    pub model: Option<&'a ModelProposer>,
    /// What the model writes about each accepted function; nothing without a model.
    pub text: Option<&'a TextOptions>,
    pub options: &'a Options,
}

/// Runs the pipeline and writes the samples and `run.json`.
///
/// If the run is stopped, no new function is begun, and the outputs of the last whole run stay as they are.
pub async fn run(
    rows: impl Iterator<Item = Result<Fate<RawCode>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let Task { prompts, model, options, .. } = *task;
    let Run { sandbox, limits, folder, window, .. } = *run;
    let propose =
        Propose { sandbox, prompts, model, limits, seed: options.seed, inputs: options.inputs };
    let execute = Execute { sandbox, limits };
    let asked_with = model.map_or_else(BTreeMap::new, |_| prompts.digests([&PROPOSE]));
    let docstrings = options.docstrings;
    let (seed, frames) = (options.seed, options.frames);
    let emit = Emit { sandbox, prompts, limits, seed, docstrings, frames, asked_with };
    let journals =
        (folder.journal("propose")?, folder.journal("execute")?, folder.journal("emit")?);

    let mut finder = Finder::of_all(options.private, run.sandbox.imported());
    let mut ids = UniqueIds::default();
    let seen = options.dedupe.map(Seen::new);
    // A model is not asked about a twin; otherwise only what is accepted has any: a function that gives no sample is repeated by none.
    let (mut early, mut late) = if model.is_some() { (seen, None) } else { (None, seen) };
    let fit = Fit {
        max_program: options.max_program,
        docstrings,
        imported: run.sandbox.imported().to_vec(),
    };
    let targets =
        run.until_stopped(rows).flat_map(move |row| finder.expand_row(row)).map(move |fate| {
            let fate = fit::fitting(ids.apply(fate?), &fit);
            Ok(without_twins(fate, early.as_mut(), Target::function_text))
        });
    let proposed = flow::run(&propose, &journals.0, window, futures_util::stream::iter(targets));
    // Inputs are found with all that the code says; what runs from here on is what the samples have.
    let told =
        proposed.map(move |fate| Ok(fate?.map(|it| it.with_needed().with_docstrings(docstrings))));
    let executed = flow::run(&execute, &journals.1, window, told);
    let validated = executed.map(move |fate| {
        let fate = rules::validate(fate?, &options.rules);
        Ok(without_twins(fate, late.as_mut(), |it: &Executed| it.target.function_text()))
    });
    let emitted = flow::run(&emit, &journals.2, window, validated);
    match (task.text, model) {
        (Some(text), Some(model)) => {
            let stage = Write {
                model: &model.model,
                sampling: &model.sampling,
                prompts,
                sandbox,
                limits,
                seed: options.seed,
                options: text,
            };
            let journal = folder.journal("write")?;
            write(flow::run(&stage, &journal, window, emitted), run, task).await
        }
        (None, _) | (_, None) => {
            let written = emitted.map(|fate| Ok(fate?.map(Written::without_texts)));
            write(written, run, task).await
        }
    }
}

/// Writes the samples in the order of the input, and puts the files in their places at the end.
async fn write(
    written: impl Stream<Item = Result<Fate<Written>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let mut outputs = Outputs::open(run.folder, task.has_designs())?;
    let mut counts = Counts::default();
    let mut balance = Balance::default();
    let ending = run
        .collect(written, |fate, rejected| match fate {
            Fate::Live(record) => {
                let written = record.body.with_source(&record.lineage);
                let sample = &written.samples.case2code;
                let variant = balance.choose(&sample.program, &written.samples.variants);
                let duel = variant.and_then(|variant| variant.pair(sample));
                counts.add(&written, duel.is_some());
                outputs.add(&written, duel, &record.lineage, rejected)
            }
            Fate::Rejected(dropped) => {
                counts.add_rejected(&dropped.why);
                Ok(())
            }
            Fate::Deferred(_) => Ok(()),
        })
        .await?;
    let summary = Summary { ending, counts };
    if !summary.ending.interrupted {
        outputs.finish(run.folder)?;
        let report = Report::new(task, &summary.counts);
        run.write_report("case2code", &Settings::of(task), &summary.ending, &report)?;
    }
    Ok(summary)
}

struct Outputs {
    case2code: Output,
    qa: Output,
    duel: Output,
    /// Only if designs are asked for.
    design: Option<Output>,
}

const DESIGNS: &str = "samples/design.jsonl";

impl Outputs {
    fn open(folder: &RunFolder, has_designs: bool) -> Result<Self> {
        Ok(Self {
            case2code: folder.output("samples/case2code.jsonl")?,
            qa: folder.output("samples/qa.jsonl")?,
            duel: folder.output("samples/duel.jsonl")?,
            design: has_designs.then(|| folder.output(DESIGNS)).transpose()?,
        })
    }

    fn add(
        &mut self,
        Written { samples, texts }: &Written,
        duel: Option<MutantPair>,
        lineage: &Lineage,
        rejected: &mut Rejected,
    ) -> Result<()> {
        self.case2code.write(&samples.case2code)?;
        for qa in &samples.qa {
            self.qa.write(qa)?;
        }
        let duel = duel.map(MutantPreference::from);
        duel.iter().try_for_each(|duel| self.duel.write(duel))?;
        for text in texts {
            match text {
                TextOutcome::Qa(qa) => self.qa.write(&**qa)?,
                TextOutcome::Design(design) => {
                    self.design.iter_mut().try_for_each(|output| output.write(&**design))?;
                }
                TextOutcome::Rejected { id, why } => rejected.write(&Dropped {
                    id: id.clone(),
                    lineage: lineage.clone(),
                    why: why.clone(),
                })?,
            }
        }
        Ok(())
    }

    fn finish(self, folder: &RunFolder) -> Result<()> {
        if self.design.is_none() {
            folder.remove(DESIGNS)?;
        }
        for output in [self.case2code, self.qa, self.duel].into_iter().chain(self.design) {
            output.finish_unless_empty()?;
        }
        Ok(())
    }
}

impl Task<'_> {
    fn has_designs(&self) -> bool {
        let is_asked = |text: &TextOptions| text.kinds.contains(&TextKind::Design);
        self.model.is_some() && self.text.is_some_and(is_asked)
    }

    /// The digests of the prompts that the run works with, by name.
    fn prompt_digests(&self) -> BTreeMap<String, String> {
        let mut prompts = vec![emit::INSTRUCTIONS];
        if self.model.is_some() {
            prompts.push(PROPOSE);
            let kinds = self.text.iter().flat_map(|text| &text.kinds);
            prompts.extend(kinds.flat_map(|kind| kind.prompts()));
        }
        self.prompts.digests(&prompts)
    }
}
