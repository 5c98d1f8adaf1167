//! tgsand makes verified training data for code models by running everything that can be run in a
//! WebAssembly CPython.
//!
//! A record's way through the crate: [`dataset`] reads it, a [`pipeline`] nests stages that
//! propose, execute, validate and emit, and [`flow`] drives them and keeps their journals.
//! [`sandbox`], [`model`] and [`executor`] are independent of each other and below all of it, and read JSON as
//! [`json`] does.

// Printing with these panics if the stream is closed.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

pub mod ask;
pub mod cases;
pub mod cli;
pub mod dataset;
pub mod error;
pub mod executor;
pub mod fences;
pub mod flow;
pub mod grade;
pub mod ground;
pub mod index;
pub mod inputs;
pub mod json;
pub mod lint;
pub mod marking;
pub mod measure;
pub mod model;
mod named;
pub mod outcome;
pub mod pipeline;
pub mod python;
pub mod record;
pub mod remote;
pub mod reply;
pub mod report;
pub mod rewrite;
pub mod sample;
pub mod sandbox;
pub mod schema;
pub mod serve;
