//! Sends one request over HTTP and reads its reply, once.
//!
//! Invariant: every text that comes from the server or the network is redacted before it goes into a failure.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Response, Url};

use super::error::{Failure, ModelError};
use super::reply::{self, Completion};
use super::retry;
use super::secret::Secret;

/// How long a connection may take; a server that is up answers sooner even when it is busy.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest body that is read; a completion is a small part of this.
const MAX_REPLY: usize = 8 << 20;

/// A way to one model server.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    endpoint: String,
    headers: HeaderMap,
    api_key: Option<Secret>,
    timeout: Duration,
}

/// An attempt that failed, and how long the server asks to wait before the next one.
pub(super) struct Setback {
    pub failure: Failure,
    pub retry_after: Option<Duration>,
}

impl From<Failure> for Setback {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None }
    }
}

impl Client {
    /// Makes a client that keeps up to `connections` open between requests.
    pub(super) fn new(
        base_url: &str,
        api_key: Option<Secret>,
        timeout: Duration,
        connections: usize,
    ) -> Result<Self, ModelError> {
        let url = endpoint(base_url)?;
        let http = connect(&url, timeout, connections).map_err(|error| ModelError::Config(causes(&error)))?;
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if let Some(key) = &api_key {
            headers.insert(AUTHORIZATION, bearer(key)?);
        }
        let mut client = Self { http, url, endpoint: String::new(), headers, api_key, timeout };
        client.endpoint = client.redact(client.url.as_str());
        Ok(client)
    }

    /// The URL that is asked, fit to be shown.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sends one request and reads its reply.
    pub(super) async fn exchange(&self, body: &[u8]) -> Result<Completion, Setback> {
        let request = self.http.post(self.url.clone()).headers(self.headers.clone()).body(body.to_vec());
        let response = request.send().await.map_err(|error| self.transport_failure(error))?;
        if !response.status().is_success() {
            return Err(self.status_setback(response).await);
        }
        let body = self.read_body(response).await?;
        reply::parse(&body).map_err(|problem| {
            let excerpt = reply::excerpt(&body, |text| self.redact(text));
            Failure::Reply(format!("{}, in: {excerpt}", self.redact(&problem))).into()
        })
    }

    /// Reads a reply's body; one that does not end is a failure, not a full memory.
    async fn read_body(&self, mut response: Response) -> Result<Vec<u8>, Setback> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.transport_failure(error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_REPLY {
                return Err(Failure::Reply(format!("it is longer than {} MiB", MAX_REPLY >> 20)).into());
            }
        }
        Ok(body)
    }

    /// Tells of a reply with a status other than success.
    async fn status_setback(&self, response: Response) -> Setback {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = header(RETRY_AFTER).and_then(retry::parse_retry_after);
        let location = header(LOCATION).filter(|_| status.is_redirection()).map(|place| format!("moved to {place}"));
        let body = match location {
            Some(location) => location.into_bytes(),
            // The status says enough if the body breaks off.
            None => self.read_body(response).await.unwrap_or_default(),
        };
        let excerpt = reply::excerpt(&body, |text| self.redact(text));
        Setback { failure: Failure::Status { status: status.as_u16(), excerpt }, retry_after }
    }

    fn transport_failure(&self, error: reqwest::Error) -> Failure {
        if error.is_timeout() && !error.is_connect() {
            return Failure::Timeout(self.timeout);
        }
        Failure::Connection(self.redact(&causes(&error.without_url())))
    }

    fn redact(&self, text: &str) -> String {
        self.api_key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text))
    }
}

/// Makes the URL that is asked out of the one that was configured.
fn endpoint(base_url: &str) -> Result<Url, ModelError> {
    // The URL is not quoted: it may hold a password.
    let config = |problem: &str| ModelError::Config(format!("the base URL {problem}"));
    let mut url = Url::parse(base_url.trim()).map_err(|error| config(&format!("cannot be read: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(config("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(config("holds a user or a password; a key belongs into the API key"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(config("holds a query or a fragment"));
    }
    url.set_path(&format!("{}/chat/completions", url.path().trim_end_matches('/')));
    Ok(url)
}

fn bearer(key: &Secret) -> Result<HeaderValue, ModelError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
        .map_err(|_| ModelError::Config("the API key holds characters that no HTTP header may hold".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn connect(url: &Url, timeout: Duration, connections: usize) -> reqwest::Result<reqwest::Client> {
    // It fails if the process has a provider already, which will do as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(connections)
        // Following would turn the POST into a GET; the user is told where the server moved instead.
        .redirect(reqwest::redirect::Policy::none());
    if url.scheme() == "http" {
        // Without this, a machine without CA certificates could not even reach a plain server.
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(url) {
        // A proxy's localhost is not ours.
        builder = builder.no_proxy();
    }
    builder.build()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Words an error with its causes; reqwest's own text leaves out what went wrong.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_appended_to_the_url_as_given() {
        for (base, whole) in [
            ("http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions"),
            ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
            ("http://localhost:8000", "http://localhost:8000/chat/completions"),
            ("https://example.com/a/b//", "https://example.com/a/b/chat/completions"),
        ] {
            assert_eq!(endpoint(base).unwrap().as_str(), whole);
        }
    }

    #[test]
    fn a_url_that_cannot_be_used_is_refused_without_being_quoted() {
        for base in ["localhost:8000", "v1", "", "ftp://h", "http://u:pass-1@h", "http://h?key=pass-1", "http://h#x"] {
            let error = endpoint(base).unwrap_err();
            assert!(!error.is_transient());
            assert!(!error.to_string().contains("pass-1"), "{error}");
        }
    }

    #[test]
    fn a_key_that_no_header_may_hold_is_refused_without_being_quoted() {
        let error = bearer(&Secret::new("sk\n1")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sk"));
    }

    #[test]
    fn a_loopback_address_is_known_in_every_spelling() {
        for base in ["http://localhost:1", "http://127.0.0.1", "http://127.1.2.3:8000", "http://[::1]:8000/v1"] {
            assert!(is_loopback(&endpoint(base).unwrap()), "{base}");
        }
        for base in ["http://vllm:8000", "https://example.com", "http://10.0.0.1"] {
            assert!(!is_loopback(&endpoint(base).unwrap()), "{base}");
        }
    }
}
