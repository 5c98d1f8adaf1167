//! Asks a model for completions, over the chat-completion protocol of vLLM, SGLang, llama.cpp, Ollama and OpenAI.
//!
//! Invariant: this module imports nothing of the crate, and the API key leaves it in the `Authorization` header alone.
//!
//! [`Model`] sees to it that nothing is paid for twice; [`Server`] asks over the network.

pub mod batch;
mod breaker;
pub mod budget;
pub mod cache;
mod client;
mod config;
mod error;
mod excerpt;
mod in_flight;
mod json;
mod key;
mod limiter;
mod many;
mod notices;
mod quirks;
mod rate;
mod read_batch;
mod refusal;
pub mod replay;
mod reply;
mod request;
mod retry;
mod secret;
mod server;
mod stats;
mod store;
mod stream;
#[cfg(test)]
mod test_server;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::oneshot;

pub use budget::{Budget, Price, Spent};
pub use cache::Cache;
pub use config::{Config, Notice};
pub use error::{AskError, Failure, ModelError};
pub use key::Key;
pub use read_batch::read_batch;
pub use reply::{Completion, Finish, Usage};
pub use request::{Message, Request, Role, Sampling, Schema};
pub use secret::Secret;
pub use server::Server;
pub use stats::{Failures, Stats};
pub use store::StoreError;

use batch::{BatchFailure, BatchWriter};
use budget::{Ledger, Reservation};
use in_flight::InFlight;
use replay::{Recorder, Replay};

/// What brings the rest of a batch about.
const WRITE_REST: &str = "--batch write with a new folder requests the rest";

const ONLY_COUNTED: &str = "only counted";

/// A model, and all that keeps a reply from being paid for twice.
///
/// Requests run as tasks of the async runtime, so that one which has its turn goes on even while its caller is not polled:
/// callers may wait for each other in any order.
pub struct Model(Arc<Inner>);

/// What a model is made of; models can share a cache, a recorder and a budget.
pub struct Setup {
    pub server: Server,
    pub source: Source,
    /// Looked into first, and given all that is new.
    pub cache: Option<Arc<Cache>>,
    /// Given all that the model is asked.
    pub recorder: Option<Arc<Recorder>>,
    /// The model's account under the budget, which other models may spend as well.
    pub ledger: Ledger,
}

struct Inner {
    setup: Setup,
    in_flight: Arc<InFlight>,
    hits: AtomicU64,
    unasked: Mutex<Unasked>,
}

/// The source of replies that are not in a cache.
pub enum Source {
    /// The server.
    Server,
    /// A recording, and nothing else.
    Replay(Replay),
    /// Nowhere: requests go into batch files.
    BatchWrite(BatchWriter),
    /// A batch that was read into the cache, and what no cache keeps of it: cut replies, and failures.
    BatchRead(HashMap<Key, Result<Completion, BatchFailure>>),
    /// Nowhere: requests are counted.
    Estimate,
}

/// What a model did in a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UsageReport {
    /// Requests that a cache or a recording answered.
    pub hits: u64,
    #[serde(flatten)]
    pub stats: Stats,
    /// USD that this run cost; `None` if no price is known.
    pub cost: Option<f64>,
}

/// Requests that were counted or written down instead of being asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Unasked {
    pub requests: u64,
    /// Tokens of their prompts, as a guess: four bytes each.
    pub prompt_tokens: u64,
    /// The most tokens that their replies may take, if they are bounded.
    pub reply_tokens: u64,
}

impl Setup {
    /// A model that asks its server, without limits, and keeps nothing.
    pub fn of(server: Server) -> Self {
        Self {
            server,
            source: Source::Server,
            cache: None,
            recorder: None,
            ledger: Ledger::unlimited(),
        }
    }
}

impl Model {
    /// Makes a model.
    pub fn new(setup: Setup) -> Self {
        Self(Arc::new(Inner {
            setup,
            in_flight: Arc::default(),
            hits: AtomicU64::new(0),
            unasked: Mutex::default(),
        }))
    }

    /// Gives one completion: out of the cache, else from the source.
    pub async fn complete(&self, request: &Request) -> Result<Completion, AskError> {
        let request = request.clone();
        self.as_task(|inner| async move { inner.complete(&request).await }).await
    }

    /// Gives `n` samples of a request, each from the cache if it is there; if the server supports
    /// it, several are requested at once.
    pub async fn complete_many(
        &self,
        request: &Request,
        n: u32,
    ) -> Vec<Result<Completion, AskError>> {
        let request = request.clone();
        self.as_task(|inner| async move { inner.complete_many(&request, n).await }).await
    }

