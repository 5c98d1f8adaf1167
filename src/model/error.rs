//! What can go wrong between a request and its completion.
//!
//! Invariant: no message contains the API key; the type, never the message, says whether a rerun
//! may help.

use std::time::Duration;

use super::budget::Exhausted;
use super::refusal::Refusal;
use super::store::StoreError;
use crate::remote::{Failure, Unusable, retry};

/// Why a request got no completion, from any source.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The server gave none.
    #[error(transparent)]
    Server(#[from] ModelError),
    /// Replies could not be kept or found.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What may be spent is spent.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The request was counted or written into a batch, or the batch has no answer to it; nobody is asked now.
    #[error("{0}")]
    Unasked(String),
    /// The batch says that the server rejects the request, with a status that no retry changes.
    #[error("the batch has no reply: {0}")]
    Batch(String),
    /// The server could not be reached at first, so the last known model was assumed; now it answers and has another.
    #[error(
        "{server} now serves another {model} than this run assumed; run the same command again"
    )]
    OtherModel { server: String, model: String },
}

impl AskError {
    /// Whether the same request may succeed when it is tried again later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Server(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            Self::Exhausted(_) | Self::Unasked(_) | Self::OtherModel { .. } => true,
            Self::Batch(_) => false,
        }
    }

    /// Whether it was our own choice not to ask now, rather than anybody's trouble.
    pub fn is_by_choice(&self) -> bool {
        match self {
            Self::Server(ModelError::Stopped) | Self::Exhausted(_) | Self::Unasked(_) => true,
            Self::Server(_) | Self::Store(_) | Self::Batch(_) | Self::OtherModel { .. } => false,
        }
    }

    /// Whether the server took offence at this request, rather than at all of them or for a while.
    pub fn is_about_the_request(&self) -> bool {
        match self {
            Self::Server(error) => error.is_about_the_request(),
            Self::Batch(_) => true,
            Self::Store(_) | Self::Exhausted(_) | Self::Unasked(_) | Self::OtherModel { .. } => {
                false
            }
        }
    }
}

/// Why there is no completion; `endpoint` is the request's URL, `excerpt` the start of the reply's
/// body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The run was stopped before the request was sent.
    #[error("stopped before the request was sent")]
    Stopped,
    /// The model cannot be used as it is configured.
    #[error("the model's configuration cannot be used: {0}")]
    Config(String),
    /// The server does not let us in, status 401 or 403; `key` says which key was sent, if any.
    #[error("{endpoint} denied access with status {status} ({key}): {excerpt}")]
    Denied { endpoint: String, status: u16, key: String, excerpt: String },
    /// The account has nothing left to pay with, or its quota is used up.
    #[error("{endpoint} requires the account to be topped up, status {status}: {excerpt}")]
    OutOfCredit { endpoint: String, status: u16, excerpt: String },
    /// The server has no such model.
    #[error("{endpoint} has no model `{model}`: {excerpt}")]
    UnknownModel { endpoint: String, model: String, excerpt: String },
    /// Nothing is served under the URL.
    #[error(
        "nothing is served at {endpoint}, status {status} (most base URLs end in /v1): {excerpt}"
    )]
    NoSuchPath { endpoint: String, status: u16, excerpt: String },
    /// The request is longer than the model's context; another request may well fit.
    #[error("the request is too long for the model at {endpoint}, status {status}: {excerpt}")]
    TooLong { endpoint: String, status: u16, excerpt: String },
    /// The server rejects the request, with a status that no retry changes.
    #[error("{endpoint} rejected the request with status {status}: {excerpt}")]
    Rejected { endpoint: String, status: u16, excerpt: String },
    /// None of this many attempts gave a completion, for transient reasons.
    #[error("{endpoint} gave no completion; attempts: {attempts}, last failure: {last}")]
    Unavailable { endpoint: String, attempts: u32, last: Failure },
}

impl From<Unusable> for ModelError {
    fn from(Unusable(why): Unusable) -> Self {
        Self::Config(why)
    }
}

impl ModelError {
    /// Whether the same request may succeed when it is tried again later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Stopped => true,
            Self::Config(_)
            | Self::Denied { .. }
            | Self::OutOfCredit { .. }
            | Self::UnknownModel { .. }
            | Self::NoSuchPath { .. }
            | Self::TooLong { .. }
            | Self::Rejected { .. } => false,
        }
    }

    /// Whether the server took offence at this request, rather than at all of them or for a while.
    pub fn is_about_the_request(&self) -> bool {
        match self {
            Self::TooLong { .. } | Self::Rejected { .. } => true,
            Self::Config(_)
            | Self::Denied { .. }
            | Self::OutOfCredit { .. }
            | Self::UnknownModel { .. }
            | Self::NoSuchPath { .. }
            | Self::Stopped
            | Self::Unavailable { .. } => false,
        }
    }
}

/// An attempt that failed, and what the server said about trying again.
#[derive(Debug)]
pub(super) struct Setback {
    pub failure: Failure,
    /// How long the server asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
    pub refusal: Option<Refusal>,
}

impl From<Failure> for Setback {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None, refusal: None }
    }
}

/// Whom a request was for, in the words of an error.
pub(super) struct Asked<'a> {
    pub endpoint: &'a str,
    pub model: &'a str,
    /// Which key was sent.
    pub key: &'a str,
}

impl Setback {
    /// The setback of a request that was not sent, as the server has been gone for too long.
    pub(super) fn gone(last: Failure) -> Self {
        Self { refusal: Some(Refusal::Gone), ..last.into() }
    }

    /// Whether the next attempt may go better.
    pub(super) fn may_pass(&self) -> bool {
        self.refusal.is_none()
            && match &self.failure {
                Failure::Status { status, .. } => retry::may_pass(*status),
                Failure::Timeout(_) | Failure::Connection(_) | Failure::Reply(_) => true,
            }
    }

    /// Makes the request's error out of its last attempt's setback.
    pub(super) fn after(self, attempts: u32, asked: &Asked<'_>) -> ModelError {
        let endpoint = asked.endpoint.to_owned();
        let (status, excerpt) = match self.failure {
            Failure::Status { status, excerpt } => (status, excerpt),
            last @ (Failure::Timeout(_) | Failure::Connection(_) | Failure::Reply(_)) => {
                return ModelError::Unavailable { endpoint, attempts, last };
            }
        };
        match (self.refusal, status) {
            (Some(Refusal::OutOfCredit), _) => {
                ModelError::OutOfCredit { endpoint, status, excerpt }
            }
            (Some(Refusal::TooLong), _) => ModelError::TooLong { endpoint, status, excerpt },
            (Some(Refusal::Gone), _) => ModelError::Unavailable {
                endpoint,
                attempts,
                last: Failure::Status { status, excerpt },
            },
            (_, 401 | 403) => {
                ModelError::Denied { endpoint, status, key: asked.key.to_owned(), excerpt }
            }
            (Some(Refusal::UnknownModel), _) => {
                ModelError::UnknownModel { endpoint, model: asked.model.to_owned(), excerpt }
            }
            (_, status) if retry::is_about_the_address(status) => {
                ModelError::NoSuchPath { endpoint, status, excerpt }
            }
            (Some(Refusal::Field(_) | Refusal::TokenField | Refusal::Schema), _) => {
                ModelError::Rejected { endpoint, status, excerpt }
            }
            (None, status) if !retry::may_pass(status) => {
                ModelError::Rejected { endpoint, status, excerpt }
            }
            (None, _) => ModelError::Unavailable {
                endpoint,
                attempts,
                last: Failure::Status { status, excerpt },
            },
        }
    }
}
