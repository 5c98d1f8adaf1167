//! Takes fuel for what the host does for a guest, wherever the guest's fuel is counted.
//!
//! Invariant: a guest that cannot pay stops with nothing left.

use wasmtime::{Caller, Error, Result, Val};

use super::guest::Guest;

/// Fuel that any host call costs, about its cost relative to guest code.
pub const CALL_FUEL: u64 = 200;

/// Pays for a host call that handles this many bytes; without enough fuel the guest stops.
pub(super) fn charge(caller: &mut Caller<'_, Guest>, bytes: usize) -> Result<()> {
    pay(caller, CALL_FUEL + bytes as u64)
}

/// Pays for a host call that works through a list before it is known how many bytes the entries
/// cover.
pub(super) fn charge_list(
    caller: &mut Caller<'_, Guest>,
    count: i32,
    longest: i32,
    entry: usize,
) -> Result<()> {
    charge(caller, count.clamp(0, longest) as usize * entry)
}

pub(super) fn pay(caller: &mut Caller<'_, Guest>, fuel: u64) -> Result<()> {
    match left(caller)?.checked_sub(fuel) {
        Some(rest) => fill(caller, rest),
        None => run_out(caller),
    }
}

/// Stops a guest that has not enough fuel.
pub(super) fn run_out(caller: &mut Caller<'_, Guest>) -> Result<()> {
    fill(caller, 0)?;
    Err(Error::new(wasmtime::Trap::OutOfFuel))
}

/// The fuel that a guest has left.
pub(super) fn left(caller: &mut Caller<'_, Guest>) -> Result<u64> {
    match caller.data().meter {
        Some(meter) => {
            let left = meter.get(&mut *caller).i64().unwrap_or_default();
            Ok(u64::try_from(left).unwrap_or_default())
        }
        None => caller.get_fuel(),
    }
}

/// Gives a guest so much fuel in place of what it has left.
pub(super) fn fill(caller: &mut Caller<'_, Guest>, fuel: u64) -> Result<()> {
    match caller.data().meter {
        Some(meter) => meter.set(&mut *caller, Val::I64(fuel.cast_signed())),
        None => caller.set_fuel(fuel),
    }
}
