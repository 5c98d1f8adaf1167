//! The host's side for the languages: wasmtime's own WASI, without a socket, and with a folder only where an interpreter needs one.
//!
//! Invariant: nothing that a guest learns here depends on the machine or the day, and the work of every call is paid for in fuel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use wasmtime::{
    AsContextMut, CallHook, Caller, Error, Instance, InstancePre, Linker, Module, Result, Store,
};
use wasmtime_wasi::p0;
use wasmtime_wasi::p1::wasi_snapshot_preview1 as generated;
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{FsPerms, HostMonotonicClock, HostWallClock, WasiCtxBuilder};
use wiggle::GuestMemory;

use super::super::error::SandboxError;
use super::super::job::{End, Execution, Job};
use super::super::limits::Limits;
use super::super::wasi::{
    CALL_FUEL, MAX_IO_VECTORS, Memory, Seeds, Stop, StoreLimitsCounter, WASI, next_random, poll,
};
use super::super::{engine, instance};
use super::{Folder, Start};

/// Counts up when what the guests of this host see or pay changes.
pub const VERSION: &str = "2";
/// Bytes that a call may handle that does not pay for each of them: the path of a file, which is never there.
const CALL_BYTES: usize = 64 << 10;
/// Bytes that a compiler may write.
const LARGEST_FILES: u64 = 512 << 20;
const EINVAL: i32 = 28;
const ENOTSUP: i32 = 58;
/// Where the record of a file has what depends on the machine: its device and inode, and its times.
const STAT_IDENTITY: (i32, usize) = (0, 16);
const STAT_TIMES: (i32, usize) = (40, 24);
/// The name of WASI before its first preview; what is shadowed is the same in both.
const OLD_WASI: &str = "wasi_unstable";

/// Everything the host keeps for one instance.
pub struct Host {
    wasi: WasiP1Ctx,
    limits: StoreLimitsCounter,
    clock: Clock,
    random: u64,
    output_limit: usize,
    stdout: MemoryOutputPipe,
    stderr: MemoryOutputPipe,
    /// Bytes of the arguments and of the environment, which a guest may ask for again and again.
    arguments: u64,
    environment: u64,
    /// Whether guests are told which file is which, and when it was written.
    tells_files_apart: bool,
    /// Bytes that a guest may still write, which counts only for those that may write files.
    writes: u64,
}

/// A clock that each look moves on.
#[derive(Clone)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn look(&self) -> u64 {
        self.0.fetch_add(Seeds::FIRST.tick, Ordering::Relaxed) + Seeds::FIRST.tick
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.look())
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.look()
    }
}

impl Host {
    fn new(start: Start, job: &Job) -> Result<Self> {
        let output_limit = start.room.unwrap_or_else(|| output_limit(&job.limits));
        // One byte more shows that a guest wrote more than it may.
        let pipe = || MemoryOutputPipe::new(output_limit + 1);
        let (stdout, stderr) = (pipe(), pipe());
        let clock = Clock(Arc::new(AtomicU64::new(Seeds::FIRST.clock)));
        let stdin = start.stdin.unwrap_or_else(|| job.stdin.clone());
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(&start.arguments)
            .envs(&start.environment)
            .stdin(MemoryInputPipe::new(stdin))
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .wall_clock(clock.clone())
            .monotonic_clock(clock.clone())
            .allow_blocking_current_thread(true);
        for Folder { here, there, permissions } in &start.folders {
            wasi.preopened_dir(here, there, *permissions)?;
        }
        let text = |len: usize| len as u64 + 1;
        Ok(Self {
            wasi: wasi.build_p1(),
            limits: StoreLimitsCounter::new(&job.limits),
            clock,
            random: Seeds::FIRST.random,
            output_limit,
            stdout,
            stderr,
            arguments: start.arguments.iter().map(|argument| text(argument.len())).sum(),
            environment: start
                .environment
                .iter()
                .map(|(name, value)| text(name.len()) + text(value.len()))
                .sum(),
            tells_files_apart: start.tells_files_apart,
            writes: if start.folders.iter().any(|folder| folder.permissions == FsPerms::ReadWrite) {
                LARGEST_FILES
            } else {
                u64::MAX
            },
        })
    }

    /// Whether a guest has written more than it may, to one of its streams.
    fn is_full(&self) -> bool {
        let is_full = |pipe: &MemoryOutputPipe| pipe.contents().len() > self.output_limit;
        is_full(&self.stdout) || is_full(&self.stderr)
    }
}

