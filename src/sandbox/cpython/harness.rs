//! What the host and the harness in the guest say to each other, and the execution that a run's messages make.
//!
//! Invariant: a guest's messages are read as data, and can harm only its own result.

use serde::Serialize;

use super::super::error::SandboxError;
use super::super::instance;
use super::super::job::{Case, CaseResult, Coverable, End, Execution, Job, Observe};
use super::super::wasi::{Asked, Guest, NONCE_LEN, ReadOnlyFolder};
use super::marshal;
use super::program::Prepared;
use super::report::{self, Report};

/// The request for some of a job's cases, in the given order, and the secret that it begins with.
pub fn request(
    prepared: &Prepared<'_>,
    order: &[usize],
    folder: &ReadOnlyFolder,
) -> Result<([u8; NONCE_LEN], Vec<u8>), SandboxError> {
    let job = prepared.job;
    let request = Request {
        code: &job.code,
        entry: job.entry.as_deref(),
        cases: order.iter().filter_map(|&index| job.cases.get(index)).collect(),
        argv: &job.argv,
        observe: &job.observe,
        native: job.native,
        varies_start: job.varies_start,
        random_seed: job.random_seed,
        expected: job.expected,
        packages: (!folder.modules.is_empty())
            .then(|| (ReadOnlyFolder::packages_path(&folder.path), folder.modules.as_slice())),
    };
    let code = prepared.code.as_deref().map(|code| ("program", code));
    sealed(&request, code)
}

/// The request to compile a program and to run nothing of it.
pub fn compile_request(code: &str) -> Result<([u8; NONCE_LEN], Vec<u8>), SandboxError> {
    sealed(&CompileRequest { compile: code }, None)
}

fn sealed(
    request: &impl Serialize,
    code: Option<(&str, &[u8])>,
) -> Result<([u8; NONCE_LEN], Vec<u8>), SandboxError> {
    let fields = serde_json::to_value(request);
    let fields = fields.map_err(|error| SandboxError::Engine(error.to_string()))?;
    let body = marshal::request(fields.as_object().unwrap_or(&serde_json::Map::new()), code);
    let nonce = nonce(&body);
    Ok((nonce, [nonce.as_slice(), &body].concat()))
}

#[derive(Serialize)]
struct CompileRequest<'a> {
    compile: &'a str,
}

#[derive(Serialize)]
struct Request<'a> {
    code: &'a str,
    entry: Option<&'a str>,
    cases: Vec<&'a Case>,
    argv: &'a [String],
    observe: &'a [Observe],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    native: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    varies_start: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    random_seed: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    expected: usize,
    /// The path of the archive of packages, and the modules at its top.
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<(String, &'a [String])>,
}

fn is_zero(length: &usize) -> bool {
    *length == 0
}

/// A secret that only the harness knows; it depends only on the job, so that runs stay identical.
fn nonce(body: &[u8]) -> [u8; NONCE_LEN] {
    let hash = blake3::derive_key("tgsand 2026 sandbox channel nonce", body);
    let mut nonce = [0; NONCE_LEN];
    nonce.copy_from_slice(&hash[..NONCE_LEN]);
    nonce
}

/// How an instance stopped.
pub struct Stopped {
    /// Whether the harness entry returned an object, or why it did not return.
    pub outcome: Result<bool, wasmtime::Error>,
    /// Fuel used since the last message.
    pub fuel: u64,
    /// Bytes of linear memory.
    pub memory: u64,
}

/// Makes an execution of the messages that a guest sent until it stopped, with the cases in the order of the request.
///
/// Each message is let go as soon as it is read.
pub fn assemble(job: &Job, mut guest: Guest, stopped: &Stopped) -> Execution {
    let mut execution = Execution {
        truncated: guest.truncated,
        ..Execution::ended(End::Exited { exit_code: 0 }, stopped.memory)
    };
    let mut loaded = false;
    let mut finished = false;
    let mut stdout_from = 0;
    for message in std::mem::take(&mut guest.messages) {
        execution.fuel += message.fuel_used;
        note_asked(&mut execution, message.asked, loaded);
        let printed = lossy_slice(&guest.stdout, stdout_from, message.stdout_len);
        stdout_from = message.stdout_len;
        match report::read(&message.body) {
            Some(Report::Loaded { lines, branches, drawn }) => {
                loaded = true;
                execution.chance.asked |= drawn;
                if job.observe.contains(&Observe::Coverage) {
                    execution.coverable = Some(Coverable { lines, branches });
                }
            }
            Some(Report::Case { result, drawn }) => {
                note_asked(&mut execution, Asked { entropy: drawn, clock: false }, true);
                execution.cases.push(CaseResult {
                    fuel: message.fuel_used,
                    stdout: printed,
                    end: told_end(result.end),
                    ..*result
                });
            }
            Some(Report::Exit { exit, error, random }) => {
                finished = true;
                execution.chance.random = random;
                if error.as_ref().is_some_and(|error| is_memory_error(&error.kind)) {
                    execution.end = End::OutOfMemory;
                } else {
                    execution.end = End::Exited { exit_code: exit };
                }
                execution.error = error;
            }
            // Only a program that got at the harness can send anything else; it harms its own result alone.
            None => {
                execution.cases.push(CaseResult::ended(
                    End::Trapped { trap: instance::TAMPERED.into() },
                    message.fuel_used,
                    printed,
                ));
            }
        }
    }
    if !finished {
        execution.fuel += stopped.fuel;
        note_asked(&mut execution, guest.asked, loaded);
        let end = end_of(&stopped.outcome, guest.limits.denied);
        if loaded {
            let printed = lossy_slice(&guest.stdout, stdout_from, guest.stdout.len());
            execution.cases.push(CaseResult::ended(end, stopped.fuel, printed));
        } else {
            execution.end = end;
        }
    }
    execution.with_output(guest.stdout, guest.stderr)
}

/// Notes what a guest asked for while it loaded, or in a case.
fn note_asked(execution: &mut Execution, asked: Asked, in_case: bool) {
    execution.chance.asked |= asked.clock || asked.entropy;
    execution.chance.entropy_in_case |= asked.entropy && in_case;
    execution.chance.clock_in_case |= asked.clock && in_case;
}

/// The end of a case, as readers know it.
fn told_end(end: End) -> End {
    match end {
        End::Raised(raised) if is_memory_error(&raised.kind) => End::OutOfMemory,
        // The harness leaves out the `repr` of plain values, whose literal is the same.
        End::Returned { value, repr } if repr.is_empty() => {
            End::Returned { repr: value.to_string(), value }
        }
        end => end,
    }
}

fn is_memory_error(kind: &str) -> bool {
    kind == "MemoryError"
}

/// Classifies how an instance stopped without saying so itself.
fn end_of(outcome: &Result<bool, wasmtime::Error>, denied: bool) -> End {
    match outcome {
        // The entry returned without its last message: it could not build one.
        Ok(_) if denied => End::OutOfMemory,
        Ok(_) => End::Trapped { trap: "the harness did not finish".into() },
        Err(error) => instance::end_of(error, denied),
    }
}

fn lossy_slice(bytes: &[u8], from: usize, to: usize) -> String {
    String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()).into_owned()
}
