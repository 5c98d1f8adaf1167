//! `POST /run_code`: SandboxFusion's protocol.
//!
//! Invariant: fields and status words are those of its client, `sandbox-fusion`; fields of our own are additions that it ignores.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::queue::Room;
use super::reply::Reply;
use super::{Ran, Server, script};
use crate::sandbox::{End, Language, Limits};

/// The names that the protocol has for languages and ways to run them.
const LANGUAGES: [&str; 32] = [
    "python",
    "python2",
    "cpp",
    "nodejs",
    "go",
    "go_test",
    "java",
    "php",
    "csharp",
    "bash",
    "typescript",
    "sql",
    "rust",
    "cuda",
    "lua",
    "R",
    "perl",
    "D_ut",
    "ruby",
    "scala",
    "julia",
    "pytest",
    "junit",
    "kotlin_script",
    "jest",
    "verilog",
    "python_gpu",
    "lean",
    "swift",
    "racket",
    "gtest",
    "react",
];

/// Seconds that a program may run if its request does not say.
const RUN_TIMEOUT: f64 = 10.0;

#[derive(Deserialize)]
struct Request {
    code: String,
    language: String,
    #[serde(default = "run_timeout")]
    run_timeout: f64,
    /// The sandbox has limits of its own for builds, so this is checked and not used.
    #[serde(default = "run_timeout", rename = "compile_timeout")]
    _compile_timeout: f64,
    #[serde(default = "no_limit", rename = "memory_limit_MB")]
    memory_limit: i64,
    #[serde(default)]
    stdin: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, Option<String>>,
    #[serde(default, rename = "fetch_files")]
    _fetch_files: Vec<String>,
}

fn run_timeout() -> f64 {
    RUN_TIMEOUT
}

fn no_limit() -> i64 {
    -1
}

/// How the whole request came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Status {
    Success,
    Failed,
    SandboxError,
}

/// How the run came out; the protocol's third word, `Error`, is for a server that could not run it, which this one says above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum RunStatus {
    Finished,
    TimeLimitExceeded,
}

/// What the program did, or its compiler.
#[derive(Serialize)]
struct RunResult {
    status: RunStatus,
    execution_time: f64,
    return_code: Option<i32>,
    stdout: String,
    stderr: String,
    end: &'static str,
    fuel: u64,
    fuel_limit: u64,
    memory: u64,
    memory_limit: u64,
}

/// The reply to a request.
#[derive(Serialize)]
pub struct Response {
    status: Status,
    message: String,
    compile_result: Option<RunResult>,
    run_result: Option<RunResult>,
    executor_pod_name: Option<String>,
    files: BTreeMap<String, String>,
}

impl Response {
    fn new(status: Status, message: String) -> Self {
        Self {
            status,
            message,
            compile_result: None,
            run_result: None,
            executor_pod_name: None,
            files: BTreeMap::new(),
        }
    }

    pub fn sandbox_error(message: String) -> Self {
        Self::new(Status::SandboxError, message)
    }

    /// The bytes of what the program or its compiler wrote.
    pub fn output_len(&self) -> usize {
        let results = [&self.compile_result, &self.run_result];
        results.into_iter().flatten().map(|result| result.stdout.len() + result.stderr.len()).sum()
    }
}

/// Says that something is wrong, as the protocol's own server does.
pub fn problem(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, &json!({"detail": message}))
}

/// Says that a field is wrong, as the protocol's own server does.
fn invalid(field: Option<&str>, message: &str) -> Reply {
    let place: Vec<&str> = ["body"].into_iter().chain(field).collect();
    let detail = json!({"detail": [{"type": "value_error", "loc": place, "msg": message}]});
    Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &detail)
}

/// Runs the program of a body.
pub async fn answer(server: &Server, body: &[u8]) -> Reply {
    let request: Request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return invalid(None, &error.to_string()),
    };
    let is_known = |name: &str| LANGUAGES.contains(&name) || Language::named(name).is_some();
    if !is_known(&request.language) {
        return invalid(
            Some("language"),
            &format!("language {:?} is none of {}", request.language, LANGUAGES.join(", ")),
        );
    }
    let (response, room) = run(server, request).await;
    Reply::json(StatusCode::OK, &response).holding(room)
}

async fn run(server: &Server, request: Request) -> (Response, Option<Room>) {
    let Request { code, language, run_timeout, memory_limit, stdin, files, .. } = request;
    let failed = |why| (Response::sandbox_error(why), None);
    if files.values().any(Option::is_some) {
        return failed("files are not supported: programs have none of their own".into());
    }
    let limits = server.options.bounds.of_time(run_timeout, memory_limit);
    // Go's test functions run without a language of their own.
    let runs_in = if language == "go_test" { "go" } else { &language };
    let sandbox = match server.languages.language(runs_in).await {
        Ok(sandbox) => sandbox,
        Err(error) => return failed(error),
    };
    let stdin = stdin.unwrap_or_default().into_bytes();
    match script::run(server, sandbox, code, stdin, limits).await {
        Ok(ran) => {
            let (response, room) = response(server, ran, limits, &language);
            (response, Some(room))
        }
        Err(error) => failed(error),
    }
}

/// The reply to a request whose program ran, and the room that it takes.
pub fn response(server: &Server, ran: Ran, limits: Limits, language: &str) -> (Response, Room) {
    let Ran { execution, seconds, room } = ran;
    // The protocol's own server has a command that compiles for these languages alone: others find a syntax error when they run.
    let is_compiled = Language::named(language).is_some_and(Language::is_compiled);
    let failed_to_build = is_compiled && matches!(execution.end, End::CompileError { .. });
    let return_code = script::exit_code(&execution.end);
    let message = script::reason(server, &execution, limits);
    let status = if return_code == Some(0) { Status::Success } else { Status::Failed };
    let result = RunResult {
        status: return_code.map_or(RunStatus::TimeLimitExceeded, |_| RunStatus::Finished),
        execution_time: seconds,
        return_code,
        end: execution.end.name(),
        fuel: execution.fuel,
        fuel_limit: limits.fuel,
        memory: execution.memory,
        memory_limit: limits.memory,
        stdout: execution.stdout,
        stderr: execution.stderr,
    };
    let (compile_result, run_result) =
        if failed_to_build { (Some(result), None) } else { (None, Some(result)) };
    (Response { compile_result, run_result, ..Response::new(status, message) }, room)
}
