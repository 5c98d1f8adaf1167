//! What a request may ask for, and how its seconds become fuel.
//!
//! Invariant: no job gets more than the server's bounds, whatever its request says.

use crate::sandbox::{Job, Limits};

/// Fuel for a second of a time limit: about what one thread burns in a second. `cargo bench --bench serve` measures it: 7G to 12G, by the
/// kind of work, on a machine that has nothing else to do.
pub const FUEL_PER_SECOND: u64 = 10_000_000_000;

/// The limits of jobs.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The limits of a job that names none.
    pub default: Limits,
    /// The most that a job may have; its fuel is that of all its cases together.
    pub most: Limits,
    pub fuel_per_second: u64,
}

impl Bounds {
    /// The limits of a program that may run for some seconds, in memory of some MiB; less than one MiB is the default.
    /// What exceeds the server's bounds is lowered to them.
    pub fn of_time(&self, seconds: f64, mebibytes: i64) -> Limits {
        let fuel = seconds.max(0.0) * self.fuel_per_second as f64;
        let memory = match u64::try_from(mebibytes) {
            Ok(0) | Err(_) => self.default.memory,
            Ok(mebibytes) => mebibytes.saturating_mul(1 << 20),
        };
        Limits {
            // A number that is too large becomes the largest.
            fuel: (fuel as u64).min(self.most.fuel),
            memory: memory.min(self.most.memory),
            output: self.default.output.min(self.most.output),
        }
    }

    /// The seconds of a time limit that is so much fuel.
    pub fn seconds(&self, fuel: u64) -> f64 {
        fuel as f64 / self.fuel_per_second as f64
    }

    /// Checks a job that states its limits itself: lowering them would change what it gives.
    pub fn check(&self, job: &Job) -> Result<(), String> {
        let Limits { fuel, memory, output } = job.limits;
        let runs = job.cases.len() as u64 + 1;
        let all = fuel.saturating_mul(runs);
        if all > self.most.fuel {
            let each = if runs > 1 {
                format!(", for loading and {} cases", runs - 1)
            } else {
                String::new()
            };
            return Err(format!(
                "the job may use {all} units of fuel{each}; this server's limit is {}",
                self.most.fuel
            ));
        }
        for (name, asked, most) in
            [("memory", memory, self.most.memory), ("output", output, self.most.output)]
        {
            if asked > most {
                return Err(format!("{name} is {asked}; this server's limit is {most}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        default: Limits { fuel: 2, memory: 256 << 20, output: 1 << 20 },
        most: Limits { fuel: 1000, memory: 512 << 20, output: 1 << 20 },
        fuel_per_second: 100,
    };

    #[test]
    fn seconds_become_fuel_up_to_the_bound() {
        let fuel = [1.5, 10.0, 1e300, f64::INFINITY, 0.0, -1.0, f64::NAN]
            .map(|seconds| BOUNDS.of_time(seconds, -1).fuel);
        assert_eq!(fuel, [150, 1000, 1000, 1000, 0, 0, 0]);
    }

    #[test]
    fn memory_is_the_servers_unless_the_request_names_some() {
        let memory = [-1, 0, 1, 100, 4096, i64::MAX]
            .map(|mebibytes| BOUNDS.of_time(1.0, mebibytes).memory >> 20);
        assert_eq!(memory, [256, 256, 1, 100, 512, 512]);
    }

    #[test]
    fn the_fuel_of_a_job_is_that_of_all_its_cases() {
        let job = |cases: usize, fuel| Job {
            cases: vec![crate::sandbox::Case::call(""); cases],
            limits: Limits { fuel, ..BOUNDS.default },
            ..Job::default()
        };
        assert_eq!(BOUNDS.check(&job(9, 100)), Ok(()));
        assert!(BOUNDS.check(&job(10, 100)).is_err_and(|why| why.contains("1100 units of fuel")));
    }
}
