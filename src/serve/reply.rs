//! An answer before it is sent, and why a request gets none of its protocol's own.
//!
//! Invariant: no answer is kept by anybody on its way, a browser takes none for a page, and its room is held until it is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::queue::Room;

const JSON: &str = "application/json";
const JSON_LINES: &str = "application/jsonl";
/// The text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A status and a body.
pub struct Reply {
    pub status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    rooms: Vec<Room>,
}

impl Reply {
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("an answer is plain data");
        Self { status, content_type: JSON, body, rooms: Vec::new() }
    }

    /// An answer that is written already.
    pub fn written(status: StatusCode, body: Vec<u8>) -> Self {
        Self { status, content_type: JSON, body, rooms: Vec::new() }
    }

    pub fn lines(body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, content_type: JSON_LINES, body, rooms: Vec::new() }
    }

    pub fn metrics(text: String) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: METRICS,
            body: text.into_bytes(),
            rooms: Vec::new(),
        }
    }

    /// The same answer, which holds this room until it is sent.
    pub fn holding(mut self, rooms: impl IntoIterator<Item = Room>) -> Self {
        self.rooms.extend(rooms);
        self
    }

    /// The response to send; `retry_after` is for a client that came at a bad time.
    pub fn response(self, retry_after: Option<u64>) -> Response<Paced> {
        let body = Paced { left: Bytes::from(self.body), _rooms: self.rooms };
        let mut response = Response::new(body);
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

/// A body in pieces, each handed over when those before it are sent, so that it is dropped, with its room, when little is left to send.
pub struct Paced {
    left: Bytes,
    _rooms: Vec<Room>,
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        const PIECE: usize = 64 << 10;
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let len = self.left.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(len)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
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