    /// Runs work as a task of its own, which runs to completion even if its caller is dropped: it
    /// may have been paid for.
    async fn as_task<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let work = work(Arc::clone(&self.0));
        let counted = self.0.in_flight.begin();
        tokio::spawn(async move {
            let result = work.await;
            drop(counted);
            // A caller that is gone finds the reply in the cache.
            let _ = tell.send(result);
        });
        told.await.expect("a request's task ends with its result: nothing in it panics")
    }

    /// Waits until no request is in flight; none may be begun meanwhile.
    pub async fn drain(&self) {
        self.0.in_flight.drained().await;
    }

    /// Ends what was begun in files: batch files get their names.
    pub fn finish(&self) -> Result<(), StoreError> {
        match &self.0.setup.source {
            Source::BatchWrite(writer) => writer.finish().map(|_| ()),
            Source::Server | Source::Replay(_) | Source::BatchRead(_) | Source::Estimate => Ok(()),
        }
    }

    /// Returns what the model has done since it was created.
    pub fn report(&self) -> UsageReport {
        let Setup { server, ledger, .. } = &self.0.setup;
        UsageReport {
            hits: self.0.hits.load(Ordering::Relaxed),
            stats: server.stats(),
            cost: ledger.spent().cost,
        }
    }

    /// Whether nobody is asked, and requests are only counted.
    pub fn is_estimate(&self) -> bool {
        matches!(self.0.setup.source, Source::Estimate)
    }

    /// Books what earlier runs of the same work took, so that the budget is that of all of them.
    pub fn book_earlier(&self, prompt_tokens: u64, completion_tokens: u64) {
        self.0.setup.ledger.book_earlier(prompt_tokens, completion_tokens);
    }

    /// Returns the requests that were counted or written to a file instead of being sent.
    pub fn unasked(&self) -> Unasked {
        *lock(&self.0.unasked)
    }

    /// The cost of this many tokens in USD, if the price is known.
    pub fn cost_of(&self, prompt_tokens: u64, reply_tokens: u64) -> Option<f64> {
        self.0.setup.ledger.cost_of(prompt_tokens, reply_tokens)
    }

    /// The server behind the model.
    pub fn server(&self) -> &Server {
        &self.0.setup.server
    }

    /// Names what, together with a [`Request`], decides a completion: the model's name.
    ///
    /// The URL is not part of it, so that nothing is paid for again after a server moves; the
    /// sampling is part of the request.
    pub fn fingerprint(&self) -> String {
        self.server().name().to_owned()
    }
}

impl Inner {
    async fn complete(&self, request: &Request) -> Result<Completion, AskError> {
        let key = self.key(request);
        let completion = match self.cached(&key)? {
            Some(completion) => completion,
            None => self.fetch(&key, request).await?,
        };
        self.record(&key, request, &completion)?;
        Ok(completion)
    }

    async fn complete_many(&self, request: &Request, n: u32) -> Vec<Result<Completion, AskError>> {
        let samples: Vec<Request> =
            (0..n).map(|i| request.clone().with_sample(request.sample.saturating_add(i))).collect();
        let is_new: Vec<bool> =
            samples.iter().map(|sample| !self.is_cached(&self.key(sample))).collect();
        let new = samples.iter().zip(&is_new).filter(|(_, is_new)| **is_new);
        let new: Vec<Request> = new.map(|(sample, _)| sample.clone()).collect();
        let at_once = match (&self.setup.source, &new[..]) {
            (Source::Server, [_, _, ..]) => self.fetch_many(&new).await,
            (Source::Estimate, [first, _, ..]) => {
                // The server reads the prompt once.
                self.count(first, new.len() as u64);
                new.iter().map(|_| Err(AskError::Unasked(ONLY_COUNTED.into()))).collect()
            }
            _ => Vec::new(),
        };
        let mut at_once = at_once.into_iter();
        join_all(samples.iter().zip(is_new).map(|(sample, is_new)| {
            let fetched = if is_new { at_once.next() } else { None };
            async move {
                match fetched {
                    Some(result) => result,
                    None => self.complete(sample).await,
                }
            }
        }))
        .await
    }

