//! Sends programs to one executor, each until it has a result or is given up.
//!
//! Invariant: every attempt waits for the limits, and every failure that may pass is tried again before it is an error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Url;
use serde::Serialize;

use super::config::{Config, Protocol};
use super::error::ExecutorError;
use super::program::{Program, Ran, Reading, Sent, Twice};
use super::{OtherLanguage, lacks, run_code, submit};
use crate::json::{self, Json};
use crate::remote::breaker::{Breaker, Change, Pass};
use crate::remote::connection::{endpoint, within};
use crate::remote::limiter::{Limiter, Slot};
use crate::remote::notices::Notices;
use crate::remote::{Connection, Failure, retry};

/// An address as messages show one.
const SUCH_AS: &str = "http://127.0.0.1:8080";

/// The longest time that a configuration may have, in seconds: one day.
const LONGEST_TIME: u64 = 24 * 60 * 60;

/// A server that runs programs.
pub struct Executor {
    name: String,
    protocol: Protocol,
    languages: Vec<OtherLanguage>,
    connection: Connection,
    requests: Url,
    /// The URL that is asked, fit to be shown.
    shown: String,
    limiter: Limiter,
    breaker: Breaker,
    notices: Notices,
    /// What will not pass, such as a wrong key: nothing is asked after it.
    verdict: OnceLock<ExecutorError>,
    /// Whether there was a good reply: a server that has given none may reject everything.
    has_answered: AtomicBool,
    stop: Option<Arc<AtomicBool>>,
    timeout: Duration,
    patience: Duration,
    run_timeout: u64,
    max_retries: u32,
    pub(super) base_delay: Duration,
}

/// An executor as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Described {
    pub name: String,
    pub url: String,
    pub protocol: Protocol,
    pub languages: Vec<OtherLanguage>,
    /// Seconds that a program may run.
    pub run_timeout: u64,
}

/// An attempt that failed, and what the server said about trying again.
struct Setback {
    failure: Failure,
    retry_after: Option<Duration>,
    kind: Kind,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Plain,
    /// The reply itself says that the program is not taken.
    Refused,
    /// The server says that it does not run the language.
    LacksLanguage,
    /// Nothing was sent, as the server has been gone for too long.
    Gone,
}

impl From<Failure> for Setback {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None, kind: Kind::Plain }
    }
}

impl Setback {
    fn may_pass(&self) -> bool {
        match (&self.kind, &self.failure) {
            (Kind::Refused | Kind::LacksLanguage | Kind::Gone, _) => false,
            (Kind::Plain, Failure::Status { status, .. }) => retry::may_pass(*status),
            (Kind::Plain, Failure::Timeout(_) | Failure::Connection(_) | Failure::Reply(_)) => true,
        }
    }
}

impl Executor {
    /// Makes a client without connecting yet; fails on a configuration that cannot be used.
    pub fn new(config: Config) -> Result<Self, ExecutorError> {
        if let Some(why) = fault(&config) {
            return Err(ExecutorError::Config { executor: config.name, why });
        }
        let Config { name, url, protocol, languages, api_key, max_concurrent, .. } = config;
        let unusable = |why: String| ExecutorError::Config { executor: name.clone(), why };
        let in_words = |why: crate::remote::Unusable| unusable(format!("cannot be used: {why}"));
        let requests = endpoint(&url, protocol.path(), SUCH_AS).map_err(in_words)?;
        let connection =
            Connection::new(&requests, api_key.clone(), max_concurrent).map_err(in_words)?;
        Ok(Self {
            shown: connection.redact(requests.as_str()),
            name,
            protocol,
            languages,
            connection,
            requests,
            limiter: Limiter::new(Some(max_concurrent)),
            breaker: Breaker::new(config.patience),
            notices: Notices::new(config.notice, api_key),
            verdict: OnceLock::new(),
            has_answered: AtomicBool::new(false),
            stop: config.stop,
            timeout: config.timeout,
            patience: config.patience,
            run_timeout: config.run_timeout,
            max_retries: config.max_retries,
            base_delay: retry::BASE_DELAY,
        })
    }

    /// The name that results have for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is asked.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The languages of the programs that it runs.
    pub fn languages(&self) -> &[OtherLanguage] {
        &self.languages
    }

    /// Names the executor with all that decides what its results mean.
    pub fn identity(&self) -> String {
        let Self { name, shown, protocol, run_timeout, .. } = self;
        format!("executor {name} {shown} {} {run_timeout}s", protocol.name())
    }

    /// Describes the executor for a report.
    pub fn described(&self) -> Described {
        Described {
            name: self.name.clone(),
            url: self.shown.clone(),
            protocol: self.protocol,
            languages: self.languages.clone(),
            run_timeout: self.run_timeout,
        }
    }

