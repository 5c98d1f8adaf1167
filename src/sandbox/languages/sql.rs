//! SQL in SQLite's shell: the program runs against an empty database in memory, and ends at its first error.

use super::super::job::Job;
use super::Start;

const OPTIONS: [&str; 4] = ["sqlite3", "-batch", "-bail", ":memory:"];

pub fn recipe() -> String {
    OPTIONS.join(" ")
}

pub fn start(job: &Job) -> Start {
    let arguments = OPTIONS.into_iter().chain([job.code.as_str()]).map(str::to_owned).collect();
    Start { arguments, environment: Vec::new() }
}
