//! Which path answers a request, and what every request goes through before it.
//!
//! Invariant: the order is admission, body, place, protocol; a request that is refused leaves nothing behind.

use std::time::Instant;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::queue::Room;
use super::reply::{Paced, Refusal, Reply};
use super::{Server, evaluate, exec, guard, run_code, submit};

/// The paths that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Run(Protocol),
    Health,
    Metrics,
    /// Any other path.
    Other,
}

/// The paths that run programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Exec,
    RunCode,
    Evaluate,
    Submit,
}

impl Route {
    const ALL: [Self; 6] = [
        Self::Run(Protocol::Exec),
        Self::Run(Protocol::RunCode),
        Self::Run(Protocol::Evaluate),
        Self::Run(Protocol::Submit),
        Self::Health,
        Self::Metrics,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Run(Protocol::Exec) => "/v1/exec",
            Self::Run(Protocol::RunCode) => "/run_code",
            Self::Run(Protocol::Evaluate) => "/common_evaluate_batch",
            Self::Run(Protocol::Submit) => "/submit",
            Self::Health => "/health",
            Self::Metrics => "/metrics",
            Self::Other => "other",
        }
    }

    fn of(path: &str) -> Self {
        Self::ALL.into_iter().find(|route| route.path() == path).unwrap_or(Self::Other)
    }

    /// Says in the path's own form that something is wrong.
    fn problem(self, status: StatusCode, message: &str) -> Reply {
        match self {
            Self::Run(Protocol::RunCode | Protocol::Evaluate) => run_code::problem(status, message),
            Self::Run(Protocol::Submit) => submit::problem(status, message),
            Self::Run(Protocol::Exec) | Self::Health | Self::Metrics | Self::Other => {
                Reply::json(status, &json!({"error": message}))
            }
        }
    }
}

/// Answers a request.
pub async fn answer(server: &Server, request: Request<Incoming>) -> Response<Paced> {
    let begun = Instant::now();
    let route = Route::of(request.uri().path());
    let reply = respond(server, route, request).await;
    let reply = reply.unwrap_or_else(|refusal| route.problem(refusal.status(), &refusal.message()));
    server.metrics.request(route.path(), reply.status.as_u16(), begun.elapsed());
    let is_busy = reply.status == StatusCode::SERVICE_UNAVAILABLE;
    reply.response(is_busy.then(|| retry_after(server)))
}

/// Seconds after which a place is likely to be free.
fn retry_after(server: &Server) -> u64 {
    const MOST: f64 = 60.0;
    let waits = server.metrics.mean_seconds() * server.queue.len() as f64;
    (waits / server.options.threads as f64).clamp(1.0, MOST).ceil() as u64
}

async fn respond(
    server: &Server,
    route: Route,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    if route != Route::Health {
        guard::admit(request.headers(), server.options.token.as_ref())?;
    }
    let method = match route {
        Route::Run(_) => Method::POST,
        Route::Health | Route::Metrics => Method::GET,
        Route::Other => return Err(Refusal::NoSuchPath),
    };
    if *request.method() != method {
        return Err(Refusal::WrongMethod);
    }
    match route {
        Route::Run(protocol) => run(server, protocol, request.into_body()).await,
        Route::Health if server.is_stopping() => Err(Refusal::Stopping),
        Route::Health => Ok(Reply::json(StatusCode::OK, &json!({"status": "ok"}))),
        Route::Metrics => Ok(Reply::metrics(server.metrics.page(&server.queue))),
        Route::Other => Err(Refusal::NoSuchPath),
    }
}

async fn run(server: &Server, protocol: Protocol, body: Incoming) -> Result<Reply, Refusal> {
    let (body, _room) = read_body(server, body).await?;
    // Whoever has a place is answered; a server that stops gives out no more.
    if server.is_stopping() {
        return Err(Refusal::Stopping);
    }
    let _place = server.queue.enter().ok_or(Refusal::QueueFull)?;
    Ok(match protocol {
        Protocol::Exec => exec::answer(server, &body).await,
        Protocol::RunCode => run_code::answer(server, &body).await,
        Protocol::Evaluate => evaluate::answer(server, &body).await,
        Protocol::Submit => submit::answer(server, &body).await,
    })
}

/// Reads a body within the server's bounds of length and time; it has its room for as long as that is held.
async fn read_body(server: &Server, body: Incoming) -> Result<(Vec<u8>, Vec<Room>), Refusal> {
    let most = server.options.max_body;
    let reading = collect(server, body, most);
    tokio::time::timeout(server.options.client_timeout, reading)
        .await
        .unwrap_or(Err(Refusal::BodyCut))
}

async fn collect(
    server: &Server,
    mut body: Incoming,
    most: usize,
) -> Result<(Vec<u8>, Vec<Room>), Refusal> {
    /// Bytes of a body that is too large which are read all the same: a client that still writes does not read the answer.
    const READ_IN_VAIN: usize = 64 << 20;
    let mut refusal = None;
    let (mut bytes, mut room, mut seen) = (Vec::new(), Vec::new(), 0_usize);
    if body.size_hint().lower() > most as u64 {
        refusal = Some(Refusal::BodyTooLarge { most });
    }
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::BodyCut)?.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > most {
            refusal.get_or_insert(Refusal::BodyTooLarge { most });
        }
        if refusal.is_none() {
            match server.queue.room(data.len()) {
                Some(more) => room.push(more),
                None => refusal = Some(Refusal::QueueFull),
            }
        }
        match &refusal {
            None => bytes.extend_from_slice(&data),
            Some(_) => {
                (bytes, room) = Default::default();
                if seen > most.saturating_add(READ_IN_VAIN) {
                    break;
                }
            }
        }
    }
    match refusal {
        Some(refusal) => Err(refusal),
        None => Ok((bytes, room)),
    }
}
