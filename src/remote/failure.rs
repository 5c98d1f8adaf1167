//! How a request to a server fails.
//!
//! Invariant: no message contains the key.

use std::time::Duration;

/// The server cannot be used as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

/// How one attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server answered with a status other than success; `excerpt` is the start of its body.
    #[error("status {status}: {excerpt}")]
    Status { status: u16, excerpt: String },
    /// The reply, or its next part, did not come within the configured time.
    #[error("timed out after {0:?}")]
    Timeout(Duration),
    /// The connection could not be made or broke off.
    #[error("connection failed: {0}")]
    Connection(String),
    /// The reply is not one of the protocol: broken JSON, a web page, an error with a good status.
    #[error("unusable reply: {0}")]
    Reply(String),
}

impl Failure {
    /// Whether the server is in trouble, rather than at odds with what it is asked or how often.
    pub fn is_the_servers(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 408 || *status >= 500 && *status != 501,
            Self::Timeout(_) | Self::Connection(_) | Self::Reply(_) => true,
        }
    }

    /// Whether fewer requests at a time would help.
    pub fn is_congestion(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 429 | 503),
            Self::Timeout(_) => true,
            Self::Connection(_) | Self::Reply(_) => false,
        }
    }
}
