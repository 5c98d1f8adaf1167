//! `tgsand eval`: scores a model, replies that exist, or a test set's own programs; compares two runs.

mod compare;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::config::Config;
use super::model_args::ModelArgs;
use super::units::parse_share;
use super::work::{Work, WorkArgs, unfinished};
use super::{say, usage};
use crate::dataset::completions::{CompletionFields, Completions};
use crate::dataset::problems;
use crate::error::{Error, Exit, Result};
use crate::eval::html::Page;
use crate::eval::report::{Report, Scores, markdown};
use crate::flow::progress::Progress;
use crate::outcome::Reason;
use crate::pipeline::evaluate::{self, Answers, Summary, Task};
use crate::reply::Pick;
use crate::stage::judge::{MatchErrors, MatchStdout, Matching, Verdict};

/// Arguments of `tgsand eval`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    mut_arg("fuel", |arg| arg.default_value("2G")),
    mut_arg("output", |arg| arg.default_value("1M"))
)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    /// JSONL problems: case2code, HumanEval, MBPP, APPS, CodeContests, AutoCodeBench (also .gz, .zst, `-`)
    #[arg(required = true, value_name = "TEST")]
    test: Option<PathBuf>,
    /// Score the replies in this JSONL file instead of asking a model
    #[arg(long, value_name = "FILE", conflicts_with = "reference")]
    completions: Option<PathBuf>,
    /// Score the test set's own reference programs, and ask no model
    #[arg(long)]
    reference: bool,
    /// Field of the completions that holds a problem's id [default: task_id, id or problem_id]
    #[arg(long, env = "TGSAND_EVAL_ID_FIELD", value_name = "NAME")]
    id_field: Option<String>,
    /// Field that holds a reply or a list of them [default: completions, completion, output, solution or generation]
    #[arg(long, env = "TGSAND_COMPLETION_FIELD", value_name = "NAME")]
    completion_field: Option<String>,
    /// Samples to ask for, for each problem
    #[arg(long = "n", env = "TGSAND_SAMPLES", default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// The k of pass@k
    #[arg(long, env = "TGSAND_K", value_delimiter = ',', default_value = "1", value_name = "K,…", value_parser = clap::value_parser!(u64).range(1..))]
    k: Vec<u64>,
    /// What has to be the same of an expected exception
    #[arg(long = "match", env = "TGSAND_MATCH", value_enum, default_value_t, value_name = "type|text")]
    match_errors: MatchErrors,
    /// What has to be the same of expected output
    #[arg(long, env = "TGSAND_STDOUT", value_enum, default_value_t, value_name = "tokens|exact")]
    stdout: MatchStdout,
    /// Share by which floats may differ; exact where it is not given
    #[arg(long, env = "TGSAND_FLOAT_TOLERANCE", value_name = "0…1", value_parser = parse_share)]
    float_tolerance: Option<f64>,
    /// Take the first fenced block that answers, not the last
    #[arg(long, env = "TGSAND_FIRST_BLOCK")]
    first_block: bool,
    /// End with exit code 4 where pass@k, for the first k given, is below this
    #[arg(long, env = "TGSAND_MIN_PASS", value_name = "0…1", value_parser = parse_share)]
    min_pass: Option<f64>,
    /// Seed of the intervals
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Print the scores as one JSON object
    #[arg(long)]
    json: bool,
    /// Deferred problems after which the run stops; a rerun tries them again
    #[arg(long, env = "TGSAND_MAX_DEFERRED", default_value_t = 100, value_name = "N")]
    max_deferred: u64,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Debug, Subcommand)]
enum EvalCommand {
    /// Compare two runs problem by problem
    Compare(compare::CompareArgs),
}

/// Runs `tgsand eval`.
pub fn run(args: &EvalArgs, config: &Config) -> Result<Exit> {
    match (&args.command, &args.test) {
        (Some(EvalCommand::Compare(args)), _) => compare::run(args),
        (None, Some(test)) => run_eval(args, test, config),
        (None, None) => Err(Error::Usage("eval needs a test set".into())),
    }
}

