//! Options that several commands share.
//!
//! Invariant: an option means the same in every command that has it.

pub mod executors;
pub mod model;
pub mod models;
pub mod packages;
pub mod prompts;
pub mod source;
pub mod text;
pub mod units;
pub mod work;
