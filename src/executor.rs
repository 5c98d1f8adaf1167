//! Executors: servers of the user's that run programs in languages that the sandbox lacks.
//!
//! Invariant: nothing that ran there is called deterministic or sandboxed: each program runs twice, what differs is said to differ, and a
//! server that fails has decided nothing.

mod client;
mod config;
mod edit;
mod error;
mod exit_code;
mod haskell;
mod join;
mod lacks;
mod language;
mod program;
mod run_code;
mod scan;
mod submit;
mod tail;

pub use client::{Described, Executor};
pub use config::{Config, Protocol};
pub use error::ExecutorError;
pub use join::joined;
pub use language::OtherLanguage;
pub use program::{End, Program, Ran, Sent, Twice};

/// The executors that the user has.
#[derive(Default)]
pub struct Executors(Vec<Executor>);

impl Executors {
    /// Takes executors; the error names a language that two of them list.
    pub fn new(executors: Vec<Executor>) -> Result<Self, ExecutorError> {
        for (place, executor) in executors.iter().enumerate() {
            for other in &executors[..place] {
                let shared = executor
                    .languages()
                    .iter()
                    .find(|language| other.languages().contains(language));
                if let Some(language) = shared {
                    let why = format!(
                        "lists {}, which executor {} lists, too",
                        language.name(),
                        other.name()
                    );
                    return Err(ExecutorError::Config {
                        executor: executor.name().to_owned(),
                        why,
                    });
                }
            }
        }
        Ok(Self(executors))
    }

    /// The executor that runs programs in a language.
    pub fn of(&self, language: &OtherLanguage) -> Option<&Executor> {
        self.0.iter().find(|executor| executor.languages().contains(language))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Describes all executors for a report.
    pub fn described(&self) -> Vec<Described> {
        self.0.iter().map(Executor::described).collect()
    }

    /// Names all that decides where programs run; empty without executors.
    pub fn identities(&self) -> Vec<String> {
        self.0.iter().map(Executor::identity).collect()
    }
}
