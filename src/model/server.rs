//! A model on a server, asked over the network.
//!
//! Invariant: every attempt waits for the limits, and every failure that may pass is tried again before it is an error.
//!
//! One request's path: `ask` decides whether the reply will do, `send` suits the request to the server and tries again,
//! `attempt` waits for its turn and goes over the wire once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::budget::estimate_tokens;
use super::client::{Address, Client};
use super::config::Config;
use super::error::{ModelError, Setback};
use super::quirks::Quirks;
use super::rate::Rate;
use super::refusal::Refusal;
use super::reply::{Completion, Finish, Usage};
use super::request::{Request, Sampling};
use super::stats::{Counters, Stats};
use super::wire::{Manner, Wire};
use crate::remote::breaker::{Breaker, Change, Pass};
use crate::remote::limiter::{self, Limiter, Slot};
use crate::remote::notices::Notices;
use crate::remote::{Failure, lock, retry};

/// How many times the tokens first asked for a cut reply may take at the second try.
const LONGER: u32 = 4;

/// What a server answered: as many completions as it saw fit to, at least one.
#[derive(Default)]
pub(super) struct Answer {
    pub completions: Vec<Completion>,
    /// Whether the server was asked to hold them to the request's schema.
    pub is_held: bool,
}

/// A model on a server.
pub struct Server {
    name: String,
    pub(super) client: Client,
    limiter: Limiter,
    rate: Rate,
    breaker: Breaker,
    pub(super) quirks: Mutex<Quirks>,
    pub(super) counters: Counters,
    /// Called whenever a counter of requests or tokens has moved.
    watch: OnceLock<Box<dyn Fn() + Send + Sync>>,
    notices: Notices,
    /// What will not pass, such as a wrong key: nothing is asked after it.
    verdict: OnceLock<ModelError>,
    /// Whether there was a good reply: a server that has given none may reject everything.
    has_answered: AtomicBool,
    stop: Option<Arc<AtomicBool>>,
    is_streamed: bool,
    longest_reply: Option<u32>,
    pub(super) max_retries: u32,
    pub(super) base_delay: Duration,
}

impl Server {
    /// Makes a client of a model without connecting yet; fails on a URL or a key that cannot be used.
    pub fn new(config: Config) -> Result<Self, ModelError> {
        let address = Address {
            base_url: &config.base_url,
            protocol: config.protocol,
            api_key: config.api_key.clone(),
            timeout: config.timeout,
            is_streamed: config.stream,
            connections: config.max_concurrent.unwrap_or(limiter::MOST),
        };
        Ok(Self {
            client: Client::new(address)?,
            name: config.model,
            limiter: Limiter::new(config.max_concurrent),
            rate: Rate::new(config.requests_per_minute, config.tokens_per_minute),
            breaker: Breaker::new(config.patience),
            quirks: Mutex::default(),
            counters: Counters::default(),
            watch: OnceLock::new(),
            notices: Notices::new(config.notice, config.api_key),
            verdict: OnceLock::new(),
            has_answered: AtomicBool::new(false),
            stop: config.stop,
            is_streamed: config.stream,
            longest_reply: config.longest_reply,
            max_retries: config.max_retries,
            base_delay: retry::BASE_DELAY,
        })
    }

    /// Asks for one completion; waits for its turn, suits the request to the server, and retries failures that may pass.
    pub async fn ask(&self, request: &Request) -> Result<Completion, ModelError> {
        self.ask_and_book(request, &mut Usage::default()).await
    }

    /// The same, with what all replies took added to `spent`: a first one was paid for even if a
    /// second fails.
    pub(super) async fn ask_and_book(
        &self,
        request: &Request,
        spent: &mut Usage,
    ) -> Result<Completion, ModelError> {
        self.counters.add_requests(1);
        let (completion, is_held) = self.send(request, 1).await?.one();
        self.see_to_and_book(request, completion, is_held, spent).await
    }

    /// The same for a first reply that is there.
    pub(super) async fn see_to_and_book(
        &self,
        request: &Request,
        reply: Completion,
        is_held: bool,
        spent: &mut Usage,
    ) -> Result<Completion, ModelError> {
        *spent = reply.usage;
        let completion = self.see_to(request, reply, is_held).await?;
        *spent = completion.usage;
        Ok(completion)
    }

