//! Perl, whose module is a library: a prelude is evaluated, and evaluates the program.
//!
//! Invariant: what a program has printed is never lost, however it ends by itself.

use std::fs::File;

use wasmtime::{Error, Instance, Result, Store, WasmParams, WasmResults};

use super::super::job::Job;
use super::super::wasi::Stop;
use super::host::Host;
use super::{Facts, Kind, Source, Start, with_compile_error};

const PRELUDE: &str = include_str!("../../../runtimes/perl/prelude.pl");
/// What the prelude exits with if the program does not compile; no program of a user ends so by chance. Perl keeps
/// 16 bits of it.
const COMPILE_ERROR: i32 = 0xe77a;
/// The context in which the prelude is evaluated: for one value.
const SCALAR: i32 = 0;

pub const FACTS: Facts = Facts {
    name: "perl",
    title: "Perl",
    names: &["perl", "pl"],
    endings: &["pl"],
    ended: |execution| with_compile_error(execution, COMPILE_ERROR),
    // Perl does not start without a file there.
    folder: Some(("/dev", |folder| File::create(folder.join("null")).map(drop))),
    source: Source::Module,
    recipe: || format!("flushed {COMPILE_ERROR} {PRELUDE}"),
    prepare: Ok,
    kind: Kind::Library { start, enter },
};

fn start() -> Start {
    Start { arguments: vec!["perl".to_owned()], ..Start::default() }
}

/// Has the module evaluate the prelude.
fn enter(instance: &Instance, store: &mut Store<Host>, job: &Job) -> Result<()> {
    call::<(), ()>(instance, store, "_initialize", ())?;
    if call::<(), i32>(instance, store, "zeroperl_init", ())? != 0 {
        return Err(Error::msg("Perl does not start"));
    }
    let arguments = [&job.code].into_iter().chain(&job.argv);
    let mut addresses = Vec::new();
    for argument in arguments {
        addresses.extend(text(instance, store, argument)?.to_le_bytes());
    }
    let list = allocated(instance, store, &addresses)?;
    let count = (addresses.len() / 4) as i32;
    let prelude = text(instance, store, PRELUDE)?;
    let evaluated =
        call::<_, i32>(instance, store, "zeroperl_eval", (prelude, SCALAR, count, list)).map(drop);
    let is_an_end = evaluated
        .as_ref()
        .err()
        .is_none_or(|error| matches!(error.downcast_ref(), Some(Stop::Exit(_))));
    if is_an_end {
        call::<(), i32>(instance, store, "zeroperl_flush", ())?;
        // Objects that are left have what they do at their end.
        call::<(), ()>(instance, store, "zeroperl_free_interpreter", ())?;
    }
    evaluated
}

fn call<P: WasmParams, R: WasmResults>(
    instance: &Instance,
    store: &mut Store<Host>,
    name: &str,
    parameters: P,
) -> Result<R> {
    instance.get_typed_func::<P, R>(&mut *store, name)?.call(&mut *store, parameters)
}

/// A text in the guest's memory, with the NUL at its end.
fn text(instance: &Instance, store: &mut Store<Host>, text: &str) -> Result<i32> {
    allocated(instance, store, &[text.as_bytes(), &[0]].concat())
}

/// Bytes in the guest's memory.
fn allocated(instance: &Instance, store: &mut Store<Host>, bytes: &[u8]) -> Result<i32> {
    let address = call::<_, i32>(instance, store, "malloc", bytes.len() as i32)?;
    let memory =
        instance.get_memory(&mut *store, "memory").ok_or_else(|| Error::msg("no memory"))?;
    memory.write(&mut *store, address as u32 as usize, bytes)?;
    Ok(address)
}
