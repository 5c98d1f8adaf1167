//! Raw code to verified samples: propose inputs, run them, keep what holds, write it up.
//!
//! Invariant: what is written depends on the input, the options and the seed alone, never on timing or threads.

pub mod emit;
pub mod rules;
pub mod texts;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{Stream, StreamExt};
use serde::Serialize;

use self::emit::Emit;
use self::rules::Rules;
use self::texts::{TextKind, TextOptions, TextOutcome, Write, Written};
use crate::ask::prompt::Role;
use crate::cases::execute::Execute;
use crate::cases::{Executed, Target};
use crate::dataset::dedupe::Seen;
use crate::dataset::{RawCode, UniqueIds};
use crate::error::Result;
use crate::flow::deferrals::Deferrals;
use crate::flow::run_folder::{Output, RunFolder};
use crate::flow::tally::Tally;
use crate::flow::{self, Dropped, Fate};
use crate::inputs::{ModelProposer, Propose};
use crate::outcome::{Reason, Rejection};
use crate::python::Module;
use crate::python::examples::examples;
use crate::record::{Lineage, Record};
use crate::sandbox::{Limits, Sandbox};

/// What a run is told.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    /// Inputs to keep for each function.
    pub inputs: usize,
    pub limits: Limits,
    pub rules: Rules,
    /// Functions from this similarity to an earlier one are duplicates; `None` keeps all.
    pub dedupe: Option<f64>,
    /// Functions in work at a time.
    pub window: usize,
    /// Functions deferred for trouble after which the run stops: something is wrong that a rerun must wait for.
    pub max_deferred: u64,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    pub tally: Tally,
    pub case2code: u64,
    pub qa: u64,
    pub duels: u64,
    pub texts: TextTally,
    pub cases: u64,
    /// Branch sides reached and there to reach, over all accepted functions.
    pub branch_sides: (u64, u64),
    #[serde(skip)]
    pub deferrals: Deferrals,
    /// Whether the run was stopped before its input ended.
    #[serde(skip)]
    pub interrupted: bool,
}

/// What became of the texts that a model wrote; functions are counted apart from them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TextTally {
    pub qa: u64,
    pub design: u64,
    pub rejected: BTreeMap<Reason, u64>,
}

/// What a run works with.
pub struct Task<'a> {
    pub sandbox: &'a Sandbox,
    /// Proposes inputs; without one the built-in search does.
    pub model: Option<&'a ModelProposer>,
    /// What the model writes about each accepted function; nothing without a model.
    pub text: Option<&'a TextOptions>,
    pub options: &'a Options,
    pub folder: &'a RunFolder,
    /// Begin nothing new once this is set.
    pub stop: &'a AtomicBool,
}

/// Runs the pipeline and writes the samples; `on_fate` is told of every function as it is decided.
///
/// Where `stop` is set, no new function is begun, and the outputs of the last whole run stay as they are.
pub async fn run(
    rows: impl Iterator<Item = Result<Fate<RawCode>>>,
    task: &Task<'_>,
    mut on_fate: impl FnMut(&Summary),
) -> Result<Summary> {
    let Task { sandbox, model, options, folder, stop, .. } = *task;
    let propose = Propose {
        sandbox,
        model,
        limits: options.limits,
        seed: options.seed,
        inputs: options.inputs,
    };
    let execute = Execute { sandbox, limits: options.limits };
    let prompts = model.map_or_else(BTreeMap::new, |model| model.prompts.digests(&[Role::Propose]));
    let emit = Emit { sandbox, limits: options.limits, seed: options.seed, prompts };
    let journals =
        (folder.journal("propose")?, folder.journal("execute")?, folder.journal("emit")?);

    let mut ids = UniqueIds::default();
    let mut seen = options.dedupe.map(Seen::new);
    let targets = rows
        .take_while(|_| !stop.load(Ordering::Relaxed))
        .flat_map(expand_row)
        .map(move |fate| Ok(without_twins(with_unique_id(fate?, &mut ids), seen.as_mut())));
    let proposed =
        flow::run(&propose, &journals.0, options.window, futures_util::stream::iter(targets));
    let executed = flow::run(&execute, &journals.1, options.window, proposed);
    let validated = executed.map(|fate| Ok(validate(fate?, &options.rules)));
    let emitted = flow::run(&emit, &journals.2, options.window, validated);
    match (task.text, model) {
        (Some(text), Some(model)) => {
            let stage = Write {
                model: &model.model,
                sampling: &model.sampling,
                prompts: &model.prompts,
                sandbox,
                limits: options.limits,
                seed: options.seed,
                options: text,
            };
            let journal = folder.journal("write")?;
            write(flow::run(&stage, &journal, options.window, emitted), task, &mut on_fate).await
        }
        (None, _) | (_, None) => {
            let written = emitted.map(|fate| Ok(fate?.map(Written::without_texts)));
            write(written, task, &mut on_fate).await
        }
    }
}

