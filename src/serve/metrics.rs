//! What happened since the server was started, in the text format of Prometheus.
//!
//! Invariant: labels come from fixed lists, so that no client adds series, and nothing of a request's content is counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::queue::Queue;
use crate::sandbox::{Execution, SandboxError};

/// Upper bounds of the buckets of latency, in seconds.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The counters.
#[derive(Default)]
pub struct Metrics(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    requests: BTreeMap<(&'static str, u16), u64>,
    latencies: BTreeMap<&'static str, Histogram>,
    jobs: BTreeMap<&'static str, u64>,
    job_seconds: f64,
    fuel: u64,
}

#[derive(Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

impl Histogram {
    fn add(&mut self, seconds: f64) {
        for (bucket, bound) in self.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.seconds += seconds;
    }
}

impl Metrics {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        // A panic elsewhere leaves nothing half done: every change is an addition.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that was answered.
    pub fn request(&self, path: &'static str, status: u16, took: Duration) {
        let mut counts = self.counts();
        *counts.requests.entry((path, status)).or_default() += 1;
        counts.latencies.entry(path).or_default().add(took.as_secs_f64());
    }

    /// Counts a job that has run.
    pub fn job(&self, execution: Result<&Execution, &SandboxError>, seconds: f64) {
        let mut counts = self.counts();
        let (end, fuel) = execution.map_or(("error", 0), |ran| (ran.end.name(), ran.fuel_total));
        *counts.jobs.entry(end).or_default() += 1;
        counts.job_seconds += seconds;
        counts.fuel = counts.fuel.wrapping_add(fuel);
    }

    /// How long a job has taken on average, in seconds.
    pub fn mean_seconds(&self) -> f64 {
        let counts = self.counts();
        let jobs: u64 = counts.jobs.values().sum();
        if jobs == 0 { 0.0 } else { counts.job_seconds / jobs as f64 }
    }

    /// The page that Prometheus reads.
    pub fn page(&self, queue: &Queue) -> String {
        let counts = self.counts();
        let mut page = String::new();
        let mut family = |name: &str, kind: &str, help: &str, series: &[(String, String)]| {
            let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in series {
                let _ = writeln!(page, "{name}{labels} {value}");
            }
        };
        let requests: Vec<_> = counts
            .requests
            .iter()
            .map(|((path, status), count)| {
                (format!("{{path=\"{path}\",status=\"{status}\"}}"), count.to_string())
            })
            .collect();
        family("tgsand_requests_total", "counter", "Answered requests.", &requests);
        let jobs: Vec<_> = counts
            .jobs
            .iter()
            .map(|(end, count)| (format!("{{end=\"{end}\"}}"), count.to_string()))
            .collect();
        family("tgsand_jobs_total", "counter", "Jobs that have run, by their end.", &jobs);
        let one = |value: String| [(String::new(), value)];
        family(
            "tgsand_fuel_total",
            "counter",
            "Fuel that jobs have used.",
            &one(counts.fuel.to_string()),
        );
        family(
            "tgsand_job_seconds_total",
            "counter",
            "Time that workers have spent on jobs.",
            &one(counts.job_seconds.to_string()),
        );
        family(
            "tgsand_queue_requests",
            "gauge",
            "Requests in work or waiting.",
            &one(queue.len().to_string()),
        );
        family(
            "tgsand_queue_jobs",
            "gauge",
            "Jobs that wait for a worker.",
            &one(queue.waiting().to_string()),
        );
        family(
            "tgsand_busy_workers",
            "gauge",
            "Workers that run a job.",
            &one(queue.busy().to_string()),
        );
        let name = "tgsand_request_seconds";
        let _ = writeln!(
            page,
            "# HELP {name} Time from a request's head to its answer.\n# TYPE {name} histogram"
        );
        for (path, Histogram { buckets, count, seconds }) in &counts.latencies {
            for (bucket, bound) in buckets.iter().zip(BUCKETS) {
                let _ = writeln!(page, "{name}_bucket{{path=\"{path}\",le=\"{bound}\"}} {bucket}");
            }
            let _ = writeln!(page, "{name}_bucket{{path=\"{path}\",le=\"+Inf\"}} {count}");
            let _ = writeln!(page, "{name}_sum{{path=\"{path}\"}} {seconds}");
            let _ = writeln!(page, "{name}_count{{path=\"{path}\"}} {count}");
        }
        page
    }
}
