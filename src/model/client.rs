//! Sends one request over HTTP and reads its reply, once.
//!
//! Invariant: every text that comes from the server or the network is redacted before it goes into a failure.

use std::future::Future;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, Url};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::config::Protocol;
use super::error::{Asked, ModelError, Setback};
use super::refusal;
use super::reply::{self, Completion, Finish, Problem};
use super::stream::{Assembly, Trouble};
use super::vectors;
use super::wire::Wire;
use crate::json::{Json, Object, Text};
use crate::remote::connection::{MAX_REPLY, endpoint, too_long, within};
use crate::remote::{Connection, Failure, Secret};

/// An address as messages show one.
const SUCH_AS: &str = "http://127.0.0.1:8000/v1";
/// How long a list of models may take: nothing has to be computed for it.
const LISTING_TIMEOUT: Duration = Duration::from_secs(30);
/// How many times the time-out a reply that comes in parts may take.
const LONGEST_STREAM: u32 = 20;
/// How long the end of a stream may take after its last event; a connection that was read to its end is used again.
const LINGER: Duration = Duration::from_millis(250);

/// A way to one model server.
pub(super) struct Client {
    connection: Connection,
    protocol: Protocol,
    /// Where requests go.
    requests: Url,
    models: Url,
    endpoint: String,
    listing: String,
    timeout: Duration,
    is_streamed: bool,
}

/// Where a server is, and how to talk to it.
pub(super) struct Address<'a> {
    pub base_url: &'a str,
    pub protocol: Protocol,
    pub api_key: Option<Secret>,
    /// How long a whole reply may take, or each piece of text of one that comes in parts.
    pub timeout: Duration,
    pub is_streamed: bool,
    /// How many connections are kept open between requests.
    pub connections: usize,
}

impl Client {
    /// Makes a client without connecting.
    pub(super) fn new(address: Address<'_>) -> Result<Self, ModelError> {
        let Address { base_url, protocol, api_key, timeout, is_streamed, connections } = address;
        let requests = endpoint(base_url, protocol.path(), SUCH_AS)?;
        let models = endpoint(base_url, "models", SUCH_AS)?;
        let connection = Connection::new(&requests, api_key, connections)?;
        let mut client = Self {
            connection,
            protocol,
            requests,
            models,
            endpoint: String::new(),
            listing: String::new(),
            timeout,
            is_streamed,
        };
        client.endpoint = client.connection.redact(client.requests.as_str());
        client.listing = client.connection.redact(client.models.as_str());
        Ok(client)
    }

    /// The URL that is asked, fit to be shown.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The base URL in one spelling, fit to be shown.
    pub(super) fn base(&self) -> &str {
        self.listing.strip_suffix("/models").unwrap_or(&self.listing)
    }

    /// Names the server, the model and the key for a request's error.
    pub(super) fn asked<'a>(&'a self, model: &'a str) -> Asked<'a> {
        let key = self
            .connection
            .key_origin()
            .unwrap_or("no key was sent; --api-key-env NAME names the variable that holds one");
        Asked { endpoint: &self.endpoint, model, key }
    }

    /// The same for the list of models.
    pub(super) fn asked_for_models<'a>(&'a self, model: &'a str) -> Asked<'a> {
        Asked { endpoint: &self.listing, ..self.asked(model) }
    }

    /// Sends one request and reads its reply, which has one completion or more.
    pub(super) async fn exchange(&self, wire: &Wire) -> Result<Vec<Completion>, Setback> {
        let request = self.connection.post(&self.requests, wire.body.clone());
        let exchange = async {
            let response = self.send(request, wire).await?;
            if is_event_stream(&response) {
                self.read_stream(response, wire).await
            } else {
                self.in_time(self.read_whole(response, wire)).await?
            }
        };
        let parts = if self.is_streamed { LONGEST_STREAM } else { 1 };
        let completions = within(self.timeout.saturating_mul(parts), exchange).await??;
        Ok(match self.protocol {
            Protocol::Chat => completions.into_iter().map(|reply| self.redacted(reply)).collect(),
            // Numbers repeat no key.
            Protocol::Embeddings => completions,
        })
    }

    /// A server that repeats the key has it written nowhere.
    fn redacted(&self, completion: Completion) -> Completion {
        let text = self.redact(&completion.text);
        let reasoning = completion.reasoning.map(|reasoning| self.redact(&reasoning));
        let finish = match completion.finish {
            Finish::Other(reason) => Finish::Other(self.redact(&reason)),
            finish @ (Finish::Stop | Finish::Length) => finish,
        };
        let system_fingerprint = completion.system_fingerprint.map(|text| self.redact(&text));
        let completion = Completion { text, reasoning, finish, system_fingerprint, ..completion };
        // The reader of the JSON undoes all escapes.
        let Some(json) = completion.json() else { return completion };
        let clean = self.redacted_json(&json);
        let clean = clean.to_string();
        if clean == json.to_string() {
            completion
        } else {
            Completion { text: clean, ..completion }
        }
    }

