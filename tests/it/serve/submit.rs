//! `POST /submit`: AutoCodeBench's protocol.

use serde_json::{Value as Json, json};

use super::Server;

fn submit(server: &Server, fields: Json) -> Json {
    let mut request = json!({"src_uid": "u", "lang": "python"});
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let answer = server.post("/submit", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn each_end_of_a_program_has_the_words_of_the_protocol() {
    let server = Server::start(&["--fuel-per-second", "500M"]);
    for (code, outcome, exit_code) in [
        ("print(6 * 7)", "PASSED", Some(0)),
        ("1 / 0", "RUNTIME_ERROR", Some(1)),
        ("assert 1 == 2", "RUNTIME_ERROR", Some(1)),
        ("import sys; sys.exit(3)", "RUNTIME_ERROR", Some(3)),
        ("def f(:", "SYNTAX_ERROR", Some(1)),
        ("if 1:\nx = 1", "SYNTAX_ERROR", Some(1)),
        ("eval('1 +')", "RUNTIME_ERROR", Some(1)),
        ("while True: pass", "TIME_LIMIT_EXCEEDED", None),
        (
            "x = []\nwhile True: x.append('x' * 10_000_000 + str(len(x)))",
            "RUNTIME_ERROR",
            Some(137),
        ),
        ("print('failed')", "PASSED", Some(0)),
    ] {
        let reply = submit(&server, json!({"source_code": code}));
        let extensions = &reply["response_extensions"];
        assert_eq!(reply["exec_outcome"], outcome, "{code}: {reply}");
        assert_eq!(extensions["exit_code"].as_i64(), exit_code, "{code}");
        assert_eq!(extensions["timeout"], exit_code.is_none(), "{code}");
        assert_eq!((&reply["src_uid"], &reply["all_code"]), (&"u".into(), &"".into()));
        assert_eq!(reply["exec_cout"], extensions["stdout"]);
        // The reason of an end by a limit follows.
        let message = reply["exec_runtime_message"].as_str().unwrap();
        assert!(message.starts_with(extensions["stderr"].as_str().unwrap()), "{code}");
        assert_eq!(message.contains("the program "), extensions["end"] != "exited", "{code}");
    }
    let reply = submit(&server, json!({"source_code": "print('x' * 200_000)"}));
    assert_eq!(reply["exec_cout"], "x".repeat(200_000) + "\n");
}

#[test]
fn a_solution_and_its_test_are_put_together_and_the_test_runs() {
    let server = Server::start(&[]);
    let solution = "def add_two_numbers(a, b):\n    return a + b";
    let outcome = |solution: &str, test: &str| {
        let reply = submit(&server, json!({"func_code": solution, "main_code": test}));
        assert!(reply["all_code"].as_str().unwrap().starts_with(solution));
        reply["exec_outcome"].as_str().unwrap().to_owned()
    };
    let called = "def test():\n    assert add_two_numbers(1, 2) == 3\n\nif __name__ == '__main__':\n    test()";
    let uncalled = "def test():\n    assert add_two_numbers(1, 2) == 3\n";
    let wrong = solution.replace('+', "-");
    assert_eq!(outcome(solution, called), "PASSED");
    assert_eq!(outcome(solution, uncalled), "PASSED");
    assert_eq!(outcome(&wrong, called), "RUNTIME_ERROR");
    assert_eq!(outcome(&wrong, uncalled), "RUNTIME_ERROR");
}

#[test]
fn programs_in_javascript_end_in_the_same_words() {
    crate::support::install("javascript");
    let server = Server::start(&["--fuel-per-second", "500M"]);
    let add = "const add = (a, b) => a + b;";
    for (solution, test, outcome) in [
        (add, "if (add(1, 2) !== 3) throw new Error('wrong');", "PASSED"),
        ("const add = (a, b) => a - b;", "require('assert').equal(add(1, 2), 3);", "RUNTIME_ERROR"),
        (add, "process.exit(3)", "RUNTIME_ERROR"),
        (add, "const add = 1;", "SYNTAX_ERROR"),
        (add, "while (true) {}", "TIME_LIMIT_EXCEEDED"),
    ] {
        let fields = json!({"lang": "javascript", "func_code": solution, "main_code": test});
        let reply = submit(&server, fields);
        assert_eq!(reply["exec_outcome"], outcome, "{test}: {reply}");
        assert_eq!(reply["all_code"], format!("{solution}\n{test}"));
    }
}

#[test]
fn limits_come_from_the_request_extensions() {
    let server = Server::start(&["--fuel-per-second", "100M"]);
    let limits = |extensions: Json| {
        let reply = submit(&server, json!({"source_code": "1", "request_extensions": extensions}));
        let extensions = &reply["response_extensions"];
        (
            extensions["fuel_limit"].as_u64().unwrap(),
            extensions["memory_limit"].as_u64().unwrap() >> 20,
        )
    };
    assert_eq!(limits(json!({})), (500_000_000, 256));
    assert_eq!(limits(json!({"timeout": 3, "debug": "true"})), (300_000_000, 256));
    assert_eq!(limits(json!({"timeout": "7", "memory_limit_MB": 100})), (700_000_000, 100));
}

#[test]
fn what_is_wrong_with_a_request_is_said_in_the_protocols_fields() {
    let server = Server::start(&[]);
    for (fields, why) in [
        (json!({"src_uid": "", "source_code": "1"}), "Missing required field: src_uid"),
        (json!({"lang": "", "source_code": "1"}), "Missing required field: lang"),
        (json!({}), "Missing required field: source_code"),
        (json!({"func_code": "1"}), "Missing required field: source_code"),
        (
            json!({"lang": "rust", "source_code": "1"}),
            "language \"rust\" is not known to this server; it runs python, javascript, typescript, ruby, sql, php, perl, c, cpp, go, lua",
        ),
    ] {
        let reply = submit(&server, fields);
        assert_eq!(reply["exec_outcome"], "ARGUMENT_ERROR");
        assert_eq!(reply["exec_runtime_message"], why);
    }
    let answer = server.request("POST", "/submit", &[], b"{\"src_uid\"");
    assert_eq!((answer.status, &answer.json()["exec_outcome"]), (400, &"ARGUMENT_ERROR".into()));
    let answer = server.get("/submit");
    assert_eq!((answer.status, &answer.json()["exec_outcome"]), (405, &"ARGUMENT_ERROR".into()));
}

#[test]
fn messages_are_shown_only_if_the_log_is_asked_for() {
    let server = Server::start(&[]);
    let message = |fields: Json| {
        let mut request = json!({"source_code": "1 / 0"});
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        submit(&server, request)["exec_runtime_message"]
            .as_str()
            .unwrap()
            .contains("ZeroDivisionError")
    };
    assert!(message(json!({})) && message(json!({"show_log": true})));
    // The protocol's own client sends a text, which its server takes for no.
    assert!(!message(json!({"show_log": "true"})) && !message(json!({"show_log": false})));
}
