//! The crate's error, and the exit code that each kind of ending has.
//!
//! Invariant: an error says what failed and where; its type, never its message, says whether a
//! rerun may help.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::executor::ExecutorError;
use crate::model::{AskError, ModelError, StoreError};
use crate::sandbox::SandboxError;

/// A crate-wide result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run, or the work on one record, could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or stream could not be read or written.
    #[error("failed to access {path}")]
    Io { path: PathBuf, source: std::io::Error },
    /// A file that the user named cannot be opened.
    #[error("failed to access {path}")]
    Input { path: PathBuf, source: std::io::Error },
    /// The sandbox itself failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The model could not be asked.
    #[error(transparent)]
    Model(#[from] AskError),
    /// An executor gave no result.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// Replies could not be kept or found.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the user asked for cannot be.
    #[error("{0}")]
    Usage(String),
}

impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        Self::Model(error.into())
    }
}

impl Error {
    /// Makes an error of a file or stream out of an I/O error.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Makes an error of an input that the user named out of an I/O error.
    pub fn input(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Input { path, source }
    }

    /// Whether the same work may succeed when it is tried again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sandbox(SandboxError::Closed) => true,
            Self::Model(error) => error.is_transient(),
            Self::Executor(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            Self::Io { .. } | Self::Input { .. } | Self::Sandbox(_) | Self::Usage(_) => false,
        }
    }

    /// Whether the work was left undone by choice - a budget, a batch, an estimate - rather than by anybody's trouble.
    pub fn is_by_choice(&self) -> bool {
        match self {
            Self::Model(error) => error.is_by_choice(),
            Self::Executor(error) => *error == ExecutorError::Stopped,
            Self::Store(_)
            | Self::Io { .. }
            | Self::Input { .. }
            | Self::Sandbox(_)
            | Self::Usage(_) => false,
        }
    }

    /// The exit code of a process that ends with this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_)
            | Self::Input { .. }
            | Self::Model(AskError::Server(ModelError::Config(_)))
            | Self::Executor(ExecutorError::Config { .. })
            | Self::Sandbox(SandboxError::UnknownRuntime(_) | SandboxError::Package(_)) => {
                Exit::Usage
            }
            Self::Io { .. }
            | Self::Sandbox(_)
            | Self::Model(_)
            | Self::Executor(_)
            | Self::Store(_) => Exit::Failed,
        }
    }
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is done.
    Done = 0,
    /// The work could not go on.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Records are left for a rerun.
    Incomplete = 3,
    /// The work is done and its result is below the gate that was set.
    BelowGate = 4,
    /// Stopped by the user; a rerun goes on.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
