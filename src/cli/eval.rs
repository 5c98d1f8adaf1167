//! `tgsand eval`: scores a model, replies that exist, or a test set's own programs; compares two runs.

mod compare;
mod libraries;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::{Args, Subcommand};

use super::args::executors;
use super::args::model::ModelArgs;
use super::args::prompts::PromptArgs;
use super::args::units::{parse_k, parse_non_negative, parse_positive, parse_share};
use super::args::work::{Opening, WorkArgs, run_name, whole_path};
use super::config::Config;
use super::{say, tell_left_out, tell_some, usage};
use crate::dataset::completions::{CompletionFields, Completions, Unclaimed};
use crate::dataset::problems;
use crate::error::{Error, Exit, Result};
use crate::executor::Described;
use crate::flow::frame::Ending;
use crate::flow::tally::Words;
use crate::grade::{MatchErrors, MatchStdout, Matching, Prelude, TestResult};
use crate::model::{Model, Sampling};
use crate::outcome::Reason;
use crate::pipeline::eval::report::Scored;
use crate::pipeline::eval::score_report::{FailingReference, ScoreReport};
use crate::pipeline::eval::{self, Answers, Asked, Summary, Task};
use crate::reply::Pick;
use crate::report::counted;
use crate::report::stderr::{inform, tell};

const WORDS: Words = Words { things: "problems", accepted: "scored", rejected: "left out" };

/// Arguments of `tgsand eval`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    mut_arg("fuel", |arg| arg.default_value("50G")),
    mut_arg("output", |arg| arg.default_value("1M")),
    mut_arg("out", |arg| arg.help("Output folder [default: runs/<test set>-<model, completions or reference>]"))
)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    /// Problems, JSONL, one JSON list or Parquet: case2code, HumanEval, MBPP, EvalPlus, APPS, TACO,
    /// Codeforces, CodeContests, LiveCodeBench, AutoCodeBench, KodCode, verification_info (also .gz, .zst, `-`)
    #[arg(required = true, value_name = "TEST")]
    test: Option<PathBuf>,
    /// Score the replies in this file, JSONL, one JSON list or Parquet, instead of asking a model
    #[arg(long, value_name = "FILE", conflicts_with = "reference")]
    completions: Option<PathBuf>,
    /// Score the test set's own reference programs instead of asking a model
    #[arg(long)]
    reference: bool,
    /// Field of the completions that holds a problem's id, with dots for nested fields [default:
    /// task_id, id, problem_id or question_id]
    #[arg(long, env = "TGSAND_EVAL_ID_FIELD", value_name = "NAME")]
    id_field: Option<String>,
    /// Field that holds a reply or a list of replies, with dots for nested fields [default:
    /// completions, completion, output, solution, generation, choices, resps, code_list or
    /// output_list]
    #[arg(long, env = "TGSAND_COMPLETION_FIELD", value_name = "NAME")]
    completion_field: Option<String>,
    /// Samples per problem that a model is asked for [default: 1]
    #[arg(long = "n", env = "TGSAND_SAMPLES", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// Values of k for pass@k
    #[arg(long, env = "TGSAND_K", value_delimiter = ',', default_value = "1", value_name = "K,…", value_parser = parse_k)]
    k: Vec<u64>,
    /// Compare expected exceptions by type only, or also by message
    #[arg(
        long = "match",
        env = "TGSAND_MATCH",
        value_enum,
        default_value_t,
        value_name = "type|text"
    )]
    match_errors: MatchErrors,
    /// Compare expected output token by token, line by line, or exactly [default: tokens, but lines for LiveCodeBench]
    #[arg(long, env = "TGSAND_STDOUT", value_enum, value_name = "tokens|lines|exact")]
    stdout: Option<MatchStdout>,
    /// Tolerance for comparing floats, absolute or relative [default: exact, but 1e-6 for the output of APPS and CodeContests]
    #[arg(long, env = "TGSAND_FLOAT_TOLERANCE", value_name = "0…1", value_parser = parse_share)]
    float_tolerance: Option<f64>,
    /// Imports to put before each answer, as a published grader does [default: by the format of the test set]
    #[arg(long, env = "TGSAND_PRELUDE", value_name = "none|apps|live-code-bench", value_parser = parse_prelude)]
    prelude: Option<Prelude>,
    /// Seconds of native CPython that an answer may take for each second of a row's time limit; 0 ignores time limits
    #[arg(long, env = "TGSAND_TIME_FACTOR", default_value_t = 1.0, value_name = "N", value_parser = parse_non_negative)]
    time_factor: f64,
    /// Score only the first N problems
    #[arg(long, env = "TGSAND_LIMIT", value_name = "N", value_parser = parse_positive)]
    limit: Option<usize>,
    /// Use the first fenced block that has an answer instead of the last
    #[arg(long, env = "TGSAND_FIRST_BLOCK")]
    first_block: bool,
    /// Exit with code 4 if pass@k, for the first k given, is below this
    #[arg(long, env = "TGSAND_MIN_PASS", value_name = "0…1", value_parser = parse_share)]
    min_pass: Option<f64>,
    /// Seed for the bootstrap intervals
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Debug, Subcommand)]
enum EvalCommand {
    /// Compare two runs problem by problem
    Compare(compare::CompareArgs),
}

