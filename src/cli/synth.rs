//! `tgsand synth`: raw code in, verified samples out.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::args::model::ModelArgs;
use super::args::text::TextArgs;
use super::args::units::{parse_cases, parse_share};
use super::args::work::{Work, WorkArgs, unfinished};
use super::config::Config;
use super::usage;
use crate::ask::prompt::{Prompts, Role};
use crate::dataset::{self, Fields};
use crate::error::{Error, Exit, Result};
use crate::flow::progress::Progress;
use crate::flow::tally::Words;
use crate::inputs::ModelProposer;
use crate::pipeline::case2code::rules::Rules;
use crate::pipeline::case2code::texts::{TextKind, TextOptions};
use crate::pipeline::case2code::{self, Options, Summary, Task, TextTally};
use crate::report::stderr::tell;

const WORDS: Words = Words::of("functions");

/// Arguments of `tgsand synth`.
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// JSONL rows with `content` (also .gz, .zst, `-`), a .py file, or a folder of them
    input: PathBuf,
    /// Inputs to keep for each function
    #[arg(long, env = "TGSAND_CASES", default_value_t = 10, value_name = "N", value_parser = parse_cases)]
    cases: usize,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Add the paper's rules: no constant outputs, nothing that raises, sizes in range
    #[arg(long, env = "TGSAND_STRICT")]
    strict: bool,
    /// Apply only these rules (comma-separated; a rule is named after its rejection reason)
    #[arg(
        long,
        env = "TGSAND_RULES",
        value_delimiter = ',',
        conflicts_with = "strict",
        value_name = "RULE,…"
    )]
    rules: Option<Vec<String>>,
    /// Reject a function with fewer usable cases than this
    #[arg(long, env = "TGSAND_MIN_CASES", default_value_t = 3, value_name = "N")]
    min_cases: usize,
    /// Reject a function whose similarity to an earlier one is at least this (Jaccard over 4-token
    /// shingles, names ignored)
    #[arg(long, env = "TGSAND_DEDUPE", default_value_t = 0.85, value_name = "0…1", value_parser = parse_share)]
    dedupe: f64,
    /// Keep duplicate functions
    #[arg(long, env = "TGSAND_KEEP_DUPLICATES")]
    keep_duplicates: bool,
    /// Exit with code 4 if less than this share is accepted
    #[arg(long, env = "TGSAND_MIN_YIELD", value_name = "0…1", value_parser = parse_share)]
    min_yield: Option<f64>,
    /// Field that holds a row's id
    #[arg(long, env = "TGSAND_ID_FIELD", default_value = "id", value_name = "NAME")]
    id_field: String,
    /// Field that holds the code
    #[arg(long, env = "TGSAND_CONTENT_FIELD", default_value = "content", value_name = "NAME")]
    content_field: String,
    /// Field that holds separate import lines
    #[arg(long, env = "TGSAND_IMPORT_FIELD", default_value = "import_code", value_name = "NAME")]
    import_field: String,
    /// Stop after this many deferred functions; rerun to retry them
    #[arg(long, env = "TGSAND_MAX_DEFERRED", default_value_t = 100, value_name = "N")]
    max_deferred: u64,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    work: WorkArgs,
    /// Let the built-in proposer add inputs to the model's
    #[arg(long, env = "TGSAND_TOP_UP")]
    top_up: bool,
    /// Folder of prompts that override the built-in ones with the same relative paths
    #[arg(long, env = "TGSAND_PROMPTS", value_name = "DIR")]
    prompts: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs `tgsand synth`.
