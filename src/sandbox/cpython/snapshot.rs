//! Starts an interpreter once and saves it at the moment when its harness is ready for a job.
//!
//! Invariant: two snapshots of one runtime differ only in what their seeds reach: hash seed, clock, randomness and heap layout.

use std::sync::Arc;

use wasmtime::{Instance, Linker, Memory, Store, Val};

use super::super::engine::Compiler;
use super::super::error::SandboxError;
use super::super::instance;
use super::super::wasi::{self, Guest, ReadOnlyFolder, Seeds, Stop};
use super::disturb::Dials;
use super::recipe::{Gauges, Recipe, Start};
use super::rewrite::{Snapshot, WASM_PAGE, global_export};
use super::stack;

/// Seconds that local time elsewhere is ahead of Greenwich's: Nepal's, which no round hour gives.
const UTC_OFFSET: i32 = 20_700;

/// What an interpreter is started with before it is saved.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    pub recipe: &'a Recipe,
    pub folder: &'a Arc<ReadOnlyFolder>,
    /// Modules of the folder's packages that it imports.
    pub loaded: &'a [String],
}

/// A saved interpreter, and the harness entry that a run calls.
pub struct Saved {
    pub snapshot: Snapshot,
    /// The address of the entry's function object.
    pub entry_object: u32,
}

/// Starts the interpreter with the harness under the given seeds, and saves it.
pub fn take(
    compiler: &Compiler,
    module: &wasmtime::Module,
    (dials, gauges): (Dials, Gauges),
    Setup { recipe, folder, loaded }: Setup<'_>,
    seeds: Seeds,
) -> Result<Saved, SandboxError> {
    let script = recipe.harness(seeds, folder, loaded);
    let arguments = match recipe.start {
        Start::Reactor => vec!["python".into()],
        Start::Command => ["python", "-S", "-B", "-c", &script].map(String::from).to_vec(),
    };
    let environment = vec![
        "PYTHONDONTWRITEBYTECODE=1".into(),
        "PYTHONNOUSERSITE=1".into(),
        "NO_COLOR=1".into(),
        format!("TGSAND_PADDING={}", "x".repeat(seeds.padding)),
    ];
    let guest = Guest::snapshotting(Arc::clone(folder), seeds)
        .with_arguments(arguments)
        .with_environment(environment);
    let mut store = instance::store(compiler.engine(), guest);
    let mut linker = Linker::new(compiler.engine());
    wasi::add_to_linker(&mut linker, module)?;
    let instance = linker.instantiate(&mut store, module)?;

    // The harness starts with all the memory that its guest may have; only what it has used is saved.
    let memory = memory_of(&mut store, &instance)?;
    let pages = Guest::SNAPSHOT_MEMORY / WASM_PAGE as u64;
    let missing = pages.saturating_sub(memory.size(&store));
    memory.grow(&mut store, missing)?;
    let zone = if seeds.is_elsewhere { UTC_OFFSET } else { 0 };
    let mut global = |index| {
        let global = instance.get_global(&mut store, &global_export(index));
        global.ok_or_else(|| SandboxError::Runtime("a dial is not exported".into()))
    };
    let (fuel, refused) = (global(gauges.fuel)?, global(gauges.memory.refused)?);
    for (dial, value) in [
        (global(dials.mask)?, Val::I32(seeds.hash_mask)),
        (global(dials.zone)?, Val::I32(zone)),
        (global(gauges.memory.limit)?, Val::I32(pages as i32)),
        (fuel, Val::I64(i64::MAX)),
    ] {
        dial.set(&mut store, value)?;
    }
    store.data_mut().counts_in(fuel, refused);
    let started = match recipe.start {
        Start::Reactor => start_reactor(&mut store, &instance, &script),
        Start::Command => {
            instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())
        }
    };
    let stopped = started.as_ref().err().and_then(|error| error.downcast_ref::<Stop>());
    if stopped != Some(&Stop::Snapshot) {
        let stderr = String::from_utf8_lossy(&store.data().stderr).into_owned();
        return Err(SandboxError::Runtime(format!(
            "its interpreter did not start: {started:?}: {stderr}"
        )));
    }

    let armed = String::from_utf8_lossy(store.data().armed.as_deref().unwrap_or_default());
    let words: Option<Vec<u32>> = armed.split(' ').map(|word| word.parse().ok()).collect();
    let words = words.unwrap_or_default();
    let Some((&entry_object, renaming)) = words.split_first() else {
        return Err(SandboxError::Runtime("the harness did not report its entry".into()));
    };
    let mut snapshot = read_state(&mut store, &instance, gauges, entry_object)?;
    rename(&mut snapshot.memory, renaming);
    stack::replace(&mut snapshot, &recipe.stack)?;
    Ok(Saved { snapshot, entry_object })
}

