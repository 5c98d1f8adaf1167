//! `POST /run_code`: SandboxFusion's protocol.

use serde_json::{Value as Json, json};

use super::Server;

fn run(server: &Server, fields: Json) -> Json {
    let mut request = json!({"language": "python", "compile_timeout": 10, "run_timeout": 10,
        "stdin": null, "files": {}, "fetch_files": []});
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let answer = server.post("/run_code", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Status, status of the run, and exit code.
fn words(reply: &Json) -> (&str, &str, Option<i64>) {
    let run = &reply["run_result"];
    (
        reply["status"].as_str().unwrap(),
        run["status"].as_str().unwrap_or("none"),
        run["return_code"].as_i64(),
    )
}

#[test]
fn a_program_in_another_language_reads_its_stdin() {
    crate::support::install("javascript");
    let server = Server::start(&[]);
    let code = "console.log(require('fs').readFileSync(0, 'utf8').trim() * 7)";
    for language in ["nodejs", "javascript"] {
        let request = json!({"code": code, "language": language, "stdin": "6\n"});
        let reply = server.post("/run_code", &request).json();
        assert_eq!(reply["status"], "Success", "{reply}");
        assert_eq!(reply["run_result"]["stdout"], "42\n");
    }
}

#[test]
fn a_syntax_error_of_an_interpreted_language_is_an_end_of_its_run() {
    crate::support::install("javascript");
    let server = Server::start(&[]);
    let reply = run(&server, json!({"code": "console.log(", "language": "nodejs"}));
    assert_eq!(words(&reply), ("Failed", "Finished", Some(1)), "{reply}");
    assert_eq!(
        (&reply["compile_result"], &reply["run_result"]["end"]),
        (&Json::Null, &"compile-error".into())
    );
}

#[test]
#[ignore = "compiles clang, which takes minutes"]
fn a_program_that_does_not_compile_has_a_compile_result_and_no_run() {
    crate::support::install("c");
    let server = Server::start(&[]);
    let reply = run(&server, json!({"code": "int main() { return 1 + ; }", "language": "c"}));
    let compiled = &reply["compile_result"];
    assert_eq!(
        (&reply["status"], &reply["run_result"]),
        (&"Failed".into(), &Json::Null),
        "{reply}"
    );
    assert_eq!((&compiled["status"], &compiled["return_code"]), (&"Finished".into(), &1.into()));
    assert!(compiled["stderr"].as_str().unwrap().contains("error: expected expression"), "{reply}");
    let reply = run(&server, json!({"code": "int main() { return 3; }", "language": "c"}));
    assert_eq!(
        (words(&reply), &reply["compile_result"]),
        (("Failed", "Finished", Some(3)), &Json::Null)
    );
}

#[test]
#[ignore = "builds Go's compiler and compiles it, which takes two minutes"]
fn test_functions_of_go_run_under_the_protocols_name_for_them() {
    crate::support::install("go");
    let server = Server::start(&[]);
    let code = |expected: u8| {
        format!(
            "package main\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {{\n\tif 1+1 != {expected} {{\n\t\tt.Fatal(\"wrong\")\n\t}}\n}}\n"
        )
    };
    for (expected, status) in [(2, "Success"), (3, "Failed")] {
        let request = json!({"code": code(expected), "language": "go_test"});
        let reply = server.post("/run_code", &request).json();
        assert_eq!(reply["status"], status, "{reply}");
    }
}

#[test]
fn each_end_of_a_program_has_the_words_of_the_protocol() {
    let server = Server::start(&["--fuel-per-second", "300M"]);
    for (code, expected, end) in [
        ("print(6 * 7)", ("Success", "Finished", Some(0)), "exited"),
        ("1 / 0", ("Failed", "Finished", Some(1)), "exited"),
        ("import sys; sys.exit(3)", ("Failed", "Finished", Some(3)), "exited"),
        ("def f(:", ("Failed", "Finished", Some(1)), "exited"),
        ("while True: pass", ("Failed", "TimeLimitExceeded", None), "out-of-fuel"),
        (
            "x = []\nwhile True: x.append('x' * 10_000_000 + str(len(x)))",
            ("Failed", "Finished", Some(137)),
            "out-of-memory",
        ),
        (
            "while True: print('x' * 1_000_000)",
            ("Failed", "Finished", Some(153)),
            "output-too-large",
        ),
        ("def f(n): return f(n + 1)\nf(0)", ("Failed", "Finished", Some(1)), "exited"),
        ("open('/etc/passwd')", ("Failed", "Finished", Some(1)), "exited"),
        (
            "import socket\nsocket.create_connection(('127.0.0.1', 80))",
            ("Failed", "Finished", Some(1)),
            "exited",
        ),
    ] {
        let reply = run(&server, json!({"code": code}));
        assert_eq!(words(&reply), expected, "{code}: {reply}");
        assert_eq!(reply["run_result"]["end"], end, "{code}");
        assert_eq!(reply["compile_result"], Json::Null);
        assert_eq!((&reply["executor_pod_name"], &reply["files"]), (&Json::Null, &json!({})));
        assert!(reply["run_result"]["execution_time"].is_f64());
    }
}

#[test]
fn a_program_has_its_stdin_and_its_streams_are_kept_apart() {
    let server = Server::start(&[]);
    let code =
        "import sys\nprint(sum(int(line) for line in sys.stdin))\nprint('e', file=sys.stderr)";
    let reply = run(&server, json!({"code": code, "stdin": "1\n2\n39\n"}));
    assert_eq!(
        (&reply["run_result"]["stdout"], &reply["run_result"]["stderr"]),
        (&"42\n".into(), &"e\n".into())
    );
    let reply = run(&server, json!({"code": "print('ä' * 100_000)"}));
    assert_eq!(reply["run_result"]["stdout"], format!("{}\n", "ä".repeat(100_000)));
    // A trainer gives no reward for a program that raises where nothing is expected.
    let reply = run(&server, json!({"code": "raise SystemExit('')"}));
    assert_eq!((words(&reply).0, &reply["run_result"]["stdout"]), ("Failed", &"".into()));
}

#[test]
fn time_and_memory_of_a_request_are_its_limits_up_to_the_servers() {
    let server =
        Server::start(&["--fuel-per-second", "100M", "--max-fuel", "2G", "--max-memory", "300M"]);
    let limits = |fields: Json| {
        let reply = run(&server, fields);
        let run = &reply["run_result"];
        (run["fuel_limit"].as_u64().unwrap(), run["memory_limit"].as_u64().unwrap() >> 20)
    };
    assert_eq!(limits(json!({"code": "1", "run_timeout": 2.5})), (250_000_000, 256));
    assert_eq!(
        limits(json!({"code": "1", "run_timeout": 1e9, "memory_limit_MB": 100})),
        (2_000_000_000, 100)
    );
    assert_eq!(limits(json!({"code": "1", "memory_limit_MB": 4096})), (1_000_000_000, 300));
    assert_eq!(limits(json!({"code": "1", "memory_limit_MB": -1})), (1_000_000_000, 256));
    let bomb = "try:\n    x = bytearray(150_000_000)\nexcept MemoryError:\n    print('caught')";
    let stdout = |memory: i64| {
        run(&server, json!({"code": bomb, "memory_limit_MB": memory}))["run_result"]["stdout"]
            .clone()
    };
    assert_eq!((stdout(128), stdout(256)), ("caught\n".into(), "".into()));
    let reply = run(&server, json!({"code": "while True: pass", "run_timeout": 0.5}));
    let why = "the program used up its time of 0.5 s, which is 50000000 units of fuel";
    assert_eq!((words(&reply).1, &reply["message"]), ("TimeLimitExceeded", &why.into()));
    let reply = run(&server, json!({"code": "x = 'x' * 10**9", "memory_limit_MB": 99}));
    let why = "the program ran out of memory: its limit is 99 MiB";
    assert_eq!((words(&reply).1, &reply["message"]), ("Finished", &why.into()));
}

#[test]
fn what_is_wrong_with_a_request_is_said_as_the_protocols_server_says_it() {
    let server = Server::start(&[]);
    let invalid = |body: &str| {
        let answer = server.request("POST", "/run_code", &[], body.as_bytes());
        (answer.status, answer.json()["detail"][0]["loc"].clone())
    };
    assert_eq!(invalid("{\"code\""), (422, json!(["body"])));
    assert_eq!(invalid(r#"{"code": "1"}"#), (422, json!(["body"])));
    assert_eq!(invalid(r#"{"code": 1, "language": "python"}"#), (422, json!(["body"])));
    assert_eq!(
        invalid(r#"{"code": "1", "language": "klingon"}"#),
        (422, json!(["body", "language"]))
    );
    for (fields, why) in [
        (
            json!({"code": "1", "language": "java"}),
            "language \"java\" is not known to this server; it runs python, javascript, typescript, ruby, sql, php, perl, c, cpp, go, lua",
        ),
        (
            json!({"code": "1", "files": {"a.txt": "YQ=="}}),
            "files are not supported: programs have none of their own",
        ),
    ] {
        let reply = run(&server, fields);
        assert_eq!((&reply["status"], &reply["message"]), (&"SandboxError".into(), &why.into()));
        assert_eq!(reply["run_result"], Json::Null);
    }
    // Files that are not there are not fetched, and that is no failure.
    let reply =
        run(&server, json!({"code": "1", "files": {"a": null}, "fetch_files": ["out.txt"]}));
    assert_eq!((words(&reply).0, &reply["files"]), ("Success", &json!({})));
}
