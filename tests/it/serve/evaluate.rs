//! `POST /common_evaluate_batch`: a reply and all tests of its problem.

use serde_json::{Value as Json, json};

use super::Server;

fn evaluate(server: &Server, completion: &str, tests: Json, extra: Json) -> Json {
    let request = json!({"completion": completion, "config": {"language": "python", "compile_timeout": 5,
        "run_timeout": 5, "provided_data": {"test_cases": tests}, "extra": extra}});
    let answer = server.post("/common_evaluate_batch", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Whether all passed, and each.
fn passed(evaluation: &Json) -> (bool, Vec<bool>) {
    let tests = evaluation["tests"].as_array().unwrap();
    let each = tests.iter().map(|test| test["passed"].as_bool().unwrap()).collect();
    (evaluation["accepted"].as_bool().unwrap(), each)
}

const SUM: &str = "Sure:\n```python\na, b = map(int, input().split())\nprint(a + b)\n```\n";

#[test]
fn a_program_is_tested_by_its_streams() {
    let server = Server::start(&[]);
    let tests = |outputs: [&str; 3]| json!({"type": "stdin_stdout", "fn_name": null, "input": ["1 2", "3 4", "5 x"], "output": outputs});
    let all = json!({"run_all_cases": true});
    let reply = evaluate(&server, SUM, tests(["3", "8", ""]), all.clone());
    assert_eq!(passed(&reply), (false, vec![true, false, false]));
    assert_eq!(reply["extracted_code"], "a, b = map(int, input().split())\nprint(a + b)\n");
    let [first, second, third] = [0, 1, 2].map(|index| reply["tests"][index].clone());
    assert_eq!(first["exec_info"]["run_result"]["stdout"], "3\n");
    assert_eq!(second["exec_info"]["status"], "Success");
    assert_eq!(second["test_info"], json!({"input": {"stdin": "3 4"}, "output": {"stdout": "8"}}));
    // No reward for a program that raises, even if it printed what is expected.
    assert_eq!(
        (&third["exec_info"]["status"], &third["exec_info"]["run_result"]["return_code"]),
        (&"Failed".into(), &1.into())
    );
    // Without that wish, the first failure is the last test.
    let reply = evaluate(&server, SUM, tests(["3", "8", ""]), json!({}));
    assert_eq!(passed(&reply), (false, vec![true, false]));
    let tests = json!({"input": ["1 2", "3 4"], "output": [" 3 ", "7.00001"]});
    assert_eq!(passed(&evaluate(&server, SUM, tests, all)), (true, vec![true, true]));
}

#[test]
fn a_function_is_tested_by_its_results_which_it_never_sees() {
    let server = Server::start(&[]);
    let tests = json!({"type": "function_call", "fn_name": "double", "input": [[[1, 2]], [["a"]], [3]], "output": [[[1, 2, 1, 2]], [["a", "a"]], [6]]});
    let all = json!({"run_all_cases": true});
    let each = |code: &str| passed(&evaluate(&server, code, tests.clone(), all.clone())).1;
    assert_eq!(each("def double(x):\n    return x + x"), [true, true, true]);
    assert_eq!(
        each("class Solution:\n    def double(self, x):\n        return x + x"),
        [true, true, true]
    );
    assert_eq!(each("def double(x):\n    return x + [] + x"), [true, true, false]);
    // What would pass a test that asserts in the program's own interpreter.
    for cheat in [
        "class Any:\n    def __eq__(self, other):\n        return True\n\ndef double(x):\n    return Any()",
        "import sys\ndef double(x):\n    sys.exit(0)",
        "import os\nos._exit(0)\ndef double(x): pass",
        "def other(x): pass",
        "def double(x):\n    while True: pass",
    ] {
        let server = Server::start(&["--fuel-per-second", "100M"]);
        let reply = evaluate(&server, cheat, tests.clone(), all.clone());
        assert_eq!(passed(&reply), (false, vec![false; 3]), "{cheat}: {reply}");
    }
    let reply = evaluate(&server, "def double(x):\n    return x / 0", tests, json!({}));
    let run = &reply["tests"][0]["exec_info"]["run_result"];
    assert_eq!(
        (&run["return_code"], &run["stderr"]),
        (&1.into(), &"TypeError: unsupported operand type(s) for /: 'list' and 'int'\n".into())
    );
    let tests = json!({"type": "function_call", "fn_name": "add", "json_input": true, "input": ["1\n2", "\"a\"\n\"b\""], "output": ["3", "\"ab\""]});
    let reply = evaluate(&server, "def add(a, b):\n    return a + b", tests, all);
    assert_eq!(passed(&reply), (true, vec![true, true]));
}

#[test]
fn tests_end_when_their_time_is_used_up() {
    let server = Server::start(&["--fuel-per-second", "100M", "--threads", "1"]);
    let tests = json!({"input": ["", "", "", ""], "output": ["1", "1", "1", "1"]});
    let code = "for i in range(100_000): pass\nprint(1)";
    let reply = evaluate(&server, code, tests, json!({"run_all_cases": true, "total_timeout": 1}));
    let words: Vec<&str> =
        (0..4).map(|test| reply["tests"][test]["exec_info"]["status"].as_str().unwrap()).collect();
    assert_eq!(words.first().zip(words.last()), Some((&"Success", &"SandboxError")), "{reply}");
    assert_eq!(reply["tests"][3]["exec_info"]["message"], "Total Timeout");
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let server = Server::start(&[]);
    let detail = |body: Json| {
        let answer = server.post("/common_evaluate_batch", &body);
        (answer.status, answer.json()["detail"].as_str().unwrap().to_owned())
    };
    let with = |config: Json| detail(json!({"completion": "1", "config": config}));
    let tests = json!({"test_cases": {"input": [""], "output": [""]}});
    for (found, why) in [
        (detail(json!({})), "completion is missing, expected a string"),
        (detail(json!({"completion": "1"})), "config is missing, expected an object"),
        (
            with(json!({"language": "python"})),
            "config.provided_data.test_cases is missing, expected an object",
        ),
        (with(json!({"provided_data": tests})), "config.language field must exist, got None"),
        (
            with(json!({"language": "rust", "provided_data": tests})),
            "language \"rust\" is not known to this server; it runs python, javascript, typescript, ruby, sql, php, perl, c, cpp, go, lua",
        ),
        (
            with(
                json!({"language": "python", "provided_data": {"test_cases": {"type": "assert", "input": [], "output": []}}}),
            ),
            "test_cases.type is \"assert\", expected \"stdin_stdout\" or \"function_call\"",
        ),
        (
            with(
                json!({"language": "python", "provided_data": {"test_cases": {"input": [""], "output": []}}}),
            ),
            "test_cases has 1 inputs and 0 outputs",
        ),
        (
            with(
                json!({"language": "python", "provided_data": {"test_cases": {"fn_name": "a b", "input": [[]], "output": [1]}}}),
            ),
            "fn_name \"a b\" is not a valid identifier",
        ),
        (
            with(
                json!({"language": "python", "custom_extract_logic": "import os", "provided_data": tests}),
            ),
            "config.custom_extract_logic is not supported: it is code for the server to run",
        ),
    ] {
        assert_eq!(found, (400, why.to_owned()));
    }
}