    /// Asks again if a reply is not usable: once for a form that the server has ignored, once for
    /// more than a reply that was cut off.
    async fn see_to(
        &self,
        request: &Request,
        reply: Completion,
        is_held: bool,
    ) -> Result<Completion, ModelError> {
        let reply = match is_held && self.is_schema_ignored(&reply) {
            true => self.send(request, 1).await?.one().0.after(&reply),
            false => reply,
        };
        let Some(longer) = self.longer(request, &reply) else { return Ok(reply) };
        match self.send(&longer, 1).await {
            Ok(answer) => Ok(answer.one().0.after(&reply)),
            // So much the model cannot give; the cut reply is all there is.
            Err(error) if error.is_about_the_request() => Ok(reply),
            Err(error) => Err(error),
        }
    }

    /// Sends a request until it is answered or given up; leaving out an unsupported parameter does
    /// not count as an attempt.
    pub(super) async fn send(&self, request: &Request, choices: u32) -> Result<Answer, ModelError> {
        self.send_written(|quirks| {
            let is_streamed = self.is_streamed;
            Wire::new(request, Manner { model: &self.name, quirks, choices, is_streamed })
        })
        .await
    }

    /// Asks for the vectors of texts, each as the text of a completion.
    pub(super) async fn embed(&self, texts: &[&str]) -> Result<Vec<Completion>, ModelError> {
        self.counters.add_requests(1);
        let write = |quirks: &Quirks| Wire::of_texts(texts, &self.name, quirks);
        Ok(self.send_written(write).await?.completions)
    }

