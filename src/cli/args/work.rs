//! What the commands that work through a whole input have in common: where to, how wide, under which limits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::runtime::Runtime as Tokio;
use tokio::signal::unix::{SignalKind, signal};

use super::units::parse_threads;
use crate::cli::{SandboxArgs, say, usage};
use crate::dataset::jsonl::Reading;
use crate::dataset::problems;
use crate::dataset::stdin::HangUp;
use crate::error::{Error, Exit, Result};
use crate::executor::Executors;
use crate::flow::frame::{Ending, Run, Settings};
use crate::flow::progress::Progress;
use crate::flow::run_folder::RunFolder;
use crate::flow::settings::{self, Differing};
use crate::flow::tally::{Tally, Words};
use crate::model::Model;
use crate::outcome::Reason;
use crate::report::stderr::{be_quiet, tell};
use crate::sandbox::{Limits, Sandbox, runtime};

/// The options of every command that works through an input.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("fuel", |arg| arg.default_value("200M")), mut_arg("output", |arg| arg.default_value("256K")))]
pub struct WorkArgs {
    /// Output folder [default: runs/<input name>]
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads that run programs
    #[arg(long, env = "TGSAND_THREADS", default_value_t = crate::cli::default_threads(), value_name = "N", value_parser = parse_threads)]
    threads: usize,
    /// Stop after this many deferred records; rerun to retry them
    #[arg(long, env = "TGSAND_MAX_DEFERRED", default_value_t = 100, value_name = "N")]
    max_deferred: u64,
    /// Say nothing on stderr but warnings and errors
    #[arg(long, short, env = "TGSAND_QUIET")]
    quiet: bool,
    /// Print the report, which run.json holds, as one JSON object on stdout
    #[arg(long, env = "TGSAND_JSON")]
    pub json: bool,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// The tools of a run, opened.
pub struct Work {
    pub sandbox: Sandbox,
    pub folder: RunFolder,
    executors: Executors,
    tokio: Tokio,
    /// The input, as the report names it.
    input: String,
    reading: Reading,
    words: Words,
    limits: Limits,
    window: usize,
    max_deferred: u64,
    /// Whether the report goes to stdout, too.
    json: bool,
    /// Set by Ctrl-C: begin nothing new.
    stop: Arc<AtomicBool>,
    /// The folder of a trial, which goes with it: a trial leaves no trace.
    scratch: Option<TempDir>,
}

/// What a run works on, and with.
pub struct Opening<'a> {
    /// Where the input is; some commands read several, one after another.
    pub inputs: Vec<&'a Path>,
    /// What tells the default folders of commands on one input apart.
    pub suffix: &'a str,
    /// Whether the input may be the folder of a run, which this one then goes on with.
    pub goes_on: bool,
    /// Whose answers are scored, in words; empty for other commands.
    pub answered_by: &'a str,
    pub reading: Reading,
    pub words: Words,
    pub stop: Arc<AtomicBool>,
    /// The models that are asked; none for other commands.
    pub models: &'a [&'a Model],
    /// The runtime that the input needs; one that the user names comes before it.
    pub runtime: Option<&'a str>,
    /// Records worth having in work at a time because of the model.
    pub model_window: usize,
}

