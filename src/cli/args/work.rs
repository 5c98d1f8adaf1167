//! What the commands that work through a whole input have in common: where to, how wide, under which limits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use tempfile::TempDir;
use tokio::runtime::Runtime as Tokio;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{SandboxArgs, usage};
use crate::dataset::stdin::HangUp;
use crate::error::{Error, Exit, Result};
use crate::flow::deferrals::Deferrals;
use crate::flow::run_folder::RunFolder;
use crate::model::Model;
use crate::report::stderr::tell;
use crate::sandbox::{Limits, Sandbox};

/// The options of every command that works through an input.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("fuel", |arg| arg.default_value("200M")), mut_arg("output", |arg| arg.default_value("256K")))]
pub struct WorkArgs {
    /// Output folder [default: runs/<input name>]
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads that run programs
    #[arg(long, env = "TGSAND_THREADS", default_value_t = crate::cli::default_threads(), value_name = "N")]
    threads: usize,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// The tools of a run, opened.
pub struct Work {
    pub sandbox: Sandbox,
    pub folder: RunFolder,
    pub tokio: Tokio,
    /// Set by Ctrl-C: begin nothing new.
    pub stop: Arc<AtomicBool>,
    /// The folder of a trial, which goes with it: a trial leaves no trace.
    scratch: Option<TempDir>,
}

impl WorkArgs {
    /// Opens the sandbox, the run's folder (`suffix` tells commands on one input apart) and the async runtime; Ctrl-C hangs up
    /// on an input that is a stream.
    pub fn open(
        &self,
        input: &Path,
        suffix: &str,
        hang_up: Option<HangUp>,
        stop: Arc<AtomicBool>,
    ) -> Result<Work> {
        let out =
            self.out.clone().unwrap_or_else(|| Path::new("runs").join(run_name(input) + suffix));
        self.open_in(&out, &work_of(input, suffix), hang_up, stop)
    }

    /// Opens the same for a run with a model; one that only estimates works in a folder that goes with it.
    pub fn open_with(
        &self,
        model: Option<&Model>,
        input: &Path,
        suffix: &str,
        hang_up: Option<HangUp>,
        stop: Arc<AtomicBool>,
    ) -> Result<Work> {
        if model.is_some_and(Model::is_estimate) {
            let scratch = tempfile::tempdir().map_err(Error::io("a temporary folder"))?;
            let work = self.open_in(scratch.path(), &work_of(input, suffix), hang_up, stop)?;
            return Ok(Work { scratch: Some(scratch), ..work });
        }
        let work = self.open(input, suffix, hang_up, stop)?;
        if let Some(model) = model {
            usage::book_earlier(model, &work.folder)?;
        }
        Ok(work)
    }

    fn open_in(
        &self,
        out: &Path,
        of: &str,
        hang_up: Option<HangUp>,
        stop: Arc<AtomicBool>,
    ) -> Result<Work> {
        let sandbox = self.sandbox.open(self.threads)?;
        let folder = RunFolder::open(out, of)?;
        let tokio =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let tokio = tokio.map_err(Error::io("the async runtime"))?;
        stop_on_ctrl_c(&tokio, hang_up, Arc::clone(&stop))?;
        Ok(Work { sandbox, folder, tokio, stop, scratch: None })
    }

    /// The limits of each program.
    pub fn limits(&self) -> Limits {
        self.sandbox.limits()
    }

    /// Records in work at a time: enough to keep every thread busy while one record takes its time.
    pub fn window(&self) -> usize {
        8 * self.threads.max(1)
    }
}

impl Work {
    /// Waits for replies that are still on their way where the run has failed - they are paid for, and kept - and writes down
    /// what was asked; no more is asked for.
    pub fn settle(&self, model: Option<&Model>) -> Result<()> {
        let Some(model) = model else { return Ok(()) };
        self.stop.store(true, Ordering::Relaxed);
        self.tokio.block_on(model.drain());
        match &self.scratch {
            Some(_) => Ok(()),
            None => self.folder.append("usage.jsonl", &usage::line(model)),
        }
    }
}

/// Tells why a run that is not done has ended, and how its process ends.
pub fn unfinished(deferrals: &Deferrals, is_interrupted: bool, max_deferred: u64) -> Option<Exit> {
    if let Some(left) = &deferrals.left {
        tell!("tgsand: deferred: {left}");
    }
    if deferrals.troubled > max_deferred {
        tell!(
            "tgsand: stopped, more than {max_deferred} deferred; run the same command again to resume"
        );
        return Some(Exit::Incomplete);
    }
    if is_interrupted {
        tell!("tgsand: stopped; run the same command again to resume");
        return Some(Exit::Interrupted);
    }
    None
}

/// What a folder's run works on; a folder keeps to it.
fn work_of(input: &Path, suffix: &str) -> String {
    let input = input.canonicalize().unwrap_or_else(|_| input.to_owned());
    format!("{}{suffix}", input.display())
}

/// The run's name: the input's file name without what tells its format.
pub fn run_name(input: &Path) -> String {
    if input.as_os_str() == "-" {
        return "stdin".into();
    }
    // A folder given as `.` or `..` has a name too.
    let path = input.canonicalize().unwrap_or_else(|_| input.to_owned());
    let mut name =
        path.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    for suffix in [".gz", ".zst", ".jsonl", ".py"] {
        if let Some(stem) = name.strip_suffix(suffix).filter(|stem| !stem.is_empty()) {
            name = stem.to_owned();
        }
    }
    // Samples are named alike in every run, so the run's name goes before theirs.
    let run = path
        .parent()
        .filter(|folder| folder.ends_with("samples"))
        .and_then(Path::parent)
        .and_then(Path::file_name);
    run.map_or_else(|| name.clone(), |run| format!("{}-{name}", run.to_string_lossy()))
}

/// Sets the flag at the first Ctrl-C, and ends an input that is waited for; the second ends the process at once.
fn stop_on_ctrl_c(tokio: &Tokio, hang_up: Option<HangUp>, stop: Arc<AtomicBool>) -> Result<()> {
    let _context = tokio.enter();
    // Made here and not in the task, so that it counts from now on.
    let mut interrupts = signal(SignalKind::interrupt()).map_err(Error::io("the signals"))?;
    // What schedulers send before they kill.
    let mut terminations = signal(SignalKind::terminate()).map_err(Error::io("the signals"))?;
    tokio.spawn(async move {
        loop {
            tokio::select! { _ = interrupts.recv() => {}, _ = terminations.recv() => {} }
            if stop.swap(true, Ordering::Relaxed) {
                std::process::exit(Exit::Interrupted as i32);
            }
            tell!("tgsand: finishing work in progress; press Ctrl-C again to stop immediately");
            if let Some(hang_up) = &hang_up {
                hang_up.now();
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_after_its_input() {
        assert_eq!(run_name(Path::new("a/raw_data.jsonl.gz")), "raw_data");
        assert_eq!(run_name(Path::new("-")), "stdin");
        assert_eq!(run_name(Path::new("tool.py")), "tool");
    }
}