/// Bytes that the host keeps of each stream at most; a byte that is no text takes four.
fn output_limit(limits: &Limits) -> usize {
    usize::try_from(limits.output).unwrap_or(usize::MAX).min(limits.job_room() / 4)
}

/// Binds a module to the host's functions.
pub fn bind(module: &Module) -> Result<InstancePre<Host>, SandboxError> {
    let mut linker = Linker::new(module.engine());
    p1::add_to_linker_sync(&mut linker, |host: &mut Host| &mut host.wasi)?;
    p0::add_to_linker_sync(&mut linker, |host: &mut Host| &mut host.wasi)?;
    linker.allow_shadowing(true);
    // Perl's way to functions of its host, which has none.
    linker.func_wrap("env", "call_host_function", |_: i32, _: i32, _: i32| 0i32)?;
    for wasi in [WASI, OLD_WASI] {
        shadow(&mut linker, wasi)?;
    }
    Ok(linker.instantiate_pre(module)?)
}

/// Puts functions of our own in the place of those that would wait, be surprising, or do more work than is paid for.
fn shadow(linker: &mut Linker<Host>, wasi: &str) -> Result<()> {
    linker.func_wrap(
        wasi,
        "fd_read",
        |mut caller: Caller<'_, Host>, descriptor: i32, vectors: i32, count: i32, read: i32| {
            if !pay_for_vectors(&mut caller, vectors, count)? {
                return Ok(EINVAL);
            }
            let (mut memory, host) = parts(&mut caller)?;
            ready(generated::fd_read(&mut host.wasi, &mut memory, descriptor, vectors, count, read))
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_pread",
        |mut caller: Caller<'_, Host>,
         descriptor: i32,
         vectors: i32,
         count: i32,
         offset: i64,
         read: i32| {
            if !pay_for_vectors(&mut caller, vectors, count)? {
                return Ok(EINVAL);
            }
            let (mut memory, host) = parts(&mut caller)?;
            let wasi = &mut host.wasi;
            ready(generated::fd_pread(wasi, &mut memory, descriptor, vectors, count, offset, read))
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_write",
        |mut caller: Caller<'_, Host>, descriptor: i32, vectors: i32, count: i32, written: i32| {
            if !pay_for_vectors(&mut caller, vectors, count)? {
                return Ok(EINVAL);
            }
            may_write_vectors(&mut caller, vectors, count)?;
            let (mut memory, host) = parts(&mut caller)?;
            let wasi = &mut host.wasi;
            let code =
                ready(generated::fd_write(wasi, &mut memory, descriptor, vectors, count, written))?;
            if code == 0 {
                return Ok(code);
            }
            // Looking at what is in a pipe copies it.
            let bytes = 2 * host.output_limit as u64;
            pay(&mut caller, bytes)?;
            if caller.data().is_full() { Err(Error::new(Stop::OutputTooLarge)) } else { Ok(code) }
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_pwrite",
        |mut caller: Caller<'_, Host>,
         descriptor: i32,
         vectors: i32,
         count: i32,
         offset: i64,
         written: i32| {
            may_write_vectors(&mut caller, vectors, count)?;
            let (mut memory, host) = parts(&mut caller)?;
            let wasi = &mut host.wasi;
            ready(generated::fd_pwrite(
                wasi,
                &mut memory,
                descriptor,
                vectors,
                count,
                offset,
                written,
            ))
        },
    )?;
    // The library copies all arguments for either question.
    linker.func_wrap(
        wasi,
        "args_sizes_get",
        |mut caller: Caller<'_, Host>, count: i32, bytes: i32| {
            let arguments = caller.data().arguments;
            pay(&mut caller, arguments)?;
            let (mut memory, host) = parts(&mut caller)?;
            generated::args_sizes_get(&mut host.wasi, &mut memory, count, bytes)
        },
    )?;
    linker.func_wrap(
        wasi,
        "args_get",
        |mut caller: Caller<'_, Host>, addresses: i32, buffer: i32| {
            let bytes = caller.data().arguments;
            pay(&mut caller, bytes)?;
            let (mut memory, host) = parts(&mut caller)?;
            generated::args_get(&mut host.wasi, &mut memory, addresses, buffer)
        },
    )?;
    linker.func_wrap(
        wasi,
        "environ_sizes_get",
        |mut caller: Caller<'_, Host>, count: i32, bytes: i32| {
            let environment = caller.data().environment;
            pay(&mut caller, environment)?;
            let (mut memory, host) = parts(&mut caller)?;
            generated::environ_sizes_get(&mut host.wasi, &mut memory, count, bytes)
        },
    )?;
    linker.func_wrap(
        wasi,
        "environ_get",
        |mut caller: Caller<'_, Host>, addresses: i32, buffer: i32| {
            let bytes = caller.data().environment;
            pay(&mut caller, bytes)?;
            let (mut memory, host) = parts(&mut caller)?;
            generated::environ_get(&mut host.wasi, &mut memory, addresses, buffer)
        },
    )?;
    // The order of a folder's entries depends on the machine.
    linker.func_wrap(
        wasi,
        "fd_readdir",
        |_: Caller<'_, Host>, _: i32, _: i32, _: i32, _: i64, _: i32| ENOTSUP,
    )?;
    linker.func_wrap(
        wasi,
        "fd_filestat_get",
        |mut caller: Caller<'_, Host>, descriptor: i32, stat: i32| {
            let (mut memory, host) = parts(&mut caller)?;
            let code =
                ready(generated::fd_filestat_get(&mut host.wasi, &mut memory, descriptor, stat))?;
            forget_identity(&mut caller, stat, code)
        },
    )?;
    linker.func_wrap(
        wasi,
        "path_filestat_get",
        |mut caller: Caller<'_, Host>, folder: i32, flags: i32, path: i32, len: i32, stat: i32| {
            pay(&mut caller, (len as u32).into())?;
            let (mut memory, host) = parts(&mut caller)?;
            let wasi = &mut host.wasi;
            let code = ready(generated::path_filestat_get(
                wasi,
                &mut memory,
                folder,
                flags,
                path,
                len,
                stat,
            ))?;
            forget_identity(&mut caller, stat, code)
        },
    )?;
    linker.func_wrap(
        wasi,
        "random_get",
        |mut caller: Caller<'_, Host>, buffer: i32, len: i32| {
            pay(&mut caller, (len as u32).into())?;
            let (bytes, host) = bytes(&mut caller)?;
            Ok(Memory(bytes).bytes_mut(buffer, len as u32).map_or_else(
                |code| code,
                |bytes| {
                    for byte in bytes {
                        *byte = next_random(&mut host.random);
                    }
                    0
                },
            ))
        },
    )?;
    linker.func_wrap(wasi, "proc_exit", |_: Caller<'_, Host>, code: i32| -> Result<()> {
        Err(Error::new(Stop::Exit(code)))
    })?;
    // A sleep takes no time: the clock moves on.
    linker.func_wrap(
        wasi,
        "poll_oneoff",
        |mut caller: Caller<'_, Host>, subscriptions: i32, events: i32, count: i32, ready: i32| {
            pay(&mut caller, 100 * u64::from(count.clamp(0, MAX_IO_VECTORS) as u32))?;
            let (bytes, host) = bytes(&mut caller)?;
            let clock = &host.clock.0;
            let mut now = clock.load(Ordering::Relaxed);
            let done = poll(&mut Memory(bytes), &mut now, subscriptions, events, count, ready);
            clock.store(now, Ordering::Relaxed);
            Ok(done.err().unwrap_or(0))
        },
    )?;
    Ok(())
}

