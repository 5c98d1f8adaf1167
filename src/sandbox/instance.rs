//! How any guest is started under its limits, and how it ended if it did not say so itself.
//!
//! Invariant: anything a guest does is an [`End`]; only the host's own failures are errors.

use wasmtime::{Engine, Instance, InstancePre, Store, Trap};

use super::error::SandboxError;
use super::job::End;
use super::wasi::{Guest, Stop};

/// What only a program that got at the harness can bring about.
pub const TAMPERED: &str = "the harness was tampered with";

/// Fuel that stands for the host's own work: to start an instance and to put it away, and for each byte of memory that its output and
/// results take. It is counted, and never taken from a program.
const START_FUEL: u64 = 3_000_000;
const ROOM_FUEL: u64 = 4;

/// The fuel of one instance in all: what its program has burnt, and the host's own work for so many bytes of room.
pub fn total_fuel(burnt: u64, room: usize) -> u64 {
    burnt.saturating_add(START_FUEL).saturating_add(ROOM_FUEL * room as u64)
}

/// A store for one run of a guest, with its limits but for fuel.
pub fn store(engine: &Engine, guest: Guest) -> Store<Guest> {
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.limits);
    store
}

/// Whether an error is something that a guest did rather than the host.
fn is_of_the_guest(error: &wasmtime::Error) -> bool {
    error.is::<Stop>() || error.is::<Trap>()
}

/// Classifies why a guest stopped before its entry returned; `denied` is whether it was refused
/// memory.
pub fn end_of(error: &wasmtime::Error, denied: bool) -> End {
    match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(Stop::Exit(code)), _) => End::Exited { exit_code: *code },
        (Some(Stop::OutputTooLarge), _) => End::OutputTooLarge,
        (Some(Stop::TooManyMessages), _) => End::Trapped { trap: TAMPERED.into() },
        (_, Some(Trap::OutOfFuel)) => End::OutOfFuel,
        // A program that is refused memory mostly aborts, which is a trap.
        (_, Some(_)) if denied => End::OutOfMemory,
        (_, Some(trap)) => End::Trapped { trap: trap.to_string() },
        (Some(Stop::Snapshot) | None, None) => End::Trapped { trap: format!("{error:#}") },
    }
}

/// Runs a command.
pub fn start<T>(instance: &Instance, store: &mut Store<T>) -> wasmtime::Result<()> {
    let start = instance.get_typed_func::<(), ()>(&mut *store, "_start");
    start.and_then(|start| start.call(&mut *store, ()))
}

/// Makes a fresh instance and runs it by what `enter` calls; gives how it ended, and the bytes of its memory then.
pub fn run_to_end<T: 'static>(
    module: &InstancePre<T>,
    store: &mut Store<T>,
    enter: impl FnOnce(&Instance, &mut Store<T>) -> wasmtime::Result<()>,
) -> Result<(wasmtime::Result<()>, u64), SandboxError> {
    match module.instantiate(&mut *store) {
        Ok(instance) => {
            let outcome = enter(&instance, store);
            let found = instance.get_memory(&mut *store, "memory");
            Ok((outcome, found.map_or(0, |memory| memory.data_size(&*store) as u64)))
        }
        // A module's start function, and the data that it brings, belong to the guest.
        Err(error) if is_of_the_guest(&error) => Ok((Err(error), 0)),
        Err(error) => Err(error.into()),
    }
}
