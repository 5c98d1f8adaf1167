//! `POST /v1/exec`: our own jobs.

use serde_json::{Value as Json, json};

use tgsand::sandbox::runtime::Interpreter;

use super::Server;
use crate::cli::{ended, json_lines, tgsand};

/// A job of each kind that `docs/exec.md` shows.
fn jobs() -> Vec<Json> {
    vec![
        json!({"id": "j1", "code": "def f(a, b=2):\n    return a + b\n", "entry": "f",
               "cases": [{"args": [1], "kwargs": {"b": 3}}, {"call": "{1, 2}"}]}),
        json!({"id": 2, "code": "print(input())", "stdin": "hi\n"}),
        json!({"id": null, "code": "import sys\nsys.exit(len(sys.argv))", "argv": ["a", "b"]}),
        json!({"id": [4], "code": "while True: pass", "fuel": 5_000_000}),
        json!({"id": 5, "code": "x = 'x' * 100_000_000", "memory": 70_000_000}),
        json!({"id": 6, "code": "print('x' * 5000)", "output": 1000}),
        json!({"id": 7, "code": "def f(:"}),
        json!({"id": 8}),
        json!({"id": 9, "code": "1", "fule": 1}),
    ]
}

#[test]
fn a_job_over_http_has_the_answer_that_exec_gives() {
    let server = Server::start(&[]);
    let lines: String = jobs().iter().map(|job| format!("{job}\n")).collect();
    let mut command = tgsand();
    command.args(["exec", "-", "--threads", "2"]);
    let expected = json_lines(&ended(command, lines.clone()).stdout);
    let one_by_one: Vec<Json> =
        jobs().iter().map(|job| server.post("/v1/exec", job).json()).collect();
    assert_eq!(one_by_one, expected);
    let list = server.post("/v1/exec", &Json::from(jobs()));
    assert_eq!((list.status, list.json()), (200, Json::from(expected.clone())));
    let answer = server.request("POST", "/v1/exec", &[], format!("\n{lines}\n").as_bytes());
    assert_eq!(answer.header("content-type"), Some("application/jsonl"));
    assert_eq!(json_lines(&answer.text()), expected);
}

#[test]
fn a_job_that_cannot_be_run_has_an_error_and_a_status() {
    crate::support::install("javascript");
    let server = Server::start(&["--max-fuel", "10G"]);
    let error = |body: &str| {
        let answer = server.request("POST", "/v1/exec", &[], body.as_bytes());
        let json = answer.json();
        (answer.status, json["id"].clone(), json["error"].as_str().unwrap_or_default().to_owned())
    };
    for (body, id, why) in [
        ("not json", Json::Null, "not a JSON object"),
        ("", Json::Null, "not a JSON object"),
        (r#"{"id": 1, "code": 2}"#, 1.into(), "code is 2, expected a string"),
        (
            r#"{"id": 2, "code": "1", "runtime": "cobol"}"#,
            2.into(),
            "there is no runtime \"cobol\"",
        ),
        (
            r#"{"id": 3, "code": "1", "fuel": 10000000001}"#,
            3.into(),
            "the job may use 10000000001 units of fuel; this server's limit is 10000000000",
        ),
        (
            r#"{"id": 4, "code": "1", "memory": 9000000000}"#,
            4.into(),
            "memory is 9000000000; this server's limit is 1073741824",
        ),
        (
            r#"{"id": 5, "code": "1", "output": 90000000}"#,
            5.into(),
            "output is 90000000; this server's limit is 16777216",
        ),
        (
            r#"{"id": 6, "code": "1", "language": "javascript", "entry": "f"}"#,
            6.into(),
            "this runtime runs whole programs",
        ),
    ] {
        let (status, found, error) = error(body);
        assert_eq!((status, found), (400, id), "{body}");
        assert!(error.starts_with(why), "{body}: {error}");
    }
}

#[test]
fn a_runtime_that_is_not_installed_is_named_with_the_command_that_installs_it() {
    let server = Server::start(&[]);
    let missing: Vec<_> = tgsand::sandbox::runtime::all()
        .into_iter()
        // Other tests install the languages meanwhile.
        .filter(|runtime| matches!(runtime.interpreter, Interpreter::Cpython(_)))
        .filter(|runtime| runtime.manifest().is_none())
        .map(|runtime| runtime.name)
        .collect();
    for name in missing {
        let answer = server.post("/v1/exec", &json!({"code": "1", "runtime": name}));
        let expected = format!(
            "runtime \"{name}\" is not installed; `tgsand runtime install {name}` installs it"
        );
        assert_eq!((answer.status, answer.json()["error"].clone()), (400, expected.into()));
    }
}

#[test]
fn a_sandbox_that_gave_its_memory_back_runs_the_next_job_the_same() {
    let sandbox = crate::support::open();
    let job = || crate::support::call_job("def f(x):\n    return [x] * 3\n", &["1", "'a'"]);
    let before = sandbox.run(job()).unwrap();
    sandbox.release();
    assert_eq!(sandbox.run(job()).unwrap(), before);
}
