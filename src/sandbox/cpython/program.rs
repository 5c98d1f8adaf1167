//! A job's program as the guest gets it: as a text, or as code that was compiled before.
//!
//! Invariant: what compiling took is counted in an execution, whenever it was done.

use std::sync::Arc;

use super::super::job::{Execution, Job};

/// A job with its program as the guest gets it.
#[derive(Clone)]
pub struct Prepared<'a> {
    pub job: &'a Job,
    /// The program's code in the form of `marshal`; without it the guest compiles the text.
    pub code: Option<Arc<[u8]>>,
}

/// What compiling a program gave.
#[derive(Clone)]
pub struct Compiled {
    /// Absent if compiling says anything, such as a warning or an error: each run has to say it, too.
    pub code: Option<Arc<[u8]>>,
    pub fuel: u64,
    pub memory: u64,
}

impl Compiled {
    /// An execution of the program, with what compiling took.
    pub fn counted_in(&self, execution: Execution) -> Execution {
        Execution {
            fuel: execution.fuel.saturating_add(self.fuel),
            memory: execution.memory.max(self.memory),
            ..execution
        }
    }
}
