//! Runs untrusted programs in WebAssembly, in fresh memory every time: Python in a CPython that starts from a snapshot, other languages
//! in interpreters that are built in, and any further one by a command for WASI.
//!
//! Invariant: this module imports nothing of the crate, and what a guest does depends on nothing but its job and the runtime.

mod command;
mod cpython;
mod engine;
mod error;
#[cfg(test)]
mod fuzzing;
mod install;
mod instance;
mod job;
mod languages;
mod limits;
pub mod packages;
pub mod runtime;
pub mod value;
mod wasi;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

pub use command::WasiCommand;
pub use error::SandboxError;
pub use install::{Step as InstallStep, ensure as install, remove as uninstall, verify};
pub use job::steps;
pub use job::{
    ArgumentKey, CallKind, Case, CaseResult, Coverable, Coverage, End, Execution, Isolation, Job,
    Observe, Raised, RawOutput, Step,
};
pub use languages::Language;
pub use limits::Limits;
pub use runtime::Runtime;

use command::Command;
use cpython::{Cpython, Reset};
use packages::Packages;
use runtime::Interpreter;

/// More threads than this only wait for each other, and each takes address space for its instances.
const MAX_THREADS: usize = 512;

type Reply = oneshot::Sender<Result<Execution, SandboxError>>;

/// What runs a sandbox's jobs; each kind is a room of its own.
enum Program {
    Cpython(Box<Cpython>),
    Language(languages::Interpreter),
    Command(Command),
}

impl Program {
    fn run(&self, job: &Job) -> Result<Execution, SandboxError> {
        match self {
            Self::Cpython(cpython) => cpython.run(job),
            Self::Language(interpreter) => interpreter.run(job),
            Self::Command(command) => command.run(job),
        }
    }

    fn release(&self) {
        match self {
            Self::Cpython(cpython) => cpython.release(),
            Self::Language(interpreter) => interpreter.release(),
            // Its instances are not kept.
            Self::Command(_) => {}
        }
    }
}

/// A pool of threads that run jobs of one runtime.
///
/// Dropping it lets the jobs in hand finish.
pub struct Sandbox {
    jobs: Sender<(Job, Reply)>,
    program: Arc<Program>,
    fingerprint: String,
    imported: Vec<String>,
    threads: usize,
    languages: Mutex<BTreeMap<Language, Arc<Self>>>,
}

impl Sandbox {
    /// Opens an installed runtime with this many worker threads, at least one.
    pub fn open(runtime: &Runtime, threads: usize) -> Result<Self, SandboxError> {
        Self::open_with(runtime, threads, Reset::CopyBack, Packages::default())
    }

    /// Opens a runtime whose programs can import these packages, too.
    pub fn open_serving(
        runtime: &Runtime,
        threads: usize,
        packages: Packages,
    ) -> Result<Self, SandboxError> {
        Self::open_with(runtime, threads, Reset::CopyBack, packages)
    }

    /// Opens a runtime whose instances keep no pages between runs, as if the kernel could not tell which ones were written to.
    pub fn open_plain(runtime: &Runtime, threads: usize) -> Result<Self, SandboxError> {
        Self::open_with(runtime, threads, Reset::MapAgain, Packages::default())
    }

    /// Opens a runtime that compares each instance with its image after each run, byte for byte, and fails if any of it differs.
    pub fn open_checked(runtime: &Runtime, threads: usize) -> Result<Self, SandboxError> {
        Self::open_with(runtime, threads, Reset::CopyBackAndCheck, Packages::default())
    }

    /// Opens a WASI command with this many worker threads, at least one; it is compiled now.
    pub fn open_command(command: &WasiCommand<'_>, threads: usize) -> Result<Self, SandboxError> {
        let threads = threads.clamp(1, MAX_THREADS);
        let program = Program::Command(Command::open(command, threads as u32)?);
        Self::start_threads(program, command.fingerprint(), threads)
    }

