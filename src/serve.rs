//! The sandbox over HTTP, for programs that train and grade models: three protocols in front of one queue.
//!
//! Invariant: a request that got a place in the queue is answered, also when the server stops, and an answer says nothing of other
//! requests.

mod connection;
mod evaluate;
mod exec;
mod guard;
pub mod job;
mod languages;
mod limits;
mod metrics;
mod queue;
mod reply;
mod route;
mod run_code;
mod script;
mod submit;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::remote::Secret;
use crate::sandbox::{Execution, Job, Sandbox};
use languages::Languages;
pub use limits::{Bounds, FUEL_PER_SECOND};
use metrics::Metrics;
use queue::{Queue, Room};

/// More connections than this wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;
/// An accept that fails, mostly for want of descriptors, is tried again after this time.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// A server that ran no job for so long gives back the memory of its instances.
const IDLE: Duration = Duration::from_secs(10);

/// What a server is started with.
pub struct Options {
    /// Jobs that run at a time.
    pub threads: usize,
    /// Requests that may wait while all threads are busy.
    pub queue: usize,
    pub bounds: Bounds,
    /// Bytes of a request's body.
    pub max_body: usize,
    /// How long a client may take to send a request, or to take on more of an answer.
    pub client_timeout: Duration,
    /// What requests have to bring; without it, only programs of this machine are served.
    pub token: Option<Secret>,
}

/// Everything that requests share.
struct Server {
    options: Options,
    queue: Arc<Queue>,
    metrics: Arc<Metrics>,
    languages: Languages,
    stopping: watch::Receiver<bool>,
}

/// What a job did, and how long that took.
struct Ran {
    execution: Execution,
    seconds: f64,
    /// What the answer takes, to be held until it is sent.
    room: Room,
}

/// Serves until `stop` is ready, and then until all requests with a place in the queue are answered.
pub async fn serve(
    listener: TcpListener,
    python: (String, Sandbox),
    options: Options,
    stop: impl Future<Output = ()>,
) {
    let (stopped, stopping) = watch::channel(false);
    let server = Arc::new(Server {
        queue: Arc::new(Queue::new(options.threads, options.queue, options.max_body)),
        metrics: Arc::default(),
        languages: Languages::new(python, options.threads),
        options,
        stopping,
    });
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut open = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    let mut releases = tokio::time::interval(IDLE);
    let mut begun_before = 0;
    loop {
        let accepted = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            () = &mut stop => break,
            (accepted, permit) = accepted => match accepted {
                Ok((stream, _)) => {
                    let server = Arc::clone(&server);
                    open.spawn(async move {
                        connection::serve(stream, server).await;
                        drop(permit);
                    });
                }
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
            },
            Some(_) = open.join_next() => {}
            _ = releases.tick() => {
                let begun = server.queue.begun();
                if begun == begun_before && server.queue.busy() == 0 {
                    server.languages.release().await;
                }
                begun_before = begun;
            }
        }
    }
    drop(listener);
    // It fails only if no connection is open, since each holds a receiver.
    let _ = stopped.send(true);
    while open.join_next().await.is_some() {}
}

impl Server {
    /// Waits for a worker, and runs a job in it.
    async fn run(&self, sandbox: Arc<Sandbox>, job: Job) -> Result<Ran, String> {
        let worker = self.queue.worker().await;
        let (queue, metrics) = (Arc::clone(&self.queue), Arc::clone(&self.metrics));
        let patience = self.options.client_timeout;
        // In a task of its own, since a client that leaves does not free a worker that still runs.
        let running = tokio::spawn(async move {
            let begun = Instant::now();
            let execution = sandbox.submit(job).await;
            let seconds = begun.elapsed().as_secs_f64();
            metrics.job(execution.as_ref(), seconds);
            let execution = execution.map_err(|error| error.to_string())?;
            // The worker waits as well, so that answers do not pile up.
            let room = queue.answer_room(execution.size());
            let room = tokio::time::timeout(patience, room).await;
            drop(worker);
            let room = room.map_err(|_| "too many answers wait for their clients".to_owned())?;
            Ok(Ran { execution, seconds, room })
        });
        running.await.map_err(|error| error.to_string())?
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// Whether a server at this address can be reached from this machine only.
pub fn is_local(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}
