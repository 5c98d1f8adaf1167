//! What the runs of one job may take in all: memory for what they give, and fuel for being repeated.
//!
//! Invariant: every run of a job is booked here, so that no job takes more than a fixed multiple of what its limits and its first run
//! say.

use super::super::job::Job;

/// Fuel for all checks of a job, as a multiple of the fuel of its first run or of its limit, whichever is more. A job that is checked
/// in every way takes about as much as 13 more first runs.
const CHECKS: u64 = 16;

/// What is left to the runs of one job.
pub struct Budget {
    /// Bytes of memory for what one run of all cases gives.
    room: usize,
    /// How many of them are left to the current one.
    pub bytes: usize,
    /// Whether a case needed more.
    pub is_spent: bool,
    fuel_used: u64,
    fuel_left: u64,
}

impl Budget {
    /// The whole budget of a job; its first run has no other limits than those of each case.
    pub fn of(job: &Job) -> Self {
        let room = job.limits.job_room();
        Self { room, bytes: room, is_spent: false, fuel_used: 0, fuel_left: u64::MAX }
    }

    /// Limits the fuel of all runs from now on, after the first one.
    pub fn limit_checks(&mut self, job: &Job) {
        self.fuel_left = self.fuel_used.max(job.limits.fuel).saturating_mul(CHECKS);
    }

    /// Begins another run of all cases: it has room of its own.
    pub fn begin_run(&mut self) {
        self.bytes = self.room;
        self.is_spent = false;
    }

    /// Books fuel.
    pub fn take_fuel(&mut self, fuel: u64) {
        self.fuel_used = self.fuel_used.saturating_add(fuel);
        self.fuel_left = self.fuel_left.saturating_sub(fuel);
    }

    /// Fuel that all runs so far have used.
    pub fn fuel_used(&self) -> u64 {
        self.fuel_used
    }

    /// Fuel that further runs may use.
    pub fn fuel_left(&self) -> u64 {
        self.fuel_left
    }
}
