//! A connection to one server: what is sent and read over HTTP.
//!
//! Invariant: every text that comes from the server or the network is redacted before it goes into a failure.

use std::future::Future;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{RequestBuilder, Response, Url};
use tokio::time::timeout;

use super::excerpt;
use super::failure::{Failure, Unusable};
use super::retry;
use super::secret::Secret;
use crate::report::with_causes;

/// How long a connection may take; a server that is up answers sooner even when it is busy.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest body that is read; a good reply is a small part of this.
pub const MAX_REPLY: usize = 8 << 20;

/// A connection to one server.
pub struct Connection {
    http: reqwest::Client,
    headers: HeaderMap,
    key: Option<Secret>,
}

/// A reply with a status other than success.
pub struct Unsuccessful {
    pub status: u16,
    /// How long the server asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
    pub body: Vec<u8>,
}

impl Connection {
    /// Prepares a connection without opening it; so many are kept open between requests.
    pub fn new(url: &Url, key: Option<Secret>, kept_open: usize) -> Result<Self, Unusable> {
        let http = connect(url, kept_open).map_err(|error| Unusable(with_causes(&error)))?;
        let mut headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if let Some(key) = &key {
            headers.insert(AUTHORIZATION, bearer(key)?);
        }
        Ok(Self { http, headers, key })
    }

    /// Begins a request that sends a body.
    pub fn post(&self, url: &Url, body: Vec<u8>) -> RequestBuilder {
        self.http.post(url.clone()).headers(self.headers.clone()).body(body)
    }

    /// Begins a request that only asks.
    pub fn get(&self, url: &Url) -> RequestBuilder {
        self.http.get(url.clone()).headers(self.headers.clone())
    }

    /// Sends a request and waits for the head of its reply.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| self.transport_failure(error))
    }

    /// Reads a reply's body; one that does not end is a failure, not a full memory.
    pub async fn read_body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| self.transport_failure(error))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_REPLY {
                return Err(too_long());
            }
        }
        Ok(body)
    }

    /// Reads a reply with a status other than success, within this time.
    pub async fn read_unsuccessful(&self, response: Response, time: Duration) -> Unsuccessful {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = header(RETRY_AFTER)
            .and_then(|wait| retry::parse_retry_after(wait, header(DATE), SystemTime::now()));
        let location = header(LOCATION)
            .filter(|_| status.is_redirection())
            .map(|place| format!("moved to {place}"));
        let body = match location {
            Some(location) => location.into_bytes(),
            // The status says enough if the body breaks off.
            None => within(time, self.read_body(response))
                .await
                .map(Result::unwrap_or_default)
                .unwrap_or_default(),
        };
        Unsuccessful { status: status.as_u16(), retry_after, body }
    }

    /// The failure of a body that is not a reply of the protocol.
    pub fn unusable(&self, problem: &str, body: &[u8]) -> Failure {
        Failure::Reply(format!("{}, in: {}", self.redact(problem), self.excerpt(body)))
    }

    /// Words a body for an error.
    pub fn excerpt(&self, body: &[u8]) -> String {
        excerpt::excerpt(body, |text| self.redact(text))
    }

    /// The failure of a connection that could not be made or broke off.
    pub fn transport_failure(&self, error: reqwest::Error) -> Failure {
        Failure::Connection(self.redact(&with_causes(&error.without_url())))
    }

    /// Takes the key out of a text.
    pub fn redact(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text))
    }

    /// Says where the key came from, if one is sent.
    pub fn key_origin(&self) -> Option<&str> {
        self.key.as_ref().map(Secret::origin)
    }
}

/// Gives up work that takes longer than this.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Failure> {
    timeout(limit, work).await.map_err(|_| Failure::Timeout(limit))
}

/// The failure of a reply that does not end.
pub fn too_long() -> Failure {
    Failure::Reply(format!("it is longer than {} MiB", MAX_REPLY >> 20))
}

/// Makes the URL that is asked out of the one that was configured; `such_as` is an address as it should be.
pub fn endpoint(base_url: &str, path: &str, such_as: &str) -> Result<Url, Unusable> {
    // The URL is not quoted: it may hold a password.
    let unusable = |problem: &str| {
        Unusable(format!("the base URL {problem}; give the server's address, such as {such_as}"))
    };
    let mut url = Url::parse(base_url.trim())
        .map_err(|error| unusable(&format!("cannot be read: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unusable(
            "contains a user name or a password; pass a key as the API key instead",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(unusable("contains a query or a fragment"));
    }
    url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
    Ok(url)
}

fn bearer(key: &Secret) -> Result<HeaderValue, Unusable> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| {
        Unusable("the API key contains characters that are not allowed in HTTP headers".into())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn connect(url: &Url, kept_open: usize) -> reqwest::Result<reqwest::Client> {
    // It fails if the process has a provider already, which will do as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(kept_open)
        // Following would turn the POST into a GET; instead, the new location is reported to the
        // user.
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
    host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUCH_AS: &str = "http://127.0.0.1:8000";

    #[test]
    fn the_path_is_appended_to_the_url_as_given() {
        for (base, whole) in [
            ("http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions"),
            ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
            ("http://localhost:8000", "http://localhost:8000/chat/completions"),
            ("https://example.com/a/b//", "https://example.com/a/b/chat/completions"),
        ] {
            assert_eq!(endpoint(base, "chat/completions", SUCH_AS).unwrap().as_str(), whole);
        }
    }

    #[test]
    fn a_url_that_cannot_be_used_is_refused_without_being_quoted() {
        for base in [
            "localhost:8000",
            "v1",
            "",
            "ftp://h",
            "http://u:pass-1@h",
            "http://h?key=pass-1",
            "http://h#x",
        ] {
            let error = endpoint(base, "models", SUCH_AS).unwrap_err();
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
        for base in [
            "http://localhost:1",
            "http://127.0.0.1",
            "http://127.1.2.3:8000",
            "http://[::1]:8000/v1",
        ] {
            assert!(is_loopback(&endpoint(base, "models", SUCH_AS).unwrap()), "{base}");
        }
        for base in ["http://vllm:8000", "https://example.com", "http://10.0.0.1"] {
            assert!(!is_loopback(&endpoint(base, "models", SUCH_AS).unwrap()), "{base}");
        }
    }
}
