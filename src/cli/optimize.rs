//! `tgsand optimize`: a set of programs in, a larger, cleaner, tidier or smaller one out.

mod effect;
mod select;
mod synthesize;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use self::effect::Given;
use self::select::SelectArgs;
use self::synthesize::SynthesizeArgs;
use super::args::model::ModelArgs;
use super::args::models::Models;
use super::args::prompts::PromptArgs;
use super::args::units::parse_positive;
use super::args::work::{Opening, WorkArgs};
use super::config::Config;
use super::{runtime, usage};
use crate::dataset::jsonl::JsonLines;
use crate::error::{Error, Exit, Result};
use crate::lint::{Selection, Severity, Step};
use crate::pipeline::optimize::report::{RULES, Settings};
use crate::pipeline::optimize::rewrite_by_model::Rewriting;
use crate::pipeline::optimize::sample::Technique;
use crate::pipeline::optimize::select::Points;
use crate::pipeline::optimize::tools::{Tool, Tools};
use crate::pipeline::optimize::{self, OPTIMIZED, Options, PAGE, Summary, WORDS};
use crate::report::stderr::{inform, tell};
use crate::report::table;
use crate::sandbox::runtime::{DEFAULT, named as named_runtime};

const EXAMPLES: &str = "Examples:
  tgsand optimize dataset/problems.jsonl --tech aug
  tgsand optimize dataset/problems.jsonl --tech cle,ref,sel --ratio 0.5
  tgsand optimize dataset/problems.jsonl --tech syn --model NAME --base-url http://127.0.0.1:8000/v1 --eval-set test.jsonl";

/// Arguments of `tgsand optimize`.
#[derive(Debug, Args)]
#[command(
    mut_arg("fuel", |arg| arg.default_value("2G")),
    mut_arg("out", |arg| arg.help("Output folder [default: runs/<input name>-optimized]")),
    after_help = EXAMPLES
)]
pub struct OptimizeArgs {
    // First, as those that follow take their values out.
    #[command(flatten)]
    given: Given,
    /// Rows with programs, JSONL, one JSON list or Parquet: problems with tests, or any rows with a
    /// field such as `code` (also .gz, .zst, `-`)
    input: PathBuf,
    /// Techniques, in the order in which they are applied: aug (add programs that do the same), cle
    /// (drop defective ones), ref (tidy them), sel (select a part), syn (add rows that a model
    /// writes)
    #[arg(long, env = "TGSAND_TECH", value_delimiter = ',', value_name = "NAMES", value_parser = parse_technique)]
    tech: Vec<Technique>,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Fresh inputs to compare programs on, in addition to the row's tests
    #[arg(long, env = "TGSAND_INPUTS", default_value_t = 16, value_name = "N")]
    inputs: usize,
    /// aug: programs to add to each row
    #[arg(long, env = "TGSAND_VARIANTS", default_value_t = 3, value_name = "N")]
    variants: usize,
    /// aug: rules that may follow each other on one program
    #[arg(long, env = "TGSAND_MAX_DEPTH", default_value_t = 2, value_name = "N", value_parser = parse_positive)]
    max_depth: usize,
    /// cle: rules to look for, such as `B,S506,TG` [default: defects and security]
    #[arg(long, env = "TGSAND_SELECT", value_delimiter = ',', value_name = "RULES")]
    select: Vec<String>,
    /// cle: rules not to look for
    #[arg(long, env = "TGSAND_IGNORE", value_delimiter = ',', value_name = "RULES")]
    ignore: Vec<String>,
    /// cle: drop programs with a finding of this severity or a worse one: error, warning or note
    #[arg(long, env = "TGSAND_DROP", default_value = "note", value_name = "SEVERITY", value_parser = parse_severity)]
    drop: Severity,
    /// cle: keep all programs, with their findings in a field
    #[arg(long, env = "TGSAND_ANNOTATE", conflicts_with = "drop")]
    annotate: bool,
    /// cle: leave out findings that a `# noqa` comment of the program hides
    #[arg(long, env = "TGSAND_NOQA")]
    noqa: bool,
    /// ref: steps, in this order: unused, format, docstrings, quotes
    #[arg(long, env = "TGSAND_STEPS", value_delimiter = ',', default_value = "unused,format,docstrings,quotes", value_name = "NAMES", value_parser = parse_step)]
    steps: Vec<Step>,
    /// ref: what takes the steps: ruff, or reference (autoflake, autopep8, docformatter and unify,
    /// which run in the sandbox)
    #[arg(long, env = "TGSAND_TOOL", default_value = "ruff", value_name = "NAME", value_parser = parse_tool)]
    tool: Tool,
    /// ref: have the model rewrite programs so that they are easier to read, before the other steps
    #[arg(long, env = "TGSAND_REWRITE", requires = "model")]
    rewrite: bool,
    #[command(flatten)]
    selecting: SelectArgs,
    #[command(flatten)]
    synthesize: SynthesizeArgs,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

impl OptimizeArgs {
    /// Refuses techniques that need a model without one, and a model that nothing needs.
    fn check(&self, has_model: bool, config: &Config) -> Result<()> {
        if self.tech.is_empty() {
            let known: Vec<&str> = Technique::ALL.iter().map(|it| it.name()).collect();
            let why = format!("--tech names what is to be done: {}", known.join(", "));
            return Err(Error::Usage(why));
        }
        let times = |wanted| self.tech.iter().filter(|it| **it == wanted).count();
        let syn = times(Technique::Synthesize);
        let why = if times(Technique::Augment) > 1 {
            "--tech has aug twice; ask for more with --variants and --max-depth"
        } else if syn > 1 {
            "--tech has syn twice; ask for more rows with --generate"
        } else if syn > 0 && !has_model {
            "--tech syn has a model write rows; name one with --model"
        } else if self.rewrite && !self.tech.contains(&Technique::Refactor) {
            "--rewrite is part of ref; add it to --tech"
        } else if has_model && syn == 0 && !self.rewrite {
            "nothing asks the model; add syn to --tech, or --rewrite to ref"
        } else {
            return self.given.check(&self.tech, config);
        };
        Err(Error::Usage(why.into()))
    }

