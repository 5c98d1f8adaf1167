//! Why a program has no result: the executor's trouble, never the program's.
//!
//! Invariant: no message contains the key; the type, never the message, says whether a rerun may help.

use crate::remote::Failure;

/// Why a program has no result; `endpoint` is the request's URL, `excerpt` the start of the reply's body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecutorError {
    /// The run was stopped before the request was sent.
    #[error("stopped before the program was sent")]
    Stopped,
    /// The executor cannot be used as it is configured.
    #[error("executor {executor} {why}")]
    Config { executor: String, why: String },
    /// The server does not let us in, status 401 or 403; `key` says which key was sent, if any.
    #[error(
        "executor {executor} denied access at {endpoint} with status {status} ({key}): {excerpt}"
    )]
    Denied { executor: String, endpoint: String, status: u16, key: String, excerpt: String },
    /// Nothing is served under the URL.
    #[error(
        "executor {executor} serves nothing at {endpoint}, status {status}; check its `url` and `protocol`: {excerpt}"
    )]
    NoSuchPath { executor: String, endpoint: String, status: u16, excerpt: String },
    /// The server does not run a language that it is listed for.
    #[error(
        "executor {executor} at {endpoint} does not run {language}; take it out of the executor's `languages`, or install it on the server: {last}"
    )]
    LacksLanguage { executor: String, endpoint: String, language: String, last: Failure },
    /// The server rejects the program, in a way that no retry changes.
    #[error("executor {executor} at {endpoint} rejected the program: {last}")]
    Rejected { executor: String, endpoint: String, last: Failure },
    /// None of this many attempts gave a result, for transient reasons.
    #[error(
        "executor {executor} at {endpoint} gave no result; attempts: {attempts}, last failure: {last}"
    )]
    Unavailable { executor: String, endpoint: String, attempts: u32, last: Failure },
}

impl ExecutorError {
    /// Whether the same program may have a result when it is run again later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Stopped => true,
            Self::Config { .. }
            | Self::Denied { .. }
            | Self::NoSuchPath { .. }
            | Self::LacksLanguage { .. }
            | Self::Rejected { .. } => false,
        }
    }

    /// Whether the server took offence at this program, rather than at all of them or for a while.
    pub fn is_about_the_program(&self) -> bool {
        match self {
            Self::Rejected { .. } => true,
            Self::Stopped
            | Self::Config { .. }
            | Self::Denied { .. }
            | Self::NoSuchPath { .. }
            | Self::LacksLanguage { .. }
            | Self::Unavailable { .. } => false,
        }
    }
}