/// Takes out of a file's record what depends on the machine, if the guest is not to know it.
fn forget_identity(caller: &mut Caller<'_, Host>, stat: i32, code: i32) -> Result<i32> {
    let (bytes, host) = bytes(caller)?;
    if code == 0 && !host.tells_files_apart {
        for (offset, len) in [STAT_IDENTITY, STAT_TIMES] {
            if let Ok(field) = Memory(bytes).bytes_mut(stat.wrapping_add(offset), len as u32) {
                field.fill(0);
            }
        }
    }
    Ok(code)
}

/// Pays for a list of buffers and all bytes in them; whether the list is one that a host reads.
fn pay_for_vectors(caller: &mut Caller<'_, Host>, vectors: i32, count: i32) -> Result<bool> {
    let Some(bytes) = bytes_of_vectors(caller, vectors, count)? else { return Ok(false) };
    pay(caller, bytes)?;
    Ok(true)
}

/// Ends a guest that has filled its folder.
fn may_write_vectors(caller: &mut Caller<'_, Host>, vectors: i32, count: i32) -> Result<()> {
    let bytes = bytes_of_vectors(caller, vectors, count)?.unwrap_or(0);
    let host = caller.data_mut();
    host.writes = host.writes.checked_sub(bytes).ok_or_else(|| Error::new(Stop::OutputTooLarge))?;
    Ok(())
}

