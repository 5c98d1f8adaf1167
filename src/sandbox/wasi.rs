//! The host's side of WASI preview 1: everything a guest can reach, and it is all in memory.
//!
//! Invariant: no function here touches a host file, clock, socket or source of entropy, every guest pointer is checked
//! before use, and the work of every call is paid for in fuel.

mod files;
mod fuel;
mod guest;
mod memory;
mod messages;
mod output;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use wasmtime::{Caller, Error, Linker, Result, Val, ValType};

pub use fuel::CALL_FUEL;
use fuel::{charge, charge_list, pay};
use guest::OpenFile;
pub use guest::{
    Asked, Content, Guest, ReadOnlyFile, ReadOnlyFolder, Seeds, Stop, StoreLimitsCounter,
};
use memory::{Checked, IO_VECTOR_LEN};
pub use memory::{MAX_IO_VECTORS, Memory};

/// Bytes in the secret that makes a write to stderr a message of the harness.
///
/// The channel shares descriptors with the program because some builds of CPython wrap WASI and
/// refuse to pass on any other; without the secret, which only the harness knows, a write is
/// ordinary program output.
pub const NONCE_LEN: usize = 16;

const ROOT: i32 = 3;
const FIRST_FILE: i32 = 4;
const MAX_SUBSCRIPTIONS: i32 = 1024;
const SUBSCRIPTION_LEN: usize = 48;
const EVENT_LEN: usize = 32;

const SUCCESS: i32 = 0;
const EBADF: i32 = 8;
const EFAULT: i32 = 21;
const EINVAL: i32 = 28;
const EIO: i32 = 29;
const ENAMETOOLONG: i32 = 37;
const ENOENT: i32 = 44;
const ENOSYS: i32 = 52;

fn parts<'a>(caller: &'a mut Caller<'_, Guest>) -> Result<(Memory<'a>, &'a mut Guest)> {
    let memory = caller
        .get_export("memory")
        .and_then(wasmtime::Extern::into_memory)
        .ok_or_else(|| Error::msg("the guest has no memory"))?;
    let (bytes, guest) = memory.data_and_store_mut(caller);
    Ok((Memory(bytes), guest))
}

fn errno(checked: Checked<()>) -> i32 {
    checked.err().unwrap_or(SUCCESS)
}

/// Adds every WASI function that a guest may import; what is not written out here answers with a fixed errno.
pub fn add_to_linker(linker: &mut Linker<Guest>, module: &wasmtime::Module) -> Result<()> {
    process(linker)?;
    time_and_chance(linker)?;
    streams(linker)?;
    files::add(linker)?;
    refuse_the_rest(linker, module)
}

pub const WASI: &str = "wasi_snapshot_preview1";

fn process(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap(
        WASI,
        "args_sizes_get",
        |mut caller: Caller<'_, Guest>, count: i32, bytes: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            Ok(errno(memory.write_text_sizes(&guest.arguments, count, bytes)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "args_get",
        |mut caller: Caller<'_, Guest>, addresses: i32, buffer: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            Ok(errno(memory.write_texts(&guest.arguments, addresses, buffer)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "environ_sizes_get",
        |mut caller: Caller<'_, Guest>, count: i32, bytes: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            Ok(errno(memory.write_text_sizes(&guest.environment, count, bytes)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "environ_get",
        |mut caller: Caller<'_, Guest>, addresses: i32, buffer: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            Ok(errno(memory.write_texts(&guest.environment, addresses, buffer)))
        },
    )?;
    linker.func_wrap(WASI, "proc_exit", |_: Caller<'_, Guest>, code: i32| -> Result<()> {
        Err(Error::new(Stop::Exit(code)))
    })?;
    linker.func_wrap(WASI, "sched_yield", |mut caller: Caller<'_, Guest>| {
        charge(&mut caller, 0)?;
        Ok(SUCCESS)
    })?;
    Ok(())
}

