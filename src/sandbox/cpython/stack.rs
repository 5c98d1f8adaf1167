//! Gives a saved interpreter the C stack that native CPython has.
//!
//! Invariant: a snapshot in which the place to change is not found for certain is refused, never guessed at.

use super::super::error::SandboxError;
use super::rewrite::Snapshot;

const WASM_PAGE: usize = 65536;

/// Gives the interpreter a new shadow stack of this many bytes at the end of memory; it grows down
/// from there.
pub fn move_to_end(snapshot: &mut Snapshot, bytes: usize) -> Result<(), SandboxError> {
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

/// Sets the interpreter's soft and hard C stack limits this many bytes below the top of the stack.
///
/// The thread state holds the three addresses side by side: top, soft limit, hard limit. Only one place in memory looks so.
pub fn lower_limits(snapshot: &mut Snapshot, bytes: u32) -> Result<(), SandboxError> {
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
