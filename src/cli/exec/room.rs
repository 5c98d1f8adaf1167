//! How much of the host's memory jobs and answers may take while they wait.
//!
//! Invariant: the oldest job without an answer is never kept waiting, so that what waits for its answer goes on, too.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of jobs that are read and not finished. One job may have more, if it is the only one.
const MAX_JOBS: usize = 64 << 20;
/// Bytes of finished answers that wait for an earlier one; while there are more, no further job is started.
const MAX_ANSWERS: usize = 64 << 20;

/// The memory that all jobs and answers of one stream share.
#[derive(Default)]
pub struct Room {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: usize,
    answers: usize,
    /// Answers that are written, those of bad lines included: the number of the oldest line without an answer.
    written: u64,
    /// Whether nobody takes answers any more.
    is_closed: bool,
}

impl Room {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half done: every change is one addition.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the state is as it should be; says whether anybody still takes answers.
    fn wait(&self, is_ready: impl Fn(&State) -> bool, change: impl FnOnce(&mut State)) -> bool {
        let is_waiting = |state: &mut State| !state.is_closed && !is_ready(state);
        let mut state = self
            .changed
            .wait_while(self.state(), is_waiting)
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        !state.is_closed
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Waits until there is room for a job of this many bytes; returns `false` if nobody takes answers any more.
    pub fn admit(&self, bytes: usize) -> bool {
        let fits = |state: &State| state.jobs == 0 || state.jobs.saturating_add(bytes) <= MAX_JOBS;
        self.wait(fits, |state| state.jobs += bytes)
    }

    /// Waits until the job of this line may start; `false` if nobody takes answers any more.
    pub fn start(&self, number: u64) -> bool {
        self.wait(|state| state.written == number || state.answers <= MAX_ANSWERS, |_| {})
    }

    /// Exchanges a job for its answer.
    pub fn finish(&self, job: usize, answer: usize) {
        self.change(|state| {
            state.jobs -= job;
            state.answers += answer;
        });
    }

    /// Lets an answer go that is written.
    pub fn leave(&self, answer: usize) {
        self.change(|state| {
            state.answers -= answer;
            state.written += 1;
        });
    }

    /// Lets everybody go: nobody takes answers any more.
    pub fn close(&self) {
        self.change(|state| state.is_closed = true);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread::scope;

    use super::*;

    #[test]
    fn the_oldest_job_starts_however_much_waits_for_it() {
        let room = Room::default();
        assert!(room.admit(1) && room.admit(1) && room.start(1));
        room.finish(1, MAX_ANSWERS + 1);
        assert!(room.start(0));
        let (send, receive) = channel();
        scope(|scope| {
            let room = &room;
            scope.spawn(move || send.send(room.start(2)).unwrap());
            room.finish(1, 0);
            assert!(receive.try_recv().is_err());
            room.leave(0);
            assert!(receive.try_recv().is_err());
            room.leave(MAX_ANSWERS + 1);
            assert_eq!(receive.recv(), Ok(true));
        });
    }

    #[test]
    fn a_job_that_is_larger_than_the_room_comes_alone() {
        let room = Room::default();
        assert!(room.admit(2 * MAX_JOBS));
        let (send, receive) = channel();
        scope(|scope| {
            let room = &room;
            scope.spawn(move || send.send(room.admit(1)).unwrap());
            assert!(receive.try_recv().is_err());
            room.finish(2 * MAX_JOBS, 0);
            assert_eq!(receive.recv(), Ok(true));
        });
    }

    #[test]
    fn nobody_waits_in_a_room_that_is_closed() {
        let room = Room::default();
        assert!(room.admit(2 * MAX_JOBS));
        scope(|scope| {
            let waits = scope.spawn(|| room.admit(1));
            room.close();
            assert!(!waits.join().unwrap() && !room.start(7));
        });
    }
}
