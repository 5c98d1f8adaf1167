//! `tgsand synth`: raw code in, verified samples out.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::args::model::ModelArgs;
use super::args::prompts::PromptArgs;
use super::args::source::SourceArgs;
use super::args::text::TextArgs;
use super::args::units::parse_cases;
use super::args::work::{Opening, WorkArgs};
use super::config::Config;
use super::usage;
use crate::cases::rules::Rules;
use crate::error::{Error, Exit, Result};
use crate::flow::tally::Words;
use crate::inputs::ModelProposer;
use crate::pipeline::case2code::report::{Counts, Settings, TextCounts};
use crate::pipeline::case2code::{self, Options, Summary, Task};
use crate::python::prose::Docstrings;
use crate::report::stderr::inform;
use clap::{Args, ValueEnum};

const WORDS: Words = Words::of("functions");

/// Arguments of `tgsand synth`.
#[derive(Debug, Args)]
pub struct SynthArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Inputs to keep for each function
    #[arg(long, env = "TGSAND_CASES", default_value_t = 10, value_name = "N", value_parser = parse_cases)]
    cases: usize,
    /// Also apply the Case2Code paper's other rules: no exceptions, sizes in range
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
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    work: WorkArgs,
    /// Also take private functions and methods
    #[arg(long, env = "TGSAND_PRIVATE")]
    private: bool,
    /// How much the programs of the samples say about themselves
    #[arg(long, env = "TGSAND_DOCSTRINGS", default_value = "summary", value_name = "HOW")]
    docstrings: DocstringsChoice,
    /// Follow calls of the program's own functions in traces, if a traced call makes at most this many
    #[arg(long, value_name = "N", env = "TGSAND_FRAMES", default_value_t = 12)]
    frames: usize,
    /// Leave out functions whose programs have more characters than this
    #[arg(long, value_name = "N", env = "TGSAND_MAX_PROGRAM", default_value_t = 12_000)]
    max_program: usize,
    /// Let the built-in proposer add inputs to the model's
    #[arg(long, env = "TGSAND_TOP_UP")]
    top_up: bool,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DocstringsChoice {
    /// Everything
    Keep,
    /// The first paragraph of each docstring, without notes such as TODO
    Summary,
    /// No docstrings and no such notes
    Strip,
}

impl From<DocstringsChoice> for Docstrings {
    fn from(choice: DocstringsChoice) -> Self {
        match choice {
            DocstringsChoice::Keep => Self::Keep,
            DocstringsChoice::Summary => Self::Summary,
            DocstringsChoice::Strip => Self::Strip,
        }
    }
}

/// Runs `tgsand synth`.
pub fn run(args: &SynthArgs, config: &Config) -> Result<Exit> {
    let options = options(args)?;
    let prompts = args.prompts.open()?;
    let stop = Arc::new(AtomicBool::new(false));
    let proposer = args.model.open(config, &stop)?.map(|(model, sampling)| ModelProposer {
        model,
        sampling,
        top_up: args.top_up,
    });
    let text = args.text.options(proposer.is_some())?;
    let rows = args.source.open()?;
    let model = proposer.as_ref().map(|proposer| &proposer.model);
    let models: Vec<_> = model.into_iter().collect();
    let work = args.work.open(Opening {
        inputs: args.source.inputs(),
        suffix: "",
        goes_on: false,
        answered_by: "",
        reading: rows.reading,
        words: WORDS,
        stop,
        models: &models,
        runtime: None,
        model_window: args.model.window(),
    })?;
    let started = Instant::now();
    let task = Task {
        prompts: &prompts,
        model: proposer.as_ref(),
        text: text.as_ref(),
        options: &options,
    };
    work.tell_replaced(&Settings::of(&task));
    let summary = work.drive(&models, async |run| case2code::run(rows.rows, run, &task).await)?;
    let Summary { ending, counts } = &summary;
    if let Some(model) = model.filter(|model| model.is_estimate()) {
        usage::print_estimate(model, text.as_ref().map_or(0, |text| text.kinds.len() as u64))?;
        return Ok(if ending.interrupted { Exit::Interrupted } else { Exit::Done });
    }
    let mut extra = count_rows(counts, text.is_some());
    extra.extend(model.into_iter().flat_map(usage::rows));
    inform!("{}", ending.tally.table(WORDS, started.elapsed(), &extra));
    usage::close(&models, &args.model)?;
    if let Some(exit) = work.unfinished(ending) {
        return Ok(exit);
    }
    if ending.tally.accepted > 0 {
        inform!("samples are in {}", work.folder.path().join("samples").display());
    }
    Ok(work.exit_of_samples(&ending.tally, args.source.min_yield))
}

fn options(args: &SynthArgs) -> Result<Options> {
    let rules = match &args.rules {
        Some(names) => Rules::named(names).map_err(Error::Usage)?,
        None if args.strict => Rules::strict(),
        None => Rules::telling(),
    };
    Ok(Options {
        seed: args.source.seed,
        inputs: args.cases.max(1),
        rules: Rules { min_cases: args.min_cases, ..rules },
        dedupe: args.source.dedupe(),
        private: args.private,
        docstrings: args.docstrings.into(),
        frames: args.frames,
        max_program: args.max_program,
    })
}

fn count_rows(counts: &Counts, has_texts: bool) -> Vec<(String, String)> {
    let mut rows = vec![
        ("case2code samples".to_owned(), counts.case2code.to_string()),
        ("qa samples".to_owned(), counts.qa.to_string()),
        ("duels".to_owned(), counts.duels.to_string()),
        ("cases".to_owned(), counts.cases.to_string()),
    ];
    let not_looked_at = &counts.not_looked_at;
    if !not_looked_at.is_empty() {
        let all: u64 = not_looked_at.values().sum();
        rows.push(("not looked at".to_owned(), all.to_string()));
        let kinds = not_looked_at.iter();
        rows.extend(kinds.map(|(kind, count)| (format!("  {kind}"), count.to_string())));
    }
    if has_texts {
        let TextCounts { qa, design, rejected } = &counts.texts;
        rows.push(("designs".to_owned(), design.to_string()));
        rows.push(("texts accepted".to_owned(), (qa + design).to_string()));
        rows.push(("texts rejected".to_owned(), rejected.values().sum::<u64>().to_string()));
        rows.extend(
            rejected
                .iter()
                .map(|(reason, count)| (format!("  {}", reason.name()), count.to_string())),
        );
    }
    let (reached, all) = counts.branch_sides;
    if all > 0 {
        let percent = 100.0 * reached as f64 / all as f64;
        rows.push(("branch coverage".to_owned(), format!("{percent:.1} % ({reached} of {all})")));
    }
    rows
}
