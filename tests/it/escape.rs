//! Programs that try to get out, to stay, to take everything, or to lie: each has its exact end, and the next job is unharmed.
//!
//! Not here: host functions called with wild pointers by a hand-written module. The crate opens installed runtimes only, and
//! no function of theirs passes a pointer of the program's choice.

mod endings;
mod host;
mod memory;
mod objects;
mod stack;
mod tamper;