    /// Runs a program twice.
    pub async fn run_twice(&self, program: &Program<'_>) -> Result<Twice, ExecutorError> {
        let sent = program.sent();
        let first = self.run(program.language, &sent).await?;
        let second = self.run(program.language, &sent).await?;
        Ok(match first.is_like(&second) {
            true => Twice::Same(first),
            false => Twice::Differs { first, second },
        })
    }

    /// Runs a program once; waits for its turn, and retries failures that may pass.
    async fn run(&self, language: &OtherLanguage, sent: &Sent) -> Result<Ran, ExecutorError> {
        let write = match self.protocol {
            Protocol::RunCode => run_code::body,
            Protocol::Submit => submit::body,
        };
        let body = write(language, sent, self.run_timeout).to_string().into_bytes();
        let mut attempts = 0;
        loop {
            let slot = self.limiter.acquire().await;
            if let Some(verdict) = self.verdict.get() {
                return Err(verdict.clone());
            }
            if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Err(ExecutorError::Stopped);
            }
            let setback = match self.attempt(slot, &body, language, sent).await {
                Ok(ran) => return Ok(ran),
                Err(setback) => setback,
            };
            let pause = match setback.may_pass() && attempts < self.max_retries {
                true => retry::pause(self.base_delay, attempts, &body, setback.retry_after),
                false => None,
            };
            attempts += u32::from(setback.kind != Kind::Gone);
            let Some(pause) = pause else {
                let error = self.error(setback, language, attempts);
                if !error.is_transient() && !error.is_about_the_program() {
                    // Whoever was first has said it all.
                    let _ = self.verdict.set(error.clone());
                }
                return Err(error);
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends a program once, when the breaker lets it through.
    async fn attempt(
        &self,
        slot: Slot<'_>,
        body: &[u8],
        language: &OtherLanguage,
        sent: &Sent,
    ) -> Result<Ran, Setback> {
        let gone = |failure: Failure| Setback { kind: Kind::Gone, ..failure.into() };
        let pass = self.breaker.pass().await.map_err(gone)?;
        let generation = slot.generation();
        let mut result = self.exchange(body, sent).await;
        if let Err(setback) = &mut result
            && setback.kind != Kind::LacksLanguage
            && self.is_about(&setback.failure, language, sent)
        {
            setback.kind = Kind::LacksLanguage;
        }
        match &result {
            Ok(_) => {
                self.has_answered.store(true, Ordering::Relaxed);
                slot.succeeded();
                self.tell_change(pass.answered(), "");
            }
            Err(setback) => self.record(setback, &slot, pass, generation),
        }
        result
    }

    /// Whether a failure says that the server does not run a language. What a program printed is not looked at.
    fn is_about(&self, failure: &Failure, language: &OtherLanguage, sent: &Sent) -> bool {
        let refusal = match failure {
            Failure::Status { status, excerpt } if lacks::may_say_so(*status) => excerpt,
            Failure::Reply(refusal) if self.protocol.begins_a_refusal(refusal) => refusal,
            Failure::Reply(_)
            | Failure::Status { .. }
            | Failure::Timeout(_)
            | Failure::Connection(_) => return false,
        };
        // The reply itself follows.
        let refusal = refusal.split(", in: ").next().unwrap_or_default();
        let sent_as = match self.protocol {
            Protocol::RunCode => language.run_code_name(&sent.whole(language)).to_owned(),
            Protocol::Submit => language.name().to_owned(),
        };
        lacks::says_so(refusal, language, &sent_as)
    }

    fn record(&self, setback: &Setback, slot: &Slot<'_>, pass: Pass<'_>, generation: u64) {
        let Setback { failure, retry_after, kind } = setback;
        if failure.is_congestion() {
            if let Some(cut) = slot.congested(generation) {
                self.notices.tell_cut(cut, &self.shown);
            }
            if let Some(time) = retry_after.filter(|time| *time <= retry::LONGEST_RETRY_AFTER) {
                self.breaker.hold(time);
            }
        }
        let change = match kind {
            Kind::Plain if failure.is_the_servers() => pass.failed(failure),
            Kind::Plain | Kind::Refused | Kind::LacksLanguage | Kind::Gone => pass.answered(),
        };
        self.tell_change(change, &failure.to_string());
    }

    /// Sends one request and reads its reply.
    async fn exchange(&self, body: &[u8], sent: &Sent) -> Result<Ran, Setback> {
        let exchange = async {
            let request = self.connection.post(&self.requests, body.to_vec());
            let response = self.connection.send(request).await?;
            if !response.status().is_success() {
                let reply = self.connection.read_unsuccessful(response, self.timeout).await;
                let excerpt = self.connection.excerpt(&reply.body);
                let failure = Failure::Status { status: reply.status, excerpt };
                let is_about =
                    lacks::may_say_so(reply.status) && lacks::names_the_field(&reply.body);
                let kind = if is_about { Kind::LacksLanguage } else { Kind::Plain };
                return Err(Setback { failure, retry_after: reply.retry_after, kind });
            }
            Ok(self.connection.read_body(response).await?)
        };
        let reply = within(self.timeout, exchange).await??;
        let read = match self.protocol {
            Protocol::RunCode => run_code::read,
            Protocol::Submit => submit::read,
        };
        let reading = parsed(&reply).and_then(|json| read(&json, sent));
        match reading.map_err(|problem| self.connection.unusable(&problem, &reply))? {
            Reading::Ran(ran) => Ok(self.redacted(ran)),
            Reading::Refused(why) => {
                let failure = Failure::Reply(self.connection.redact(&why));
                Err(Setback { kind: Kind::Refused, ..failure.into() })
            }
        }
    }

    /// A server that repeats the key has it written nowhere.
    fn redacted(&self, ran: Ran) -> Ran {
        let stdout = self.connection.redact(&ran.stdout);
        let stderr = self.connection.redact(&ran.stderr);
        Ran { stdout, stderr, ..ran }
    }

    /// Makes the error out of the last attempt's setback.
    fn error(&self, setback: Setback, language: &OtherLanguage, attempts: u32) -> ExecutorError {
        let (executor, endpoint) = (self.name.clone(), self.shown.clone());
        let Setback { failure: last, kind, .. } = setback;
        let unavailable = |last| ExecutorError::Unavailable {
            executor: executor.clone(),
            endpoint: endpoint.clone(),
            attempts,
            last,
        };
        match (kind, last) {
            (Kind::Gone, last) => unavailable(last),
            (Kind::LacksLanguage, last) => {
                let language = language.name().to_owned();
                ExecutorError::LacksLanguage { executor, endpoint, language, last }
            }
            (Kind::Plain, Failure::Status { status: status @ (401 | 403), excerpt }) => {
                let key = self.connection.key_origin().unwrap_or(
                    "no key was sent; `api_key_env` of the executor names the variable that holds one",
                );
                ExecutorError::Denied { executor, endpoint, status, key: key.to_owned(), excerpt }
            }
            (Kind::Plain, Failure::Status { status, excerpt })
                if retry::is_about_the_address(status) =>
            {
                ExecutorError::NoSuchPath { executor, endpoint, status, excerpt }
            }
            (Kind::Plain, last @ Failure::Status { status, .. }) if retry::may_pass(status) => {
                unavailable(last)
            }
            (
                Kind::Plain,
                last @ (Failure::Timeout(_) | Failure::Connection(_) | Failure::Reply(_)),
            ) => unavailable(last),
            (Kind::Plain | Kind::Refused, last) if self.has_answered.load(Ordering::Relaxed) => {
                ExecutorError::Rejected { executor, endpoint, last }
            }
            // It may reject everything, and may be repaired before another run.
            (Kind::Plain | Kind::Refused, last) => unavailable(last),
        }
    }

    fn tell_change(&self, change: Option<Change>, last: &str) {
        let Some(change) = change else { return };
        let text = match change {
            Change::Opened => format!(
                "keeps failing, last failure: {last}; it is tried once in a while until it answers, for {} s at most (`patience`)",
                self.patience.as_secs()
            ),
            Change::Closed => "answers again".to_owned(),
        };
        self.notices.tell(&format!("executor {} at {} {text}", self.name, self.shown));
    }
}

/// Says what cannot be right in a configuration.
fn fault(config: &Config) -> Option<String> {
    let Config { name, languages, max_concurrent, timeout, run_timeout, patience, .. } = config;
    if name.trim().is_empty() {
        return Some("has an empty name: write [executors.NAME]".into());
    }
    if languages.is_empty() {
        return Some("lists no languages".into());
    }
    if languages.iter().any(|language| language.name().is_empty()) {
        return Some("lists a language with an empty name".into());
    }
    if languages.iter().any(|language| language.name().starts_with("python")) {
        return Some("lists Python, which runs in the sandbox alone".into());
    }
    let zero = [("max_concurrent", *max_concurrent as u64), ("run_timeout", *run_timeout)];
    if let Some((key, _)) = zero.into_iter().find(|(_, number)| *number == 0) {
        return Some(format!("sets `{key}` to 0; it has to be 1 or more"));
    }
    let times = [
        ("run_timeout", *run_timeout),
        ("timeout", timeout.as_secs()),
        ("patience", patience.as_secs()),
    ];
    if let Some((key, _)) = times.into_iter().find(|(_, seconds)| *seconds > LONGEST_TIME) {
        return Some(format!("sets `{key}` to more than a day, {LONGEST_TIME} s"));
    }
    (timeout.as_secs() <= *run_timeout).then(|| {
        let timeout = timeout.as_secs();
        format!("waits {timeout} s for a reply, not longer than the {run_timeout} s that a program may run: set `timeout` above `run_timeout`")
    })
}

fn parsed(reply: &[u8]) -> Result<Json, String> {
    let text = std::str::from_utf8(reply).map_err(|error| error.to_string())?;
    json::read(text).map(Json::lossy).map_err(|error| error.to_string())
}
