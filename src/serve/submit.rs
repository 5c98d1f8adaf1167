//! `POST /submit`: AutoCodeBench's protocol.
//!
//! Invariant: a request is answered in the protocol's fields, whatever is wrong with it.

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::queue::Room;
use super::reply::Reply;
use super::{Ran, Server, script};
use crate::dataset::language;
use crate::executor::{OtherLanguage, joined};
use crate::python::asserts::test_script;
use crate::sandbox::{End, Limits};

/// Seconds that a program may run if its request does not say, or says it in no way that is understood.
const TIMEOUT: f64 = 5.0;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Request {
    src_uid: Option<Json>,
    lang: Option<String>,
    source_code: Option<String>,
    func_code: Option<String>,
    main_code: Option<String>,
    request_extensions: Option<Extensions>,
    show_log: Option<Json>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Extensions {
    timeout: Option<Json>,
    /// An addition of ours, named as in SandboxFusion's protocol.
    #[serde(rename = "memory_limit_MB")]
    memory_limit: Option<i64>,
}

/// The protocol's words, but for `UNKNOWN_ERROR`, and for `COMPILATION_ERROR`: what does not compile is a `SYNTAX_ERROR` in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Outcome {
    Passed,
    TimeLimitExceeded,
    SyntaxError,
    RuntimeError,
    InternalError,
    ArgumentError,
}

#[derive(Serialize)]
struct Response {
    src_uid: Json,
    /// The program that was put together; empty if the request has it whole.
    all_code: String,
    exec_cout: String,
    exec_outcome: Outcome,
    exec_compile_message: String,
    exec_runtime_message: String,
    response_extensions: ResponseExtensions,
}

#[derive(Default, Serialize)]
struct ResponseExtensions {
    /// A server that says where it is helps only who looks for it.
    server_ip: &'static str,
    #[serde(flatten)]
    run: Option<RunExtensions>,
}

#[derive(Serialize)]
struct RunExtensions {
    language: String,
    src_uid: Json,
    outcome: Outcome,
    exit_code: Option<i32>,
    stdout: String,
    stderr: String,
    timeout: bool,
    exec_runtime: f64,
    /// KiB.
    process_peak_memory: u64,
    end: &'static str,
    fuel: u64,
    fuel_limit: u64,
    memory_limit: u64,
}

impl Response {
    fn failed(src_uid: Json, outcome: Outcome, message: String) -> Self {
        Self {
            src_uid,
            all_code: String::new(),
            exec_cout: String::new(),
            exec_outcome: outcome,
            exec_compile_message: String::new(),
            exec_runtime_message: message,
            response_extensions: ResponseExtensions::default(),
        }
    }
}

/// Says that something is wrong with a request that was not read.
pub fn problem(status: StatusCode, message: &str) -> Reply {
    let outcome =
        if status.is_client_error() { Outcome::ArgumentError } else { Outcome::InternalError };
    Reply::json(status, &Response::failed("".into(), outcome, message.into()))
}

/// Runs the program of a body.
pub async fn answer(server: &Server, body: &[u8]) -> Reply {
    match serde_json::from_slice(body) {
        Ok(request) => {
            let (response, room) = run(server, request).await;
            Reply::json(StatusCode::OK, &response).holding(room)
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, &format!("not a request: {error}")),
    }
}

async fn run(server: &Server, request: Request) -> (Response, Option<Room>) {
    let Request { src_uid, lang, source_code, func_code, main_code, request_extensions, show_log } =
        request;
    let src_uid = src_uid.unwrap_or_else(|| "".into());
    let failed = |outcome, message| (Response::failed(src_uid.clone(), outcome, message), None);
    let missing =
        |field| failed(Outcome::ArgumentError, format!("Missing required field: {field}"));
    let is_given = |text: &String| !text.is_empty();
    if src_uid.as_str().is_some_and(str::is_empty) || src_uid.is_null() {
        return missing("src_uid");
    }
    let Some(lang) = lang.filter(is_given) else { return missing("lang") };
    let sandbox = match server.languages.language(&lang).await {
        Ok(sandbox) => sandbox,
        Err(error) => return failed(Outcome::ArgumentError, error),
    };
    let (code, all_code) = match (source_code, func_code, main_code) {
        (None, Some(func_code), Some(main_code)) => {
            let code = if language::is_python(&lang) {
                spliced(&func_code, &main_code)
            } else {
                joined(&OtherLanguage::named(&lang), &func_code, &main_code)
            };
            (code.clone(), code)
        }
        (source_code, ..) => match source_code.filter(is_given) {
            Some(code) => (code, String::new()),
            None => return missing("source_code"),
        },
    };
    let Extensions { timeout, memory_limit } = request_extensions.unwrap_or_default();
    let limits = server.options.bounds.of_time(seconds(timeout), memory_limit.unwrap_or(-1));
    let ran = match script::run(server, sandbox, code, Vec::new(), limits).await {
        Ok(ran) => ran,
        Err(error) => return failed(Outcome::InternalError, error),
    };
    let shows_log = show_log.is_none_or(|show| show == Json::Bool(true));
    response(server, ran, limits, Said { src_uid, language: lang, all_code, shows_log })
}