    fn redacted_json(&self, json: &Json) -> Json {
        match json {
            Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) => json.clone(),
            Json::Text(text) => Json::Text(self.redacted_text(text)),
            Json::List(items) => {
                Json::List(items.iter().map(|item| self.redacted_json(item)).collect())
            }
            Json::Object(object) => Json::Object(Object::new(
                object
                    .iter()
                    .map(|(name, value)| (self.redacted_text(name), self.redacted_json(value)))
                    .collect(),
            )),
        }
    }

    fn redacted_text(&self, text: &Text) -> Text {
        let clean = self.redact(text.lossy());
        if clean == text.lossy() { text.clone() } else { clean.into() }
    }

    /// Asks for what the server lists of its models, one object each.
    pub(super) async fn models(&self) -> Result<Vec<Value>, Setback> {
        let request = self.connection.get(&self.models);
        let listing = async {
            let response = self.send(request, &Wire::default()).await?;
            Ok::<_, Setback>(self.connection.read_body(response).await?)
        };
        let body = within(self.timeout.min(LISTING_TIMEOUT), listing).await??;
        let json = reply::json(&body).map_err(|error| self.unusable(&error, &body))?;
        match json.get("data") {
            Some(Json::List(rows)) => {
                Ok(rows.iter().filter_map(|row| self.redacted_json(row).typed().ok()).collect())
            }
            Some(_) | None => Err(self.unusable("it lists no models", &body).into()),
        }
    }

    /// Sends a request and waits for a good status.
    async fn send(&self, request: RequestBuilder, wire: &Wire) -> Result<Response, Setback> {
        let response = self.in_time(self.connection.send(request)).await??;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.status_setback(response, wire).await)
        }
    }

    async fn read_whole(
        &self,
        response: Response,
        wire: &Wire,
    ) -> Result<Vec<Completion>, Setback> {
        let body = self.connection.read_body(response).await?;
        let read = match self.protocol {
            Protocol::Chat => reply::parse(&body),
            Protocol::Embeddings => vectors::parse(&body, wire.texts),
        };
        read.map_err(|problem| self.problem_setback(problem, &body, wire))
    }

    async fn read_stream(
        &self,
        mut response: Response,
        wire: &Wire,
    ) -> Result<Vec<Completion>, Setback> {
        let setback = |trouble| match trouble {
            Trouble::BrokenOff => {
                Failure::Connection("the stream ended before the reply did".into()).into()
            }
            Trouble::Event(problem, event) => self.problem_setback(problem, event.as_bytes(), wire),
        };
        let mut assembly = Assembly::default();
        let mut len = 0;
        let (mut progress, mut last) = (0, Instant::now());
        // Comments and empty deltas keep the connection open and do not bring the reply further.
        while let Some(chunk) =
            timeout(self.timeout.saturating_sub(last.elapsed()), response.chunk())
                .await
                .map_err(|_| Failure::Timeout(self.timeout))?
                .map_err(|error| self.connection.transport_failure(error))?
        {
            len += chunk.len();
            if len > MAX_REPLY {
                return Err(too_long().into());
            }
            if assembly.feed(&chunk).map_err(setback)? {
                // Even if this fails, the reply is complete.
                let _ = timeout(LINGER, response.chunk()).await;
                break;
            }
            if assembly.progress() > progress {
                (progress, last) = (assembly.progress(), Instant::now());
            } else if last.elapsed() >= self.timeout {
                // A server that never pauses has the next part ready before any time-out.
                return Err(Failure::Timeout(self.timeout).into());
            }
        }
        assembly.finish().map_err(setback)
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        within(self.timeout, work).await
    }

    /// Reports a reply with a status other than success.
    async fn status_setback(&self, response: Response, wire: &Wire) -> Setback {
        let unsuccessful = self.connection.read_unsuccessful(response, self.timeout).await;
        let setback = self.refused(unsuccessful.status, &unsuccessful.body, wire);
        Setback { retry_after: unsuccessful.retry_after, ..setback }
    }

    /// Reports a body that is not a reply despite a good status.
    fn problem_setback(&self, problem: Problem, body: &[u8], wire: &Wire) -> Setback {
        match problem {
            Problem::Status(status) => self.refused(status, body, wire),
            Problem::Form(problem) => self.unusable(&problem, body).into(),
        }
    }

    fn refused(&self, status: u16, body: &[u8], wire: &Wire) -> Setback {
        let excerpt = self.connection.excerpt(body);
        let failure = Failure::Status { status, excerpt };
        Setback { failure, retry_after: None, refusal: refusal::read(status, body, &wire.sent) }
    }

    fn unusable(&self, problem: &str, body: &[u8]) -> Failure {
        self.connection.unusable(problem, body)
    }

    fn redact(&self, text: &str) -> String {
        self.connection.redact(text)
    }
}

fn is_event_stream(response: &Response) -> bool {
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
}

#[cfg(test)]
mod tests;
