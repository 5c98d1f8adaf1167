//! tgsand makes verified training data for code models: everything that can be run is run, inside a WebAssembly CPython.
//!
//! A record's way through the crate: [`dataset`] reads it, a [`stage`] proposes inputs, executes, validates and emits, [`flow`]
//! drives the stages and keeps their journals, a [`pipeline`] nests them. [`sandbox`] and [`model`] stand alone below all of it.

// Printing with these panics where nobody reads.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

pub mod cli;
pub mod dataset;
pub mod error;
pub mod eval;
pub mod flow;
pub mod model;
pub mod outcome;
pub mod pipeline;
pub mod prompt;
pub mod python;
pub mod record;
pub mod reply;
pub mod sample;
pub mod sandbox;
pub mod stage;
