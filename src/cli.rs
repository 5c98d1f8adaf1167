//! The command line: one file a command, each an `Args` and a `run`.
//!
//! Invariant: stdout carries results only; progress, tables and messages go to stderr.

mod args;
mod autocode;
mod cache;
mod config;
mod doctor;
mod duel;
mod eval;
mod exec;
mod filter;
mod optimize;
mod repo;
mod run;
mod runtime;
mod serve;
mod sft;
mod stats;
mod synth;
mod translate;
mod usage;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::{Error, Exit, Result};
use crate::flow::run_folder::RunFolder;
use crate::report::stderr::{inform, tell};
use crate::sandbox::{Limits, Sandbox};
use args::packages::PackageArgs;
use args::units::{parse_bytes, parse_count};
use config::Config;

/// Makes verified training data for code models by running everything that can be run in a
/// WebAssembly CPython.
#[derive(Debug, Parser)]
#[command(name = "tgsand", version, max_term_width = 120)]
struct Cli {
    /// File with options, endpoints and executors [default: tgsand.toml in the current folder]
    #[arg(long, env = "TGSAND_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn raw code into verified samples
    Synth(Box<synth::SynthArgs>),
    /// Turn functions into programming problems with tests that kill faulty variants
    Autocode(Box<autocode::AutocodeArgs>),
    /// Let two models answer turns of trajectories, and a panel decide which is better
    Duel(duel::DuelArgs),
    /// Run the samples of an existing set again and keep those that hold
    Filter(filter::FilterArgs),
    /// Translate problems to another language, proven by execution
    Translate(Box<translate::TranslateArgs>),
    /// Make a set of programs larger, cleaner, tidier or smaller, proven by execution
    Optimize(Box<optimize::OptimizeArgs>),
    /// Write samples as trainers take them, with ready configurations
    Sft(sft::SftArgs),
    /// Show figures about the samples of a run
    Stats(stats::StatsArgs),
    /// Index a repository across files; make questions and designs about it
    Repo(Box<repo::RepoArgs>),
    /// Score a model, replies or reference programs on a test set; compare two runs
    Eval(Box<eval::EvalArgs>),
    /// Run one script in the sandbox
    Run(run::RunArgs),
    /// Run JSONL jobs from a file or stdin (`-`), and write one JSONL execution per job, in input
    /// order
    Exec(exec::ExecArgs),
    /// Serve the sandbox over HTTP, in the protocols of SandboxFusion, AutoCodeBench and `exec`
    Serve(serve::ServeArgs),
    /// List, install, verify or remove the interpreters of Python and other languages
    Runtime(runtime::RuntimeArgs),
    /// Check the installation and, if given, a model server, and suggest what to do next
    Doctor(Box<doctor::DoctorArgs>),
    /// Show or prune the cache of model replies
    Cache(cache::CacheArgs),
}

/// Runs the command line of this process, which may have been started without a stdout.
pub fn main(stdout_is_closed: bool) -> ExitCode {
    let (cli, config) = match parse(&std::env::args_os().collect::<Vec<_>>()) {
        Ok(parsed) => parsed,
        Err(error) => return print_error(&error).into(),
    };
    let ended = match cli.command {
        Command::Run(args) => {
            return run::run(&args).unwrap_or_else(|error| print_error(&error).into());
        }
        Command::Synth(args) => synth::run(&args, &config),
        Command::Autocode(args) => autocode::run(&args, &config),
        Command::Duel(args) => duel::run(&args, &config),
        Command::Filter(args) => filter::run(&args, &config),
        Command::Translate(args) => translate::run(&args, &config),
        Command::Optimize(args) => optimize::run(&args, &config),
        Command::Sft(args) => sft::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Repo(args) => repo::run(&args, &config),
        Command::Eval(args) => eval::run(&args, &config),
        Command::Exec(_) if stdout_is_closed => Err(exec::stdout_is_closed()),
        Command::Exec(args) => exec::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Runtime(args) => runtime::run(&args),
        Command::Doctor(args) => doctor::run(&args, &config),
        Command::Cache(args) => cache::run(&args),
    };
    ended.unwrap_or_else(|error| print_error(&error)).into()
}

/// Lets variables switch flags on by `1` or `yes`, too, as people write them.
fn with_plain_flags(command: clap::Command) -> clap::Command {
    let plain = |arg: clap::Arg| match arg.get_action() {
        ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
        _ => arg,
    };
    command.mut_args(plain).mut_subcommands(with_plain_flags)
}

