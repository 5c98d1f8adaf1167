//! Asks a model for completions or vectors, over the protocol of vLLM, SGLang, llama.cpp, Ollama and OpenAI.
//!
//! Invariant: this module knows nothing of the sandbox or of pipelines, and the API key leaves it in the `Authorization` header alone.
//!
//! [`Model`] sees to it that nothing is paid for twice; [`Server`] asks over the network.

mod asking;
pub mod batch;
pub mod budget;
pub mod cache;
mod client;
mod config;
mod embed;
mod error;
mod identity;
mod in_flight;
mod inner;
mod json;
mod key;
mod known;
mod listing;
mod many;
mod origin;
mod quirks;
mod rate;
mod read_batch;
mod refusal;
pub mod replay;
mod reply;
mod request;
mod server;
mod stats;
mod store;
mod stream;
#[cfg(test)]
mod test_server;
mod vectors;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use tokio::sync::oneshot;

pub use budget::{Budget, Price, Spent};
pub use cache::{Cache, Kept};
pub use config::{Config, Protocol};
pub use embed::{AT_ONCE, Vectors};
pub use error::{AskError, ModelError};
pub use identity::Identity;
pub use key::Key;
pub use origin::{CacheReport, CachedReplies, OriginReport, Origins};
pub use read_batch::read_batch;
pub use reply::{Completion, Finish, Usage};
pub use request::{Message, Request, Role, Sampling, Schema};
pub use server::Server;
pub use stats::{Failures, Stats};
pub use store::StoreError;

use batch::{BatchFailure, BatchWriter};
use budget::{BudgetError, Ledger};
use inner::Inner;
use replay::{Recorder, Replay};

use crate::remote::lock;
pub use crate::remote::{Failure, Notice, Secret};

/// A model, and all that keeps a reply from being paid for twice.
///
/// Requests run as tasks of the async runtime, so that one which has its turn goes on even while its caller is not polled:
/// callers may wait for each other in any order.
#[derive(Clone)]
pub struct Model(Arc<Inner>);

/// What a model is made of; models can share a cache, a recorder and a budget.
pub struct Setup {
    pub server: Server,
    pub source: Source,
    /// Looked into first, and given all that is new.
    pub cache: Option<Arc<Cache>>,
    /// Whether cached replies of the model's name are also used if another identity gave them.
    pub reuse: bool,
    /// Given all that the model is asked.
    pub recorder: Option<Arc<Recorder>>,
    /// The model's account under the budget, which other models may spend as well.
    pub ledger: Ledger,
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
    /// The hits in the cache.
    pub replies: CachedReplies,
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
            reuse: false,
            recorder: None,
            ledger: Ledger::unlimited(),
        }
    }
}

impl Setup {
    /// A model that asks another server, out of the same budget, and shares the cache and the recorder of a model.
    pub fn beside(
        model: &Model,
        server: Server,
        price: Option<Price>,
    ) -> Result<Self, BudgetError> {
        let Self { cache, reuse, recorder, ledger, .. } = &model.0.setup;
        Ok(Self {
            ledger: ledger.beside(server.name(), price)?,
            server,
            source: Source::Server,
            cache: cache.clone(),
            reuse: *reuse,
            recorder: recorder.clone(),
        })
    }
}

impl Model {
    /// Makes a model.
    pub fn new(setup: Setup) -> Self {
        Self(Arc::new(Inner::new(setup)))
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

    /// Has the cache forget a reply that says nothing to its reader, so that the next run asks anew; a recording keeps it, and it
    /// stays paid for. It is forgotten in [`Self::finish`]: until then a run that is killed may need it to go on.
    pub fn disown(&self, request: &Request, completion: &Completion) {
        lock(&self.0.disowned).push((self.0.key(request), completion.clone()));
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

    /// Ends what was begun in files: batch files get their names, and the cache forgets what was disowned.
    pub fn finish(&self) -> Result<(), StoreError> {
        let disowned = std::mem::take(&mut *lock(&self.0.disowned));
        if let Some(cache) = &self.0.setup.cache {
            disowned.iter().try_for_each(|(key, reply)| cache.disown(key, reply))?;
        }
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
            replies: lock(&self.0.seen).origins.replies,
            stats: server.stats(),
            cost: ledger.spent().cost,
        }
    }

    /// Has this called before each request goes out and after its reply is counted, with the report of then.
    pub fn watch(&self, watch: impl Fn(&Self) + Send + Sync + 'static) {
        let inner = Arc::downgrade(&self.0);
        self.server().watch(move || {
            if let Some(inner) = inner.upgrade() {
                watch(&Self(inner));
            }
        });
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

    /// Determines the model's identity; `noted` is that of an earlier run of the same work, in case the server cannot be reached.
    /// Without this call, the first lookup in the cache does it.
    pub async fn identify(&self, noted: Option<Identity>) -> Result<(), StoreError> {
        self.0.who.known(&self.0.setup, noted).await.map(|_| ())
    }

    /// The model's identity; `None` before it is determined, and for a recording, which any server may have given.
    pub fn identity(&self) -> Option<&Identity> {
        match self.0.setup.source {
            Source::Replay(_) => None,
            Source::Server | Source::BatchWrite(_) | Source::BatchRead(_) | Source::Estimate => {
                self.0.who.before().map(|known| &known.identity)
            }
        }
    }

    /// Names what, together with a [`Request`], decides a completion: the model's identity, and whether replies of others are used.
    ///
    /// Recordings and batches are chosen by the user, so there the model's name is enough.
    pub fn fingerprint(&self) -> String {
        let Setup { server, source, reuse, .. } = &self.0.setup;
        let is_known_by_name = match source {
            Source::Server | Source::Estimate => self.is_known_by_name(),
            Source::Replay(_) | Source::BatchWrite(_) | Source::BatchRead(_) => true,
        };
        if is_known_by_name {
            return server.name().to_owned();
        }
        let unlisted = || Identity::unlisted(server.name(), server.base()).digest();
        let digest = self.identity().map_or_else(unlisted, Identity::digest);
        let others = if *reuse { " and others" } else { "" };
        format!("{}@{digest}{others}", server.name())
    }

    /// Uses the fingerprint of an earlier version, the model's name, to resume its journals.
    pub fn know_by_name(&self) {
        self.0.is_known_by_name.store(!self.0.setup.reuse, Ordering::Relaxed);
    }

    /// Whether the fingerprint is that of an earlier version.
    pub fn is_known_by_name(&self) -> bool {
        self.0.is_known_by_name.load(Ordering::Relaxed)
    }

    /// Adds the origins of replies in an earlier run of the same work.
    pub fn add_earlier(&self, origins: &Origins) {
        lock(&self.0.earlier).add(origins);
    }

    /// The origins of this run's replies.
    pub fn origins(&self) -> Origins {
        lock(&self.0.seen).origins.clone()
    }

    /// The origins of all replies, including those in earlier runs of the same work.
    pub fn origin_report(&self) -> OriginReport {
        let mut origins = self.origins();
        origins.add(&lock(&self.0.earlier));
        OriginReport::new(origins, self.identity())
    }

    /// The number of questions to which another identity of the same name has a reply that is not used.
    pub fn unused_replies(&self) -> u64 {
        lock(&self.0.seen).unused.len() as u64
    }
}
