//! Programs that try to get out, to stay, to take everything, or to lie: each has its exact end, and the next job is unharmed.
//!
//! Not here: host functions called with wild pointers. No function of an installed runtime passes a pointer of the program's
//! choice; a module written by hand does it in `src/sandbox/wasi/tests.rs`.

mod endings;
mod host;
mod memory;
mod objects;
mod stack;
mod tamper;