/// Makes a row's functions out of its code; a row without any is rejected as a whole.
fn expand_row(row: Result<Fate<RawCode>>) -> Vec<Result<Fate<Target>>> {
    match row {
        Err(error) => vec![Err(error)],
        Ok(Fate::Live(record)) => expand(&record).into_iter().map(Ok).collect(),
        Ok(Fate::Rejected(dropped)) => vec![Ok(Fate::Rejected(dropped))],
        Ok(Fate::Deferred(dropped)) => vec![Ok(Fate::Deferred(dropped))],
    }
}

/// Longer code is data or generated; its syntax tree takes a hundred times its size.
const MAX_SOURCE: usize = 1 << 20;

/// Finds the functions of a piece of code, each with all it needs.
pub fn expand(record: &Record<RawCode>) -> Vec<Fate<Target>> {
    let rejected = |reason, detail: String| {
        vec![Fate::rejected(&record.id, record.lineage.clone(), Rejection::new(reason, detail))]
    };
    if record.body.content.len() > MAX_SOURCE {
        return rejected(
            Reason::SizeOutOfRange,
            format!("the code is longer than {} MiB", MAX_SOURCE >> 20),
        );
    }
    let source = with_imports(&record.body);
    let module = match Module::parse(&source) {
        Ok(module) => module,
        Err(error) => return rejected(Reason::UnparsableSource, error.to_string()),
    };
    let candidates = module.candidates();
    if candidates.is_empty() {
        return rejected(
            Reason::NoTargetFunction,
            "the code defines no function at its top level to call".into(),
        );
    }
    let single = candidates.len() == 1;
    candidates
        .into_iter()
        .map(|function| {
            let target = Target {
                program: module.closure(&function.name),
                entry: function.name.clone(),
                examples: examples(&module, function)
                    .iter()
                    .filter_map(|example| example.call.to_source())
                    .collect(),
            };
            let mut fate = record.with_body(target);
            if !single {
                fate.id = format!("{}:{}", record.id, function.name);
            }
            if record.body.is_file {
                fate.lineage.line = function.line as u64;
            }
            Fate::Live(fate)
        })
        .collect()
}