    /// Asks for samples that no cache has.
    async fn fetch_many(&self, samples: &[Request]) -> Vec<Result<Completion, AskError>> {
        let Setup { server, ledger, .. } = &self.setup;
        let (prompt, reply) = samples.first().map_or((0, None), |sample| server.estimate(sample));
        let room =
            match ledger.reserve(prompt, reply.unwrap_or_default() * samples.len() as u64).await {
                Ok(room) => room,
                Err(exhausted) => return samples.iter().map(|_| Err(exhausted.into())).collect(),
            };
        let mut spent = Usage::default();
        let completions = server.ask_many(samples, &mut spent).await;
        book(room, spent, completions.iter().any(Result::is_ok));
        let keep = |(completion, sample): (Result<Completion, ModelError>, &Request)| {
            let (key, completion) =
                (self.key(sample), completion.map_err(|error| server.judged(error))?);
            self.keep(&key, &completion)?;
            self.record(&key, sample, &completion)?;
            Ok(completion)
        };
        completions.into_iter().zip(samples).map(keep).collect()
    }

    fn key(&self, request: &Request) -> Key {
        Key::of(self.setup.server.name(), request)
    }

    fn cached(&self, key: &Key) -> Result<Option<Completion>, StoreError> {
        let Some(cache) = &self.setup.cache else { return Ok(None) };
        let found = cache.get(key)?;
        self.hits.fetch_add(u64::from(found.is_some()), Ordering::Relaxed);
        Ok(found)
    }

    fn is_cached(&self, key: &Key) -> bool {
        // A cache that cannot be read is reported when the request itself looks into it.
        self.setup
            .cache
            .as_ref()
            .is_some_and(|cache| matches!(cache.get(key), Ok(Some(_)) | Err(_)))
    }

    async fn fetch(&self, key: &Key, request: &Request) -> Result<Completion, AskError> {
        match &self.setup.source {
            Source::Server => {
                let (prompt, reply) = self.setup.server.estimate(request);
                let room = self.setup.ledger.reserve(prompt, reply.unwrap_or_default()).await?;
                let mut spent = Usage::default();
                let completion = self.setup.server.ask_and_book(request, &mut spent).await;
                book(room, spent, completion.is_ok());
                let completion = completion.map_err(|error| self.setup.server.judged(error))?;
                self.keep(key, &completion)?;
                Ok(completion)
            }
            Source::Replay(replay) => {
                let completion = replay.get(key, self.setup.server.name(), request)?.clone();
                self.hits.fetch_add(1, Ordering::Relaxed);
                Ok(completion)
            }
            Source::BatchWrite(writer) => {
                writer.write(key, &self.setup.server.body(request))?;
                Err(self.unasked(request, "the request is waiting in the batch"))
            }
            Source::BatchRead(rest) => {
                match rest.get(key) {
                    Some(Ok(cut)) => Ok(cut.clone()),
                    Some(Err(failure)) if !failure.may_pass() => {
                        Err(AskError::Batch(failure.to_string()))
                    }
                    Some(Err(failure)) => Err(self
                        .unasked(request, &format!("the batch failed: {failure}; {WRITE_REST}"))),
                    None => {
                        Err(self.unasked(request, &format!("the batch has no reply; {WRITE_REST}")))
                    }
                }
            }
            Source::Estimate => Err(self.unasked(request, ONLY_COUNTED)),
        }
    }

    fn keep(&self, key: &Key, completion: &Completion) -> Result<(), StoreError> {
        let Some(cache) = &self.setup.cache else { return Ok(()) };
        cache.put(key, self.setup.server.name(), completion).map(|_| ())
    }

    fn record(
        &self,
        key: &Key,
        request: &Request,
        completion: &Completion,
    ) -> Result<(), StoreError> {
        let Some(recorder) = &self.setup.recorder else { return Ok(()) };
        recorder.record(key, self.setup.server.name(), request, completion).map(|_| ())
    }

    fn unasked(&self, request: &Request, why: &str) -> AskError {
        self.count(request, 1);
        AskError::Unasked(why.to_owned())
    }

    /// Counts a request for this many samples that is not sent now.
    fn count(&self, request: &Request, samples: u64) {
        let (prompt, reply) = self.setup.server.estimate(request);
        let mut unasked = lock(&self.unasked);
        unasked.requests += 1;
        unasked.prompt_tokens += prompt;
        unasked.reply_tokens += samples * reply.unwrap_or_default();
    }
}

/// Books what a request took; one that was not answered and took nothing gives its room back.
fn book(room: Reservation<'_>, spent: Usage, is_answered: bool) {
    if is_answered || spent != Usage::default() {
        room.settle(spent);
    }
}

/// Locks a mutex; whoever panicked with it left nothing half done, as no lock here spans a call that can.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
