//! Runs WASI commands: any module with a `_start`, be it an interpreter of the job's code, or a compiler whose output is run.
//!
//! Invariant: a run starts from the bare module and sees its job alone; nothing in here knows a language.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use wasmtime::{Engine, InstancePre, Module};

use super::engine;
use super::error::SandboxError;
use super::instance;
use super::job::{End, Execution, Job};
use super::limits::Limits;
use super::wasi::{Content, Guest, ReadOnlyFile, ReadOnlyFolder, Seeds};

/// The path of a job's code in the guest's file system; it is the only file there.
const FOLDER: &str = "/job";
const FILE: &str = "program";
/// Elements of the largest table that a module may have: there is one for each function whose address is taken.
const TABLE_ELEMENTS: usize = 1 << 16;
/// Bytes of the largest module that a compiler may write. Compiling it to machine code takes no fuel, so this is what bounds it.
const MAX_PROGRAM: u64 = 16 << 20;

/// A WebAssembly module that is run from `_start`, and what it does with a job's code, the file `/job/program`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WasiCommand<'m> {
    /// It runs the code; its arguments are the code's path and the job's `argv`.
    Interpreter(&'m [u8]),
    /// It writes to stdout a module that is run then; its argument is the code's path. If it exits with another code than 0, the job
    /// ends as [`End::CompileError`] with the compiler's stderr; if it ends in any other way, so does the job.
    Compiler(&'m [u8]),
}

impl WasiCommand<'_> {
    /// Names the command with a digest of all that decides how programs behave in it.
    pub fn fingerprint(&self) -> String {
        let (name, module) = match self {
            Self::Interpreter(module) => ("interpreter", module),
            Self::Compiler(module) => ("compiler", module),
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(super::runtime::HOST_VERSION.as_bytes()).update(&[0]).update(module);
        format!("{name}@{}", &hasher.finalize().to_hex()[..12])
    }
}

/// A command that is ready to run jobs.
pub enum Command {
    Interpreter(InstancePre<Guest>),
    Compiler(InstancePre<Guest>),
}

impl Command {
    /// Compiles a command's module to run on this many threads.
    pub fn open(command: &WasiCommand<'_>, threads: u32) -> Result<Self, SandboxError> {
        let engine = engine::pooled_engine(threads, TABLE_ELEMENTS)?;
        Ok(match command {
            WasiCommand::Interpreter(wasm) => Self::Interpreter(load(&engine, wasm)?),
            WasiCommand::Compiler(wasm) => Self::Compiler(load(&engine, wasm)?),
        })
    }

    /// Runs a job, after its build if there is one, and returns what it did.
    pub fn run(&self, job: &Job) -> Result<Execution, SandboxError> {
        if job.entry.is_some() || !job.cases.is_empty() || !job.observe.is_empty() {
            return Err(SandboxError::WholeProgramsOnly);
        }
        let path = format!("{FOLDER}/{FILE}");
        let file = ReadOnlyFile {
            name: FILE.into(),
            content: Content::InMemory(job.code.clone().into_bytes()),
        };
        let folder =
            ReadOnlyFolder { path: FOLDER.into(), files: vec![file], ..ReadOnlyFolder::default() };
        match self {
            Self::Interpreter(interpreter) => {
                let arguments = [&["interpreter".into(), path], &job.argv[..]].concat();
                let guest = Guest::running(Arc::new(folder), &job.limits, Seeds::FIRST)
                    .with_arguments(arguments)
                    .with_stdin(job.stdin.clone());
                run(interpreter, guest, &job.limits)
            }
            Self::Compiler(compiler) => {
                let limits = Limits { output: MAX_PROGRAM, ..job.limits };
                let guest = Guest::running(Arc::new(folder), &limits, Seeds::FIRST)
                    .with_arguments(vec!["compiler".into(), path]);
                let build = run(compiler, guest, &limits)?;
                run_built(compiler.module().engine(), build, job)
            }
        }
    }
}

/// Compiles a module that must have a `_start`.
fn load(engine: &Engine, wasm: &[u8]) -> Result<InstancePre<Guest>, SandboxError> {
    let module = Module::from_binary(engine, wasm)?;
    if module.get_export("_start").is_none() {
        let why = "its module is not a WASI command: it exports no `_start`";
        return Err(SandboxError::Runtime(why.into()));
    }
    engine::bind(&module)
}

/// Runs what a compiler has written, if it has done its work.
fn run_built(engine: &Engine, build: Execution, job: &Job) -> Result<Execution, SandboxError> {
    match build.end {
        End::Exited { exit_code: 0 } => {}
        End::Exited { exit_code } => {
            return Ok(failed(build, End::CompileError { exit_code }, job));
        }
        End::Returned { .. }
        | End::Raised(_)
        | End::CompileError { .. }
        | End::OutOfFuel
        | End::OutOfMemory
        | End::OutputTooLarge
        | End::Trapped { .. } => {
            let end = build.end.clone();
            return Ok(failed(build, end, job));
        }
    }
    let program = match load(engine, build.stdout_bytes()) {
        Ok(program) => program,
        // The compiler is at fault, or a program that made it write this: no failure of the host's.
        Err(error) => {
            let trap = format!("the compiler wrote no module that can be run: {error}");
            return Ok(failed(build, End::Trapped { trap }, job));
        }
    };
    let guest = Guest::running(Arc::default(), &job.limits, Seeds::FIRST)
        .with_arguments([&["program".into()], &job.argv[..]].concat())
        .with_stdin(job.stdin.clone());
    let ran = run(&program, guest, &job.limits)?;
    Ok(Execution {
        fuel: build.fuel.saturating_add(ran.fuel),
        fuel_total: build.fuel_total.saturating_add(ran.fuel_total),
        memory: build.memory.max(ran.memory),
        ..ran
    })
}

/// A build that gave no program: its stdout is not meant for readers, and its messages get no more
/// room than a program's.
fn failed(build: Execution, end: End, job: &Job) -> Execution {
    let mut stderr = build.stderr.clone();
    let limit = usize::try_from(job.limits.output).unwrap_or(usize::MAX);
    let is_cut = stderr.len() > limit;
    stderr.truncate(stderr.floor_char_boundary(limit));
    let truncated = build.truncated || is_cut;
    Execution { end, truncated, ..build }.with_output(Vec::new(), stderr.into_bytes())
}

/// Runs a module from `_start` in one fresh instance.
fn run(
    module: &InstancePre<Guest>,
    guest: Guest,
    limits: &Limits,
) -> Result<Execution, SandboxError> {
    // A memory beyond the limit is refused before anything runs.
    if engine::initial_memory(module.module()) > limits.memory {
        return Ok(Execution::ended(End::OutOfMemory, limits.memory));
    }
    let mut store = instance::store(module.module().engine(), guest);
    store.set_fuel(limits.fuel)?;
    let (outcome, memory) = instance::run_to_end(module, &mut store, instance::start)?;
    let fuel = limits.fuel - store.get_fuel()?.min(limits.fuel);
    let guest = store.into_data();
    let end = match outcome {
        Ok(()) => End::Exited { exit_code: 0 },
        Err(error) => instance::end_of(&error, guest.limits.denied),
    };
    Ok(Execution {
        truncated: guest.truncated,
        fuel,
        fuel_total: instance::total_fuel(fuel, limits.job_room().saturating_sub(guest.room)),
        ..Execution::ended(end, memory).with_output(guest.stdout, guest.stderr)
    })
}