/// Puts the import lines of a row above its code; `from __future__` lines must stay first.
fn with_imports(code: &RawCode) -> String {
    let content = code.content.replace("\r\n", "\n");
    let mut lines: Vec<&str> = Vec::new();
    for line in code.import_code.iter().flat_map(|text| text.lines()) {
        let line = line.trim();
        if !line.is_empty() && !content.contains(line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return content;
    }
    // A stable sort: the rest keeps its order.
    lines.sort_by_key(|line| !line.starts_with("from __future__"));
    format!("{}\n\n{content}", lines.join("\n"))
}

fn with_unique_id(mut fate: Fate<Target>, ids: &mut UniqueIds) -> Fate<Target> {
    let id = match &mut fate {
        Fate::Live(record) => &mut record.id,
        Fate::Rejected(dropped) => &mut dropped.id,
        Fate::Deferred(dropped) => &mut dropped.id,
    };
    *id = ids.unique(std::mem::take(id));
    fate
}

fn without_twins(fate: Fate<Target>, seen: Option<&mut Seen>) -> Fate<Target> {
    let (Fate::Live(record), Some(seen)) = (&fate, seen) else { return fate };
    match seen.twin_or_remember(&record.id, &record.body.program) {
        None => fate,
        Some(twin) => {
            let how = if twin.similarity >= 1.0 { "the same as" } else { "nearly the same as" };
            let rejection = Rejection::new(Reason::Duplicate, format!("{how} {}", twin.id))
                .with_evidence(serde_json::json!({"of": twin.id, "similarity": twin.similarity}));
            Fate::rejected(&record.id, record.lineage.clone(), rejection)
        }
    }
}

fn validate(fate: Fate<Executed>, rules: &Rules) -> Fate<Executed> {
    match fate {
        Fate::Live(record) => match rules.check(&record.body) {
            Ok(kept) => Fate::Live(record.with_body(kept)),
            Err(rejection) => Fate::rejected(&record.id, record.lineage.clone(), rejection),
        },
        dropped => dropped,
    }
}

/// Writes the samples in the order of the input, and puts the files in their places at the end.
async fn write(
    emitted: impl Stream<Item = Result<Fate<Written>>>,
    task: &Task<'_>,
    on_fate: &mut impl FnMut(&Summary),
) -> Result<Summary> {
    let folder = task.folder;
    let has_designs = task.model.is_some()
        && task.text.is_some_and(|text| text.kinds.contains(&TextKind::Design));
    let mut outputs = Outputs {
        case2code: folder.output("samples/case2code.jsonl")?,
        qa: folder.output("samples/qa.jsonl")?,
        duel: folder.output("samples/duel.jsonl")?,
        design: has_designs.then(|| folder.output("samples/design.jsonl")).transpose()?,
        rejected: folder.output("rejected.jsonl")?,
    };
    let mut summary = Summary::default();
    let mut emitted = std::pin::pin!(emitted);
    while let Some(fate) = emitted.next().await {
        match fate? {
            Fate::Live(record) => {
                let written = record.body.with_source(&record.lineage);
                summary.add(&written);
                outputs.add(&written, &record.lineage)?;
            }
            Fate::Rejected(dropped) => {
                summary.tally.reject(dropped.why.reason);
                outputs.rejected.write_rejected(&dropped)?;
            }
            Fate::Deferred(dropped) => {
                summary.tally.deferred += 1;
                summary.deferrals.add(&dropped, task.options.max_deferred, task.stop);
            }
        }
        on_fate(&summary);
    }
    summary.interrupted = task.stop.load(Ordering::Relaxed);
    if !summary.interrupted {
        outputs.finish()?;
        if !has_designs {
            folder.remove("samples/design.jsonl")?;
        }
    }
    Ok(summary)
}

struct Outputs {
    case2code: Output,
    qa: Output,
    duel: Output,
    /// Only where designs are asked for.
    design: Option<Output>,
    rejected: Output,
}

impl Outputs {
    fn add(&mut self, Written { samples, texts }: &Written, lineage: &Lineage) -> Result<()> {
        self.case2code.write(&samples.case2code)?;
        for qa in &samples.qa {
            self.qa.write(qa)?;
        }
        samples.duel.iter().try_for_each(|duel| self.duel.write(duel))?;
        for text in texts {
            match text {
                TextOutcome::Qa(qa) => self.qa.write(qa)?,
                TextOutcome::Design(design) => {
                    self.design.iter_mut().try_for_each(|output| output.write(design))?
                }
                TextOutcome::Rejected { id, why } => {
                    let dropped =
                        Dropped { id: id.clone(), lineage: lineage.clone(), why: why.clone() };
                    self.rejected.write_rejected(&dropped)?;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        for output in
            [self.case2code, self.qa, self.duel, self.rejected].into_iter().chain(self.design)
        {
            output.finish()?;
        }
        Ok(())
    }
}

impl Summary {
    fn add(&mut self, Written { samples, texts }: &Written) {
        self.tally.accepted += 1;
        self.case2code += 1;
        self.qa += samples.qa.len() as u64;
        self.duels += u64::from(samples.duel.is_some());
        for text in texts {
            match text {
                TextOutcome::Qa(_) => {
                    self.qa += 1;
                    self.texts.qa += 1;
                }
                TextOutcome::Design(_) => self.texts.design += 1,
                TextOutcome::Rejected { why, .. } => {
                    *self.texts.rejected.entry(why.reason).or_default() += 1
                }
            }
        }
        let sample = &samples.case2code;
        self.cases += (sample.visible_cases.len() + sample.hidden_cases.len()) as u64;
        if let Some((reached, all)) = sample.provenance.branch_coverage {
            self.branch_sides.0 += reached as u64;
            self.branch_sides.1 += all as u64;
        }
    }
}
