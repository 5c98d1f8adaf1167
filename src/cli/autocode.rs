//! `tgsand autocode`: raw code in, verified programming problems out.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::executors;
use super::args::model::ModelArgs;
use super::args::models::Models;
use super::args::prompts::PromptArgs;
use super::args::source::SourceArgs;
use super::args::units::parse_share;
use super::args::work::{Opening, WorkArgs};
use super::config::Config;
use super::usage;
use crate::cases::rules::Rules;
use crate::error::{Error, Exit, Result};
use crate::flow::tally::Words;
use crate::outcome::Reason;
use crate::pipeline::autocode::report::{Counts, Settings};
use crate::pipeline::autocode::{self, Options, Summary, Task};
use crate::report::stderr::{inform, tell};

const WORDS: Words = Words::of("functions");
/// The temperature of answers that tell how hard a problem is: at a low one they would be much the same.
const ANSWERS_TEMPERATURE: f64 = 0.8;

const EXAMPLES: &str = "Examples:
  tgsand autocode dataset/raw_data.jsonl
  tgsand autocode dataset/seeds.jsonl --model NAME --base-url http://127.0.0.1:8000/v1 --difficulty-model SMALLER";

/// Arguments of `tgsand autocode`.
#[derive(Debug, Args)]
#[command(
    mut_arg("out", |arg| arg.help("Output folder [default: runs/<input name>-autocode]")),
    after_help = EXAMPLES
)]
pub struct AutocodeArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Reject a function with fewer cases than this
    #[arg(long, env = "TGSAND_MIN_CASES", default_value_t = 7, value_name = "N")]
    min_cases: usize,
    /// Reject a function if its tests kill a smaller share of its faulty variants
    #[arg(long, env = "TGSAND_MIN_MUTATION", default_value_t = 0.8, value_name = "0…1", value_parser = parse_share)]
    min_mutation: f64,
    /// Inputs to look at in each search
    #[arg(long, env = "TGSAND_POOL", default_value_t = 60, value_name = "N")]
    pool: usize,
    /// Take functions as they are, instead of having the model write solutions after them
    #[arg(long, env = "TGSAND_AS_IS", requires = "model")]
    as_is: bool,
    /// Do not have the model review problems and say what they are about
    #[arg(long, env = "TGSAND_NO_REVIEW", requires = "model")]
    no_review: bool,
    /// Language of the questions that the model writes
    #[arg(long, env = "TGSAND_LANG", default_value = "English", value_name = "NAME")]
    lang: String,
    /// Weaker model whose answers say how hard a problem is; a name, or an endpoint in `tgsand.toml`
    #[arg(long, env = "TGSAND_DIFFICULTY_MODEL", value_name = "NAME")]
    difficulty_model: Option<String>,
    /// Answers to each problem
    #[arg(long, env = "TGSAND_SAMPLES", default_value_t = 10, requires = "difficulty_model", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    samples: u32,
    /// Keep problems that every answer solves
    #[arg(long, env = "TGSAND_KEEP_EASY", requires = "difficulty_model")]
    keep_easy: bool,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs `tgsand autocode`.
pub fn run(args: &AutocodeArgs, config: &Config) -> Result<Exit> {
    if args.lang.trim().is_empty() {
        return Err(Error::Usage("--lang is empty; name a language, such as English".into()));
    }
    let options = Options {
        seed: args.source.seed,
        rules: Rules::default(),
        pool: args.pool.max(1),
        min_cases: args.min_cases,
        min_mutation: args.min_mutation,
        dedupe: args.source.dedupe(),
        as_is: args.as_is,
        lang: args.lang.trim().to_owned(),
        samples: args.samples,
        keep_easy: args.keep_easy,
    };
    let prompts = args.prompts.open()?;
    let stop = Arc::new(AtomicBool::new(false));
    let executors = executors::open(config, &stop)?;
    let mut models =
        Models { args: &args.model, config, stop: &stop, sharing: None, opened: Vec::new() };
    let author = match args.difficulty_model.is_some() && !args.model.is_named() {
        true => None,
        false => models.main()?,
    };
    let solver = args.difficulty_model.as_ref();
    let solver = solver.map(|name| models.beside(name, ANSWERS_TEMPERATURE)).transpose()?;
    let all = models.all();
    let rows = args.source.open()?;
    let work = args.work.open(Opening {
        inputs: args.source.inputs(),
        suffix: "-autocode",
        goes_on: false,
        answered_by: "",
        reading: rows.reading,
        words: WORDS,
        stop: Arc::clone(&stop),
        models: &all,
        runtime: None,
        model_window: if all.is_empty() { 0 } else { args.model.window().max(64) },
    })?;
    let started = Instant::now();
    let task = Task {
        prompts: &prompts,
        author: author.as_ref(),
        critic: author.as_ref().filter(|_| !args.no_review),
        solver: solver.as_ref(),
        executors: &executors,
        options: &options,
    };
    work.tell_replaced(&Settings::of(&task));
    let summary = work.drive(&all, async |run| autocode::run(rows.rows, run, &task).await)?;
    let Summary { ending, counts } = &summary;
    if all.iter().any(|model| model.is_estimate()) {
        for model in &all {
            usage::print_first_estimate(model)?;
        }
        return Ok(if ending.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let mut extra = count_rows(counts);
    extra.extend(usage::rows_of_all(&all));
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    usage::close(&all, &args.model)?;
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    if ending.tally.accepted > 0 {
        inform!("samples are in {}", work.folder.path().join("samples").display());
    }
    if author.is_none() && ending.tally.rejected.contains_key(&Reason::Undocumented) {
        tell!("tgsand: functions without a docstring need --model, which writes what they do");
    }
    Ok(work.exit_of_samples(&ending.tally, args.source.min_yield))
}

fn count_rows(counts: &Counts) -> Vec<(String, String)> {
    let mut rows = vec![
        ("problems".to_owned(), counts.problems.to_string()),
        ("cases".to_owned(), counts.cases.to_string()),
        ("cases added to kill mutants".to_owned(), counts.added_cases.to_string()),
        ("mutants killed".to_owned(), format!("{} of {}", counts.killed, counts.mutants)),
    ];
    if let Some(score) = counts.median_score() {
        rows.push(("median mutation score".to_owned(), format!("{score:.3}")));
    }
    if counts.elsewhere > 0 {
        rows.push(("problems in other languages".to_owned(), counts.elsewhere.to_string()));
    }
    for (difficulty, count) in &counts.difficulties {
        rows.push((format!("difficulty {}", difficulty.name()), count.to_string()));
    }
    if !counts.difficulties.is_empty() {
        rows.push(("preference pairs".to_owned(), counts.preferences.to_string()));
    }
    if counts.untagged > 0 {
        rows.push(("problems without a category".to_owned(), counts.untagged.to_string()));
    }
    rows
}
