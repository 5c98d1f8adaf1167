//! Who may wait, and who is next.
//!
//! Invariant: requests with a place are bounded in number and in bytes, as are answers that are not sent yet, and workers are given out
//! in the order in which they were asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of bodies that all requests may hold together, if no single one may have more.
const BODIES: usize = 256 << 20;
/// Bytes of answers that may wait for their clients to take them; while there are more, no worker is free.
const ANSWERS: usize = 256 << 20;
/// Bodies and answers are counted in pieces of this many bytes.
const PIECE: usize = 1024;

/// The places, the workers and the room for bodies.
pub struct Queue {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    threads: usize,
    most: usize,
    waiting: AtomicUsize,
    begun: AtomicU64,
}

/// A place in the queue, which its request has until it is answered.
pub struct Place(
    #[expect(dead_code, reason = "held, and given back when it is dropped")] OwnedSemaphorePermit,
);

/// Bytes of memory that a body or an answer has until it is dropped.
pub struct Room(
    #[expect(dead_code, reason = "held, and given back when it is dropped")] OwnedSemaphorePermit,
);

/// A thread that a job has until it has run.
pub struct Worker(
    #[expect(dead_code, reason = "held, and given back when it is dropped")] OwnedSemaphorePermit,
);

impl Queue {
    /// A queue for so many requests in addition to those that are run.
    pub fn new(threads: usize, waiting: usize, max_body: usize) -> Self {
        let most = threads.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        let pieces = BODIES.max(2 * max_body.min(usize::MAX / 2)).div_ceil(PIECE);
        Self {
            places: Arc::new(Semaphore::new(most)),
            workers: Arc::new(Semaphore::new(threads)),
            bodies: Arc::new(Semaphore::new(pieces.min(u32::MAX as usize))),
            answers: Arc::new(Semaphore::new(ANSWERS / PIECE)),
            threads,
            most,
            waiting: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
        }
    }

    /// A place, unless all are taken.
    pub fn enter(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(Place)
    }

    /// Room for so many more bytes of a body, unless there is none.
    pub fn room(&self, bytes: usize) -> Option<Room> {
        let room = Arc::clone(&self.bodies).try_acquire_many_owned(pieces(bytes));
        room.ok().map(Room)
    }

    /// Waits for room for an answer.
    pub async fn answer_room(&self, bytes: usize) -> Room {
        let pieces = pieces(bytes.min(ANSWERS));
        let room = Arc::clone(&self.answers).acquire_many_owned(pieces).await;
        Room(room.expect("the semaphore is never closed"))
    }

    /// Waits for a worker.
    pub async fn worker(&self) -> Worker {
        let _waits = Waits::new(&self.waiting);
        let permit = Arc::clone(&self.workers).acquire_owned().await;
        self.begun.fetch_add(1, Ordering::Relaxed);
        Worker(permit.expect("the semaphore is never closed"))
    }

    /// Requests that have a place, being run or waiting.
    pub fn len(&self) -> usize {
        self.most - self.places.available_permits()
    }

    /// Jobs that wait for a worker.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Workers that run a job.
    pub fn busy(&self) -> usize {
        self.threads - self.workers.available_permits()
    }

    /// Jobs that were begun since the server was started.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }
}

fn pieces(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX)
}

/// Counts a job as waiting until it is dropped, as it also is if its client leaves.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
