//! What a guest may use; every limit is deterministic, none is a wall clock.

use serde::{Deserialize, Serialize};

/// The limits of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Fuel for loading the program, and again for each case; about one unit a WebAssembly instruction.
    pub fuel: u64,
    /// Bytes of linear memory, the interpreter's own included.
    pub memory: u64,
    /// Bytes of stdout, of stderr and of results, each.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 2_000_000_000, memory: 256 << 20, output: 1 << 20 }
    }
}