impl EvalArgs {
    fn matching(&self) -> Matching {
        Matching {
            float_tolerance: self.float_tolerance,
            output_tolerance: None,
            errors: self.match_errors,
            any_exit_code: false,
            stdout: self.stdout.unwrap_or_default(),
        }
    }

    fn samples(&self) -> u32 {
        self.samples.unwrap_or(1)
    }

    /// Says what is scored if a number of samples is stated that no model is asked for.
    fn tell_unused(&self) {
        let Some(samples) = self.samples else { return };
        let scored = match &self.completions {
            Some(path) => format!("all replies in {} are scored", path.display()),
            None => "each reference program is one sample".to_owned(),
        };
        tell!("tgsand: --n {samples} is not used, since no model is asked: {scored}");
    }

    fn pick(&self) -> Pick {
        if self.first_block { Pick::First } else { Pick::Last }
    }
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
    let executors = executors::open(config, &stop)?;
    let asked = if is_given { None } else { args.model.open(config, &stop)? };
    if is_given {
        args.tell_unused();
    }
    let fields =
        CompletionFields { id: args.id_field.clone(), completion: args.completion_field.clone() };
    let completions =
        args.completions.as_deref().map(|path| Completions::read(path, &fields)).transpose()?;
    if let Some(completions) = &completions {
        let without_id = completions.without_id();
        if without_id > 0 {
            let rows = counted(usize::try_from(without_id).unwrap_or(usize::MAX), "row");
            tell!(
                "tgsand: {rows} of replies without an id; each is taken for the problem on its line (--id-field names the field of the id)"
            );
        }
    }
    let (answers, name) = answers(args, asked.as_ref(), completions.as_ref())?;
    let limit = args.limit.unwrap_or(usize::MAX);
    let rows = problems::open(test, args.prompts.open()?)?;
    let (needed, rows) = match args.work.runtime() {
        Some(_) => (None, rows),
        None => libraries::needed(rows, limit, completions.as_ref())?,
    };
    if let Some(needed) = &needed
        && let Err(error) = needed.install()
    {
        tell!(
            "tgsand: {needed}, which cannot be installed: {error}; try tgsand runtime install {}",
            needed.runtime
        );
        return Ok(Exit::Incomplete);
    }
    let model = asked.as_ref().map(|(model, _)| model);
    let models: Vec<_> = model.into_iter().collect();
    let work = args.work.open(Opening {
        inputs: vec![test],
        suffix: &format!("-{}", in_a_path(&name)),
        goes_on: false,
        answered_by: &match &args.completions {
            Some(path) => format!(" with the replies in {}", whole_path(path)),
            None => format!(" answered by {name}"),
        },
        reading: rows.reading,
        words: WORDS,
        stop,
        models: &models,
        runtime: needed.as_ref().map(|needed| needed.runtime.as_str()),
        model_window: args.model.window(),
    })?;
    let task = Task {
        title: format!("{name} on {}", run_name(test)),
        name,
        answers,
        settings: settings(args, executors.described(), asked.as_ref()),
    };
    let work = work.with_executors(executors);
    work.tell_replaced(&task.settings);
    tell_left_out(&work.folder, completions.as_ref().map_or(&[], |found| &found.bad))?;
    let started = Instant::now();
    let rows = rows.rows.take(limit);
    let summary = work.drive(&models, async |run| eval::run(rows, run, &task).await)?;
    let Summary { ending, scored } = &summary;
    if let Some(model) = model.filter(|model| model.is_estimate()) {
        usage::print_samples_estimate(model)?;
        return Ok(if ending.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let extra: Vec<(String, String)> = model.into_iter().flat_map(usage::rows).collect();
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    usage::close(&models, &args.model)?;
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    if let Some(completions) = completions.as_ref().filter(|_| args.limit.is_none()) {
        tell_unclaimed(&completions.unclaimed());
    }
    let Some(Scored { scores, table }) = scored else {
        if ending.tally.deferred > 0 {
            return Ok(Exit::Incomplete);
        }
        return Ok(work.without_problems(&ending.tally));
    };
    let failing = scores.failing_references.iter().map(|FailingReference { id, why }| {
        format!("{id}: the reference program does not pass its own tests: {why}")
    });
    tell_some("", &failing.collect::<Vec<_>>());
    if let Some(failed) = scores.failures.get(TestResult::CheckerFailed.name()) {
        let samples = counted(*failed as usize, "sample");
        tell!(
            "tgsand: the problem's own checker failed for {samples}, which count as wrong; results.jsonl says why"
        );
    }
    if let Some(refused) = scores.failures.get(TestResult::Refused.name()) {
        let samples = counted(*refused as usize, "sample");
        tell!("tgsand: the server refused the requests for {samples}; they count as wrong");
    }
    if !args.work.json {
        say(table.trim_end())?;
    }
    inform!("report.html, report.md and results.jsonl are in {}", work.folder.path().display());
    Ok(exit(args, ending, scores, completions.as_ref()))
}

fn parse_prelude(text: &str) -> std::result::Result<Prelude, String> {
    Prelude::from_name(text).ok_or_else(|| "use none, apps or live-code-bench".into())
}

/// Where the answers come from, and what the run is called after them.
fn answers<'a>(
    args: &EvalArgs,
    asked: Option<&'a (Model, Sampling)>,
    completions: Option<&'a Completions>,
) -> Result<(Answers<'a>, String)> {
    if let Some((model, sampling)) = asked {
        if let Some(k) = args.k.iter().find(|&&k| k > args.samples().into()) {
            return Err(Error::Usage(format!("pass@{k} needs --n {k} samples or more")));
        }
        return Ok((
            Answers::Model { model, sampling, samples: args.samples() },
            model.server().name().to_owned(),
        ));
    }
    match completions {
        Some(completions) => {
            let name = args.completions.as_deref().map_or_else(String::new, run_name);
            Ok((Answers::Given(completions), name))
        }
        None if args.reference => Ok((Answers::Reference, "reference".to_owned())),
        None => Err(Error::Usage("eval needs --model, --completions or --reference".into())),
    }
}

fn settings<'a>(
    args: &EvalArgs,
    executors: Vec<Described>,
    asked: Option<&'a (Model, Sampling)>,
) -> eval::Settings<'a> {
    eval::Settings {
        matching: args.matching(),
        pick: args.pick(),
        prelude: args.prelude,
        own_stdout: args.stdout.is_some(),
        completions: args.completions.as_ref().map(|path| path.display().to_string()),
        time_factor: args.time_factor,
        limit: args.limit,
        k: args.k.clone(),
        seed: args.seed,
        executors,
        asked: asked.map(|(model, sampling)| Asked {
            n: args.samples(),
            sampling,
            endpoint: model.server().endpoint().to_owned(),
        }),
    }
}

