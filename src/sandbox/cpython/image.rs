//! A loaded snapshot, and one run of it: an instance that is an exact copy, and one call of the harness.
//!
//! Invariant: an instance begins as its snapshot, whatever ran in it before, and runs one job at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::{Engine, InstancePre};

use super::super::engine;
use super::super::error::SandboxError;
use super::super::instance;
use super::super::job::{End, Execution, Job};
use super::super::limits::Limits;
use super::super::wasi::{Guest, ReadOnlyFolder, Seeds};
use super::budget::Budget;
use super::harness::{self, Stopped};
use super::kept::{Changes, Ended, Fresh, Kept, Origin, Reset};
use super::program::{Compiled, Prepared};
use super::recipe::Gauges;
use super::report;

/// A loaded snapshot: every run starts as a copy of it.
pub struct Image {
    origin: Origin,
    /// The address of the harness entry's function object.
    entry_object: u32,
    /// Bytes by which its memory is more than in the first image.
    pub padding: u64,
    seeds: Seeds,
    folder: Arc<ReadOnlyFolder>,
    reset: Reset,
    fresh: Fresh,
    /// Instances that wait for their next run; the one that ran last is the last.
    idle: Mutex<Vec<Kept>>,
}

/// What all snapshots of a runtime have in common.
pub struct Common {
    pub engine: Engine,
    pub gauges: Gauges,
    pub folder: Arc<ReadOnlyFolder>,
    pub reset: Reset,
}

impl Image {
    /// Loads a compiled snapshot that was taken under these seeds.
    pub fn load(
        common: &Common,
        path: &Path,
        entry_object: u32,
        seeds: Seeds,
    ) -> Result<Self, SandboxError> {
        let instance = engine::load(&common.engine, path)?;
        let memory = engine::initial_memory(instance.module());
        let gauges = common.gauges;
        let origin = Origin { instance, gauges, memory: memory as usize, changes: None };
        Self::of(origin, common, entry_object, seeds)
    }

    fn of(
        origin: Origin,
        common: &Common,
        entry_object: u32,
        seeds: Seeds,
    ) -> Result<Self, SandboxError> {
        Ok(Self {
            fresh: Fresh::start(&origin)?,
            origin,
            entry_object,
            padding: 0,
            seeds,
            folder: Arc::clone(&common.folder),
            reset: common.reset,
            idle: Mutex::default(),
        })
    }

    /// The snapshot that these changes make of this one.
    pub fn rehashed(
        &self,
        common: &Common,
        entry_object: u32,
        memory: usize,
        changes: Changes,
    ) -> Result<Self, SandboxError> {
        let memory = memory.max(self.origin.memory);
        let instance: InstancePre<Guest> = self.origin.instance.clone();
        let origin = Origin { instance, gauges: common.gauges, memory, changes: Some(changes) };
        let padding = (memory - self.origin.memory) as u64;
        Ok(Self { padding, ..Self::of(origin, common, entry_object, self.seeds)? })
    }

    /// Bytes of memory that every run begins with.
    pub fn memory(&self) -> u64 {
        self.origin.memory as u64
    }

    /// An instance whose memory may have so many bytes.
    fn take(&self, limit: u64) -> Result<Kept, SandboxError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().rposition(|kept| kept.limit() == limit) {
            Some(place) => Ok(idle.remove(place)),
            None => {
                // Its place is taken by the new one, so that there are no more than threads.
                let unlike = (!idle.is_empty()).then(|| idle.remove(0));
                drop(idle);
                drop(unlike);
                Kept::start(&self.origin, limit)
            }
        }
    }

    /// Runs a guest in an instance, which waits for the next one if it is the image again.
    fn call(&self, guest: Guest, limits: &Limits) -> Result<Ended, SandboxError> {
        let mut kept = self.take(Kept::limit_of(limits.memory))?;
        let ended = kept.call(guest, self.entry_object)?;
        if kept.reset(&self.fresh, &ended, self.reset)? {
            self.put_back(kept);
        }
        Ok(ended)
    }

    /// Lets go of the instances that wait.
    pub fn release(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        drop(idle);
    }

    fn put_back(&self, kept: Kept) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
    }
}

/// Runs cases in one fresh instance until they are done or one of them ends it; that one is the last in the result.
///
/// Results are in the given order; there are as many as cases ran, and none if the program did not
/// load.
pub fn run(
    image: &Image,
    prepared: &Prepared<'_>,
    order: &[usize],
    budget: &mut Budget,
) -> Result<Execution, SandboxError> {
    let job = prepared.job;
    if job.limits.memory.saturating_add(image.padding) < image.memory() {
        return Ok(Execution::ended(End::OutOfMemory, job.limits.memory));
    }
    let (nonce, request) = harness::request(prepared, order, &image.folder)?;
    // The program is not charged for the padding that makes the second image's addresses differ
    // from the first's.
    let limits = Limits { memory: job.limits.memory.saturating_add(image.padding), ..job.limits };
    // One message that the program has loaded, one for each case, and one at its end.
    let messages = order.len() + 2;
    let seeds = job.random_seed.map_or(image.seeds, |number| image.seeds.varied(number));
    let guest = Guest::running(Arc::clone(&image.folder), &limits, seeds)
        .with_stdin(job.stdin.clone())
        .with_channel(nonce, request, messages)
        .with_room(budget.bytes)
        .with_total_fuel(budget.fuel_left());
    let ended = image.call(guest, &limits)?;

    let guest = ended.guest;
    let fuel = guest.fuel.given.saturating_sub(ended.fuel_left);
    let room = budget.bytes.saturating_sub(guest.room);
    budget.take_fuel(instance::total_fuel(guest.fuel.spent.saturating_add(fuel), room));
    (budget.bytes, budget.is_spent) = (guest.room, guest.job_is_full);
    let stopped = Stopped { outcome: ended.outcome, fuel, memory: ended.memory };
    let mut execution = harness::assemble(job, guest, &stopped);
    execution.cases.truncate(order.len());
    Ok(execution)
}

/// Compiles a job's program within its limits; `None` if they are too low.
pub fn compile(image: &Image, job: &Job) -> Result<Option<Compiled>, SandboxError> {
    if job.limits.memory < image.memory() {
        return Ok(None);
    }
    let (nonce, request) = harness::compile_request(&job.code)?;
    // Code is about as long as its text, and is written with two digits a byte.
    let output = job.limits.output.max(1 << 20).saturating_add(64 * job.code.len() as u64);
    let limits = Limits { output, ..job.limits };
    let guest = Guest::running(Arc::clone(&image.folder), &limits, image.seeds)
        .with_channel(nonce, request, 1)
        .with_room(limits.job_room());
    let ended = image.call(guest, &limits)?;
    let guest = ended.guest;
    let is_silent = guest.stdout.is_empty() && guest.stderr.is_empty();
    let (code, fuel) = match (&ended.outcome, guest.messages.as_slice()) {
        (Err(_), _) => return Ok(None),
        (Ok(_), [message]) if is_silent => (report::code(&message.body), message.fuel_used),
        (Ok(_), _) if guest.limits.denied => return Ok(None),
        (Ok(_), _) => (None, 0),
    };
    Ok(Some(Compiled { code, fuel, memory: ended.memory.saturating_sub(image.padding) }))
}
