//! Starts an interpreter once and saves it at the moment when its harness is ready for a job.
//!
//! Invariant: two snapshots of one runtime differ only in what their seeds reach: hash seed, clock, randomness and heap layout.

use std::sync::Arc;

use wasmtime::{Instance, Linker, Store, Val};

use super::engine::Compiler;
use super::error::SandboxError;
use super::rewrite::{self, GLOBAL_EXPORT, Snapshot};
use super::runtime::{Runtime, Start};
use super::wasi::{self, Guest, ReadOnlyFolder, Seeds, Stop};

const WASM_PAGE: usize = 65536;

/// A saved interpreter: its module, and the harness entry that a run calls.
pub struct Saved {
    pub wasm: Vec<u8>,
    /// The address of the entry's function object.
    pub entry_object: u32,
}

/// Starts the runtime's interpreter with the harness under the given seeds, and saves it.
pub fn take(
    compiler: &Compiler,
    runtime: &Runtime,
    instrumented: &[u8],
    module: &wasmtime::Module,
    folder: &Arc<ReadOnlyFolder>,
    seeds: Seeds,
) -> Result<Saved, SandboxError> {
    let script = runtime.harness();
    let arguments = match runtime.module.start {
        Start::Reactor => vec!["python".into()],
        Start::Command => ["python", "-S", "-B", "-c", &script].map(String::from).to_vec(),
    };
    let mut store =
        Store::new(compiler.engine(), Guest::snapshotting(Arc::clone(folder), seeds, arguments));
    store.limiter(|guest| &mut guest.limits);
    store.set_fuel(u64::MAX / 2)?;
    let mut linker = Linker::new(compiler.engine());
    wasi::add_to_linker(&mut linker, module)?;
    let instance = linker.instantiate(&mut store, module)?;

    let started = match runtime.module.start {
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

    let entry_object = store
        .data()
        .armed
        .as_ref()
        .and_then(|address| String::from_utf8_lossy(address).parse().ok())
        .ok_or_else(|| SandboxError::Runtime("the harness did not tell its entry".into()))?;
    let mut snapshot = read_state(&mut store, &instance, entry_object)?;
    if let Some(bytes) = runtime.stack.grow {
        move_stack(&mut snapshot, bytes as usize)?;
    }
    if let Some(bytes) = runtime.stack.soft_limit {
        lower_stack_limits(&mut snapshot, bytes)?;
    }
    Ok(Saved { wasm: rewrite::bake(instrumented, &snapshot)?, entry_object })
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
    entry_object: u32,
) -> Result<Snapshot, SandboxError> {
    let memory = instance
        .get_memory(&mut *store, "memory")
        .ok_or_else(|| SandboxError::Runtime("the module has no memory".into()))?
        .data(&*store)
        .to_vec();
    let mut globals = Vec::new();
    while let Some(global) =
        instance.get_global(&mut *store, &format!("{GLOBAL_EXPORT}{}", globals.len()))
    {
        globals.push(match global.get(&mut *store) {
            Val::I32(value) => i64::from(value),
            Val::I64(value) => value,
            other => return Err(SandboxError::Runtime(format!("a global holds {other:?}"))),
        });
    }
    // `PyObject.ob_type`, then `PyTypeObject.tp_vectorcall_offset`, then the function's own vectorcall pointer: on 32 bits
    // the words stand at 4 and 28. A function pointer in WebAssembly is a table slot.
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
    Ok(Snapshot { memory, globals, entry_slot })
}

/// Gives the interpreter a new shadow stack of so many bytes at the end of memory; it grows down from there.
fn move_stack(snapshot: &mut Snapshot, bytes: usize) -> Result<(), SandboxError> {
    let len = (snapshot.memory.len() + bytes).next_multiple_of(WASM_PAGE);
    snapshot.memory.resize(len, 0);
    let top =
        i64::try_from(len).map_err(|_| SandboxError::Runtime("its memory is too large".into()))?;
    match snapshot.globals.first_mut() {
        // The linker puts the stack pointer first.
        Some(stack_pointer) => *stack_pointer = top,
        None => return Err(SandboxError::Runtime("its module has no stack pointer".into())),
    }
    Ok(())
}

/// Sets the interpreter's soft and hard limits of C stack so many bytes below the stack's top.
///
/// The thread state holds the three addresses side by side: top, soft limit, hard limit. Only one place in memory looks so.
fn lower_stack_limits(snapshot: &mut Snapshot, bytes: u32) -> Result<(), SandboxError> {
    const HARD_BELOW_SOFT: u32 = 8 << 10;
    const MAX_SPAN: u32 = 256 << 10;
    const MIN_SPAN: u32 = 32 << 10;
    let stack_pointer = snapshot.globals.first().map_or(0, |global| *global as u32);
    let words: Vec<u32> = snapshot
        .memory
        .chunks_exact(4)
        .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let is_triple = |window: &[u32]| {
        let (top, soft, hard) = (window[0], window[1], window[2]);
        top >= stack_pointer.saturating_sub(16 << 10)
            && top <= stack_pointer.saturating_add(64 << 10)
            && hard < soft
            && soft < top
            && (top - soft).is_multiple_of(4 << 10)
            && (soft - hard).is_multiple_of(4 << 10)
            && soft - hard < MAX_SPAN
            && (MIN_SPAN..MAX_SPAN).contains(&(top - hard))
    };
    let found: Vec<usize> = words
        .windows(3)
        .enumerate()
        .filter(|(_, window)| is_triple(window))
        .map(|(i, _)| i)
        .collect();
    let [index] = found[..] else {
        return Err(SandboxError::Runtime(format!(
            "{} places look like its C stack limits",
            found.len()
        )));
    };
    let soft = words[index].checked_sub(bytes).ok_or_else(|| {
        SandboxError::Runtime("its stack is smaller than the limit to set".into())
    })?;
    let at = 4 * index;
    snapshot.memory[at + 4..at + 8].copy_from_slice(&soft.to_le_bytes());
    snapshot.memory[at + 8..at + 12]
        .copy_from_slice(&soft.saturating_sub(HARD_BELOW_SOFT).to_le_bytes());
    Ok(())
}
