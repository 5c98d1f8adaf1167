//! `tgsand duel`: a challenger against a king on turns of trajectories, judged by a panel.

mod programs;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::{Args, Subcommand, ValueEnum};

use super::args::model::{DEFAULT_TEMPERATURE, ModelArgs};
use super::args::models::Models;
use super::args::prompts::PromptArgs;
use super::args::units::{parse_non_negative, parse_share};
use super::args::work::{Opening, WorkArgs};
use super::config::Config;
use super::usage;
use crate::ask::respondent::Respondent;
use crate::dataset::jsonl::Reading;
use crate::error::{Error, Exit, Result};
use crate::flow::tally::Words;
use crate::measure::duel::Panel;
use crate::measure::duel::gate::Gate;
use crate::pipeline::duel::prepare::Choice;
use crate::pipeline::duel::report::{self, Settings};
use crate::pipeline::duel::{self, Options, Summary, Task};
use crate::report::stderr::tell;

const WORDS: Words = Words::of("turns");
const EXAMPLES: &str = "Example:
  tgsand duel run trajectories.jsonl --pull-requests prs.parquet --model KING --challenger CHALLENGER \\
      --judge A,B,C --base-url http://127.0.0.1:8000/v1";

/// Arguments of `tgsand duel`.
#[derive(Debug, Args)]
pub struct DuelArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Choose turns, have both contestants answer, have the panel judge, and decide
    Run(Box<RunArgs>),
    /// Decide between two files of programs by a test set, and ask judges about ties only
    Programs(Box<programs::ProgramArgs>),
}

/// Arguments of `tgsand duel run`.
#[derive(Debug, Args)]
#[command(
    mut_arg("out", |arg| arg.help("Output folder [default: runs/<input name>-duel]")),
    mut_arg("model", |arg| arg.help("King: model that writes blind, or name of an endpoint in `tgsand.toml`; without one, the king's turns are the dataset's own")),
    after_help = EXAMPLES
)]
struct RunArgs {
    /// Trajectories with `instance_id`, `repo`, `exit_status` and `messages` in JSONL, one JSON list or
    /// Parquet (also .gz, .zst)
    input: PathBuf,
    /// Pull requests with `instance_id` and `patch`, which only the challenger is shown
    #[arg(long, env = "TGSAND_PULL_REQUESTS", value_name = "FILE")]
    pull_requests: Option<PathBuf>,
    /// Model that writes with the hidden pull request; a name, or an endpoint in `tgsand.toml`
    #[arg(long, env = "TGSAND_CHALLENGER", value_name = "NAME")]
    challenger: String,
    /// Models that judge (comma-separated); names, or endpoints in `tgsand.toml`
    #[arg(
        long,
        env = "TGSAND_JUDGE",
        value_delimiter = ',',
        value_name = "NAME,…",
        required = true
    )]
    judge: Vec<String>,
    /// Let models of a contestant's family judge
    #[arg(long, env = "TGSAND_ALLOW_FAMILY")]
    allow_family: bool,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Turns to choose
    #[arg(long, env = "TGSAND_TURNS", default_value_t = 100, value_name = "N")]
    turns: usize,
    /// Turns of one instance at most
    #[arg(long, env = "TGSAND_PER_INSTANCE", default_value_t = 2, value_name = "N")]
    per_instance: usize,
    /// Characters of a conversation at most
    #[arg(long, env = "TGSAND_MAX_HISTORY", default_value_t = 60_000, value_name = "N")]
    max_history: usize,
    /// File with instance ids that are left out, one a line
    #[arg(long, env = "TGSAND_EXCLUDE", value_name = "FILE")]
    exclude: Option<PathBuf>,
    /// How the verdicts of the panel become one
    #[arg(long, env = "TGSAND_PANEL", value_enum, default_value_t = PanelChoice::Mean)]
    panel: PanelChoice,
    /// Least lead of the challenger, in points of 100
    #[arg(long, env = "TGSAND_WIN_MARGIN", default_value_t = 2.0, value_name = "POINTS", value_parser = parse_non_negative)]
    win_margin: f64,
    /// Least share of turns that most of the panel judged
    #[arg(long, env = "TGSAND_MIN_VALID", default_value_t = 0.5, value_name = "0…1", value_parser = parse_share)]
    min_valid: f64,
    /// Chance to accept a challenger that is no better
    #[arg(long, env = "TGSAND_ALPHA", default_value_t = 0.05, value_name = "0…1", value_parser = parse_share)]
    alpha: f64,
    /// End as soon as the duel is decided, either way
    #[arg(long, env = "TGSAND_UNTIL_DECIDED")]
    until_decided: bool,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PanelChoice {
    Mean,
    Median,
}

