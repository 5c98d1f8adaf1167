//! What can go wrong on the host's side; anything a guest does is an execution, never one of these.

use std::path::PathBuf;

/// An error of the sandbox itself.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No runtime of this name is built in.
    #[error("there is no runtime {0:?}; `tgsand runtime list` names them")]
    UnknownRuntime(String),
    /// The runtime is built in and not on this machine.
    #[error("{0} is not installed; run `tgsand runtime install {0}`")]
    NotInstalled(String),
    /// The runtime's package could not be had.
    #[error("failed to fetch {package}: {detail}")]
    Fetch { package: String, detail: String },
    /// A package cannot be served.
    #[error("{0}")]
    Package(String),
    /// A file does not have the recorded digest.
    #[error("{path} has sha256 {found}, expected {expected}")]
    Digest { path: PathBuf, expected: String, found: String },
    /// A file or folder could not be read or written.
    #[error("failed to access {path}")]
    Io { path: PathBuf, source: std::io::Error },
    /// The runtime's module cannot be used.
    #[error("the runtime is unusable: {0}")]
    Runtime(String),
    /// The WebAssembly engine refused.
    #[error("the WebAssembly engine failed: {0}")]
    Engine(String),
    /// The job has functions to call or to observe, and the runtime runs whole programs.
    #[error(
        "this runtime runs whole programs: a job for it has no entry, no cases and nothing to observe"
    )]
    WholeProgramsOnly,
    /// The sandbox was closed while a job waited for it.
    #[error("the sandbox is closed")]
    Closed,
}

impl SandboxError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl From<wasmtime::Error> for SandboxError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Engine(format!("{error:#}"))
    }
}

impl From<wasmparser::BinaryReaderError> for SandboxError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Runtime(format!("the module is not readable: {error}"))
    }
}