    fn open_with(
        runtime: &Runtime,
        threads: usize,
        reset: Reset,
        packages: Packages,
    ) -> Result<Self, SandboxError> {
        let threads = threads.clamp(1, MAX_THREADS);
        let Packages { wheels, archive, loaded } = packages;
        let names = std::iter::once(runtime.fingerprint())
            .chain(wheels.iter().map(|wheel| format!(" {wheel}")))
            .collect();
        let imported = loaded.as_ref().map_or(Vec::new(), |loaded| loaded.modules.clone());
        let program = match &runtime.interpreter {
            Interpreter::Cpython(_) => {
                let archive = (!wheels.is_empty()).then_some(archive);
                Program::Cpython(Box::new(Cpython::open(runtime, reset, archive, loaded)?))
            }
            Interpreter::Language(language) => {
                install::installed(runtime)?;
                let other = runtime.needed().as_ref().map(Runtime::folder);
                Program::Language(languages::Interpreter::open(
                    *language,
                    &runtime.folder(),
                    other.as_deref(),
                    threads as u32,
                )?)
            }
        };
        Ok(Self { imported, ..Self::start_threads(program, names, threads)? })
    }

    fn start_threads(
        program: Program,
        fingerprint: String,
        threads: usize,
    ) -> Result<Self, SandboxError> {
        let program = Arc::new(program);
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let (program, queue) = (Arc::clone(&program), Arc::clone(&queue));
            std::thread::Builder::new()
                .name("sandbox".into())
                .stack_size(engine::THREAD_STACK)
                .spawn(move || work(&program, &queue))
                .map_err(SandboxError::io("a sandbox thread"))?;
        }
        let (imported, languages) = (Vec::new(), Mutex::default());
        Ok(Self { jobs, program, fingerprint, imported, threads, languages })
    }

    /// Names the runtime with the digest of all that decides how programs behave in it, and the packages that it serves with theirs.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The sandbox of another language, with as many threads; it is opened when it is first asked for.
    pub fn speaking(&self, language: Language) -> Result<Arc<Self>, SandboxError> {
        let mut languages =
            self.languages.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(sandbox) = languages.get(&language) {
            return Ok(Arc::clone(sandbox));
        }
        let runtime = runtime::named(language.name())?;
        let sandbox = Arc::new(Self::open(&runtime, self.threads)?);
        languages.insert(language, Arc::clone(&sandbox));
        Ok(sandbox)
    }

    /// Whether the sandbox can run the job at all; the error says why it cannot.
    pub fn check(&self, job: &Job) -> Result<(), SandboxError> {
        match &*self.program {
            Program::Language(_) => languages::check(job),
            Program::Cpython(_) | Program::Command(_) => Ok(()),
        }
    }

    /// Hands a job to the next free thread.
    pub fn start(&self, job: Job) -> Result<Pending, SandboxError> {
        let (reply, result) = oneshot::channel();
        self.jobs.send((job, reply)).map_err(|_| SandboxError::Closed)?;
        Ok(Pending(result))
    }

    /// Runs a job and waits for it; blocks the calling thread.
    pub fn run(&self, job: Job) -> Result<Execution, SandboxError> {
        self.start(job)?.wait()
    }

    /// The modules of packages that are imported before programs run.
    pub fn imported(&self) -> &[String] {
        &self.imported
    }

    /// Gives back the memory of what is kept for later jobs; the next ones start their instances anew.
    pub fn release(&self) {
        self.program.release();
    }

    /// The limits that a program without a line of its own needs: below them, nothing loads.
    pub fn least_limits(&self) -> Result<Limits, SandboxError> {
        let ample = Limits { memory: u64::from(u32::MAX), ..Limits::default() };
        let empty = self.run(Job { limits: ample, ..Job::default() })?;
        Ok(Limits { fuel: empty.fuel, memory: empty.memory, ..ample })
    }

    /// Runs a job.
    pub async fn submit(&self, job: Job) -> Result<Execution, SandboxError> {
        self.start(job)?.0.await.map_err(|_| SandboxError::Closed)?
    }
}

/// A job that a thread has or will get.
pub struct Pending(oneshot::Receiver<Result<Execution, SandboxError>>);

impl Pending {
    /// Waits for the job; blocks the calling thread.
    pub fn wait(self) -> Result<Execution, SandboxError> {
        self.0.blocking_recv().map_err(|_| SandboxError::Closed)?
    }
}

fn work(program: &Program, queue: &Mutex<Receiver<(Job, Reply)>>) {
    loop {
        // A thread that panicked while it waited leaves the queue as it was.
        let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        let Ok((job, reply)) = next else { return };
        if reply.is_closed() {
            continue; // Nobody waits for it any more.
        }
        // Nobody may be waiting for the result any more; that is not an error.
        let _ = reply.send(program.run(&job));
    }
}
