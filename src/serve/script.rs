//! A program that a protocol runs as a whole, once, as a native server would.
//!
//! Invariant: the exit code tells the ends apart as it does natively, and a reason in words is given if a limit ended the program.

use std::sync::Arc;

use super::{Ran, Server};
use crate::sandbox::{End, Execution, Isolation, Job, Limits, Sandbox};

/// The exit codes that a native server sees: of a process that was killed for its memory, that aborted, and that wrote too much.
const KILLED: i32 = 137;
const ABORTED: i32 = 134;
const WROTE_TOO_MUCH: i32 = 153;

/// Runs a program.
pub async fn run(
    server: &Server,
    sandbox: Arc<Sandbox>,
    code: String,
    stdin: Vec<u8>,
    limits: Limits,
) -> Result<Ran, String> {
    let isolation = Isolation::Program;
    let job = Job { code, stdin, limits, isolation, native: true, ..Job::default() };
    server.run(sandbox, job).await
}

/// The exit code of a program; `None` if its time was up.
pub fn exit_code(end: &End) -> Option<i32> {
    match end {
        End::Exited { exit_code } | End::CompileError { exit_code } => Some(*exit_code),
        End::Returned { .. } => Some(0),
        End::Raised(_) => Some(1),
        End::OutOfFuel => None,
        End::OutOfMemory => Some(KILLED),
        End::OutputTooLarge => Some(WROTE_TOO_MUCH),
        End::Trapped { .. } => Some(ABORTED),
    }
}

/// Why the sandbox ended the program; empty if the program ended by itself.
pub fn reason(server: &Server, execution: &Execution, limits: Limits) -> String {
    match &execution.end {
        End::Exited { .. } | End::CompileError { .. } | End::Returned { .. } | End::Raised(_) => {
            String::new()
        }
        End::OutOfFuel => format!(
            "the program used up its time of {} s, which is {} units of fuel",
            server.options.bounds.seconds(limits.fuel),
            limits.fuel
        ),
        End::OutOfMemory => format!(
            "the program ran out of memory: its limit is {} MiB",
            limits.memory as f64 / f64::from(1 << 20)
        ),
        End::OutputTooLarge => {
            format!("the program wrote more than {} bytes", limits.output)
        }
        End::Trapped { trap } => format!("the program was aborted: {trap}"),
    }
}

/// Whether the program is not of its language: what a native server finds before it runs anything.
pub fn is_syntax_error(execution: &Execution) -> bool {
    if matches!(execution.end, End::CompileError { .. }) {
        return true;
    }
    const KINDS: [&str; 3] = ["SyntaxError", "IndentationError", "TabError"];
    let error = execution.error.as_ref();
    // One that the program raised itself has a traceback.
    error.is_some_and(|error| KINDS.contains(&error.kind.as_str()))
        && !execution.stderr.contains("Traceback (most recent call last)")
}
