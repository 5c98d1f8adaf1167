//! Instances that stay between runs: after each, what it has written is copied back from the image.
//!
//! A page that a run has written to is this instance's own from then on, and is copied back after every run, whether it
//! was written to again or not: copying costs a tenth of what it takes to protect a page, or to map it again.
//!
//! Invariant: after a reset the instance is the image, so that nothing of a run can reach the next one.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use wasmtime::{Global, InstancePre, Memory, Mutability, Store, Trap, TypedFunc, Val};

use super::super::error::SandboxError;
use super::super::instance;
use super::super::limits::Limits;
use super::super::wasi::{Guest, Seeds};
use super::pages::{self, PAGE};
use super::recipe::{Gauges, Growth};
use super::rewrite::{ENTRY_EXPORT, WASM_PAGE, global_export};

/// An instance with more pages of its own than this maps all of them again, which costs as much as copying them back 20 times.
const MOST_PAGES: usize = 2048;
/// The same beyond the image, in memory that programs have grown.
const MOST_GROWN_PAGES: usize = (128 << 20) / PAGE;
/// All pages are mapped again after this many runs, so that those which few programs write to do not add up.
const RUNS: u32 = 512;

/// How an instance is made its image again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// What it has written is copied back.
    CopyBack,
    /// All of its memory is mapped again; so it is if the kernel cannot tell what was written.
    MapAgain,
    /// What it has written is copied back, and then it is compared with its image.
    CopyBackAndCheck,
}

/// What an instance begins as.
pub struct Origin {
    pub instance: InstancePre<Guest>,
    pub gauges: Gauges,
    /// Bytes of memory.
    pub memory: usize,
    pub changes: Option<Changes>,
}

/// In what an instance differs from its module: parts of memory, whose bytes follow each other in a file, and globals.
pub struct Changes {
    pub file: File,
    pub ranges: Vec<Range<usize>>,
    pub globals: Vec<(u32, i32)>,
}

impl Origin {
    /// Starts an instance whose memory may have so many bytes.
    fn start(&self, limit: usize) -> Result<Started, SandboxError> {
        let limits = Limits { memory: limit as u64, ..Limits::default() };
        let engine = self.instance.module().engine();
        let mut store =
            instance::store(engine, Guest::running(Arc::default(), &limits, Seeds::FIRST));
        let instance = self.instance.instantiate(&mut store)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| SandboxError::Runtime("the image has no memory".into()))?;
        // All that the program may have is there from the start. Who writes beyond its size, by code of its own making, gets no further.
        let missing = limit.saturating_sub(memory.data_size(&store)) / WASM_PAGE;
        memory.grow(&mut store, missing as u64)?;
        let mut global = |index: u32| {
            let global = instance.get_global(&mut store, &global_export(index));
            global.ok_or_else(|| SandboxError::Runtime("the image lacks a global".into()))
        };
        let Gauges { memory: Growth { size, limit, refused }, fuel } = self.gauges;
        let gauges = [global(size)?, global(limit)?, global(refused)?, global(fuel)?];
        let changes = self.changes.iter().flat_map(|changes| &changes.globals);
        let changes: Vec<(Global, i32)> = changes
            .map(|&(index, value)| Ok((global(index)?, value)))
            .collect::<Result<_, SandboxError>>()?;
        for (global, value) in changes {
            global.set(&mut store, Val::I32(value))?;
        }
        if let Some(Changes { file, ranges, .. }) = &self.changes {
            pages::map(memory.data_mut(&mut store), file, ranges)
                .map_err(SandboxError::io("the pages of a snapshot"))?;
        }
        pages::keep_small(memory.data_mut(&mut store));
        Ok(Started { store, instance, memory, gauges })
    }
}

struct Started {
    store: Store<Guest>,
    instance: wasmtime::Instance,
    memory: Memory,
    gauges: [Global; 4],
}

