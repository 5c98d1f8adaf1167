//! Stops asking a server that is gone, and notices when it is back.
//!
//! Invariant: while it is open at most one request is on its way, and that one is given back however it ends.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::failure::Failure;
use super::lock;
use super::retry::LONGEST_RETRY_AFTER;

/// Failures in a row that open the breaker.
const TOO_MANY: u32 = 8;
/// The time between the first failure too many and the first probe; it doubles with each probe that fails.
const FIRST_COOL_DOWN: Duration = Duration::from_secs(1);
/// The longest time between two probes.
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(30);

/// A gate that every request passes on its way to one server (Nygard, "Release It!", 2007, "Circuit Breaker").
pub struct Breaker {
    patience: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    failures: u32,
    open: Option<Open>,
    /// The time that the server asked everybody to wait for.
    held_until: Option<Instant>,
}

struct Open {
    since: Instant,
    cool_down: Duration,
    next_probe: Instant,
    is_probing: bool,
    last: Failure,
}

/// What a request that comes to the gate has to do.
enum Turn {
    Go {
        is_probe: bool,
    },
    /// `None` is until something changes.
    Wait {
        until: Option<Instant>,
    },
    GiveUp(Failure),
}

/// A request on its way.
pub struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

/// What a request's end has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Opened,
    Closed,
}

impl Breaker {
    /// Makes a closed breaker; once open for longer than `patience`, it lets nobody wait.
    pub fn new(patience: Duration) -> Self {
        Self { patience, state: Mutex::default(), changed: Notify::new() }
    }