/// Reads a command line, and what `tgsand.toml` adds to it; exits the process if the line is
/// invalid or asks for help.
fn parse(line: &[OsString]) -> Result<(Cli, Config)> {
    let command = with_plain_flags(Cli::command());
    let matches = command.clone().get_matches_from(line);
    let config =
        Config::read(matches.get_one::<PathBuf>("config").map(PathBuf::as_path), &command)?;
    let completed = config.complete(line, &matches, &command)?;
    // The line itself was valid, so the error is in the file.
    let read = command.try_get_matches_from(completed);
    let read = read.and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = read.unwrap_or_else(|error| {
        tell!("tgsand: {} sets an option to an invalid value", config.path().display());
        error.exit()
    });
    Ok((cli, config))
}

/// Prints a line of results.
fn say(line: &str) -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Error::io("stdout"))
}

/// Says which of these files and folders a run has written: nothing to write leaves no file.
fn tell_written(folder: &Path, names: &[&str]) {
    let written: Vec<&str> =
        names.iter().copied().filter(|name| folder.join(name).exists()).collect();
    if let [others @ .., last] = written.as_slice() {
        let before = if others.is_empty() { String::new() } else { others.join(", ") + " and " };
        inform!("{before}{last} are in {}", folder.display());
    }
}

/// The rows of replies that cannot be read, in a run's folder.
const LEFT_OUT: &str = "left-out.txt";

/// Reports the first few of these.
fn tell_some(what: &str, lines: &[String]) {
    const TOLD: usize = 5;
    for line in lines.iter().take(TOLD) {
        tell!("tgsand: {what}{line}");
    }
    if lines.len() > TOLD {
        tell!("tgsand: {what}{} more like these", lines.len() - TOLD);
    }
}

/// Reports the first few rows of replies that cannot be read, and writes all of them to the run's folder.
fn tell_left_out(folder: &RunFolder, rows: &[String]) -> Result<()> {
    tell_some("left out: ", rows);
    if rows.is_empty() {
        return folder.remove(LEFT_OUT);
    }
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    folder.write_text(LEFT_OUT, &lines)?;
    tell!("tgsand: all of them are in {}", folder.path().join(LEFT_OUT).display());
    Ok(())
}

/// Prints an error with its causes, and returns how the process ends.
fn print_error(error: &Error) -> Exit {
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
    tell!("{text}");
    error.exit()
}

/// The sandbox's options, the same for every command that runs programs.
///
/// The defaults are those of single programs; a command that runs many takes smaller ones.
#[derive(Debug, Clone, Args)]
struct SandboxArgs {
    /// Runtime for programs; a Python is installed on first use [default: python-3.15]
    #[arg(long, env = "TGSAND_RUNTIME", value_name = "NAME")]
    runtime: Option<String>,
    #[command(flatten)]
    packages: PackageArgs,
    /// Fuel for loading a program and for each case; 1G is about a quarter of a second
    #[arg(long, env = "TGSAND_FUEL", default_value = "2G", value_parser = parse_count, value_name = "N")]
    fuel: u64,
    /// Memory limit of a program, including the interpreter's 60M
    #[arg(long, env = "TGSAND_MEMORY", default_value = "256M", value_parser = parse_bytes, value_name = "SIZE")]
    memory: u64,
    /// Limit for each of stdout, stderr and results
    #[arg(long, env = "TGSAND_OUTPUT", default_value = "1M", value_parser = parse_bytes, value_name = "SIZE")]
    output: u64,
}

impl SandboxArgs {
    /// The runtime that was named, or the default one.
    fn runtime(&self) -> &str {
        self.runtime.as_deref().unwrap_or(crate::sandbox::runtime::DEFAULT)
    }

    fn limits(&self) -> Limits {
        Limits { fuel: self.fuel, memory: self.memory, output: self.output }
    }

    /// Opens the runtime; limits below which no program would load are refused.
    fn open(&self, threads: usize) -> Result<Sandbox> {
        self.open_runtime(self.runtime(), threads)
    }

    /// Opens a runtime with the packages that were given.
    fn open_named(&self, runtime: &str, threads: usize) -> Result<Sandbox> {
        runtime::open(runtime, threads, &self.packages.with)
    }

    fn open_runtime(&self, runtime: &str, threads: usize) -> Result<Sandbox> {
        let sandbox = self.open_named(runtime, threads)?;
        let least = sandbox.least_limits()?;
        let too_small = |option: &str, given: u64, least: String| {
            Err(Error::Usage(format!(
                "{option} {given} is too small: no program loads in {runtime} with less than {option} {least}"
            )))
        };
        if self.fuel < least.fuel {
            return too_small("--fuel", self.fuel, least.fuel.to_string());
        }
        if self.memory < least.memory {
            return too_small(
                "--memory",
                self.memory,
                format!("{}M", least.memory.div_ceil(1 << 20)),
            );
        }
        Ok(sandbox)
    }
}

/// The number of threads that run programs if the user gives none.
fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
