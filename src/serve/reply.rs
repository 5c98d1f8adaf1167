//! An answer before it is sent, and why a request gets none of its protocol's own.
//!
//! Invariant: no answer is kept by anybody on its way, and a browser takes none for a page.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

const JSON: &str = "application/json";
const JSON_LINES: &str = "application/jsonl";
/// The text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A status and a body.
pub struct Reply {
    pub status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Reply {
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("an answer is plain data");
        Self { status, content_type: JSON, body }
    }

    /// An answer that is written already.
    pub fn written(status: StatusCode, body: Vec<u8>) -> Self {
        Self { status, content_type: JSON, body }
    }

    pub fn lines(body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, content_type: JSON_LINES, body }
    }

    pub fn metrics(text: String) -> Self {
        Self { status: StatusCode::OK, content_type: METRICS, body: text.into_bytes() }
    }

    /// The response to send; `retry_after` is for a client that came at a bad time.
    pub fn response(self, retry_after: Option<u64>) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Why a request is not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has no token, or a wrong one.
    Unauthorized,
    /// It comes from a page in a browser.
    Foreign,
    NoSuchPath,
    WrongMethod,
    BodyTooLarge {
        most: usize,
    },
    /// Its body did not come in time, or not to its end.
    BodyCut,
    QueueFull,
    Stopping,
}

impl Refusal {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyCut => StatusCode::REQUEST_TIMEOUT,
            Self::QueueFull | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub fn message(&self) -> String {
        match self {
            Self::Unauthorized => "the bearer token is missing or wrong".into(),
            Self::Foreign => "requests from web pages, or for another host, are refused".into(),
            Self::NoSuchPath => "no such path".into(),
            Self::WrongMethod => "the path does not take this method".into(),
            Self::BodyTooLarge { most } => format!("the body has more than {most} bytes"),
            Self::BodyCut => "the body did not arrive in time".into(),
            Self::QueueFull => "the queue is full; retry later".into(),
            Self::Stopping => "the server is stopping".into(),
        }
    }
}