/// An instance that never runs: its memory shows what every instance begins with.
pub struct Fresh {
    store: Store<Guest>,
    memory: Memory,
}

impl Fresh {
    pub fn start(origin: &Origin) -> Result<Self, SandboxError> {
        let Started { store, memory, .. } = origin.start(origin.memory)?;
        Ok(Self { store, memory })
    }

    fn bytes(&self) -> &[u8] {
        self.memory.data(&self.store)
    }
}

/// An instance that is ready for a run.
pub struct Kept {
    store: Store<Guest>,
    memory: Memory,
    entry: TypedFunc<(i32, i32, i32, i32), i32>,
    /// The globals that a run may change, and what each begins with.
    globals: Vec<(Global, Val)>,
    size: Global,
    limit: Global,
    refused: Global,
    fuel: Global,
    /// The pages of the image that are its own, in ranges of bytes.
    own: Vec<Range<usize>>,
    /// The same beyond the image, in memory that programs have grown.
    grown: Vec<Range<usize>>,
    runs: u32,
}

/// How a run of an instance ended.
pub struct Ended {
    /// Whether the harness entry returned an object, or why it did not return.
    pub outcome: Result<bool, wasmtime::Error>,
    /// Bytes of memory that the program had.
    pub memory: u64,
    pub fuel_left: u64,
    pub guest: Guest,
    has_faulted: bool,
}

impl Kept {
    /// Starts an instance whose memory may have so many bytes.
    pub fn start(origin: &Origin, limit: u64) -> Result<Self, SandboxError> {
        let Started { mut store, instance, memory, gauges } = origin.start(limit as usize)?;
        let entry = instance.get_typed_func(&mut store, ENTRY_EXPORT)?;
        let [size, limit, refused, fuel] = gauges;
        let exports: Vec<Global> =
            instance.exports(&mut store).filter_map(wasmtime::Export::into_global).collect();
        let globals = exports.into_iter().filter_map(|global| {
            let changes = global.ty(&store).mutability() == Mutability::Var;
            changes.then(|| (global, global.get(&mut store)))
        });
        let globals = globals.collect();
        Ok(Self {
            store,
            memory,
            entry,
            globals,
            size,
            limit,
            refused,
            fuel,
            own: Vec::new(),
            grown: Vec::new(),
            runs: 0,
        })
    }

    /// Bytes of memory that a program can have under this limit.
    pub fn limit_of(bytes: u64) -> u64 {
        let page = WASM_PAGE as u64;
        bytes.min(1 << 32) / page * page
    }

    /// Bytes of memory that a program can have in it.
    pub fn limit(&self) -> u64 {
        self.memory.data_size(&self.store) as u64
    }

    /// Calls the harness entry as CPython's vectorcall does: callable, arguments, count, keyword names; 0 is an exception.
    pub fn call(&mut self, guest: Guest, entry_object: u32) -> Result<Ended, SandboxError> {
        let pages = self.memory.size(&self.store);
        self.limit.set(
            &mut self.store,
            Val::I32(u32::try_from(pages).unwrap_or(u32::MAX).cast_signed()),
        )?;
        self.fuel.set(&mut self.store, Val::I64(guest.fuel.given.cast_signed()))?;
        *self.store.data_mut() = guest;
        self.store.data_mut().counts_in(self.fuel, self.refused);
        let faults = pages::faults();
        let called = self.entry.call(&mut self.store, (entry_object.cast_signed(), 0, 0, 0));
        let has_faulted = pages::faults() != faults;
        let memory = match self.size.get(&mut self.store) {
            Val::I32(pages) => u64::from(pages.cast_unsigned()) * WASM_PAGE as u64,
            _ => 0,
        };
        let mut guest = std::mem::replace(self.store.data_mut(), Guest::idle());
        guest.limits.denied |= !matches!(self.refused.get(&mut self.store), Val::I32(0));
        let fuel = self.fuel.get(&mut self.store).i64().unwrap_or_default();
        let fuel_left = u64::try_from(fuel).unwrap_or_default();
        // The module's counters trap below zero, and nothing else runs from there.
        let outcome = match called {
            Err(error) if fuel < 0 && error.is::<Trap>() => Err(Trap::OutOfFuel.into()),
            called => called.map(|returned| returned != 0),
        };
        Ok(Ended { outcome, memory, fuel_left, guest, has_faulted })
    }

