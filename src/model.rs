//! Asks a model for completions, over the chat-completion protocol of vLLM, SGLang, llama.cpp, Ollama and OpenAI.
//!
//! Invariant: this module imports nothing of the crate, and the API key leaves it in the `Authorization` header alone.

pub mod batch;
pub mod budget;
pub mod cache;
mod client;
mod error;
mod key;
pub mod replay;
mod reply;
mod request;
mod retry;
mod secret;
mod stats;
mod store;
#[cfg(test)]
mod test_server;

use std::fmt;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use cache::Cache;
pub use error::{Failure, ModelError};
pub use key::Key;
pub use reply::{Completion, Finish, Usage};
pub use request::{Message, Request, Role, Sampling, Schema};
pub use secret::Secret;
pub use stats::Stats;
pub use store::StoreError;

use client::Client;
use stats::Counters;

/// How to reach a model, and how hard to try.
#[derive(Debug, Clone)]
pub struct Config {
    /// The model's name, as the server knows it.
    pub model: String,
    /// The URL that `/chat/completions` is appended to; most servers want it to end in `/v1`.
    pub base_url: String,
    /// The key that is sent as a bearer token.
    pub api_key: Option<Secret>,
    /// How many requests are under way at once, at least one.
    pub max_concurrent: usize,
    /// How long one attempt may take, from the connection to the reply's last byte.
    pub timeout: Duration,
    /// How many more attempts a request gets when the first one fails in a way that may pass.
    pub max_retries: u32,
}

/// A model on a server.
pub struct Model {
    name: String,
    client: Client,
    slots: Semaphore,
    max_retries: u32,
    base_delay: Duration,
    counters: Counters,
}

impl Model {
    /// Makes a client of a model without connecting yet; fails on a URL or a key that cannot be used.
    pub fn new(config: Config) -> Result<Self, ModelError> {
        let slots = config.max_concurrent.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self {
            client: Client::new(&config.base_url, config.api_key, config.timeout, slots)?,
            name: config.model,
            slots: Semaphore::new(slots),
            max_retries: config.max_retries,
            base_delay: retry::BASE_DELAY,
            counters: Counters::default(),
        })
    }

    /// Asks for one completion; waits for a free slot, and retries failures that may pass.
    pub async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        // The slot is kept while a retry waits: a server in trouble gets fewer requests, not others instead.
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        self.counters.add_request();
        let body = request.body(&self.name);
        let mut attempt = 0;
        loop {
            let setback = match self.client.exchange(&body).await {
                Ok(completion) => {
                    self.counters.add_usage(completion.usage);
                    return Ok(completion);
                }
                Err(setback) => setback,
            };
            let pause = match &setback.failure {
                failure if !failure.may_pass() => None,
                _ if attempt == self.max_retries => None,
                _ => retry::pause(self.base_delay, attempt, &body, setback.retry_after),
            };
            attempt += 1;
            let Some(pause) = pause else {
                return Err(setback.failure.after(attempt, self.client.endpoint()));
            };
            self.counters.add_retry();
            tokio::time::sleep(pause).await;
        }
    }

    /// Tells what the model has been asked for since it was made.
    pub fn stats(&self) -> Stats {
        self.counters.read()
    }

    /// Names what, together with a [`Request`], decides a completion: the model's name.
    ///
    /// The URL is no part of it, so that a moved server repays nothing; the sampling is part of the request.
    pub fn fingerprint(&self) -> String {
        self.name.clone()
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("endpoint", &self.client.endpoint())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