    /// The same for a request in the form that suits the server's quirks.
    async fn send_written(&self, write: impl Fn(&Quirks) -> Wire) -> Result<Answer, ModelError> {
        let mut attempts = 0;
        loop {
            let slot = self.limiter.acquire().await;
            if let Some(verdict) = self.verdict.get() {
                return Err(verdict.clone());
            }
            if self.is_stopped() {
                return Err(ModelError::Stopped);
            }
            // Only now: while it waited, others may have learnt what the server does not take.
            let quirks = lock(&self.quirks).clone();
            let wire = write(&quirks);
            let setback = match self.attempt(slot, &wire).await {
                Ok(completions) => {
                    return Ok(Answer { completions, is_held: wire.sent.has_schema });
                }
                Err(setback) => setback,
            };
            if self.learn(&setback) {
                continue;
            }
            let is_sent = setback.refusal != Some(Refusal::Gone);
            let pause = match setback.may_pass() && attempts < self.max_retries {
                true => retry::pause(self.base_delay, attempts, &wire.body, setback.retry_after),
                false => None,
            };
            attempts += u32::from(is_sent);
            let Some(pause) = pause else {
                let error = setback.after(attempts, &self.client.asked(&self.name));
                if !error.is_transient() && !error.is_about_the_request() {
                    // Whoever was first has said it all.
                    let _ = self.verdict.set(error.clone());
                }
                return Err(error);
            };
            self.counters.add_retry();
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends a request once, when the rates and the breaker let it through.
    async fn attempt(&self, slot: Slot<'_>, wire: &Wire) -> Result<Vec<Completion>, Setback> {
        self.rate.wait(wire.tokens).await;
        let pass = self.breaker.pass().await.map_err(Setback::gone)?;
        let generation = slot.generation();
        self.counters.add_attempt();
        self.tell_watch();
        let result = self.client.exchange(wire).await;
        match &result {
            Ok(completions) => self.record_reply(&slot, pass, wire, completions),
            Err(setback) => self.record_setback(&slot, pass, generation, setback),
        }
        self.tell_watch();
        result
    }

    /// Has this called before each request goes out and after its reply is counted; the first caller alone is heard.
    pub(super) fn watch(&self, watch: impl Fn() + Send + Sync + 'static) {
        let _ = self.watch.set(Box::new(watch));
    }

    fn tell_watch(&self) {
        if let Some(watch) = self.watch.get() {
            watch();
        }
    }

    fn record_reply(
        &self,
        slot: &Slot<'_>,
        pass: Pass<'_>,
        wire: &Wire,
        completions: &[Completion],
    ) {
        self.has_answered.store(true, Ordering::Relaxed);
        let usage = completions
            .iter()
            .fold(Usage::default(), |usage, completion| usage.plus(completion.usage));
        self.counters.add_usage(usage);
        self.rate.correct(wire.tokens, usage);
        slot.succeeded();
        self.tell_change(pass.answered());
    }

    fn record_setback(&self, slot: &Slot<'_>, pass: Pass<'_>, generation: u64, setback: &Setback) {
        let failure = &setback.failure;
        self.counters.add_failure(failure);
        if failure.is_congestion() && setback.refusal.is_none() {
            if let Some(cut) = slot.congested(generation) {
                self.notices.tell_cut(cut, self.client.endpoint());
            }
            if let Some(time) =
                setback.retry_after.filter(|time| *time <= retry::LONGEST_RETRY_AFTER)
            {
                self.breaker.hold(time);
            }
        }
        self.tell_change(if failure.is_the_servers() {
            pass.failed(failure)
        } else {
            pass.answered()
        });
    }

    /// Takes in what the server refuses; whether the request can be sent in another form.
    pub(super) fn learn(&self, setback: &Setback) -> bool {
        let Some(refusal) = &setback.refusal else { return false };
        let mut quirks = lock(&self.quirks);
        let (is_new, lesson) = (!quirks.knows(refusal), quirks.learn(refusal));
        drop(quirks);
        if is_new && let Some(lesson) = &lesson {
            self.notices.tell(&format!(
                "{} {lesson} ({})",
                self.client.endpoint(),
                setback.failure
            ));
        }
        lesson.is_some()
    }

    /// Whether a whole reply has no JSON although the server was asked to see to it; it is not asked to again.
    fn is_schema_ignored(&self, reply: &Completion) -> bool {
        let is_ignored = reply.finish == Finish::Stop && reply.json().is_none();
        if is_ignored {
            let failure = Failure::Reply("a whole reply without JSON".into());
            self.learn(&Setback { refusal: Some(Refusal::Schema), ..failure.into() });
        }
        is_ignored
    }

    /// The same request with twice the tokens, within the bound, for a reply that was cut.
    fn longer(&self, request: &Request, reply: &Completion) -> Option<Request> {
        if reply.finish != Finish::Length {
            return None;
        }
        let asked = request.sampling.max_tokens?;
        let most = self.longest_reply.unwrap_or(asked.saturating_mul(LONGER));
        let max_tokens = asked.saturating_mul(2).min(most);
        let sampling = Sampling { max_tokens: Some(max_tokens), ..request.sampling.clone() };
        (max_tokens > asked).then(|| Request { sampling, ..request.clone() })
    }

    fn tell_change(&self, change: Option<Change>) {
        let Some(change) = change else { return };
        let text = match change {
            Change::Opened => "keeps failing; it is tried once in a while until it answers",
            Change::Closed => "answers again",
        };
        self.notices.tell(&format!("{} {text}", self.client.endpoint()));
    }

    /// Writes the body that asks for this, as it is sent to a server without quirks.
    pub fn body(&self, request: &Request) -> Vec<u8> {
        let manner = Manner {
            model: &self.name,
            quirks: &Quirks::default(),
            choices: 1,
            is_streamed: false,
        };
        Wire::new(request, manner).body
    }

    /// An estimate of the tokens in a request's prompt, and the maximum for its reply if that is
    /// known.
    pub fn estimate(&self, request: &Request) -> (u64, Option<u64>) {
        let prompt = estimate_tokens(self.body(request).len());
        (prompt, request.sampling.max_tokens.map(u64::from))
    }

    /// The same error, except for a rejection by a server that has not given a good reply yet: it
    /// may reject everything, and may be repaired before another run.
    pub(super) fn judged(&self, error: ModelError) -> ModelError {
        let has_answered = self.has_answered.load(Ordering::Relaxed);
        match error {
            ModelError::Rejected { endpoint, status, excerpt } if !has_answered => {
                ModelError::Unavailable {
                    endpoint,
                    attempts: 1,
                    last: Failure::Status { status, excerpt },
                }
            }
            error => error,
        }
    }

    /// Whether nothing is to be sent any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Whether the server is held to schemas; `false` once it was found to ignore or refuse them.
    pub fn takes_schemas(&self) -> bool {
        !lock(&self.quirks).fences_schemas()
    }

    /// The model's name, as the server knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL that is asked, fit to be shown.
    pub fn endpoint(&self) -> &str {
        self.client.endpoint()
    }

    /// The base URL in one spelling, fit to be shown.
    pub fn base(&self) -> &str {
        self.client.base()
    }

    /// Tells the user what must be told once.
    pub(super) fn tell(&self, text: &str) {
        self.notices.tell(text);
    }

    /// Asks for the names of the server's models, once.
    pub async fn probe(&self) -> Result<Vec<String>, ModelError> {
        let rows = self
            .client
            .models()
            .await
            .map_err(|setback| setback.after(1, &self.client.asked_for_models(&self.name)))?;
        Ok(rows.iter().filter_map(|row| row.get("id")?.as_str()).map(str::to_owned).collect())
    }

    /// Returns what the model has been asked for since it was created.
    pub fn stats(&self) -> Stats {
        self.counters.read(self.limiter.limit())
    }
}

impl Answer {
    fn one(self) -> (Completion, bool) {
        let first = self.completions.into_iter().next();
        (
            first.expect("a reply without choices is a failure: `reply::finished` sees to it"),
            self.is_held,
        )
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .field("endpoint", &self.client.endpoint())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
