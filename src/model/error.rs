//! What can go wrong between a request and its completion.
//!
//! Invariant: no message holds the API key; whether a rerun may help is told by type, never by message.

use std::time::Duration;

use super::retry;

/// Why there is no completion; `endpoint` is the URL that was asked, `excerpt` the start of the reply's body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The model cannot be used as it is configured.
    #[error("the model's configuration cannot be used: {0}")]
    Config(String),
    /// The server does not let us in, status 401 or 403.
    #[error("{endpoint} denied access with status {status}: {excerpt}")]
    Denied { endpoint: String, status: u16, excerpt: String },
    /// The server rejects the request, with a status that no retry changes.
    #[error("{endpoint} rejected the request with status {status}: {excerpt}")]
    Rejected { endpoint: String, status: u16, excerpt: String },
    /// None of so many attempts gave a completion, for reasons that may pass.
    #[error("{endpoint} gave no completion, attempts: {attempts}, the last: {last}")]
    Unavailable { endpoint: String, attempts: u32, last: Failure },
}

impl ModelError {
    /// Whether the same request may succeed when it is tried again later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Config(_) | Self::Denied { .. } | Self::Rejected { .. } => false,
        }
    }
}

/// How one attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server answered with a status other than success; `excerpt` is the start of its body.
    #[error("status {status}: {excerpt}")]
    Status { status: u16, excerpt: String },
    /// The reply was not complete within the configured time.
    #[error("timed out after {0:?}")]
    Timeout(Duration),
    /// The connection could not be made or broke off.
    #[error("connection failed: {0}")]
    Connection(String),
    /// The reply is no chat completion: broken JSON, a web page, an error under a good status.
    #[error("unusable reply: {0}")]
    Reply(String),
}

impl Failure {
    /// Whether the next attempt may go better.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => retry::may_pass(*status),
            Self::Timeout(_) | Self::Connection(_) | Self::Reply(_) => true,
        }
    }

    /// Makes the request's error out of its last attempt's failure.
    pub(super) fn after(self, attempts: u32, endpoint: &str) -> ModelError {
        let endpoint = endpoint.to_owned();
        match self {
            Self::Status { status: status @ (401 | 403), excerpt } => ModelError::Denied { endpoint, status, excerpt },
            Self::Status { status, excerpt } if !retry::may_pass(status) => {
                ModelError::Rejected { endpoint, status, excerpt }
            }
            last => ModelError::Unavailable { endpoint, attempts, last },
        }
    }
}
