//! What a guest may use; every limit is deterministic, none is a wall clock.

use serde::{Deserialize, Serialize};

/// The limits of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Fuel for building the program if it is built, again for loading it, and again for each case; about one unit a WebAssembly instruction.
    pub fuel: u64,
    /// Bytes of linear memory, the interpreter's own included.
    pub memory: u64,
    /// Bytes of stdout, of stderr and of results, each.
    pub output: u64,
}

impl Limits {
    /// Bytes of memory that the host has for the output and results of one run of all a job's cases: many times the limit of one case,
    /// and never without end.
    pub fn job_room(&self) -> usize {
        // The values of a result take up to fifty times the memory of its text.
        const LEAST: u64 = 16 << 20;
        // A thread holds two runs at a time, and the allocator keeps some of what was let go.
        const MOST: u64 = 64 << 20;
        self.output.saturating_mul(64).clamp(LEAST, MOST) as usize
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 2_000_000_000, memory: 256 << 20, output: 1 << 20 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_room_for_its_output_and_never_without_end() {
        let room = |output| Limits { output, ..Limits::default() }.job_room() >> 20;
        assert_eq!([1, 1 << 19, 1 << 20, 1 << 30, u64::MAX].map(room), [16, 32, 64, 64, 64]);
    }
}
