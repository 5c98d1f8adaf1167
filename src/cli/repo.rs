//! `tgsand repo`: a repository in, an index of it and samples about it out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use super::args::model::ModelArgs;
use super::args::prompts::PromptArgs;
use super::args::units::{parse_named, parse_positive};
use super::args::work::{Opening, WorkArgs, say_report, whole_path};
use super::config::Config;
use super::usage;
use crate::ask::respondent::Respondent;
use crate::dataset::jsonl::Reading;
use crate::error::{Error, Exit, Result};
use crate::flow::run_folder::RunFolder;
use crate::flow::tally::Words;
use crate::index::Index;
use crate::pipeline::repo::options::Options;
use crate::pipeline::repo::{self, Counts, Emit, samples};
use crate::report::stderr::inform;
use crate::report::table;
use crate::sample::repository::TextLanguage;

const WORDS: Words = Words::of("functions and files");

/// Arguments of `tgsand repo`.
#[derive(Debug, Args)]
#[command(
    mut_arg("fuel", |arg| arg.default_value("2G")),
    after_help = "Examples:\n  tgsand repo path/to/project --emit index --out runs/project\n  tgsand repo path/to/project --emit qa,design --lang en,zh --limit 200"
)]
pub struct RepoArgs {
    /// Root folder of the repository; files that its .gitignore names are left out
    path: PathBuf,
    /// What to write (comma-separated): index, qa, design
    #[arg(
        long,
        env = "TGSAND_EMIT",
        value_delimiter = ',',
        default_value = "index",
        value_name = "KIND,…",
        value_parser = |text: &str| parse_named(text, Emit::ALL, Emit::name)
    )]
    emit: Vec<Emit>,
    /// Languages of the samples (comma-separated): en, zh; each sample is in one of them
    #[arg(
        long,
        env = "TGSAND_REPO_LANG",
        value_delimiter = ',',
        default_value = "en",
        value_name = "LANG,…",
        value_parser = |text: &str| parse_named(text, TextLanguage::ALL, TextLanguage::name)
    )]
    lang: Vec<TextLanguage>,
    /// Ask about this many functions, spread over folders and kinds, and about their files only
    /// [default: all]
    #[arg(long, env = "TGSAND_LIMIT", value_name = "N", value_parser = parse_positive)]
    limit: Option<usize>,
    /// Write at most this many questions about a function, and with --limit about a file
    #[arg(
        long,
        env = "TGSAND_PER_FUNCTION",
        default_value_t = 4,
        value_name = "N",
        value_parser = parse_positive
    )]
    per_function: usize,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Requirements to design for, one a line, instead of five usual ones; needs --model
    #[arg(long, env = "TGSAND_REQUIREMENTS", value_name = "FILE", requires = "model")]
    requirements: Option<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs `tgsand repo`.
pub fn run(args: &RepoArgs, config: &Config) -> Result<Exit> {
    args.work.hush();
    let threads = args.work.threads();
    // For all that goes through the files of the index once it is built.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| Error::io("the threads")(std::io::Error::other(error)))?;
    let index = Index::open(&args.path, threads)?;
    let has = |emit: Emit| args.emit.contains(&emit);
    if has(Emit::Index) {
        let out = args.work.out(&args.path);
        let folder = RunFolder::open(&out, &whole_path(&args.path))?;
        let input = args.path.display().to_string();
        let counts = repo::write_index(&index, &folder)?;
        if !has(Emit::Qa) && !has(Emit::Design) {
            samples::remove(&folder)?;
            repo::write_report(&index, &input, &args.emit, &counts, &folder)?;
            if args.work.json {
                say_report(&folder)?;
            }
        }
        inform!("{}", table(None, rows(&counts)));
        inform!("functions.json, repo_summary.txt and index.jsonl are in {}", out.display());
        if !counts.skipped.is_empty() {
            inform!("{} says what was skipped, and why", out.join("skipped.jsonl").display());
        }
    }
    if has(Emit::Qa) || has(Emit::Design) { samples(args, config, &index) } else { Ok(Exit::Done) }
}

