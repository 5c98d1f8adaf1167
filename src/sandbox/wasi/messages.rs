//! Messages from the harness: read as far as the job has room and fuel for them.
//!
//! Invariant: what the host does with a message is paid for before the message is kept, whoever sent it.

use wasmtime::{Caller, Error, Result, Val};

use super::fuel;
use super::guest::{Guest, Message, Stop};
use crate::json::values_at_most;

/// Bytes of memory that a value of a result takes in addition to its text.
const VALUE_MEMORY: usize = 96;
/// A text may be kept twice: as a value, and within its `repr`.
const COPIES: usize = 2;
/// Fuel for the host's work on each byte of a message, and on each value in it: reading, comparing and writing.
const BYTE_FUEL: u64 = 24;
const VALUE_FUEL: u64 = 200;

/// Takes a message from the harness, and gives the next case its own fuel.
///
/// The harness burns more to make a message than it costs to read: at least 32 for each byte, and thousands for a value. A program that
/// sends one without making it pays the difference.
pub(super) fn receive(caller: &mut Caller<'_, Guest>, body: &[u8]) -> Result<()> {
    let left = fuel::left(caller)?;
    let guest = caller.data_mut();
    if guest.snapshotting {
        guest.armed = Some(body.to_vec());
        return Ok(());
    }
    // A program that got hold of the secret gets no more fuel or results out of it than its job has.
    guest.messages_left =
        guest.messages_left.checked_sub(1).ok_or_else(|| Error::new(Stop::TooManyMessages))?;
    if body.len() > guest.output_limit {
        guest.truncated = true;
        return Err(Error::new(Stop::OutputTooLarge));
    }
    let values = values_at_most(body);
    guest.take_room(COPIES * body.len() + VALUE_MEMORY * values)?;
    let work = BYTE_FUEL * body.len() as u64 + VALUE_FUEL * values as u64;
    let used = guest.fuel.given.saturating_sub(left).max(work);
    if used > guest.fuel.given {
        return fuel::run_out(caller);
    }
    guest.stdout_told = guest.stdout.len();
    guest.stderr_told = guest.stderr.len();
    // Denials before this message belong to a case that has ended by itself.
    guest.limits.denied = false;
    let message = Message {
        asked: std::mem::take(&mut guest.asked),
        body: body.to_vec(),
        stdout_len: guest.stdout.len(),
        fuel_used: used,
    };
    guest.messages.push(message);
    let given = guest.fuel.next(used);
    if let Some(refusals) = guest.refusals {
        refusals.set(&mut *caller, Val::I32(0))?;
    }
    fuel::fill(caller, given)
}
