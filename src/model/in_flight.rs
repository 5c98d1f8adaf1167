//! Counts requests in flight, and waits until there are none.
//!
//! Invariant: a request counts from `begin` until its guard is dropped, however its task ends.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The number of requests in flight.
#[derive(Default)]
pub(super) struct InFlight {
    requests: AtomicUsize,
    /// Notified when the last request ends.
    idle: Notify,
}

/// A request in flight.
pub(super) struct Counted(Arc<InFlight>);

impl InFlight {
    /// Counts a request until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Counted {
        self.requests.fetch_add(1, Ordering::SeqCst);
        Counted(Arc::clone(self))
    }

    /// Waits until no request is in flight.
    pub(super) async fn drained(&self) {
        loop {
            let mut idle = pin!(self.idle.notified());
            // From here on no end is missed.
            idle.as_mut().enable();
            if self.requests.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.0.requests.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}
