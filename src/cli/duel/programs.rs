//! `tgsand duel programs`: two files of programs for one test set; tests decide, and judges break ties.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::alpha::parse_alpha;
use super::estimate;
use super::panel::open_judges;
use crate::cli::args::model::ModelArgs;
use crate::cli::args::models::Models;
use crate::cli::args::prompts::PromptArgs;
use crate::cli::args::units::parse_non_negative;
use crate::cli::args::work::{Opening, WorkArgs, run_name};
use crate::cli::config::Config;
use crate::cli::{tell_left_out, tell_written, usage};
use crate::dataset::completions::{CompletionFields, Completions};
use crate::dataset::problems;
use crate::error::{Exit, Result};
use crate::flow::tally::Words;
use crate::marking::Rules;
use crate::measure::duel::gate::Gate;
use crate::outcome::Reason;
use crate::pipeline::duel::programs::{self, Contestant, Settings, Summary, Task};
use crate::reply::Pick;
use crate::report::stderr::{inform, tell};

const WORDS: Words = Words { things: "problems", accepted: "decided", rejected: "left out" };
const EXAMPLES: &str = "Example:
  tgsand duel programs test.jsonl --king old.jsonl --challenger new.jsonl";

/// Arguments of `tgsand duel programs`.
#[derive(Debug, Args)]
#[command(
    mut_arg("fuel", |arg| arg.default_value("50G")),
    mut_arg("output", |arg| arg.default_value("1M")),
    mut_arg("out", |arg| arg.help("Output folder [default: runs/<test set>-programs]")),
    mut_arg("model", |arg| arg.hide(true)),
    after_help = EXAMPLES
)]
pub(super) struct ProgramArgs {
    /// Problems with tests, in any format that `eval` reads
    test: PathBuf,
    /// The king's programs, as `eval --completions` reads them; the first reply to each problem counts
    #[arg(long, value_name = "FILE")]
    king: PathBuf,
    /// The challenger's programs
    #[arg(long, value_name = "FILE")]
    challenger: PathBuf,
    /// Models that judge ties (comma-separated); without one, ties stay ties
    #[arg(long, env = "TGSAND_JUDGE", value_delimiter = ',', value_name = "NAME,…")]
    judge: Vec<String>,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Use the first fenced block that has an answer instead of the last
    #[arg(long, env = "TGSAND_FIRST_BLOCK")]
    first_block: bool,
    /// Least lead of the challenger, in points of 100
    #[arg(long, env = "TGSAND_WIN_MARGIN", default_value_t = 2.0, value_name = "POINTS", value_parser = parse_non_negative)]
    win_margin: f64,
    /// Chance to accept a challenger that is no better
    #[arg(long, env = "TGSAND_ALPHA", default_value_t = 0.05, value_name = "0…1", value_parser = parse_alpha)]
    alpha: f64,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &ProgramArgs, config: &Config) -> Result<Exit> {
    let read = |path: &PathBuf| Completions::read(path, &CompletionFields::default());
    let (king, challenger) = (read(&args.king)?, read(&args.challenger)?);
    let bad = [king.bad.as_slice(), &challenger.bad].concat();
    let prompts = args.prompts.open()?;
    let rows = problems::open(&args.test, prompts.clone())?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut models =
        Models { args: &args.model, config, stop: &stop, sharing: None, opened: Vec::new() };
    let judges = open_judges(&args.judge, &mut models)?;
    let all = models.all();
    let work = args.work.open(Opening {
        inputs: vec![&args.test],
        suffix: "-programs",
        goes_on: false,
        answered_by: "",
        reading: rows.reading,
        words: WORDS,
        stop: Arc::clone(&stop),
        models: &all,
        runtime: None,
        model_window: if all.is_empty() { 0 } else { args.model.window() },
    })?;
    let started = Instant::now();
    let names = (run_name(&args.king), run_name(&args.challenger));
    let task = Task {
        prompts: &prompts,
        king: Contestant { name: &names.0, completions: &king },
        challenger: Contestant { name: &names.1, completions: &challenger },
        judges: &judges,
        rules: Rules {
            pick: if args.first_block { Pick::First } else { Pick::Last },
            ..Rules::default()
        },
        gate: Gate { alpha: args.alpha, win_margin: args.win_margin, ..Gate::default() },
        seed: args.seed,
    };
    work.tell_replaced(&Settings::of(&task));
    tell_left_out(&work.folder, &bad)?;
    let problems = rows.rows;
    let summary = work.drive(&all, async |run| programs::run(problems, run, &task).await)?;
    let Summary { ending, counts, decision } = &summary;
    // The programs have been run, so that it is known which pairs are ties.
    if let Some(exit) = estimate(&all, ending)? {
        return Ok(exit);
    }
    let mut extra: Vec<(String, String)> =
        decision.iter().flat_map(|decision| programs::rows(decision, counts)).collect();
    extra.extend(usage::rows_of_all(&all));
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    usage::close(&all, &args.model)?;
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    let Some(decision) = decision else { return Ok(Exit::Interrupted) };
    let is_unanswered = ending.tally.rejected.contains_key(&Reason::Unanswered);
    if decision.turns == 0 && ending.tally.deferred == 0 && !is_unanswered {
        return Ok(work.without_problems(&ending.tally));
    }
    for reason in &decision.reasons {
        tell!("tgsand: {reason}");
    }
    tell_written(work.folder.path(), &["report.md", "pairs.jsonl", "samples"]);
    if ending.tally.deferred > 0 || is_unanswered || !bad.is_empty() {
        return Ok(Exit::Incomplete);
    }
    Ok(if decision.accepted { Exit::Done } else { Exit::BelowGate })
}