fn time_and_chance(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap(
        WASI,
        "clock_res_get",
        |mut caller: Caller<'_, Guest>, _clock: i32, out: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, _) = parts(&mut caller)?;
            Ok(errno(memory.write_u64(out, 1000)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "clock_time_get",
        |mut caller: Caller<'_, Guest>, _clock: i32, _precision: i64, out: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            if guest.snapshotting && guest.armed.is_some() {
                return Err(Error::new(Stop::Snapshot));
            }
            guest.asked.clock = true;
            guest.seeds.clock = guest.seeds.clock.saturating_add(guest.seeds.tick);
            Ok(errno(memory.write_u64(out, guest.seeds.clock)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "random_get",
        |mut caller: Caller<'_, Guest>, buffer: i32, len: i32| {
            charge(&mut caller, len as u32 as usize)?;
            let (mut memory, guest) = parts(&mut caller)?;
            guest.asked.entropy = true;
            Ok(errno(memory.bytes_mut(buffer, len as u32).map(|bytes| {
                for byte in bytes {
                    *byte = next_random(&mut guest.seeds.random);
                }
            })))
        },
    )?;
    // A sleep takes no time: the clock moves on and every subscription is ready.
    linker.func_wrap(
        WASI,
        "poll_oneoff",
        |mut caller: Caller<'_, Guest>, subscriptions: i32, events: i32, count: i32, ready: i32| {
            charge_list(&mut caller, count, MAX_SUBSCRIPTIONS, SUBSCRIPTION_LEN + EVENT_LEN)?;
            let (mut memory, guest) = parts(&mut caller)?;
            Ok(errno(poll(
                &mut memory,
                &mut guest.seeds.clock,
                subscriptions,
                events,
                count,
                ready,
            )))
        },
    )?;
    Ok(())
}

/// Answers `poll_oneoff` at once, with a clock that has moved on as far as the guest would have slept.
pub fn poll(
    memory: &mut Memory<'_>,
    now: &mut u64,
    subscriptions: i32,
    events: i32,
    count: i32,
    ready: i32,
) -> Checked<()> {
    if !(0..=MAX_SUBSCRIPTIONS).contains(&count) {
        return Err(EINVAL);
    }
    for i in 0..count {
        let mut subscription = [0; SUBSCRIPTION_LEN];
        let at = subscriptions.wrapping_add(SUBSCRIPTION_LEN as i32 * i);
        subscription.copy_from_slice(memory.bytes(at, SUBSCRIPTION_LEN as u32)?);
        let kind = subscription[8];
        if kind == 0 {
            let mut timeout = [0; 8];
            timeout.copy_from_slice(&subscription[24..32]);
            let timeout = u64::from_le_bytes(timeout);
            let absolute = subscription[40] & 1 == 1;
            *now = if absolute { timeout.max(*now) } else { now.saturating_add(timeout) };
        }
        let mut event = [0; EVENT_LEN];
        event[..8].copy_from_slice(&subscription[..8]);
        event[10] = kind;
        memory.write(events.wrapping_add(EVENT_LEN as i32 * i), &event)?;
    }
    memory.write_u32(ready, count as u32)
}

/// SplitMix64, one byte of each step: even, seeded, and enough for a guest that must not be surprised.
pub fn next_random(state: &mut u64) -> u8 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) as u8
}

