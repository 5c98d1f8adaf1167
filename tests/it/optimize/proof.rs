//! Two programs for one row: whether the proof sees that they do not do the same.

use serde_json::json;
use tgsand::ask::prompt::Prompts;
use tgsand::json::Json;
use tgsand::pipeline::optimize::proof::{Prover, Verdict};
use tgsand::pipeline::optimize::sample::Sample;
use tgsand::record::{Lineage, Record};
use tgsand::sandbox::Limits;

use crate::support::sandbox;

/// What the proof says of another program for a row.
fn verdict(row: serde_json::Value, program: &str) -> Verdict {
    let Json::Object(row) = Json::from(row) else { panic!("a row is an object") };
    let prompts = Prompts::default();
    let body = Sample::read(row, "row", &prompts).unwrap();
    let lineage = Lineage { file: "in.jsonl".into(), line: 1 };
    let record = Record { id: "row".into(), lineage, body };
    let limits = Limits { fuel: 50_000_000, ..Limits::default() };
    let prover = Prover { sandbox: sandbox(), prompts: &prompts, limits, seed: 0, inputs: 16 };
    let tokio = tokio::runtime::Runtime::new().unwrap();
    tokio.block_on(async {
        let Ok((row, original)) = prover.open(&record).await.unwrap() else {
            panic!("the row can be used")
        };
        original.unwrap().compare(&row, program).await.unwrap()
    })
}

/// The verdict on a rewrite of a function whose test calls it with 1.
fn of_function(before: &str, after: &str, test: &str) -> Verdict {
    verdict(json!({"text": "?", "code": before, "test_list": [test]}), after)
}

#[track_caller]
fn assert_differs(verdict: &Verdict, why: &str) {
    let Verdict::Differs(found) = verdict else { panic!("{verdict:?}") };
    assert!(found.contains(why), "{found}");
}

#[test]
fn the_same_in_other_words_is_the_same() {
    let before = "def f(x):\n    if x > 0:\n        return 1\n    return 0\n";
    let after = "def f(x):\n    return 1 if x > 0 else 0\n";
    assert_eq!(of_function(before, after, "assert f(1) == 1"), Verdict::Same);
}

#[test]
fn a_test_that_fails_is_named() {
    let before = "def f(x):\n    return x + 1\n";
    let Verdict::FailsTest(why) =
        of_function(before, "def f(x):\n    return x + 2\n", "assert f(1) == 2")
    else {
        panic!("the test passes");
    };
    assert_eq!(why, "f(1): expected 2, got 3");
}

#[test]
fn results_exceptions_prints_and_changed_arguments_that_no_test_looks_at_are_seen() {
    let differing = [
        (
            "def f(x):\n    return x if x > 0 else 0\n",
            "def f(x):\n    return x if x >= 0 else -1\n",
            "assert f(1) == 1",
            "returns 0 before, returns -1 after",
        ),
        (
            "def f(x):\n    return 10 // x\n",
            "def f(x):\n    return 10 // x if x else 0\n",
            "assert f(1) == 10",
            "raises ZeroDivisionError",
        ),
        (
            "def f(x):\n    if x < 0:\n        raise ValueError('a')\n    return x\n",
            "def f(x):\n    if x < 0:\n        raise ValueError('b')\n    return x\n",
            "assert f(1) == 1",
            "raises ValueError: a before, raises ValueError: b after",
        ),
        (
            "def f(x):\n    return x\n",
            "def f(x):\n    if x == 0:\n        print(x)\n    return x\n",
            "assert f(1) == 1",
            "prints or changes something else",
        ),
        (
            "def f(x: list) -> int:\n    return len(x)\n",
            "def f(x: list) -> int:\n    x.append(1)\n    return len(x) - 1\n",
            "assert f([1]) == 1",
            "prints or changes something else",
        ),
    ];
    for (before, after, test, why) in differing {
        assert_differs(&of_function(before, after, test), why);
    }
}

#[test]
fn a_program_that_no_longer_defines_its_function_fails() {
    let before = "def f(x):\n    return x\n";
    let verdict = of_function(before, "def g(x):\n    return x\n", "assert f(1) == 1");
    assert!(matches!(verdict, Verdict::FailsTest(_)), "{verdict:?}");
}

#[test]
fn a_program_that_reads_stdin_is_run_on_fresh_texts() {
    let row = json!({
        "question": "Read a number and print it, but never less than 3.",
        "solutions": "print(max(3, int(input())))\n",
        "input_output": {"inputs": ["5\n", "8\n"], "outputs": ["5\n", "8\n"]}
    });
    assert_eq!(verdict(row.clone(), "n = int(input())\nprint(n if n > 3 else 3)\n"), Verdict::Same);
    assert_differs(&verdict(row, "print(int(input()))\n"), "it prints something else");
}

#[test]
fn functions_without_tests_are_compared_on_inputs_alone() {
    let row = json!({"code": "def f(x: int) -> int:\n    return x * 2\n"});
    assert_eq!(verdict(row.clone(), "def f(x: int) -> int:\n    return x + x\n"), Verdict::Same);
    assert_differs(&verdict(row, "def f(x: int) -> int:\n    return x ** 2\n"), "returns");
}

#[test]
fn chance_decides_nothing() {
    let before = "import random\ndef f(x):\n    return x if x > 0 else random.random()\n";
    let after = "import random\ndef f(x):\n    return x if x > 0 else random.random() + 1\n";
    assert_eq!(of_function(before, after, "assert f(1) == 1"), Verdict::Same);
}

#[test]
fn the_order_of_a_set_decides_nothing() {
    let before = "def f(a, b):\n    return tuple(set(a) & set(b))\n";
    let after = "def f(a, b):\n    both = set(a) & set(b)\n    return tuple(both)\n";
    assert_eq!(of_function(before, after, "assert set(f((3, 4), (4, 5))) == {4}"), Verdict::Same);
}

#[test]
fn a_variable_that_is_not_bound_may_have_another_name() {
    let before = "def f(x):\n    for y in range(x):\n        z = y\n    return z\n";
    let after = before.replace('z', "last");
    assert_eq!(of_function(before, &after, "assert f(3) == 2"), Verdict::Same);
}
