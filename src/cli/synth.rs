//! `tgsand synth`: raw code in, verified samples out.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::units::{parse_bytes, parse_count};
use crate::dataset::{self, Fields};
use crate::error::{Error, Exit, Result};
use crate::flow::progress::Progress;
use crate::pipeline::case2code::{self, Options, Summary};
use crate::pipeline::run_folder::RunFolder;
use crate::sandbox::{Isolation, Limits};
use crate::stage::validate::Rules;

/// Arguments of `tgsand synth`.
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// JSONL rows with `content` (also .gz, .zst, `-`), a .py file, or a folder of them
    input: PathBuf,
    /// Where the run goes; `runs/<input name>` where none is given
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Inputs to keep for each function
    #[arg(long, env = "TGSAND_CASES", default_value_t = 10, value_name = "N")]
    cases: usize,
    /// Makes every choice that is left to chance
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Add the paper's rules: no constant outputs, nothing that raises, sizes in range
    #[arg(long, env = "TGSAND_STRICT")]
    strict: bool,
    /// Only these rules, by the names of the reasons they reject for
    #[arg(long, env = "TGSAND_RULES", value_delimiter = ',', conflicts_with = "strict", value_name = "RULE,…")]
    rules: Option<Vec<String>>,
    /// Fewest usable cases of a function
    #[arg(long, env = "TGSAND_MIN_CASES", default_value_t = 3, value_name = "N")]
    min_cases: usize,
    /// Similarity (Jaccard, of 4-token shingles without names) from which a function repeats an earlier one
    #[arg(long, env = "TGSAND_DEDUPE", default_value_t = 0.85, value_name = "0…1")]
    dedupe: f64,
    /// Keep functions that repeat earlier ones
    #[arg(long, env = "TGSAND_KEEP_DUPLICATES")]
    keep_duplicates: bool,
    /// `program`: all cases of a function share one interpreter, in order; `case`: each starts afresh
    #[arg(long, env = "TGSAND_ISOLATION", value_enum, default_value_t = IsolationArg::Case)]
    isolation: IsolationArg,
    /// End with exit code 4 where a smaller share than this is accepted
    #[arg(long, env = "TGSAND_MIN_YIELD", value_name = "0…1")]
    min_yield: Option<f64>,
    /// Field that holds a row's id
    #[arg(long, env = "TGSAND_ID_FIELD", default_value = "id", value_name = "NAME")]
    id_field: String,
    /// Field that holds the code
    #[arg(long, env = "TGSAND_CONTENT_FIELD", default_value = "content", value_name = "NAME")]
    content_field: String,
    /// Field that holds import lines kept apart
    #[arg(long, env = "TGSAND_IMPORT_FIELD", default_value = "import_code", value_name = "NAME")]
    import_field: String,
    /// Threads that run programs
    #[arg(long, env = "TGSAND_THREADS", default_value_t = super::default_threads())]
    threads: usize,
    /// Python runtime to run programs in; installed when first used
    #[arg(long, env = "TGSAND_RUNTIME", default_value = crate::sandbox::runtime::DEFAULT, value_name = "NAME")]
    runtime: String,
    /// Fuel for loading a program and for each case; 1G is about a quarter of a second
    #[arg(long, env = "TGSAND_FUEL", default_value = "200M", value_parser = parse_count, value_name = "N")]
    fuel: u64,
    /// Memory of a program, the interpreter's 55M included
    #[arg(long, env = "TGSAND_MEMORY", default_value = "256M", value_parser = parse_bytes, value_name = "SIZE")]
    memory: u64,
    /// Limit of stdout, of stderr and of results, each
    #[arg(long, env = "TGSAND_OUTPUT", default_value = "256K", value_parser = parse_bytes, value_name = "SIZE")]
    output: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum IsolationArg {
    Case,
    Program,
}

