//! Finds how many requests a server takes at once.
//!
//! Invariant: at least one slot exists, and every slot is returned, whether or not its request
//! succeeded.

use std::sync::Mutex;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::lock;

/// Where the search begins when nobody has set a number.
const FIRST: usize = 16;
/// The most requests under way when nobody has set a number.
pub const MOST: usize = 256;
/// The part of a growth in slots that has to show as growth in throughput, for the growth to stay.
const WORTHWHILE: f64 = 0.1;
/// Rounds between a growth that did not pay and the next try.
const REST: u32 = 10;

/// The slots of the requests that are under way.
pub struct Limiter {
    slots: Semaphore,
    state: Mutex<State>,
}

struct State {
    window: Window,
    in_use: usize,
    /// Slots that are out and go when they come back, as the limit fell meanwhile.
    surplus: usize,
}

/// The right to have one request under way.
pub struct Slot<'a> {
    limiter: &'a Limiter,
    permit: Option<SemaphorePermit<'a>>,
}

/// A limit that was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub from: usize,
    pub to: usize,
}

impl Limiter {
    /// Makes a limiter of a fixed number that only trouble lowers, or of one that finds the number by itself.
    pub fn new(given: Option<usize>) -> Self {
        let window = Window::new(given, Instant::now());
        let slots = Semaphore::new(window.limit);
        Self { slots, state: Mutex::new(State { window, in_use: 0, surplus: 0 }) }
    }

    /// Waits for a slot; first come, first served.
    pub async fn acquire(&self) -> Slot<'_> {
        // The semaphore is never closed, so the permit is always there.
        let permit = self.slots.acquire().await.ok();
        lock(&self.state).in_use += 1;
        Slot { limiter: self, permit }
    }

    /// How many requests may be under way now.
    pub fn limit(&self) -> usize {
        lock(&self.state).window.limit
    }

    /// Changes the window, and the number of slots with it.
    fn change<T>(&self, change: impl FnOnce(&mut Window, usize) -> T) -> T {
        let mut state = lock(&self.state);
        let before = state.window.limit;
        let in_use = state.in_use;
        let result = change(&mut state.window, in_use);
        let after = state.window.limit;
        if after < before {
            let excess = before - after;
            state.surplus += excess - self.slots.forget_permits(excess);
        } else {
            let kept = state.surplus.min(after - before);
            state.surplus -= kept;
            self.slots.add_permits(after - before - kept);
        }
        result
    }
}

