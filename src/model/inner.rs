//! The path of a request: the cache, otherwise the source, then the cache again.
//!
//! Invariant: a reply is in the cache before it is used, so that no request is paid for twice.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use futures_util::future::join_all;

use super::asking::Asking;
use super::budget::Reservation;
use super::cache::Kept;
use super::error::{AskError, ModelError};
use super::in_flight::InFlight;
use super::key::Key;
use super::known::WhoAnswers;
use super::origin::{Origins, Seen};
use super::reply::{Completion, Usage};
use super::request::Request;
use super::store::StoreError;
use super::{Setup, Source, Unasked};
use crate::remote::lock;

/// What brings the rest of a batch about.
const WRITE_REST: &str = "--batch write with a new folder requests the rest";
pub(super) const ONLY_COUNTED: &str = "only counted";

/// A model's setup and state.
pub(super) struct Inner {
    pub(super) setup: Setup,
    pub(super) in_flight: Arc<InFlight>,
    asking: Asking,
    pub(super) who: WhoAnswers,
    pub(super) hits: AtomicU64,
    pub(super) seen: Mutex<Seen>,
    /// The origins of replies in earlier runs of the same work.
    pub(super) earlier: Mutex<Origins>,
    /// Whether the journals are of an earlier version, which identified a model by its name only.
    pub(super) is_known_by_name: AtomicBool,
    pub(super) unasked: Mutex<Unasked>,
    /// How many numbers the vectors of this model have, once there is one.
    pub(super) dimensions: OnceLock<usize>,
    /// Replies that the cache gives up once all that they came to is written down.
    pub(super) disowned: Mutex<Vec<(Key, Completion)>>,
}

impl Inner {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            in_flight: Arc::default(),
            asking: Asking::default(),
            who: WhoAnswers::default(),
            hits: AtomicU64::new(0),
            seen: Mutex::default(),
            earlier: Mutex::default(),
            is_known_by_name: AtomicBool::new(false),
            unasked: Mutex::default(),
            dimensions: OnceLock::new(),
            disowned: Mutex::default(),
        }
    }

    pub(super) async fn complete(&self, request: &Request) -> Result<Completion, AskError> {
        let key = self.key(request);
        let completion = match self.cached(&key).await? {
            Some(completion) => completion,
            None if self.setup.cache.is_none() => self.fetch(&key, request).await?,
            None => {
                let _turn = self.asking.turn(key).await;
                match self.cached(&key).await? {
                    Some(completion) => completion,
                    None => self.fetch(&key, request).await?,
                }
            }
        };
        lock(&self.seen).origins.add_system(&completion);
        self.record(&key, request, &completion)?;
        Ok(completion)
    }

    pub(super) async fn complete_many(
        &self,
        request: &Request,
        n: u32,
    ) -> Vec<Result<Completion, AskError>> {
        let samples: Vec<Request> =
            (0..n).map(|i| request.clone().with_sample(request.sample.saturating_add(i))).collect();
        let mut is_new = Vec::new();
        for sample in &samples {
            // A cache that cannot be read is reported when the request itself looks into it.
            is_new.push(matches!(self.found(&self.key(sample)).await, Ok(None)));
        }
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
        let keep = async |completion: Result<Completion, ModelError>, sample| {
            let (key, completion) =
                (self.key(sample), completion.map_err(|error| server.judged(error))?);
            self.keep(&key, &completion).await?;
            lock(&self.seen).origins.add_system(&completion);
            self.record(&key, sample, &completion)?;
            Ok(completion)
        };
        let mut kept = Vec::new();
        for (completion, sample) in completions.into_iter().zip(samples) {
            kept.push(keep(completion, sample).await);
        }
        kept
    }

    pub(super) fn key(&self, request: &Request) -> Key {
        Key::of(self.setup.server.name(), request)
    }

    /// Takes a reply from the cache, and counts it.
    pub(super) async fn cached(&self, key: &Key) -> Result<Option<Completion>, StoreError> {
        let Some((kept, is_reused)) = self.found(key).await? else { return Ok(None) };
        self.hits.fetch_add(1, Ordering::Relaxed);
        lock(&self.seen).origins.replies.add(kept.since, is_reused);
        Ok(Some(kept.completion))
    }

    /// Finds a reply in the cache, and whether it is from another identity; one that is not used is counted.
    async fn found(&self, key: &Key) -> Result<Option<(Kept, bool)>, StoreError> {
        let Some(cache) = &self.setup.cache else { return Ok(None) };
        let known = self.who.known(&self.setup, None).await?;
        for identity in [Some(&known.identity), known.beside.as_ref()].into_iter().flatten() {
            if let Some(kept) = cache.get(key, identity)? {
                return Ok(Some((kept, false)));
            }
        }
        if self.setup.reuse {
            return Ok(cache.get_any(key)?.map(|kept| (kept, true)));
        }
        if cache.has_any(key)? {
            lock(&self.seen).unused.insert(*key);
        }
        Ok(None)
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
                self.keep(key, &completion).await?;
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

    /// Keeps a fresh reply under the identity that gave it.
    pub(super) async fn keep(&self, key: &Key, completion: &Completion) -> Result<(), AskError> {
        // Without a cache, the identity may never have been needed.
        let Some(known) = self.who.before() else { return Ok(()) };
        let answered = self.who.answered(&self.setup, known).await?;
        if let Some(cache) = &self.setup.cache {
            cache.put(key, answered, completion)?;
        }
        known.check(answered)
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
pub(super) fn book(room: Reservation<'_>, spent: Usage, is_answered: bool) {
    if is_answered || spent != Usage::default() {
        room.settle(spent);
    }
}