fn bytes_of_vectors(
    caller: &mut Caller<'_, Host>,
    vectors: i32,
    count: i32,
) -> Result<Option<u64>> {
    let (bytes, _) = bytes(caller)?;
    let vectors = Memory(bytes).io_vectors(vectors, count);
    Ok(vectors.ok().map(|vectors| vectors.iter().map(|(_, len)| 8 + u64::from(*len)).sum()))
}

fn pay(caller: &mut Caller<'_, Host>, fuel: u64) -> Result<()> {
    charge(&mut caller.as_context_mut(), fuel)
}

fn charge(store: &mut wasmtime::StoreContextMut<'_, Host>, fuel: u64) -> Result<()> {
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_sub(fuel))?;
    if left < fuel { Err(Error::new(wasmtime::Trap::OutOfFuel)) } else { Ok(()) }
}

fn bytes<'a>(caller: &'a mut Caller<'_, Host>) -> Result<(&'a mut [u8], &'a mut Host)> {
    let memory = caller
        .get_export("memory")
        .and_then(wasmtime::Extern::into_memory)
        .ok_or_else(|| Error::msg("the guest has no memory"))?;
    Ok(memory.data_and_store_mut(caller))
}

fn parts<'a>(caller: &'a mut Caller<'_, Host>) -> Result<(GuestMemory<'a>, &'a mut Host)> {
    let (bytes, host) = bytes(caller)?;
    generated::WasiSnapshotPreview1::set_hostcall_fuel(&mut host.wasi, usize::MAX);
    Ok((GuestMemory::Unshared(bytes), host))
}

/// The result of a call that has nothing to wait for: every stream is in memory.
fn ready<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    call.now_or_never().unwrap_or_else(|| Err(Error::msg("a stream in memory was not ready")))
}

/// Runs an interpreter from `_start` in one fresh instance.
pub fn run(module: &InstancePre<Host>, start: Start, job: &Job) -> Result<Execution, SandboxError> {
    run_from(module, start, job, instance::start)
}

/// Runs an interpreter in one fresh instance by what `enter` calls of it.
pub fn run_from(
    module: &InstancePre<Host>,
    start: Start,
    job: &Job,
    enter: impl FnOnce(&Instance, &mut Store<Host>) -> Result<()>,
) -> Result<Execution, SandboxError> {
    let limits = &job.limits;
    // A memory beyond the limit is refused before anything runs.
    if engine::initial_memory(module.module()) > limits.memory {
        return Ok(Execution::ended(End::OutOfMemory, limits.memory));
    }
    let mut store = Store::new(module.module().engine(), Host::new(start, job)?);
    store.limiter(|host| &mut host.limits);
    store.set_fuel(limits.fuel)?;
    store.set_hostcall_fuel(CALL_BYTES);
    store.call_hook(|mut store, hook| match hook {
        CallHook::CallingHost => charge(&mut store, CALL_FUEL),
        CallHook::ReturningFromHost | CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(()),
    });
    let (outcome, memory) = instance::run_to_end(module, &mut store, enter)?;
    let fuel = limits.fuel - store.get_fuel()?.min(limits.fuel);
    let host = store.into_data();
    let end = match &outcome {
        Ok(()) => End::Exited { exit_code: 0 },
        Err(error) => instance::end_of(error, host.limits.denied),
    };
    let cut = |pipe: &MemoryOutputPipe| {
        let mut bytes = pipe.contents().to_vec();
        let is_cut = bytes.len() > host.output_limit;
        bytes.truncate(host.output_limit);
        (bytes, is_cut)
    };
    let ((stdout, stdout_is_cut), (stderr, stderr_is_cut)) = (cut(&host.stdout), cut(&host.stderr));
    let truncated = stdout_is_cut || stderr_is_cut;
    let end = match end {
        _ if truncated => End::OutputTooLarge,
        // An interpreter that is refused memory mostly tells the program, which fails then.
        End::Exited { exit_code } if exit_code != 0 && host.limits.denied => End::OutOfMemory,
        end => end,
    };
    Ok(Execution {
        truncated,
        fuel,
        fuel_total: instance::total_fuel(fuel, stdout.len() + stderr.len()),
        ..Execution::ended(end, memory).with_output(stdout, stderr)
    })
}