    /// Makes the instance its image again; false if that cannot be done, so that it must not serve again.
    pub fn reset(
        &mut self,
        fresh: &Fresh,
        ended: &Ended,
        reset: Reset,
    ) -> Result<bool, SandboxError> {
        let is_reset = self.take_back(fresh, ended, reset)?;
        if is_reset && reset == Reset::CopyBackAndCheck {
            self.check(fresh)?;
        }
        Ok(is_reset)
    }

    fn take_back(
        &mut self,
        fresh: &Fresh,
        ended: &Ended,
        reset: Reset,
    ) -> Result<bool, SandboxError> {
        // Its heap of exceptions is not its own to empty.
        if self.store.gc_heap_capacity() > 0 {
            return Ok(false);
        }
        for (global, value) in &self.globals {
            global.set(&mut self.store, *value)?;
        }
        self.runs += 1;
        let memory = self.memory.data_mut(&mut self.store);
        let fresh = fresh.bytes();
        if ended.has_faulted {
            let written = match reset {
                Reset::CopyBack | Reset::CopyBackAndCheck => pages::written(memory),
                Reset::MapAgain => None,
            };
            match written {
                Some(written) => (self.own, self.grown) = split(&written, fresh.len()),
                None => return Ok(pages::give_back(memory)),
            }
        }
        if pages_in(&self.own) > MOST_PAGES || self.runs.is_multiple_of(RUNS) {
            (self.own, self.grown) = Default::default();
            return Ok(pages::give_back(memory));
        }
        let (image, grown) = memory.split_at_mut(fresh.len());
        for range in &self.own {
            image[range.clone()].copy_from_slice(&fresh[range.clone()]);
        }
        let keeps = if ended.memory > fresh.len() as u64 { MOST_GROWN_PAGES } else { 0 };
        if pages_in(&self.grown) > keeps {
            self.grown.clear();
            return Ok(pages::give_back(grown));
        }
        for range in &self.grown {
            grown[range.clone()].fill(0);
        }
        Ok(true)
    }

    /// Checks that the instance is its image, byte for byte.
    fn check(&mut self, fresh: &Fresh) -> Result<(), SandboxError> {
        let bytes = fresh.bytes();
        let memory = self.memory.data_mut(&mut self.store);
        let written = pages::written(memory).unwrap_or_default();
        let (image, grown) = memory.split_at(bytes.len());
        let (_, written) = split(&written, bytes.len());
        let is_zero = |range: &Range<usize>| grown[range.clone()].iter().all(|&byte| byte == 0);
        let is_memory_reset = image == bytes && written.iter().all(is_zero);
        let store = &mut self.store;
        let is_reset = |(global, value): &(Global, Val)| {
            format!("{:?}", global.get(&mut *store)) == format!("{value:?}")
        };
        if is_memory_reset && self.globals.iter().all(is_reset) {
            return Ok(());
        }
        Err(SandboxError::Engine("an instance was not reset".into()))
    }
}

/// Splits ranges of memory at a place, beyond which they are told from there.
fn split(ranges: &[Range<usize>], at: usize) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let before = ranges.iter().map(|range| range.start.min(at)..range.end.min(at));
    let beyond = ranges.iter().map(|range| range.start.max(at) - at..range.end.max(at) - at);
    let is_some = |range: &Range<usize>| range.start < range.end;
    (before.filter(is_some).collect(), beyond.filter(is_some).collect())
}

fn pages_in(ranges: &[Range<usize>]) -> usize {
    ranges.iter().map(|range| range.len() / PAGE).sum()
}
