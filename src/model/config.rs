//! How to reach a model, and how hard to try.
//!
//! Invariant: neither the key nor anything else that is secret shows in `Debug`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::remote::{Notice, Secret};

/// What a server is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Completions of conversations.
    #[default]
    Chat,
    /// Vectors of texts.
    Embeddings,
}

impl Protocol {
    /// The path of requests, after the base URL.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Embeddings => "embeddings",
        }
    }
}

/// How to reach a model, and how hard to try.
#[derive(Clone)]
pub struct Config {
    /// The model's name, as the server knows it.
    pub model: String,
    /// The URL that the protocol's path is appended to; most servers want it to end in `/v1`.
    pub base_url: String,
    /// What the server is asked for.
    pub protocol: Protocol,
    /// The key that is sent as a bearer token.
    pub api_key: Option<Secret>,
    /// How many requests are under way at most, at least one; `None` finds out how many the server makes use of.
    pub max_concurrent: Option<usize>,
    /// How long one attempt may take, from the connection to the reply's last byte; with `stream`, between two pieces of its text.
    pub timeout: Duration,
    /// How many more attempts a request gets when the first one fails in a way that may pass.
    pub max_retries: u32,
    /// How long requests wait for a server that has gone before they are given up.
    pub patience: Duration,
    /// How many requests are sent a minute at most.
    pub requests_per_minute: Option<u32>,
    /// How many tokens of prompts and replies are taken a minute at most.
    pub tokens_per_minute: Option<u32>,
    /// The most tokens that are asked for when a reply was cut and is asked for again; `None` for four times those first asked for.
    pub longest_reply: Option<u32>,
    /// Whether replies are streamed, so that a long one does not time out.
    pub stream: bool,
    /// Receives notices for the user.
    pub notice: Option<Notice>,
    /// Once this is set, no further request is sent.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: String::new(),
            base_url: String::new(),
            protocol: Protocol::Chat,
            api_key: None,
            max_concurrent: None,
            timeout: Duration::from_secs(120),
            max_retries: 6,
            patience: Duration::from_secs(300),
            requests_per_minute: None,
            tokens_per_minute: None,
            longest_reply: None,
            stream: false,
            notice: None,
            stop: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password or a key.
        f.debug_struct("Config")
            .field("model", &self.model)
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}