impl WorkArgs {
    /// How many threads work.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Opens the sandbox, the run's folder and the async runtime. A run that only estimates works in a folder that goes with it.
    pub fn open(&self, opening: Opening<'_>) -> Result<Work> {
        let Opening {
            inputs,
            suffix,
            goes_on,
            answered_by,
            reading,
            words,
            stop,
            models,
            runtime,
            model_window,
        } = opening;
        self.hush();
        let is_trial = models.iter().any(|model| model.is_estimate());
        let scratch = is_trial.then(tempfile::tempdir).transpose();
        let scratch = scratch.map_err(Error::io("a temporary folder"))?;
        let out = match &scratch {
            Some(scratch) => scratch.path().to_owned(),
            None => out_folder(self.out.as_deref(), &inputs, suffix, goes_on),
        };
        let runtime = self.runtime().or(runtime).unwrap_or(runtime::DEFAULT);
        let sandbox = self.sandbox.open_runtime(runtime, self.threads)?;
        let [former, work] =
            [suffix, answered_by].map(|by| format!("{}{by}", listed(&inputs, whole_path)));
        // A folder of an earlier version keeps that version's name for its work.
        let is_former = answered_by.is_empty() || RunFolder::work(&out)?.as_ref() == Some(&former);
        let work = work_in(&out, &inputs, if is_former { former } else { work }, goes_on)?;
        let folder = RunFolder::open(&out, &work)?;
        let tokio =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let tokio = tokio.map_err(Error::io("the async runtime"))?;
        stop_on_ctrl_c(&tokio, reading.hang_up.clone(), Arc::clone(&stop))?;
        if !is_trial {
            usage::settle(&folder)?;
            for (place, model) in models.iter().enumerate() {
                tokio.block_on(usage::take_up(model, &folder))?;
                usage::keep_account(model, &folder, place)?;
            }
        }
        Ok(Work {
            sandbox,
            folder,
            executors: Executors::default(),
            tokio,
            input: listed(&inputs, |input| input.display().to_string()),
            reading,
            words,
            limits: self.limits(),
            // Enough to keep every thread busy while one record takes its time; a model answers slowly, and limits its requests itself.
            window: (8 * self.threads).max(model_window),
            max_deferred: self.max_deferred,
            json: self.json,
            stop,
            scratch,
        })
    }

    /// The same with another output folder.
    pub fn into_folder(self, out: PathBuf) -> Self {
        Self { out: Some(out), ..self }
    }

    /// The output folder of a command with this suffix.
    pub fn out_beside(&self, input: &Path, suffix: &str) -> PathBuf {
        out_folder(self.out.as_deref(), &[input], suffix, false)
    }

    /// From now on, says as little as the user wishes.
    pub fn hush(&self) {
        if self.quiet {
            be_quiet();
        }
    }

    /// The output folder for an input.
    pub fn out(&self, input: &Path) -> PathBuf {
        self.out.clone().unwrap_or_else(|| Path::new("runs").join(run_name(input)))
    }

    /// The runtime that the user names.
    pub fn runtime(&self) -> Option<&str> {
        self.sandbox.runtime.as_deref()
    }

    /// The limits of each program.
    pub fn limits(&self) -> Limits {
        self.sandbox.limits()
    }
}

impl Work {
    /// The same with executors for languages that they list.
    pub fn with_executors(self, executors: Executors) -> Self {
        Self { executors, ..self }
    }

    /// Says which settings of the run whose results are in the folder differ from these: its results will be replaced.
    pub fn tell_replaced(&self, settings: &impl Serialize) {
        let settings =
            Settings { runtime: self.sandbox.fingerprint(), limits: self.limits, own: settings };
        let (Ok(Some(before)), Ok(Json::Object(settings))) =
            (settings::stated(self.folder.path()), serde_json::to_value(settings))
        else {
            return;
        };
        let differing = Differing::of(&before, &settings);
        if !differing.names().is_empty() {
            let folder = self.folder.path().display();
            tell!(
                "tgsand: {folder} has results of other settings ({}); they are replaced",
                differing.names().join(", ")
            );
        }
    }

