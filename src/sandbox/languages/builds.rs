//! Programs that compilers have built, as any guest of the sandbox.
//!
//! Invariant: a compiler has limits of its own, so that a program's limits are for the program alone.

use std::collections::VecDeque;
use std::fmt::Display;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use wasmtime::{Engine, InstancePre, Module};

use super::super::error::SandboxError;
use super::super::job::Job;
use super::super::limits::Limits;
use super::host::{self, Host};
use super::{Start, TABLE_ELEMENTS};

/// Limits of one compilation; a program has its own. Compiling the result to machine code takes no fuel, so its size bounds that.
pub const LIMITS: Limits = Limits { fuel: 40_000_000_000, memory: 1 << 30, output: 16 << 20 };
/// Bytes of machine code of the programs that are kept: the same one often runs again, with other input.
const KEPT: usize = 256 << 20;

/// A program that is ready to run, or the messages of the compiler.
pub type Built = Result<InstancePre<Host>, String>;

/// What builds programs of one language.
pub trait Compiler {
    fn build(&self, code: &str) -> Result<Built, SandboxError>;
}

/// A module as a program that is ready to run, or why it is none.
pub fn ready(engine: &Engine, module: &[u8]) -> Built {
    let cannot_run = |why: &dyn Display| format!("the program cannot be run: {why}\n");
    let program = Module::from_binary(engine, module).map_err(|error| cannot_run(&error))?;
    let functions = program.resources_required().max_initial_table_size.unwrap_or(0);
    if functions > TABLE_ELEMENTS as u64 {
        return Err(cannot_run(&"it has too many functions"));
    }
    // It may ask its host for functions that there are not.
    host::bind(&program).map_err(|error| cannot_run(&error))
}

/// How a built program is started.
pub fn start(job: &Job) -> Start {
    let arguments = ["main".to_owned()].into_iter().chain(job.argv.iter().cloned()).collect();
    Start { arguments, ..Start::default() }
}

/// The programs that were built last.
#[derive(Default)]
pub struct Builds(Mutex<VecDeque<(blake3::Hash, Built)>>);

impl Builds {
    /// A program, built unless it is kept.
    pub fn of(&self, compiler: &dyn Compiler, code: &str) -> Result<Built, SandboxError> {
        let key = blake3::hash(code.as_bytes());
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, built)) = kept().iter().find(|(other, _)| *other == key) {
            return Ok(built.clone());
        }
        let built = compiler.build(code)?;
        let mut kept = kept();
        kept.push_back((key, built.clone()));
        while kept.iter().map(|(_, built)| room(built)).sum::<usize>() > KEPT {
            kept.pop_front();
        }
        Ok(built)
    }

    /// Drops the programs that are kept; those that run go on.
    pub fn release(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Bytes that a program takes which is kept: its machine code, or the messages.
fn room(built: &Built) -> usize {
    /// What a program takes in addition, about.
    const LEAST: usize = 64 << 10;
    let bytes = match built {
        Ok(program) => {
            let Range { start, end } = program.module().image_range();
            end.addr() - start.addr()
        }
        Err(messages) => messages.len(),
    };
    bytes + LEAST
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Counts the programs that it is given, and builds none.
    #[derive(Default)]
    struct Counting(Cell<usize>);

    impl Compiler for Counting {
        fn build(&self, _: &str) -> Result<Built, SandboxError> {
            self.0.set(self.0.get() + 1);
            Ok(Err("it does not compile".into()))
        }
    }

    #[test]
    fn a_program_is_built_once_until_the_memory_is_given_back() {
        let (builds, compiler) = (Builds::default(), Counting::default());
        let built = |code| {
            builds.of(&compiler, code).expect("the host does not fail").map(drop).unwrap_err();
            compiler.0.get()
        };
        assert_eq!(["a", "b", "a", "b"].map(built), [1, 2, 2, 2]);
        builds.release();
        assert_eq!(["b", "b", "a"].map(built), [3, 3, 4]);
    }
}
