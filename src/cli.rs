//! The command line: one file a command, each an `Args` and a `run`.
//!
//! Invariant: stdout carries results only; progress, tables and messages go to stderr.

mod exec;
mod filter;
mod model_args;
mod run;
mod runtime;
mod synth;
mod text_args;
mod units;
mod work;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Exit, Result};
use crate::sandbox::{Limits, Sandbox};
use units::{parse_bytes, parse_count};

/// Makes verified training data for code models: everything that can be run is run, inside a WebAssembly CPython.
#[derive(Debug, Parser)]
#[command(name = "tgsand", version, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn raw code into verified samples
    Synth(Box<synth::SynthArgs>),
    /// Run an existing set's samples again, and keep what holds
    Filter(filter::FilterArgs),
    /// Run one Python script in the sandbox
    Run(run::RunArgs),
    /// Run JSONL jobs from a file or `-`, and write one JSONL execution each, in input order
    Exec(exec::ExecArgs),
    /// List, install, verify or remove the Python runtimes
    Runtime(runtime::RuntimeArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Command::Run(args) => return run::run(&args).unwrap_or_else(|error| report(&error).into()),
        Command::Synth(args) => synth::run(&args),
        Command::Filter(args) => filter::run(&args),
        Command::Exec(args) => exec::run(&args),
        Command::Runtime(args) => runtime::run(&args),
    };
    ended.unwrap_or_else(|error| report(&error)).into()
}

/// Prints a line of results.
fn say(line: &str) -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Error::io("stdout"))
}

/// Prints an error with its causes, and tells how the process ends.
fn report(error: &Error) -> Exit {
    if let Error::Io { source, .. } = error
        && source.kind() == std::io::ErrorKind::BrokenPipe
    {
        return Exit::Failed; // Whoever read the results has what it wanted.
    }
    let mut text = format!("tgsand: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    eprintln!("{text}");
    error.exit()
}

/// The sandbox's options, the same for every command that runs programs.
#[derive(Debug, Clone, Args)]
struct SandboxArgs {
    /// Python runtime to run programs in; installed when first used
    #[arg(long, env = "TGSAND_RUNTIME", default_value = crate::sandbox::runtime::DEFAULT, value_name = "NAME")]
    runtime: String,
    /// Fuel for loading a program and for each case; 1G is about a quarter of a second
    #[arg(long, env = "TGSAND_FUEL", default_value = "2G", value_parser = parse_count, value_name = "N")]
    fuel: u64,
    /// Memory of a program, the interpreter's 55M included
    #[arg(long, env = "TGSAND_MEMORY", default_value = "256M", value_parser = parse_bytes, value_name = "SIZE")]
    memory: u64,
    /// Limit of stdout, of stderr and of results, each
    #[arg(long, env = "TGSAND_OUTPUT", default_value = "1M", value_parser = parse_bytes, value_name = "SIZE")]
    output: u64,
}

impl SandboxArgs {
    fn limits(&self) -> Limits {
        Limits { fuel: self.fuel, memory: self.memory, output: self.output }
    }

    fn open(&self, threads: usize) -> Result<Sandbox> {
        runtime::open(&self.runtime, threads)
    }
}

/// How many threads run programs where the user does not say.
fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
