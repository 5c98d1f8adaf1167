//! The pipelines: plain functions that nest stages.
//!
//! Invariant: pipelines never import each other.

pub mod case2code;
pub mod eval;
pub mod filter;
