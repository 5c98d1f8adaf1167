//! Translates programs into another language, in an instance of the translator's own.
//!
//! Invariant: a translator has limits of its own, so that a program's limits are for the program alone.

use wasmtime::InstancePre;

use super::super::error::SandboxError;
use super::super::job::{End, Execution, Job};
use super::super::limits::Limits;
use super::Start;
use super::host::{self, Host};

/// Two hundred times what a program of a hundred lines takes.
const LIMITS: Limits = Limits { fuel: 10_000_000_000, memory: 512 << 20, output: 16 << 20 };

/// What became of a program.
pub enum Translated {
    /// The job with the translated program, and the fuel of the translation with the host's work for it.
    Program(Box<Job>, u64),
    /// How the job ends since its program could not be translated.
    Failed(Box<Execution>),
}

impl Translated {
    /// Runs the translated program, if there is one.
    pub fn run(
        self,
        run: impl FnOnce(&Job) -> Result<Execution, SandboxError>,
    ) -> Result<Execution, SandboxError> {
        match self {
            Self::Program(job, fuel) => {
                let ran = run(&job)?;
                Ok(Execution { fuel_total: ran.fuel_total.saturating_add(fuel), ..ran })
            }
            Self::Failed(execution) => Ok(*execution),
        }
    }
}

/// Has a job's program translated.
pub fn translate(
    translator: &InstancePre<Host>,
    start: Start,
    job: &Job,
) -> Result<Translated, SandboxError> {
    let work = Job { stdin: job.code.clone().into_bytes(), limits: LIMITS, ..Job::default() };
    let done = host::run(translator, start, &work)?;
    if done.end == (End::Exited { exit_code: 0 }) {
        let translated = Job { code: done.stdout, ..job.clone() };
        return Ok(Translated::Program(Box::new(translated), done.fuel_total));
    }
    let fuel_total = done.fuel_total;
    let failed = Execution { fuel_total, ..super::failed(&super::messages(&done), &job.limits) };
    Ok(Translated::Failed(Box::new(failed)))
}
