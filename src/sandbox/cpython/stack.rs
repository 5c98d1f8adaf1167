//! Gives a saved interpreter the C stack that native CPython has.
//!
//! Invariant: a snapshot in which the place to change is not found for certain is refused, never guessed at.

use super::super::error::SandboxError;
use super::recipe::Stack;
use super::rewrite::Snapshot;

const WASM_PAGE: usize = 65536;
/// Bytes that remain to handle a `RecursionError` in.
const HARD_BELOW_SOFT: u32 = 8 << 10;

/// Gives the interpreter a new shadow stack at the end of memory, from which it grows down, and moves the limits that it keeps.
pub fn replace(snapshot: &mut Snapshot, stack: &Stack) -> Result<(), SandboxError> {
    let limits = stack.soft_limit.map(|_| find_limits(snapshot)).transpose()?;
    let len = (snapshot.memory.len() + stack.size as usize).next_multiple_of(WASM_PAGE);
    snapshot.resize(len);
    let top =
        u32::try_from(len).map_err(|_| SandboxError::Runtime("its memory is too large".into()))?;
    match snapshot.globals.first_mut() {
        // The linker puts the stack pointer first.
        Some(stack_pointer) => *stack_pointer = top.into(),
        None => return Err(SandboxError::Runtime("its module has no stack pointer".into())),
    }
    if let (Some(at), Some(bytes)) = (limits, stack.soft_limit) {
        let soft = top.saturating_sub(bytes);
        let hard = soft.saturating_sub(HARD_BELOW_SOFT);
        for (index, address) in [top, soft, hard].into_iter().enumerate() {
            snapshot.memory[at + 4 * index..][..4].copy_from_slice(&address.to_le_bytes());
        }
    }
    Ok(())
}

/// Finds the interpreter's limits of its C stack.
///
/// The thread state holds the three addresses side by side: top, soft limit, hard limit. Only one place in memory looks so.
fn find_limits(snapshot: &Snapshot) -> Result<usize, SandboxError> {
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
    match found[..] {
        [index] => Ok(4 * index),
        _ => Err(SandboxError::Runtime(format!(
            "{} places look like its C stack limits",
            found.len()
        ))),
    }
}
