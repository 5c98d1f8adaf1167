//! What the commands that work through a whole input have in common: where to, how wide, under which limits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use tokio::runtime::Runtime as Tokio;
use tokio::signal::unix::{SignalKind, signal};

use super::SandboxArgs;
use crate::dataset::stdin::HangUp;
use crate::error::{Error, Exit, Result};
use crate::pipeline::run_folder::RunFolder;
use crate::sandbox::{Limits, Sandbox};

/// The options of every command that works through an input.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("fuel", |arg| arg.default_value("200M")), mut_arg("output", |arg| arg.default_value("256K")))]
pub struct WorkArgs {
    /// Where the run goes; `runs/<input name>` where none is given
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads that run programs
    #[arg(long, env = "TGSAND_THREADS", default_value_t = super::default_threads(), value_name = "N")]
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
}

impl WorkArgs {
    /// Opens the sandbox, the run's folder (`suffix` tells commands on one input apart) and the async runtime; Ctrl-C hangs up
    /// on an input that is a stream.
    pub fn open(&self, input: &Path, suffix: &str, hang_up: Option<HangUp>, stop: Arc<AtomicBool>) -> Result<Work> {
        let sandbox = self.sandbox.open(self.threads)?;
        let out = self.out.clone().unwrap_or_else(|| Path::new("runs").join(run_name(input) + suffix));
        let folder = RunFolder::open(&out, &work_of(input, suffix))?;
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let tokio = tokio.map_err(Error::io("the async runtime"))?;
        stop_on_ctrl_c(&tokio, hang_up, Arc::clone(&stop))?;
        Ok(Work { sandbox, folder, tokio, stop })
    }

    /// The same options with another folder.
    pub fn into_folder(self, out: &Path) -> Self {
        Self { out: Some(out.to_owned()), ..self }
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

/// What a folder's run works on; a folder keeps to it.
fn work_of(input: &Path, suffix: &str) -> String {
    let input = input.canonicalize().unwrap_or_else(|_| input.to_owned());
    format!("{}{suffix}", input.display())
}

/// The run's name: the input's file name without what tells its format.
pub(super) fn run_name(input: &Path) -> String {
    if input.as_os_str() == "-" {
        return "stdin".into();
    }
    // A folder given as `.` or `..` has a name too.
    let path = input.canonicalize().unwrap_or_else(|_| input.to_owned());
    let mut name = path.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    for suffix in [".gz", ".zst", ".jsonl", ".py"] {
        if let Some(stem) = name.strip_suffix(suffix).filter(|stem| !stem.is_empty()) {
            name = stem.to_owned();
        }
    }
    // Samples are named alike in every run, so the run's name goes before theirs.
    let run =
        path.parent().filter(|folder| folder.ends_with("samples")).and_then(Path::parent).and_then(Path::file_name);
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
            eprintln!("tgsand: finishing what is in work; Ctrl-C again ends at once");
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