pub fn run(args: &SynthArgs, config: &Config) -> Result<Exit> {
    let options = options(args)?;
    let fields = Fields {
        id: args.id_field.clone(),
        content: args.content_field.clone(),
        import_code: args.import_field.clone(),
    };
    let prompts = args.prompts.as_deref().map_or_else(|| Ok(Prompts::builtin()), Prompts::open)?;
    let stop = Arc::new(AtomicBool::new(false));
    let model = args.model.open(config, &stop)?;
    let model = model.map(|(model, sampling)| ModelProposer {
        model,
        sampling,
        prompts,
        top_up: args.top_up,
    });
    let text = args.text.options(model.is_some())?;
    let rows = dataset::open(&args.input, &fields)?;
    let asked = model.as_ref().map(|proposer| &proposer.model);
    let work = args.work.open_with(asked, &args.input, "", rows.hang_up, stop)?;
    let started = Instant::now();
    let progress = Progress::start(rows.bytes, WORDS);
    let bytes_read = rows.bytes_read;
    let task = Task {
        sandbox: &work.sandbox,
        model: model.as_ref(),
        text: text.as_ref(),
        options: &options,
        folder: &work.folder,
        stop: &work.stop,
    };
    let summary = work.tokio.block_on(case2code::run(rows.rows, &task, |summary| {
        progress.update(&summary.tally, bytes_read.get());
    }));
    progress.finish();
    work.settle(asked)?;
    let summary = summary?;
    if let Some(model) = asked.filter(|model| model.is_estimate()) {
        usage::print_estimate(model, text.as_ref().map_or(0, |text| text.kinds.len() as u64))?;
        return Ok(if summary.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let mut extra = extra_rows(&summary, text.as_ref());
    extra.extend(asked.into_iter().flat_map(usage::rows));
    tell!("{}", summary.tally.table(WORDS, started.elapsed(), &extra));
    if let Some(model) = asked {
        model.finish()?;
        args.model.tell_batch(model);
    }
    if let Some(exit) = unfinished(&summary.deferrals, summary.interrupted, options.max_deferred) {
        return Ok(exit);
    }
    let mut report = run_report(args, &options, &work, &summary);
    report_model(&mut report, model.as_ref(), text.as_ref(), &summary.texts);
    work.folder.write_json("run.json", &report)?;
    tell!("samples are in {}", work.folder.path().join("samples").display());
    if summary.tally.accepted == 0 && summary.tally.rejected_total() > 0 {
        tell!(
            "tgsand: nothing was accepted; see {} for the reasons",
            work.folder.path().join("rejected.jsonl").display()
        );
    }
    Ok(summary.tally.exit(args.min_yield))
}

fn options(args: &SynthArgs) -> Result<Options> {
    let rules = match &args.rules {
        Some(names) => Rules::named(names).map_err(Error::Usage)?,
        None if args.strict => Rules::strict(),
        None => Rules::default(),
    };
    Ok(Options {
        seed: args.seed,
        inputs: args.cases.max(1),
        limits: args.work.limits(),
        rules: Rules { min_cases: args.min_cases, ..rules },
        dedupe: (!args.keep_duplicates).then_some(args.dedupe),
        // A model answers slowly, and limits its requests itself.
        window: args.work.window().max(args.model.window()),
        max_deferred: args.max_deferred,
    })
}

fn extra_rows(summary: &Summary, text: Option<&TextOptions>) -> Vec<(String, String)> {
    let mut rows = vec![
        ("case2code samples".to_owned(), summary.case2code.to_string()),
        ("qa samples".to_owned(), summary.qa.to_string()),
        ("duels".to_owned(), summary.duels.to_string()),
        ("cases".to_owned(), summary.cases.to_string()),
    ];
    if text.is_some() {
        let TextTally { qa, design, rejected } = &summary.texts;
        rows.push(("designs".to_owned(), design.to_string()));
        rows.push(("texts accepted".to_owned(), (qa + design).to_string()));
        rows.push(("texts rejected".to_owned(), rejected.values().sum::<u64>().to_string()));
        rows.extend(
            rejected
                .iter()
                .map(|(reason, count)| (format!("  {}", reason.name()), count.to_string())),
        );
    }
    let (reached, all) = summary.branch_sides;
    if all > 0 {
        let percent = 100.0 * reached as f64 / all as f64;
        rows.push(("branch coverage".to_owned(), format!("{percent:.1} % ({reached} of {all})")));
    }
    rows
}

/// What the run was told and what it did; nothing here depends on the machine or the time.
fn run_report(
    args: &SynthArgs,
    options: &Options,
    work: &Work,
    summary: &Summary,
) -> serde_json::Value {
    json!({
        "tgsand": env!("CARGO_PKG_VERSION"),
        "pipeline": "case2code",
        "input": args.input,
        "runtime": work.sandbox.fingerprint(),
        "proposer": "builtin",
        "seed": options.seed,
        "cases": options.inputs,
        "limits": options.limits,
        "rules": options.rules.active,
        "min_cases": options.rules.min_cases,
        "dedupe": options.dedupe,
        "in": summary.tally.total(),
        "accepted": summary.tally.accepted,
        "rejected": summary.tally.rejected,
        "deferred": summary.tally.deferred,
        "samples": {"case2code": summary.case2code, "qa": summary.qa, "duel": summary.duels},
        "executed_cases": summary.cases,
        "branch_sides": {"reached": summary.branch_sides.0, "all": summary.branch_sides.1},
    })
}

/// Adds to a report what only a run with a model has: its name, its prompts' digests, and its texts.
fn report_model(
    report: &mut serde_json::Value,
    model: Option<&ModelProposer>,
    text: Option<&TextOptions>,
    tally: &TextTally,
) {
    let Some(model) = model else { return };
    report["proposer"] = model.name().into();
    let mut roles = vec![Role::Propose];
    if let Some(text) = text {
        roles.extend(text.kinds.iter().flat_map(|kind| kind.roles()));
        let kinds: Vec<&str> = text.kinds.iter().map(|kind| kind.name()).collect();
        let TextTally { qa, design, rejected } = tally;
        report["text"] = json!({"kinds": kinds, "lang": text.lang, "accepted": qa + design, "rejected": rejected});
        if text.kinds.contains(&TextKind::Design) {
            report["samples"]["design"] = (*design).into();
        }
    }
    report["prompts"] = json!(model.prompts.digests(&roles));
}