/// Runs `tgsand duel`.
pub fn run(args: &DuelArgs, config: &Config) -> Result<Exit> {
    match &args.step {
        Step::Run(args) => run_all(args, config),
        Step::Programs(args) => programs::run(args, config),
    }
}

fn run_all(args: &RunArgs, config: &Config) -> Result<Exit> {
    let options = options(args)?;
    let prompts = args.prompts.open()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut models = Models { args: &args.model, config, stop: &stop, opened: Vec::new() };
    let king = if args.model.is_named() { models.main()? } else { None };
    let challenger = models.beside(&args.challenger, DEFAULT_TEMPERATURE)?;
    // Judges are asked what they think likeliest.
    let judges = args.judge.iter().map(|name| models.beside(name, 0.0));
    let judges = judges.collect::<Result<Vec<_>>>()?;
    if !args.allow_family {
        let contestants: Vec<&Respondent> = king.iter().chain([&challenger]).collect();
        refuse_families(&contestants, &judges)?;
    }
    let all = models.all();
    let work = args.work.open(Opening {
        input: &args.input,
        suffix: "-duel",
        answered_by: "",
        reading: Reading::default(),
        words: WORDS,
        stop: Arc::clone(&stop),
        models: &all,
        runtime: None,
        model_window: args.model.window().max(64),
    })?;
    let started = Instant::now();
    let task = Task {
        prompts: &prompts,
        king: king.as_ref(),
        challenger: &challenger,
        judges: &judges,
        options: &options,
    };
    work.tell_replaced(&Settings::of(&task));
    let requests = args.pull_requests.as_deref();
    let summary =
        work.drive(&all, async |run| duel::run(&args.input, requests, run, &task).await)?;
    let Summary { ending, counts, verdict } = &summary;
    if all.iter().any(|model| model.is_estimate()) {
        for model in &all {
            usage::print_first_estimate(model)?;
        }
        return Ok(if ending.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let buckets = counts.buckets.iter();
    let mut extra: Vec<(String, String)> = buckets
        .map(|(bucket, count)| (format!("bucket {}", bucket.name()), count.to_string()))
        .collect();
    extra.extend(verdict.iter().flat_map(report::rows));
    extra.extend(usage::rows_of_all(&all));
    tell!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    for model in &all {
        usage::tell_origins(model);
    }
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    let Some(verdict) = verdict else { return Ok(Exit::Interrupted) };
    for reason in &verdict.decision.reasons {
        tell!("tgsand: {reason}");
    }
    tell!(
        "report.md, report.html, turns.jsonl and samples are in {}",
        work.folder.path().display()
    );
    if ending.tally.deferred > 0 {
        return Ok(Exit::Incomplete);
    }
    Ok(if verdict.decision.accepted { Exit::Done } else { Exit::BelowGate })
}

fn options(args: &RunArgs) -> Result<Options> {
    let excluded = match &args.exclude {
        Some(path) => std::fs::read_to_string(path).map_err(Error::input(path))?,
        None => String::new(),
    };
    let excluded: BTreeSet<String> =
        excluded.lines().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if args.input == Path::new("-") {
        return Err(Error::Usage(
            "trajectories are read twice, so they cannot come from stdin".into(),
        ));
    }
    Ok(Options {
        choice: Choice {
            seed: args.seed,
            turns: args.turns,
            per_instance: args.per_instance.max(1),
            max_history: args.max_history,
            excluded,
        },
        gate: Gate {
            panel: match args.panel {
                PanelChoice::Mean => Panel::Mean,
                PanelChoice::Median => Panel::Median,
            },
            alpha: args.alpha,
            win_margin: args.win_margin,
            min_valid_fraction: args.min_valid,
            ..Gate::default()
        },
        until_decided: args.until_decided,
    })
}

/// Judges prefer what models of their own family write (Panickssery, Bowman and Feng 2024).
fn refuse_families(contestants: &[&Respondent], judges: &[Respondent]) -> Result<()> {
    for judge in judges {
        let contestants = contestants.iter().copied();
        let kin = contestants.map(Respondent::name).find(|it| family(it) == family(judge.name()));
        if let Some(kin) = kin {
            let judge = judge.name();
            return Err(Error::Usage(format!(
                "{judge} is of the same family as {kin}, whose turns it would judge; name another judge, or allow it with --allow-family"
            )));
        }
    }
    Ok(())
}

/// The name of a model's family: its first word, without the maker before it and the version after it.
fn family(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    name.chars().take_while(|c| c.is_alphabetic()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_the_first_word_of_a_name() {
        for name in ["Qwen/Qwen2.5-Coder-7B", "qwen3", "qwen-max"] {
            assert_eq!(family(name), "qwen");
        }
        assert_eq!(family("meta-llama/Llama-3.1-8B"), "llama");
    }
}
