//! Programs that run several times are compiled once: in an instance of their own, before anything of them has run.
//!
//! Invariant: an execution says the same, fuel included, whether its program was compiled for it or for an earlier job.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::super::error::SandboxError;
use super::super::job::{Isolation, Job};
use super::budget::Budget;
use super::image::{self, Image};
use super::program::{Compiled, Prepared};

/// Bytes of code that are kept; beyond them all is forgotten.
const MOST_BYTES: usize = 64 << 20;
/// Bytes that an entry takes besides its code.
const ENTRY_BYTES: usize = 256;

/// The programs that were compiled, by the digests of their texts.
#[derive(Default)]
pub struct Programs {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    programs: HashMap<blake3::Hash, Compiled>,
    bytes: usize,
}

impl Programs {
    /// Prepares a job. The fuel of compiling is booked as often as its program is compiled for the job: once.
    ///
    /// A job whose cases run in one interpreter, once, has nothing to gain, and compiles as it goes.
    pub fn prepare<'a>(
        &self,
        image: &Image,
        job: &'a Job,
        budget: &mut Budget,
    ) -> Result<(Prepared<'a>, Option<Compiled>), SandboxError> {
        let plain = (Prepared { job, code: None }, None);
        if job.isolation == Isolation::Program || job.cases.is_empty() {
            return Ok(plain);
        }
        let key = blake3::hash(job.code.as_bytes());
        let known = self.lock().programs.get(&key).cloned();
        let compiled = match known {
            Some(compiled) => compiled,
            None => match image::compile(image, job)? {
                Some(compiled) => self.keep(key, compiled),
                // The job's limits are too low: it ends by them in its own run.
                None => return Ok(plain),
            },
        };
        let fits = compiled.fuel <= job.limits.fuel && compiled.memory <= job.limits.memory;
        let Some(code) = compiled.code.clone().filter(|_| fits) else { return Ok(plain) };
        budget.take_fuel(compiled.fuel);
        Ok((Prepared { job, code: Some(code) }, Some(compiled)))
    }

    fn keep(&self, key: blake3::Hash, compiled: Compiled) -> Compiled {
        let mut kept = self.lock();
        let bytes = ENTRY_BYTES + compiled.code.as_ref().map_or(0, |code| code.len());
        if kept.bytes + bytes > MOST_BYTES {
            *kept = Kept::default();
        }
        kept.bytes += bytes;
        kept.programs.insert(key, compiled.clone());
        compiled
    }

    /// Forgets all programs.
    pub fn forget(&self) {
        *self.lock() = Kept::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