/// What an answer takes from its request.
struct Said {
    src_uid: Json,
    language: String,
    all_code: String,
    shows_log: bool,
}

fn response(server: &Server, ran: Ran, limits: Limits, said: Said) -> (Response, Option<Room>) {
    let Ran { execution, seconds, room } = ran;
    let Said { src_uid, language, all_code, shows_log } = said;
    let exit_code = script::exit_code(&execution.end);
    let outcome = match exit_code {
        None => Outcome::TimeLimitExceeded,
        Some(0) => Outcome::Passed,
        Some(_) if script::is_syntax_error(&execution) => Outcome::SyntaxError,
        Some(_) => Outcome::RuntimeError,
    };
    let reason = script::reason(server, &execution, limits);
    let message = match outcome {
        Outcome::RuntimeError | Outcome::SyntaxError if shows_log => {
            [execution.stderr.as_str(), &reason].concat()
        }
        Outcome::TimeLimitExceeded if shows_log => reason,
        _ => String::new(),
    };
    let run = RunExtensions {
        language,
        src_uid: src_uid.clone(),
        outcome,
        exit_code,
        stdout: execution.stdout.clone(),
        timeout: execution.end == End::OutOfFuel,
        exec_runtime: seconds,
        process_peak_memory: execution.memory / 1024,
        end: execution.end.name(),
        fuel: execution.fuel,
        fuel_limit: limits.fuel,
        memory_limit: limits.memory,
        stderr: execution.stderr,
    };
    let response = Response {
        src_uid,
        all_code,
        exec_cout: execution.stdout,
        exec_outcome: outcome,
        exec_compile_message: String::new(),
        exec_runtime_message: message,
        response_extensions: ResponseExtensions { server_ip: "", run: Some(run) },
    };
    (response, Some(room))
}

/// Puts a solution in Python and its test together. A test that nothing calls is called, so that it cannot pass by doing nothing.
fn spliced(solution: &str, test: &str) -> String {
    match test_script(test) {
        Some(script) => format!("{solution}\n{}\n{}", script.definitions, script.call),
        None => format!("{solution}\n{test}"),
    }
}

/// The seconds of a time limit: whole ones, also in a text, as the protocol's own server takes them.
fn seconds(timeout: Option<Json>) -> f64 {
    let seconds = match timeout {
        Some(Json::Number(number)) => number.as_f64().map(f64::trunc),
        Some(Json::String(text)) => text.trim().parse::<i64>().ok().map(|seconds| seconds as f64),
        Some(Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_)) | None => None,
    };
    seconds.unwrap_or(TIMEOUT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_timeout_is_whole_seconds_or_five() {
        let read = [json!(3), json!(2.9), json!("7"), json!("2.5"), json!([1]), Json::Null]
            .map(|timeout| seconds(Some(timeout)));
        assert_eq!(read, [3.0, 2.0, 7.0, 5.0, 5.0, 5.0]);
        assert_eq!(seconds(None), 5.0);
    }

    #[test]
    fn a_test_that_nothing_calls_is_called() {
        let code = spliced("def f(x):\n    return x", "def test():\n    assert f(1) == 1");
        assert!(
            code.starts_with("def f(x):\n    return x\n") && code.contains("\ntest()"),
            "{code}"
        );
        let called =
            spliced("def f(x):\n    return x", "def test():\n    assert f(1) == 1\n\ntest()");
        assert_eq!(called.matches("test()").count(), 2, "{called}");
        assert_eq!(spliced("x = 1", "not python ("), "x = 1\nnot python (");
    }
}