    fn options(&self) -> Result<Options> {
        let selection = match self.select.is_empty() && self.ignore.is_empty() {
            true => Selection::default_cleaning(),
            false => Selection::new(&self.select, &self.ignore).map_err(Error::Usage)?,
        };
        let selection = if self.noqa { selection.respecting_noqa() } else { selection };
        Ok(Options {
            techniques: self.tech.clone(),
            seed: self.seed,
            inputs: self.inputs,
            variants: self.variants,
            max_depth: self.max_depth,
            selection,
            drop_from: (!self.annotate).then_some(self.drop),
            steps: self.steps.clone(),
            tools: None,
            selecting: self.selecting.selecting(),
            points: Points::default(),
            synthesis: None,
            rewriting: None,
        })
    }
}

/// Runs `tgsand optimize`.
pub fn run(args: &OptimizeArgs, config: &Config) -> Result<Exit> {
    let mut options = args.options()?;
    let stop = Arc::new(AtomicBool::new(false));
    let prompts = args.prompts.open()?;
    let mut models =
        Models { args: &args.model, config, stop: &stop, sharing: None, opened: Vec::new() };
    args.selecting.check(&args.tech, &args.given, config)?;
    // If only embeddings are asked for, the options of the server speak of their model.
    let author = match args.model.is_named() || !args.selecting.asks_a_model(&args.tech) {
        true => models.main()?,
        false => None,
    };
    args.check(author.is_some(), config)?;
    if args.tech.contains(&Technique::Synthesize) {
        let open = |author| args.synthesize.open(author, &mut models, &prompts);
        options.synthesis = author.clone().map(open).transpose()?;
    }
    if args.tech.contains(&Technique::Select) {
        options.points = args.selecting.open(&mut models, &prompts)?;
    }
    options.rewriting =
        author.clone().filter(|_| args.rewrite).map(|author| Rewriting { author, prompts });
    if args.tool == Tool::Reference && args.tech.contains(&Technique::Refactor) {
        options.tools = Some(open_tools(args.work.threads())?);
    }
    let all = models.all();
    let lines = JsonLines::open(&args.input)?;
    let work = args.work.open(Opening {
        inputs: vec![&args.input],
        suffix: "-optimized",
        goes_on: false,
        answered_by: "",
        reading: lines.reading(),
        words: WORDS,
        stop: Arc::clone(&stop),
        models: &all,
        runtime: None,
        model_window: if author.is_none() { 0 } else { args.model.window().max(64) },
    })?;
    work.tell_replaced(&Settings::of(&options));
    let started = Instant::now();
    let summary = work.drive(&all, async |run| optimize::run(lines, run, &options).await)?;
    let Summary { ending, report } = &summary;
    if all.iter().any(|model| model.is_estimate()) {
        for model in &all {
            usage::print_first_estimate(model)?;
        }
        return Ok(if ending.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let rows = [report.rows(), usage::rows_of_all(&all)].concat();
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &rows));
    usage::close(&all, &args.model)?;
    if !report.trials.is_empty() {
        inform!("{}", table(Some(RULES), report.rules()));
    }
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    let folder = work.folder.path();
    let page = folder.join(PAGE).display().to_string();
    match ending.tally.accepted {
        0 => tell!("no row is left, so that {OPTIMIZED} is not written; the numbers are in {page}"),
        _ => {
            let rows = folder.join(OPTIMIZED);
            inform!("the rows are in {}, and the changes in {page}", rows.display());
        }
    }
    Ok(ending.tally.exit(None))
}

/// Opens the study's tools, in the runtime that they were tried with.
fn open_tools(threads: usize) -> Result<Tools> {
    runtime::ensure(DEFAULT)?;
    Tools::open(&named_runtime(DEFAULT)?, threads)
}

fn named<T>(name: &str, found: Option<T>, known: &[&str]) -> std::result::Result<T, String> {
    found.ok_or_else(|| format!("there is no {name:?}; choose from {}", known.join(", ")))
}

fn parse_technique(name: &str) -> std::result::Result<Technique, String> {
    let known: Vec<&str> = Technique::ALL.iter().map(|it| it.name()).collect();
    named(name, Technique::from_name(name), &known)
}

fn parse_severity(name: &str) -> std::result::Result<Severity, String> {
    let known: Vec<&str> = Severity::ALL.iter().map(|it| it.name()).collect();
    named(name, Severity::from_name(name), &known)
}

fn parse_step(name: &str) -> std::result::Result<Step, String> {
    let known: Vec<&str> = Step::ALL.iter().map(|it| it.name()).collect();
    named(name, Step::from_name(name), &known)
}

fn parse_tool(name: &str) -> std::result::Result<Tool, String> {
    let known: Vec<&str> = Tool::ALL.iter().map(|it| it.name()).collect();
    named(name, Tool::from_name(name), &known)
}
