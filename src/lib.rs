//! tgsand makes verified training data for code models: everything that can be run is run, inside a WebAssembly CPython.
//!
//! A record's way through the crate: [`dataset`] reads it, a [`pipeline`] nests stages that propose, execute, validate
//! and emit, and [`flow`] drives them and keeps their journals. [`sandbox`] and [`model`] stand alone below all of it, and read JSON
//! as [`json`] does.

// Printing with these panics where nobody reads.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

pub mod ask;
pub mod cases;
pub mod cli;
pub mod dataset;
pub mod error;
pub mod flow;
pub mod grade;
pub mod ground;
pub mod inputs;
pub mod json;
pub mod measure;
pub mod model;
mod named;
pub mod outcome;
pub mod pipeline;
pub mod python;
pub mod record;
pub mod reply;
pub mod report;
pub mod sample;
pub mod sandbox;
pub mod schema;