/// Reports replies to problems that the test set does not have: usually they belong to another test
/// set.
fn tell_unclaimed(left: &Unclaimed) {
    if left.rows > 0 {
        tell!(
            "tgsand: replies for unknown problems: {}, such as {}{}",
            left.rows,
            left.first.join(", "),
            match &left.unanswered {
                Some(id) => format!("; a problem without replies is {id}"),
                None => String::new(),
            }
        );
    }
}

fn exit(
    args: &EvalArgs,
    ending: &Ending,
    scores: &ScoreReport,
    completions: Option<&Completions>,
) -> Exit {
    let unanswered = ending.tally.rejected.get(&Reason::Unanswered).copied().unwrap_or_default();
    if unanswered > 0 {
        let problems = counted(unanswered as usize, "problem");
        tell!("tgsand: no reply was given for {problems}; the scores cover the others");
    }
    let is_whole =
        unanswered == 0 && completions.is_none_or(|completions| completions.bad.is_empty());
    if !is_whole || ending.tally.deferred > 0 {
        return Exit::Incomplete;
    }
    let pass = scores.pass_at.first().and_then(|(_, estimate)| estimate.value);
    match args.min_pass {
        Some(least) if pass.is_none_or(|pass| pass < least) => Exit::BelowGate,
        Some(_) | None => Exit::Done,
    }
}

/// A name as part of a folder's name.
fn in_a_path(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .collect()
}