fn streams(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap(
        WASI,
        "fd_write",
        |mut caller: Caller<'_, Guest>, descriptor: i32, vectors: i32, count: i32, written: i32| {
            charge_list(&mut caller, count, MAX_IO_VECTORS, IO_VECTOR_LEN)?;
            let (memory, guest) = parts(&mut caller)?;
            let vectors = match memory.io_vectors(vectors, count) {
                Ok(vectors) => vectors,
                Err(code) => return Ok(code),
            };
            let len: usize = vectors.iter().map(|(_, len)| *len as usize).sum();
            // A list may name the same bytes again and again, so that its length is bounded by nothing of the guest's.
            if len > guest.output_limit.saturating_mul(2).saturating_add(4096) {
                // More than all that is left in any case: do not copy it first.
                guest.truncated = true;
                return Err(Error::new(Stop::OutputTooLarge));
            }
            guest.ask_room(len)?;
            pay(&mut caller, len as u64)?;
            let (memory, _) = parts(&mut caller)?;
            let mut bytes = Vec::with_capacity(len);
            for (pointer, len) in vectors {
                match memory.bytes(pointer, len) {
                    Ok(part) => bytes.extend_from_slice(part),
                    Err(code) => return Ok(code),
                }
            }
            let code = match descriptor {
                2 if caller.data().nonce.is_some_and(|nonce| bytes.starts_with(&nonce)) => {
                    messages::receive(&mut caller, &bytes[NONCE_LEN..])?;
                    SUCCESS
                }
                1 | 2 => {
                    caller.data_mut().write_output(descriptor, &bytes)?;
                    SUCCESS
                }
                _ => EBADF,
            };
            if code != SUCCESS {
                return Ok(code);
            }
            let (mut memory, _) = parts(&mut caller)?;
            Ok(errno(memory.write_u32(written, len as u32)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_read",
        |mut caller: Caller<'_, Guest>, descriptor: i32, vectors: i32, count: i32, read: i32| {
            charge_list(&mut caller, count, MAX_IO_VECTORS, IO_VECTOR_LEN)?;
            let (mut memory, guest) = parts(&mut caller)?;
            let mut total = 0;
            let code = errno(read_into(&mut memory, guest, descriptor, vectors, count, &mut total));
            if code != SUCCESS {
                return Ok(code);
            }
            let code = errno(memory.write_u32(read, total as u32));
            pay(&mut caller, total as u64)?;
            Ok(code)
        },
    )?;
    Ok(())
}

fn read_into(
    memory: &mut Memory<'_>,
    guest: &mut Guest,
    descriptor: i32,
    vectors: i32,
    count: i32,
    total: &mut usize,
) -> Checked<()> {
    if descriptor != 0 {
        return read_file(memory, guest, descriptor, vectors, count, total);
    }
    let (source, position): (&[u8], usize) = match guest.request_ended {
        false => (&guest.request, guest.request_read),
        true => (&guest.stdin, guest.stdin_read),
    };
    let mut rest = source.get(position..).unwrap_or_default();
    for (pointer, len) in memory.io_vectors(vectors, count)? {
        let part = rest.len().min(len as usize);
        memory.write(pointer, &rest[..part])?;
        rest = &rest[part..];
        *total += part;
    }
    match guest.request_ended {
        false => {
            guest.request_read += *total;
            // The harness reads to the end; what follows is the program's stdin.
            guest.request_ended = *total == 0;
        }
        true => guest.stdin_read += *total,
    }
    Ok(())
}

fn read_file(
    memory: &mut Memory<'_>,
    guest: &mut Guest,
    descriptor: i32,
    vectors: i32,
    count: i32,
    total: &mut usize,
) -> Checked<()> {
    let mut file = guest.file(descriptor).ok_or(EBADF)?;
    let folder = Arc::clone(&guest.folder);
    let Some(ReadOnlyFile { content, .. }) = folder.files.get(file.index) else { return Ok(()) };
    for (pointer, len) in memory.io_vectors(vectors, count)? {
        let part = content.read(file.position, memory.bytes_mut(pointer, len)?);
        let part = part.map_err(|_| EIO)?;
        file.position += part as u64;
        *total += part;
    }
    guest.set_file(descriptor, Some(file));
    Ok(())
}

/// Answers every other import with a fixed errno: there is nothing behind it.
fn refuse_the_rest(linker: &mut Linker<Guest>, module: &wasmtime::Module) -> Result<()> {
    let mut store = wasmtime::Store::new(module.engine(), Guest::idle());
    let known: Vec<_> = linker
        .iter(&mut store)
        .map(|(module, name, _)| (module.to_owned(), name.to_owned()))
        .collect();
    for import in module.imports() {
        if known.contains(&(import.module().to_owned(), import.name().to_owned())) {
            continue;
        }
        let wasmtime::ExternType::Func(signature) = import.ty() else { continue };
        let name = import.name();
        let on_descriptor = ["fd_", "path_", "sock_"].iter().any(|prefix| name.starts_with(prefix));
        let code = if on_descriptor { EBADF } else { ENOSYS };
        let results: Vec<ValType> = signature.results().collect();
        linker.func_new(import.module(), name, signature, move |mut caller, _, out| {
            charge(&mut caller, 0)?;
            for (value, kind) in out.iter_mut().zip(&results) {
                *value = match kind {
                    ValType::I32 => Val::I32(code),
                    // A reference that cannot be null cannot be made up.
                    other => {
                        Val::default_for_ty(other).ok_or(wasmtime::Trap::UnreachableCodeReached)?
                    }
                };
            }
            Ok(())
        })?;
    }
    Ok(())
}
