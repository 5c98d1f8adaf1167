//! A loaded snapshot, and one run of it: a fresh instance and one call of the harness.
//!
//! Invariant: an instance begins as an exact copy of its snapshot and is given to one run only.

use std::path::Path;
use std::sync::Arc;

use wasmtime::{Engine, InstancePre, Store, Val};

use super::super::engine;
use super::super::error::SandboxError;
use super::super::instance;
use super::super::job::{End, Execution, Job};
use super::super::limits::Limits;
use super::super::wasi::{Guest, ReadOnlyFolder, Seeds};
use super::budget::Budget;
use super::harness::{self, Stopped};
use super::prefault::HotPages;
use super::rehashed::Pages;
use super::rewrite::{ENTRY_EXPORT, WASM_PAGE, global_export};

/// A loaded snapshot: every run starts as a copy of it.
pub struct Image {
    instance: InstancePre<Guest>,
    /// The address of the harness entry's function object.
    entry_object: u32,
    /// Bytes of memory that every run begins with.
    pub memory: u64,
    /// Bytes by which that is more than in the first image.
    pub padding: u64,
    seeds: Seeds,
    folder: Arc<ReadOnlyFolder>,
    /// Absent if pages are faulted in as they come.
    hot_pages: Option<HotPages>,
    /// What makes another snapshot of this one when a run begins.
    pages: Option<Arc<Pages>>,
}

impl Image {
    /// Loads a compiled snapshot that was taken under these seeds.
    pub fn load(
        engine: &Engine,
        path: &Path,
        entry_object: u32,
        seeds: Seeds,
        folder: &Arc<ReadOnlyFolder>,
        keep_pages: bool,
    ) -> Result<Self, SandboxError> {
        let instance = engine::load(engine, path)?;
        Ok(Self {
            memory: engine::initial_memory(instance.module()),
            padding: 0,
            instance,
            entry_object,
            seeds,
            folder: Arc::clone(folder),
            hot_pages: keep_pages.then(HotPages::default),
            pages: None,
        })
    }

    /// The snapshot that these pages make of this one.
    pub fn rehashed(&self, entry_object: u32, pages: Pages) -> Self {
        let memory = self.memory.max(pages.memory as u64);
        Self {
            instance: self.instance.clone(),
            entry_object,
            padding: memory - self.memory,
            memory,
            seeds: self.seeds,
            folder: Arc::clone(&self.folder),
            hot_pages: None,
            pages: Some(Arc::new(pages)),
        }
    }
}

/// Runs cases in one fresh instance until they are done or one of them ends it; that one is the last in the result.
///
/// Results are in the given order; there are as many as cases ran, and none if the program did not
/// load.
pub fn run(
    image: &Image,
    job: &Job,
    order: &[usize],
    budget: &mut Budget,
) -> Result<Execution, SandboxError> {
    if job.limits.memory.saturating_add(image.padding) < image.memory {
        return Ok(Execution::ended(End::OutOfMemory, job.limits.memory));
    }
    let (nonce, request) = harness::request(job, order)?;
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
    let mut store = instance::store(image.instance.module().engine(), guest)?;
    let (outcome, memory) = call_entry(image, &mut store)?;

    let left = store.get_fuel()?;
    let guest = store.into_data();
    let fuel = guest.fuel.given.saturating_sub(left);
    let room = budget.bytes.saturating_sub(guest.room);
    budget.take_fuel(instance::total_fuel(guest.fuel.spent.saturating_add(fuel), room));
    (budget.bytes, budget.is_spent) = (guest.room, guest.job_is_full);
    let mut execution = harness::assemble(job, guest, &Stopped { outcome, fuel, memory });
    execution.cases.truncate(order.len());
    Ok(execution)
}

/// How the harness entry came back (whether it returned an object), and the bytes of memory at the end.
type Called = (Result<bool, wasmtime::Error>, u64);

/// Calls the harness entry as CPython's vectorcall does: callable, arguments, count, keyword names; 0 is an exception.
fn call_entry(image: &Image, store: &mut Store<Guest>) -> Result<Called, SandboxError> {
    let instance = image.instance.instantiate(&mut *store)?;
    let memory = instance
        .get_memory(&mut *store, "memory")
        .ok_or_else(|| SandboxError::Runtime("the image has no memory".into()))?;
    if let Some(pages) = &image.pages {
        let missing = image.memory.saturating_sub(memory.data_size(&*store) as u64);
        memory.grow(&mut *store, missing.div_ceil(WASM_PAGE as u64))?;
        pages.put_into(memory.data_mut(&mut *store));
        for (index, value) in &pages.globals {
            let global = instance
                .get_global(&mut *store, &global_export(*index))
                .ok_or_else(|| SandboxError::Runtime("the image lacks a global".into()))?;
            global.set(&mut *store, Val::I32(*value))?;
        }
    }
    let entry = instance.get_typed_func::<(i32, i32, i32, i32), i32>(&mut *store, ENTRY_EXPORT)?;
    if let Some(hot_pages) = &image.hot_pages {
        hot_pages.touch(memory.data_mut(&mut *store));
    }
    let outcome =
        entry.call(&mut *store, (image.entry_object as i32, 0, 0, 0)).map(|returned| returned != 0);
    if let Some(hot_pages) = &image.hot_pages {
        hot_pages.learn(memory.data(&*store));
    }
    Ok((outcome, memory.data_size(&*store) as u64))
}