    /// Runs a pipeline under a progress line. Afterwards nothing more is asked of the models, what was asked is written down, and
    /// replies on their way are waited for even if the run has failed: they are paid for, and kept.
    pub fn drive<S>(
        &self,
        models: &[&Model],
        pipeline: impl AsyncFnOnce(&Run<'_>) -> Result<S>,
    ) -> Result<S> {
        let progress = Progress::start(self.reading.bytes, self.words);
        let run = Run {
            input: self.input.clone(),
            sandbox: &self.sandbox,
            executors: &self.executors,
            limits: self.limits,
            folder: &self.folder,
            window: self.window,
            max_deferred: self.max_deferred,
            stop: &self.stop,
            watch: &|tally| progress.update(tally, self.reading.bytes_read()),
        };
        let done = self.tokio.block_on(pipeline(&run));
        progress.finish();
        for model in models {
            self.stop.store(true, Ordering::Relaxed);
            self.tokio.block_on(model.drain());
        }
        if self.json {
            say_report(&self.folder)?;
        }
        if self.scratch.is_none() {
            usage::close_accounts(models, &self.folder)?;
        }
        done
    }

    /// Says why no problem of a test set was left to score, and how the process ends.
    pub fn without_problems(&self, tally: &Tally) -> Exit {
        let rejected = tally.rejected_total();
        if rejected > 0 {
            let path = self.folder.path().join("rejected.jsonl");
            tell!("tgsand: no problem was scored; see {} for the reasons", path.display());
        }
        if tally.rejected.get(&Reason::UnreadableRecord) == Some(&rejected) {
            tell!("tgsand: known formats: {}", problems::known_formats());
        }
        Exit::Failed
    }

    /// How a command that makes samples of code ends; says so if there are none.
    pub fn exit_of_samples(&self, tally: &Tally, min_yield: Option<f64>) -> Exit {
        let exit = exit_of_yield(tally, min_yield);
        if tally.accepted > 0 {
            return exit;
        }
        if tally.rejected_total() > 0 {
            let path = self.folder.path().join("rejected.jsonl");
            tell!("tgsand: nothing was accepted; see {} for the reasons", path.display());
        }
        if exit == Exit::Done { Exit::Failed } else { exit }
    }

    /// Says why a run that is not done has ended, and how its process ends.
    pub fn unfinished(&self, Ending { tally, deferrals, interrupted }: &Ending) -> Option<Exit> {
        if let Some(left) = &deferrals.left {
            tell!("tgsand: deferred: {left}");
        }
        let most = self.max_deferred;
        if deferrals.troubled > most {
            tell!(
                "tgsand: stopped, more than {most} deferred; run the same command again to resume"
            );
            return Some(Exit::Incomplete);
        }
        if *interrupted {
            tell!("tgsand: stopped; run the same command again to resume");
            return Some(Exit::Interrupted);
        }
        if let Some(damage) = self.reading.damage() {
            let folder = self.folder.path().display();
            tell!("tgsand: {damage}; {folder} has the results of the lines before");
            return Some(Exit::Incomplete);
        }
        if tally.total() == 0 {
            tell!("tgsand: {} has no {}", self.input, self.words.things);
        }
        None
    }
}

/// Where the results go if the user may have named a folder.
fn out_folder(named: Option<&Path>, inputs: &[&Path], suffix: &str, goes_on: bool) -> PathBuf {
    match (named, inputs) {
        (Some(out), _) => out.to_owned(),
        (None, [input]) if goes_on && input.is_dir() => (*input).to_owned(),
        (None, [input]) => Path::new("runs").join(run_name(input) + suffix),
        (None, [first, others @ ..]) => {
            Path::new("runs").join(format!("{}-and-{}-more{suffix}", run_name(first), others.len()))
        }
        (None, []) => Path::new("runs").join(suffix),
    }
}

/// The work of a folder: what it says itself if it is the run that this one goes on with.
fn work_in(out: &Path, inputs: &[&Path], work: String, goes_on: bool) -> Result<String> {
    let is_input = |input: &&Path| input.is_dir() && whole_path(out) == whole_path(input);
    let is_same = goes_on && inputs.iter().any(is_input);
    Ok(if is_same { RunFolder::work(out)?.unwrap_or(work) } else { work })
}

/// Opens the folder of a run that runs no program and asks no model.
pub fn open_folder(
    named: Option<&Path>,
    input: &Path,
    suffix: &str,
    goes_on: bool,
) -> Result<RunFolder> {
    let out = out_folder(named, &[input], suffix, goes_on);
    let work = format!("{}{suffix}", whole_path(input));
    RunFolder::open(&out, &work_in(&out, &[input], work, goes_on)?)
}

/// A path from the root, as a message shows it and a run's folder keeps to it.
pub fn whole_path(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Prints the report of a run, if it is done.
pub fn say_report(folder: &RunFolder) -> Result<()> {
    folder.report().map_or(Ok(()), say)
}

/// The paths of all inputs, as messages show them.
fn listed(inputs: &[&Path], shown: impl Fn(&Path) -> String) -> String {
    inputs.iter().map(|input| shown(input)).collect::<Vec<_>>().join(", ")
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
    for suffix in [".gz", ".zst", ".jsonl", ".json", ".parquet", ".py"] {
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
                #[expect(clippy::exit, reason = "work in progress is not waited for")]
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

/// How a command ends that counted this; says so if the yield is below the gate.
pub fn exit_of_yield(tally: &Tally, min_yield: Option<f64>) -> Exit {
    if let Some(why) = tally.below_gate(min_yield) {
        tell!("tgsand: {why}");
    }
    tally.exit(min_yield)
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