/// Replaces words in a part of memory, by what the harness says: its address and size, and words, each followed by another one.
fn rename(memory: &mut [u8], renaming: &[u32]) {
    let [address, size, words @ ..] = renaming else { return };
    let (start, size) = (*address as usize, *size as usize);
    let Some(part) = memory.get_mut(start..start + size) else { return };
    for place in part.as_chunks_mut::<4>().0 {
        let mut pairs = words.as_chunks::<2>().0.iter();
        if let Some([_, other]) = pairs.find(|[word, _]| *place == word.to_le_bytes()) {
            *place = other.to_le_bytes();
        }
    }
}

/// Initialises the module and hands it the script.
fn start_reactor(
    store: &mut Store<Guest>,
    instance: &Instance,
    script: &str,
) -> wasmtime::Result<()> {
    instance.get_typed_func::<(), ()>(&mut *store, "_initialize")?.call(&mut *store, ())?;
    let len = i32::try_from(script.len())?;
    let buffer =
        instance.get_typed_func::<i32, i32>(&mut *store, "host_alloc")?.call(&mut *store, len)?;
    let memory = instance
        .get_memory(&mut *store, "memory")
        .ok_or_else(|| wasmtime::Error::msg("the module has no memory"))?;
    memory.write(&mut *store, buffer as u32 as usize, script.as_bytes())?;
    instance
        .get_typed_func::<(i32, i32), i32>(&mut *store, "turn")?
        .call(&mut *store, (buffer, len))?;
    Ok(())
}

fn read_state(
    store: &mut Store<Guest>,
    instance: &Instance,
    gauges: Gauges,
    entry_object: u32,
) -> Result<Snapshot, SandboxError> {
    let memory = memory_of(store, instance)?;
    let mut globals = Vec::new();
    while let Some(global) = instance.get_global(&mut *store, &global_export(globals.len() as u32))
    {
        globals.push(match global.get(&mut *store) {
            Val::I32(value) => i64::from(value),
            Val::I64(value) => value,
            other => return Err(SandboxError::Runtime(format!("a global holds {other:?}"))),
        });
    }
    // Starting took some, which depends on the seeds and is nobody's.
    if let Some(fuel) = globals.get_mut(gauges.fuel as usize) {
        *fuel = 0;
    }
    let pages = globals.get(gauges.memory.size as usize).map_or(0, |pages| *pages as usize);
    let memory = memory.data(&*store).get(..pages * WASM_PAGE);
    let memory =
        memory.ok_or_else(|| SandboxError::Runtime("its memory has no size".into()))?.to_vec();
    // `PyObject.ob_type`, then `PyTypeObject.tp_vectorcall_offset`, then the function's own
    // vectorcall pointer: on 32 bits the words are at 4 and 28. A function pointer in WebAssembly
    // is a table slot.
    let word = |at: u32| {
        let at = at as usize;
        let bytes = memory.get(at..at + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let entry_slot = word(entry_object.wrapping_add(4))
        .and_then(|kind| word(kind.wrapping_add(28)))
        .and_then(|offset| word(entry_object.wrapping_add(offset)))
        .ok_or_else(|| {
            SandboxError::Runtime("the harness entry is not a function object".into())
        })?;
    let mut snapshot = Snapshot { memory, globals, entry_slot, gauges };
    snapshot.resize(pages * WASM_PAGE);
    Ok(snapshot)
}

fn memory_of(store: &mut Store<Guest>, instance: &Instance) -> Result<Memory, SandboxError> {
    let memory = instance.get_memory(&mut *store, "memory");
    memory.ok_or_else(|| SandboxError::Runtime("the module has no memory".into()))
}
