//! `tgsand translate`: problems in one language in, the same problems in another out.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::executors;
use super::args::model::ModelArgs;
use super::args::models::Models;
use super::args::prompts::PromptArgs;
use super::args::units::{parse_positive, parse_share};
use super::args::work::{Opening, WorkArgs};
use super::config::Config;
use super::usage;
use crate::dataset::language::is_python;
use crate::dataset::problems;
use crate::error::{Error, Exit, Result};
use crate::executor::OtherLanguage;
use crate::flow::tally::Words;
use crate::pipeline::translate::{self, Options, Summary, Task};
use crate::report::stderr::inform;

const WORDS: Words = Words { things: "problems", accepted: "translated", rejected: "rejected" };

const EXAMPLES: &str = "Example:
  tgsand translate dataset/languages.jsonl --to lua --model NAME --base-url http://127.0.0.1:8000/v1";

/// Arguments of `tgsand translate`.
#[derive(Debug, Args)]
#[command(
    mut_arg("fuel", |arg| arg.default_value("2G")),
    mut_arg("out", |arg| arg.help("Output folder [default: runs/<input name>-<language>]")),
    after_help = EXAMPLES
)]
pub struct TranslateArgs {
    /// Problems with a solution, JSONL, one JSON list or Parquet: AutoCodeBench, or any other format that `eval` reads in Python
    /// (also .gz, .zst, `-`)
    #[arg(value_name = "PROBLEMS")]
    input: PathBuf,
    /// Language to translate to: one of the sandbox's other than Python, or one that an executor lists
    #[arg(long, env = "TGSAND_TO", value_name = "LANGUAGE")]
    to: String,
    /// Reject a problem with fewer calls whose results can be compared
    #[arg(long, env = "TGSAND_MIN_CASES", default_value_t = 3, value_name = "N")]
    min_cases: usize,
    /// Compare the results of this many calls at most
    #[arg(long, env = "TGSAND_MAX_CASES", default_value_t = 30, value_name = "N")]
    max_cases: usize,
    /// Translate only the first N problems
    #[arg(long, env = "TGSAND_LIMIT", value_name = "N", value_parser = parse_positive)]
    limit: Option<usize>,
    /// Exit with code 4 if less than this share is translated
    #[arg(long, env = "TGSAND_MIN_YIELD", value_name = "0…1", value_parser = parse_share)]
    min_yield: Option<f64>,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs `tgsand translate`.
pub fn run(args: &TranslateArgs, config: &Config) -> Result<Exit> {
    if is_python(&args.to) {
        return Err(Error::Usage("--to names Python; use another language".into()));
    }
    let to = OtherLanguage::named(&args.to);
    let stop = Arc::new(AtomicBool::new(false));
    let executors = executors::open(config, &stop)?;
    translate::place(&executors, &to)?;
    let options = Options {
        to,
        min_cases: args.min_cases.max(1),
        max_cases: args.max_cases.max(args.min_cases),
    };
    let prompts = args.prompts.open()?;
    let mut models =
        Models { args: &args.model, config, stop: &stop, sharing: None, opened: Vec::new() };
    let Some(model) = models.main()? else {
        return Err(Error::Usage("translate needs --model".into()));
    };
    let all = models.all();
    let rows = problems::open(&args.input, args.prompts.open()?)?;
    let work = args.work.open(Opening {
        inputs: vec![&args.input],
        suffix: &format!("-{}", options.to.name()),
        goes_on: false,
        answered_by: "",
        reading: rows.reading,
        words: WORDS,
        stop: Arc::clone(&stop),
        models: &all,
        runtime: None,
        model_window: args.model.window(),
    })?;
    let task = Task { prompts: &prompts, model: &model, options: &options };
    let settings = task.settings(executors.described());
    let work = work.with_executors(executors);
    work.tell_replaced(&settings);
    let started = Instant::now();
    let rows = rows.rows.take(args.limit.unwrap_or(usize::MAX));
    let summary = work.drive(&all, async |run| translate::run(rows, run, &task).await)?;
    let Summary { ending, cases, variants, variants_rejected } = &summary;
    if let Some(model) = all.iter().find(|model| model.is_estimate()) {
        usage::print_first_estimate(model)?;
        return Ok(if ending.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let mut extra = vec![
        ("cases".to_owned(), cases.to_string()),
        ("faulty variants".to_owned(), variants.to_string()),
        ("  rejected by tests".to_owned(), variants_rejected.to_string()),
    ];
    extra.extend(usage::rows_of_all(&all));
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    usage::close(&all, &args.model)?;
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    if ending.tally.accepted > 0 {
        inform!("samples are in {}", work.folder.path().join("samples").display());
    }
    Ok(work.exit_of_samples(&ending.tally, args.min_yield))
}
