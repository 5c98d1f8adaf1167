//! What every client of a server needs: a connection, when to send, when to wait, and what went wrong.
//!
//! Invariant: nothing here knows what a server is asked for, and no text that leaves it contains the key.

pub mod breaker;
pub mod connection;
pub mod excerpt;
pub mod failure;
pub mod limiter;
pub mod notices;
pub mod retry;
pub mod secret;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use connection::Connection;
pub use failure::{Failure, Unusable};
pub use notices::Notice;
pub use secret::Secret;

/// Locks a mutex; whoever panicked with it left nothing half done, as no lock here spans a call that can.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