impl Slot<'_> {
    /// The number of cuts so far; a failure counts only if none came between its sending and its return.
    pub fn generation(&self) -> u64 {
        lock(&self.limiter.state).window.generation
    }

    /// Records that the request was answered.
    pub fn succeeded(&self) {
        let is_full = self.limiter.slots.available_permits() == 0;
        self.limiter.change(|window, _| window.succeeded(is_full, Instant::now()));
    }

    /// Records that the server was overloaded for a request that was sent in this generation.
    pub fn congested(&self, generation: u64) -> Option<Cut> {
        self.limiter.change(|window, in_use| window.congested(generation, in_use, Instant::now()))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.limiter.state);
        state.in_use -= 1;
        if state.surplus > 0 {
            state.surplus -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

/// The limit, and what was learnt about it; knows nothing of slots.
///
/// A cut halves what is under way (RFC 5681, section 3.1, equation 4). Growth is that of BIC (Xu, Harfoush, Rhee,
/// "Binary increase congestion control", INFOCOM 2004): half the way to where the last cut was, then in steps that double.
/// A step is one round, which is as many answers as there are slots while all of them are in use.
#[derive(Debug)]
struct Window {
    limit: usize,
    most: usize,
    /// Whether a step beyond the last cut has to pay in throughput.
    is_measured: bool,
    step: usize,
    /// The limit that the last cut was at.
    too_many: Option<usize>,
    generation: u64,
    begun: Instant,
    answers: usize,
    /// The limit and the throughput that the last step is judged against.
    before: Option<(usize, f64)>,
    rest: u32,
}

impl Window {
    fn new(given: Option<usize>, now: Instant) -> Self {
        let most = given.unwrap_or(MOST).clamp(1, Semaphore::MAX_PERMITS);
        let limit = if given.is_some() { most } else { FIRST };
        Self {
            limit,
            most,
            is_measured: given.is_none(),
            step: limit,
            too_many: None,
            generation: 0,
            begun: now,
            answers: 0,
            before: None,
            rest: 0,
        }
    }

    fn succeeded(&mut self, is_full: bool, now: Instant) {
        if !is_full {
            // Without a queue, the throughput is the caller's and not the server's.
            self.begin_round(now);
            return;
        }
        self.answers += 1;
        if self.answers < self.limit {
            return;
        }
        let seconds = now.duration_since(self.begun).as_secs_f64().max(1e-6);
        let throughput = self.answers as f64 / seconds;
        self.end_round(throughput);
        self.begin_round(now);
    }

    fn begin_round(&mut self, now: Instant) {
        self.begun = now;
        self.answers = 0;
    }

    fn end_round(&mut self, throughput: f64) {
        if let Some((limit, before)) = self.before.take() {
            let growth = self.limit as f64 / limit as f64 - 1.0;
            if throughput < before * (1.0 + WORTHWHILE * growth) {
                self.limit = limit;
                self.step = (self.step / 2).max(1);
                self.rest = REST;
                return;
            }
        }
        if self.rest > 0 {
            self.rest -= 1;
            return;
        }
        match self.too_many {
            Some(too_many) if self.limit + 1 < too_many => {
                self.limit += (too_many - self.limit) / 2;
            }
            _ => {
                self.too_many = None;
                if self.is_measured && self.limit < self.most {
                    self.before = Some((self.limit, throughput));
                }
                self.limit = self.limit.saturating_add(self.step).min(self.most);
                self.step = self.step.saturating_mul(2).min(self.most);
            }
        }
    }

    fn congested(&mut self, generation: u64, in_use: usize, now: Instant) -> Option<Cut> {
        if generation != self.generation {
            return None;
        }
        let from = self.limit.min(in_use.max(1));
        let to = (from / 2).max(1);
        self.generation += 1;
        self.too_many = Some(from);
        self.limit = to;
        self.step = 1;
        self.before = None;
        self.rest = 0;
        self.begin_round(now);
        (to < from).then_some(Cut { from, to })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Lets rounds pass on a server that answers `capacity` requests a second at most, each in a second.
    fn rounds(window: &mut Window, count: usize, capacity: usize) -> Vec<usize> {
        let mut now = window.begun;
        let mut limits = Vec::new();
        for _ in 0..count {
            now += Duration::from_secs_f64((window.limit as f64 / capacity as f64).max(1.0));
            for _ in 0..window.limit {
                window.succeeded(true, now);
            }
            limits.push(window.limit);
        }
        limits
    }

    #[test]
    fn a_limit_that_is_not_given_doubles_while_it_pays() {
        let mut window = Window::new(None, Instant::now());
        assert_eq!(rounds(&mut window, 5, 10_000), [32, 64, 128, 256, 256]);
    }

    #[test]
    fn a_step_that_does_not_pay_is_taken_back_and_tried_again_later() {
        let mut window = Window::new(None, Instant::now());
        assert_eq!(rounds(&mut window, 4, 40), [32, 64, 128, 64]);
        assert_eq!(rounds(&mut window, 10, 40), [64; 10]);
        assert_eq!(rounds(&mut window, 2, 40), [128, 64]);
    }

    #[test]
    fn a_limit_that_is_given_is_where_it_starts_and_the_most() {
        let mut window = Window::new(Some(5), Instant::now());
        assert_eq!(rounds(&mut window, 2, 10_000), [5, 5]);
        assert_eq!(Window::new(Some(0), Instant::now()).limit, 1);
    }

    #[test]
    fn failures_that_were_sent_before_a_cut_do_not_cut_again() {
        let now = Instant::now();
        let mut window = Window::new(Some(100), now);
        assert_eq!(window.congested(0, 100, now), Some(Cut { from: 100, to: 50 }));
        assert_eq!((window.congested(0, 99, now), window.limit), (None, 50));
        assert_eq!(window.congested(1, 50, now), Some(Cut { from: 50, to: 25 }));
    }

    #[test]
    fn a_cut_halves_what_is_under_way_and_leaves_one() {
        let now = Instant::now();
        let mut window = Window::new(Some(100), now);
        assert_eq!(window.congested(0, 3, now), Some(Cut { from: 3, to: 1 }));
        assert_eq!((window.congested(1, 1, now), window.limit), (None, 1));
    }

    #[test]
    fn after_a_cut_it_comes_close_to_where_it_was_cut_and_feels_its_way_beyond() {
        let now = Instant::now();
        let mut window = Window::new(Some(100), now);
        window.congested(0, 80, now);
        assert_eq!(rounds(&mut window, 9, 10_000), [60, 70, 75, 77, 78, 79, 80, 82, 86]);
        assert_eq!(rounds(&mut window, 2, 10_000), [94, 100]);
    }

    #[test]
    fn without_a_queue_nothing_grows() {
        let mut window = Window::new(None, Instant::now());
        for _ in 0..100 {
            window.succeeded(false, Instant::now());
        }
        assert_eq!(window.limit, 16);
    }

    #[tokio::test]
    async fn slots_that_are_out_at_a_cut_are_not_given_again() {
        let limiter = Limiter::new(Some(4));
        let mut slots = Vec::new();
        for _ in 0..4 {
            slots.push(limiter.acquire().await);
        }
        assert_eq!(slots[0].congested(slots[0].generation()), Some(Cut { from: 4, to: 2 }));
        slots.truncate(2);
        assert_eq!(limiter.slots.available_permits(), 0);
        slots.truncate(1);
        assert_eq!(limiter.slots.available_permits(), 1);
        slots.clear();
        assert_eq!((limiter.slots.available_permits(), limiter.limit()), (2, 2));
    }

    #[tokio::test]
    async fn a_limit_that_grows_again_keeps_the_slots_that_are_out() {
        let limiter = Limiter::new(Some(4));
        let (one, two) = (limiter.acquire().await, limiter.acquire().await);
        let rest = (limiter.acquire().await, limiter.acquire().await);
        one.congested(one.generation());
        limiter.change(|window, _| window.limit = 4);
        drop((one, two, rest));
        assert_eq!(limiter.slots.available_permits(), 4);
    }
}