    /// Waits until a request may be sent; the last failure is the error when the server has been gone for too long.
    pub async fn pass(&self) -> Result<Pass<'_>, Failure> {
        loop {
            // Made before the look at the state, so that no change in between is missed.
            let changed = self.changed.notified();
            let turn = lock(&self.state).turn(Instant::now(), self.patience);
            match turn {
                Turn::Go { is_probe } => return Ok(Pass { breaker: self, is_probe }),
                Turn::GiveUp(last) => return Err(last),
                Turn::Wait { until } => tokio::select! {
                    () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Holds every request back for a time, but no longer than a server may ask for.
    pub fn hold(&self, time: Duration) {
        let until = Instant::now() + time.min(LONGEST_RETRY_AFTER);
        let mut state = lock(&self.state);
        state.held_until = state.held_until.max(Some(until));
    }
}

impl State {
    fn turn(&mut self, now: Instant, patience: Duration) -> Turn {
        if let Some(until) = self.held_until.filter(|until| *until > now) {
            return Turn::Wait { until: Some(until) };
        }
        let Some(open) = &mut self.open else { return Turn::Go { is_probe: false } };
        // A patience beyond the clock's end never ends.
        let end = open.since.checked_add(patience);
        if !open.is_probing && open.next_probe <= now {
            open.is_probing = true;
            return Turn::Go { is_probe: true };
        }
        if end.is_some_and(|end| end <= now) {
            return Turn::GiveUp(open.last.clone());
        }
        let probe = (!open.is_probing).then_some(open.next_probe);
        let until = [probe, end].into_iter().flatten().min();
        Turn::Wait { until }
    }
}

impl Pass<'_> {
    /// Records that the server answered, regardless of the answer.
    pub fn answered(self) -> Option<Change> {
        let mut state = lock(&self.breaker.state);
        state.failures = 0;
        state.open.take().map(|_| {
            // It may have been sent before the breaker opened; then no probe's end wakes those who wait.
            self.breaker.changed.notify_waiters();
            Change::Closed
        })
    }

    /// Records that the server failed.
    pub fn failed(self, failure: &Failure) -> Option<Change> {
        let mut state = lock(&self.breaker.state);
        state.failures = state.failures.saturating_add(1);
        let is_too_many = state.failures >= TOO_MANY;
        let now = Instant::now();
        match &mut state.open {
            Some(open) if self.is_probe => {
                open.cool_down = (2 * open.cool_down).min(LONGEST_COOL_DOWN);
                open.next_probe = now + open.cool_down;
                open.last = failure.clone();
                None
            }
            // It was sent before the breaker opened, so it shows nothing new.
            Some(_) => None,
            None if is_too_many => {
                state.open = Some(Open {
                    since: now,
                    cool_down: FIRST_COOL_DOWN,
                    next_probe: now + FIRST_COOL_DOWN,
                    is_probing: false,
                    last: failure.clone(),
                });
                Some(Change::Opened)
            }
            None => None,
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe
            && let Some(open) = &mut lock(&self.breaker.state).open
        {
            open.is_probing = false;
        }
        if self.is_probe {
            self.breaker.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(300);

    fn failure() -> Failure {
        Failure::Connection("refused".into())
    }

    async fn opened() -> Breaker {
        let breaker = Breaker::new(PATIENCE);
        for _ in 1..TOO_MANY {
            assert_eq!(breaker.pass().await.unwrap().failed(&failure()), None);
        }
        assert_eq!(breaker.pass().await.unwrap().failed(&failure()), Some(Change::Opened));
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_between_failures_keeps_it_closed() {
        let breaker = Breaker::new(PATIENCE);
        for _ in 0..3 {
            for _ in 1..TOO_MANY {
                breaker.pass().await.unwrap().failed(&failure());
            }
            assert_eq!(breaker.pass().await.unwrap().answered(), None);
        }
        assert!(!breaker.pass().await.unwrap().is_probe);
    }

    #[tokio::test(start_paused = true)]
    async fn probes_come_after_cool_downs_that_double() {
        let breaker = opened().await;
        let start = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..7 {
            let pass = breaker.pass().await.unwrap();
            waits.push(start.elapsed().as_secs());
            pass.failed(&failure());
        }
        assert_eq!(waits, [1, 3, 7, 15, 31, 61, 91]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_is_on_its_way_at_a_time_and_its_answer_lets_all_go() {
        let breaker = Arc::new(opened().await);
        let probe = breaker.pass().await.unwrap();
        let gone = Arc::new(AtomicUsize::new(0));
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let (breaker, gone) = (Arc::clone(&breaker), Arc::clone(&gone));
                tokio::spawn(async move {
                    breaker.pass().await.unwrap().answered();
                    gone.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(gone.load(Ordering::SeqCst), 0);
        assert_eq!(probe.answered(), Some(Change::Closed));
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(gone.load(Ordering::SeqCst), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_given_up_makes_room_for_another() {
        let breaker = opened().await;
        drop(breaker.pass().await.unwrap());
        assert!(breaker.pass().await.unwrap().is_probe);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_longer_than_the_patience_gets_the_last_failure() {
        let breaker = opened().await;
        let probe = breaker.pass().await.unwrap();
        let start = Instant::now();
        assert_eq!(breaker.pass().await.err(), Some(failure()));
        assert_eq!(start.elapsed(), PATIENCE - FIRST_COOL_DOWN);
        probe.failed(&failure());
        assert_eq!(breaker.pass().await.err(), Some(failure()));
        // The server's return is still noticed.
        tokio::time::sleep(LONGEST_COOL_DOWN).await;
        assert_eq!(breaker.pass().await.unwrap().answered(), Some(Change::Closed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_patience_or_a_hold_beyond_the_clocks_end_stops_nothing() {
        let breaker = Breaker { patience: Duration::MAX, ..opened().await };
        let start = Instant::now();
        breaker.pass().await.unwrap().failed(&failure());
        let probe = breaker.pass().await.unwrap();
        assert_eq!(start.elapsed(), 3 * FIRST_COOL_DOWN);
        let (second, ()) = tokio::join!(breaker.pass(), async {
            assert_eq!(probe.answered(), Some(Change::Closed));
        });
        assert!(!second.unwrap().is_probe);
        breaker.hold(Duration::MAX);
        breaker.pass().await.unwrap();
        assert_eq!(start.elapsed(), 3 * FIRST_COOL_DOWN + LONGEST_RETRY_AFTER);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_from_before_it_opened_does_not_move_the_probe() {
        let breaker = Breaker::new(PATIENCE);
        let late = breaker.pass().await.unwrap();
        for _ in 0..TOO_MANY {
            breaker.pass().await.unwrap().failed(&failure());
        }
        let start = Instant::now();
        assert_eq!(late.failed(&failure()), None);
        breaker.pass().await.unwrap();
        assert_eq!(start.elapsed(), FIRST_COOL_DOWN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_from_before_it_opened_closes_it_and_wakes_all() {
        let breaker = Arc::new(Breaker::new(PATIENCE));
        let late = breaker.pass().await.unwrap();
        for _ in 0..TOO_MANY {
            breaker.pass().await.unwrap().failed(&failure());
        }
        let start = Instant::now();
        let waiting = tokio::spawn({
            let breaker = Arc::clone(&breaker);
            async move { breaker.pass().await.is_ok() }
        });
        tokio::task::yield_now().await;
        assert_eq!(late.answered(), Some(Change::Closed));
        assert!(waiting.await.unwrap());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_keeps_everybody_back_and_a_shorter_one_does_not_end_it() {
        let breaker = Breaker::new(PATIENCE);
        breaker.hold(Duration::from_secs(20));
        breaker.hold(Duration::from_secs(5));
        let start = Instant::now();
        breaker.pass().await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(20));
    }
}