/// Runs `tgsand synth`.
pub fn run(args: &SynthArgs) -> Result<Exit> {
    let options = options(args)?;
    let fields = Fields {
        id: args.id_field.clone(),
        content: args.content_field.clone(),
        import_code: args.import_field.clone(),
    };
    let rows = dataset::open(&args.input, &fields)?;
    let sandbox = super::runtime::open(&args.runtime, args.threads)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(run_name(&args.input)));
    let folder = RunFolder::open(&out)?;
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let tokio = tokio.map_err(Error::io("the async runtime"))?;
    let stop = stop_on_ctrl_c(&tokio);
    let started = Instant::now();
    let progress = Progress::start(rows.bytes);
    let bytes_read = rows.bytes_read;
    let summary = tokio.block_on(case2code::run(rows.rows, &sandbox, &options, &folder, &stop, |summary| {
        progress.update(&summary.tally, bytes_read.get());
    }));
    progress.finish();
    let summary = summary?;
    eprintln!("{}", summary.tally.table(started.elapsed(), &extra_rows(&summary)));
    if summary.interrupted {
        eprintln!("tgsand: stopped; the same command goes on from here");
        return Ok(Exit::Interrupted);
    }
    folder.write_json("run.json", &run_report(args, &options, sandbox.fingerprint(), &summary))?;
    eprintln!("samples are in {}", out.join("samples").display());
    if summary.tally.deferred > 0 {
        return Ok(Exit::Incomplete);
    }
    let below_gate =
        args.min_yield.is_some_and(|least| summary.tally.yield_ratio().is_none_or(|accepted| accepted < least));
    Ok(if below_gate { Exit::BelowGate } else { Exit::Done })
}

fn options(args: &SynthArgs) -> Result<Options> {
    let rules = match &args.rules {
        Some(names) => Rules::named(names).map_err(Error::Usage)?,
        None if args.strict => Rules::strict(),
        None => Rules::default(),
    };
    if !(0.0..=1.0).contains(&args.dedupe) {
        return Err(Error::Usage("--dedupe is a similarity between 0 and 1".into()));
    }
    Ok(Options {
        seed: args.seed,
        inputs: args.cases.max(1),
        limits: Limits { fuel: args.fuel, memory: args.memory, output: args.output },
        isolation: match args.isolation {
            IsolationArg::Case => Isolation::Case,
            IsolationArg::Program => Isolation::Program,
        },
        rules: Rules { min_cases: args.min_cases, ..rules },
        dedupe: (!args.keep_duplicates).then_some(args.dedupe),
        // Enough to keep every thread busy while one function takes its time.
        window: 8 * args.threads.max(1),
    })
}

/// The run's name: the input's file name without what tells its format.
fn run_name(input: &std::path::Path) -> String {
    if input.as_os_str() == "-" {
        return "stdin".into();
    }
    let name = match input.canonicalize() {
        Ok(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
        Err(_) => input.file_name().map(|name| name.to_string_lossy().into_owned()),
    };
    let mut name = name.unwrap_or_else(|| "run".into());
    for suffix in [".gz", ".zst", ".jsonl", ".py"] {
        if let Some(stem) = name.strip_suffix(suffix).filter(|stem| !stem.is_empty()) {
            name = stem.to_owned();
        }
    }
    name
}

/// Sets the flag at the first Ctrl-C; the second ends the process at once.
fn stop_on_ctrl_c(tokio: &tokio::runtime::Runtime) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    tokio.spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(Exit::Interrupted as i32);
            }
            eprintln!("tgsand: finishing what is in work; Ctrl-C again ends at once");
        }
    });
    stop
}

fn extra_rows(summary: &Summary) -> Vec<(String, String)> {
    let mut rows = vec![
        ("case2code samples".to_owned(), summary.case2code.to_string()),
        ("qa samples".to_owned(), summary.qa.to_string()),
        ("duels".to_owned(), summary.duels.to_string()),
        ("cases".to_owned(), summary.cases.to_string()),
    ];
    let (reached, all) = summary.branch_sides;
    if all > 0 {
        let percent = 100.0 * reached as f64 / all as f64;
        rows.push(("branch coverage".to_owned(), format!("{percent:.1} % ({reached} of {all})")));
    }
    rows
}

/// What the run was told and what it did; nothing here depends on the machine or the time.
fn run_report(args: &SynthArgs, options: &Options, runtime: &str, summary: &Summary) -> serde_json::Value {
    json!({
        "tgsand": env!("CARGO_PKG_VERSION"),
        "pipeline": "case2code",
        "input": args.input,
        "runtime": runtime,
        "proposer": "builtin",
        "seed": options.seed,
        "cases": options.inputs,
        "limits": options.limits,
        "isolation": options.isolation,
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