fn run_eval(args: &EvalArgs, test: &Path, config: &Config) -> Result<Exit> {
    // A model that the environment or tgsand.toml names is not asked for what exists.
    let is_given = args.completions.is_some() || args.reference;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = if is_given { None } else { args.model.open(config, &stop)? };
    let fields = CompletionFields { id: args.id_field.clone(), completion: args.completion_field.clone() };
    let completions = args.completions.as_deref().map(|path| Completions::read(path, &fields)).transpose()?;
    for bad in completions.iter().flat_map(|completions| &completions.bad) {
        eprintln!("tgsand: left out: {bad}");
    }
    let (answers, name) = match (&asked, &completions, args.reference) {
        (Some((model, sampling)), _, _) => {
            if let Some(k) = args.k.iter().find(|&&k| k > args.samples.into()) {
                return Err(Error::Usage(format!("pass@{k} needs --n {k} samples or more")));
            }
            (Answers::Model { model, sampling, samples: args.samples }, model.fingerprint())
        }
        (None, Some(completions), _) => {
            let name = args.completions.as_deref().map_or_else(String::new, super::work::run_name);
            (Answers::Given(completions), name)
        }
        (None, None, true) => (Answers::Reference, "reference".to_owned()),
        (None, None, false) => {
            return Err(Error::Usage("eval needs --model, --completions or --reference".into()));
        }
    };
    let rows = problems::open(test)?;
    let model = asked.as_ref().map(|(model, _)| model);
    let work = args.work.open_with(model, test, &format!("-{}", in_a_path(&name)), rows.hang_up, stop)?;
    let (started, progress, bytes_read) = (Instant::now(), Progress::start(rows.bytes), rows.bytes_read);
    let matching = Matching { float_tolerance: args.float_tolerance, errors: args.match_errors, stdout: args.stdout };
    let task = Task {
        sandbox: &work.sandbox,
        limits: args.work.limits(),
        matching,
        answers,
        pick: if args.first_block { Pick::First } else { Pick::Last },
        window: args.work.window().max(args.model.window()),
        max_deferred: args.max_deferred,
        folder: &work.folder,
        stop: &work.stop,
    };
    let (mut scores, mut page) = (Scores::default(), Page::default());
    let summary = work.tokio.block_on(evaluate::run(rows.rows, &task, |summary, attempt| {
        progress.update(&summary.tally, bytes_read.get());
        if let Some(attempt) = attempt {
            scores.add(attempt);
            page.add(attempt);
        }
    }));
    progress.finish();
    work.settle(model)?;
    let summary = summary?;
    if let Some(model) = model.filter(|model| model.is_estimate()) {
        usage::print_samples_estimate(model)?;
        return Ok(if summary.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let extra: Vec<(String, String)> = model.into_iter().flat_map(usage::rows).collect();
    eprintln!("{}", summary.tally.table("problems", started.elapsed(), &extra));
    if let Some(model) = model {
        model.finish()?;
        args.model.tell_batch(model);
    }
    if let Some(exit) = unfinished(&summary.deferrals, summary.interrupted, args.max_deferred) {
        return Ok(exit);
    }
    if summary.tally.accepted == 0 && summary.tally.deferred > 0 {
        return Ok(Exit::Incomplete);
    }
    let report = scores.report(&args.k, args.seed);
    let cost = model.and_then(|model| model.cost_of(report.usage.prompt_tokens, report.usage.completion_tokens));
    let mut rows = report.rows();
    rows.extend(cost.map(|cost| ("cost".to_owned(), format!("{cost:.4} USD"))));
    let title = format!("{} on {}", name, super::work::run_name(test));
    let mut json = json!({"tgsand": env!("CARGO_PKG_VERSION"), "test": test, "answers": name});
    if let Json::Object(json) = &mut json {
        json.extend(report.json());
        json.insert("cost".into(), json!(cost));
        json.extend(settings(args, &work, &summary, matching));
    }
    work.folder.write_text("report.md", &markdown(&title, &rows))?;
    work.folder.write_text("report.html", &page.finish(&title, &rows))?;
    work.folder.write_json("run.json", &json)?;
    for reference in &report.failing_references {
        eprintln!("tgsand: {reference}: the reference program does not pass its own tests");
    }
    if let Some(refused) = report.failures.get(Verdict::Refused.name()) {
        eprintln!("tgsand: {refused} samples count as wrong because the server would not take the question");
    }
    if report.problems == 0 {
        eprintln!("tgsand: no problem was scored");
    }
    match args.json {
        true => say(&json.to_string())?,
        false => say(markdown(&title, &rows).trim_end())?,
    }
    eprintln!("report.html, report.md and results.jsonl are in {}", work.folder.path().display());
    Ok(exit(args, &summary, &report, completions.as_ref()))
}

/// What the run was told and what became of its rows.
fn settings(args: &EvalArgs, work: &Work, summary: &Summary, matching: Matching) -> serde_json::Map<String, Json> {
    let settings = json!({
        "runtime": work.sandbox.fingerprint(),
        "limits": args.work.limits(),
        "matching": matching,
        "seed": args.seed,
        "in": summary.tally.total(),
        "left_out": summary.tally.rejected,
        "deferred": summary.tally.deferred,
    });
    match settings {
        Json::Object(settings) => settings,
        _ => serde_json::Map::new(),
    }
}

fn exit(args: &EvalArgs, summary: &Summary, report: &Report, completions: Option<&Completions>) -> Exit {
    let unanswered = summary.tally.rejected.get(&Reason::Unanswered).copied().unwrap_or_default();
    if unanswered > 0 {
        eprintln!("tgsand: {unanswered} problems have no reply; the scores are of the others");
    }
    let is_whole = unanswered == 0 && completions.is_none_or(|completions| completions.bad.is_empty());
    if !is_whole || summary.tally.deferred > 0 {
        return Exit::Incomplete;
    }
    let pass = report.pass_at.first().and_then(|(_, estimate)| estimate.value);
    match args.min_pass {
        Some(least) if pass.is_none_or(|pass| pass < least) => Exit::BelowGate,
        Some(_) | None => Exit::Done,
    }
}

/// A name as part of a folder's name.
fn in_a_path(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }).collect()
}