/// Makes the samples.
fn samples(args: &RepoArgs, config: &Config, index: &Index) -> Result<Exit> {
    let options = Options {
        qa: args.emit.contains(&Emit::Qa),
        design: args.emit.contains(&Emit::Design),
        index: args.emit.contains(&Emit::Index),
        seed: args.seed,
        limit: args.limit,
        per_function: args.per_function,
        languages: args.lang.clone(),
        requirements: args
            .requirements
            .as_deref()
            .map(requirements)
            .transpose()?
            .unwrap_or_default(),
    };
    let prompts = args.prompts.open()?;
    let stop = Arc::new(AtomicBool::new(false));
    let author = args.model.open(config, &stop)?;
    let author = author.map(|(model, sampling)| Respondent { model, sampling });
    let models: Vec<_> = author.iter().map(|author| &author.model).collect();
    let work = args.work.open(Opening {
        inputs: vec![&args.path],
        suffix: "",
        goes_on: false,
        answered_by: "",
        reading: Reading::default(),
        words: WORDS,
        stop,
        models: &models,
        runtime: None,
        model_window: args.model.window(),
    })?;
    work.tell_replaced(&options);
    let started = Instant::now();
    let task = samples::Task { options: &options, prompts: &prompts, author: author.as_ref() };
    let summary =
        work.drive(&models, async |run| Box::pin(samples::run(index, run, &task)).await)?;
    let samples::Summary { ending, counts } = &summary;
    if let Some(model) = models.first().filter(|model| model.is_estimate()) {
        usage::print_estimate(model, 1)?;
        return Ok(if ending.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let mut extra = sample_rows(counts);
    extra.extend(models.iter().flat_map(|model| usage::rows(model)));
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    usage::close(&models, &args.model)?;
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    let folder = work.folder.path();
    inform!("samples are in {}", folder.join("samples").display());
    if !counts.text.is_empty() {
        inform!(
            "{} says which texts did not hold, and why",
            folder.join("rejected.jsonl").display()
        );
    }
    Ok(ending.tally.exit(None))
}

/// The requirements of a file, one a line; lines that begin with `#` are comments.
fn requirements(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let lines = text.lines().map(str::trim);
    let found: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    if found.is_empty() {
        let message = format!("{} has no requirements; write one on each line", path.display());
        return Err(Error::Usage(message));
    }
    Ok(found)
}

fn sample_rows(counts: &samples::Counts) -> Vec<(String, String)> {
    let mut rows = vec![
        ("functions".to_owned(), counts.functions.to_string()),
        ("functions executed".to_owned(), counts.executed.to_string()),
    ];
    let mut add = |title: &str, counts: &BTreeMap<&str, u64>| {
        if !counts.is_empty() {
            rows.push((title.to_owned(), counts.values().sum::<u64>().to_string()));
            rows.extend(
                counts.iter().map(|(name, count)| (format!("  {name}"), count.to_string())),
            );
        }
    };
    add("functions not executed", &counts.not_executed);
    add("qa samples", &counts.qa);
    add("design samples", &counts.design);
    add("texts rejected", &counts.text);
    rows
}

fn rows(counts: &Counts) -> Vec<[String; 2]> {
    let mut rows = vec![
        ["files".to_owned(), counts.files.to_string()],
        ["lines".to_owned(), counts.lines.to_string()],
    ];
    let mut add = |title: &str, counts: &BTreeMap<&str, u64>| {
        let total: u64 = counts.values().sum();
        rows.push([title.to_owned(), total.to_string()]);
        rows.extend(counts.iter().map(|(name, count)| [format!("  {name}"), count.to_string()]));
    };
    add("symbols", &counts.symbols);
    add("calls", &counts.calls);
    add("unresolved calls", &counts.unresolved_calls);
    add("skipped", &counts.skipped);
    rows.extend([
        ["endpoints".to_owned(), counts.endpoints.to_string()],
        ["settings read".to_owned(), counts.config_reads.to_string()],
        ["tests".to_owned(), counts.tests.to_string()],
    ]);
    rows
}
