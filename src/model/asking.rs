//! Questions that are being asked: whoever asks one of them meanwhile waits, and then finds the reply in the cache.
//!
//! Invariant: of one question, no more than one is on its way; a question that nobody asks takes no memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{Mutex as Turns, OwnedMutexGuard};

use super::key::Key;
use crate::remote::lock;

/// The questions that are being asked.
#[derive(Default)]
pub(super) struct Asking(Mutex<HashMap<Key, Arc<Turns<()>>>>);

/// The turn of one who asks a question.
pub(super) struct Turn<'a> {
    asking: &'a Asking,
    key: Key,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Asking {
    /// Waits until nobody else asks the question.
    pub(super) async fn turn(&self, key: Key) -> Turn<'_> {
        let turns = Arc::clone(lock(&self.0).entry(key).or_default());
        Turn { asking: self, key, guard: Some(turns.lock_owned().await) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut known = lock(&self.asking.0);
        self.guard = None;
        // Who waits holds it, too.
        if known.get(&self.key).is_some_and(|turns| Arc::strong_count(turns) == 1) {
            known.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_question_is_asked_by_one_at_a_time_and_another_meanwhile() {
        let asking = Asking::default();
        let (one, other) = (Key::of_vector("model", "1?"), Key::of_vector("model", "2?"));
        let first = asking.turn(one).await;
        let _beside = asking.turn(other).await;
        let mut second = Box::pin(asking.turn(one));
        tokio::select! {
            biased;
            _ = &mut second => panic!("two ask at a time"),
            () = std::future::ready(()) => {}
        }
        drop(first);
        drop(second.await);
        assert_eq!(lock(&asking.0).len(), 1);
    }
}
