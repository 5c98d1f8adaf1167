//! What the published graders of a format give answers and forgive them, and how to say otherwise.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{eval, results, scores, write_rows};

/// A row in APPS's form: a program that reads stdin.
fn program(id: &str, input: &str, output: &str, solution: &str) -> Json {
    json!({"problem_id": id, "question": "See the tests.", "solutions": json!([solution]).to_string(),
        "input_output": json!({"inputs": [input], "outputs": [output]}).to_string()})
}

/// A row in APPS's form: a function that is called.
fn call(id: &str, solution: &str) -> Json {
    json!({"problem_id": id, "question": "Sum.", "solutions": json!([solution]).to_string(),
        "input_output": json!({"inputs": [[[1, 2]]], "outputs": [3], "fn_name": "total"}).to_string()})
}

/// The samples of the rows' own programs under these options, in order.
fn samples(folder: &Path, rows: &[Json], options: &[&str]) -> Vec<Json> {
    write_rows(&folder.join("test.jsonl"), rows);
    let ended = eval(folder, &[&["test.jsonl", "--reference", "--out", "run"], options].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    results(&folder.join("run")).into_iter().map(|row| row["samples"][0].clone()).collect()
}

#[test]
fn names_that_a_grader_imports_are_there_unless_another_prelude_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let solution = "class Solution:\n    def total(self, xs: List[int]) -> int:\n        counts = collections.Counter(xs)\n        \
        found = defaultdict(int)\n        heap = []\n        heappush(heap, 0)\n        return sum(k * v for k, v in counts.items()) + found[0]\n";
    let rows = [
        call("call", solution),
        program("stream", "1 2\n", "2\n", "q = deque(map(int, input().split()))\nprint(q.pop())\n"),
        program("nothing", "", "1\n", "print(1)\n"),
    ];
    let found = samples(folder.path(), &rows, &[]);
    assert!(found.iter().all(|sample| sample["passed"] == true), "{found:?}");
    assert_eq!(
        found[0]["prelude"],
        "import collections; from collections import defaultdict; from heapq import heappush; from typing import List"
    );
    assert_eq!(
        (&found[1]["prelude"], found[2]["prelude"].as_str()),
        (&json!("from collections import deque"), None)
    );
    let found = samples(folder.path(), &rows, &["--prelude", "none"]);
    let passed: Vec<&Json> = found.iter().map(|sample| &sample["passed"]).collect();
    assert_eq!(passed, [false, false, true]);
    assert_eq!(found[1]["failing"]["exception"], "NameError");
}

#[test]
fn a_time_limit_of_a_row_raises_its_fuel_and_a_failure_names_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let solution = "n = 0\nfor i in range(10**6):\n    n += i\nprint(n)\n";
    let mut rows = [
        program("long", "", "499999500000\n", solution),
        program("free", "", "499999500000\n", solution),
    ];
    rows[0]["time_limit"] = json!({"seconds": 1, "nanos": 500_000_000});
    let found = samples(folder.path(), &rows, &["--fuel", "50M"]);
    assert_eq!((&found[0]["passed"], &found[1]["result"]), (&json!(true), &json!("out-of-fuel")));
    let limit = |sample: &Json| sample["failing"]["got"].as_str().unwrap().to_owned();
    assert!(limit(&found[1]).ends_with("the limit was 0.05G of fuel, from --fuel"), "{found:?}");
    let found = samples(folder.path(), &rows, &["--fuel", "50M", "--time-factor", "0"]);
    assert!(found.iter().all(|sample| sample["result"] == "out-of-fuel"), "{found:?}");
    let found = samples(folder.path(), &rows, &["--fuel", "50M", "--time-factor", "0.002"]);
    assert!(
        limit(&found[0])
            .ends_with("the limit was 0.105G of fuel, from the problem's time limit of 1.5 s"),
        "{found:?}"
    );
}

#[test]
fn an_expected_output_of_any_size_may_be_printed() {
    let folder = tempfile::tempdir().unwrap();
    let expected = "1234567\n".repeat(40_000);
    let right = program("right", "", &expected, "print('1234567\\n' * 40000)\n");
    let endless = program("endless", "", "1\n", "print('1234567\\n' * 40000)\n");
    let found = samples(folder.path(), &[right, endless], &["--output", "200K"]);
    let found: Vec<&Json> = found.iter().map(|sample| &sample["result"]).collect();
    assert_eq!(found, ["passed", "output-too-large"]);
}

#[test]
fn a_call_may_return_as_many_values_as_are_expected_and_no_answer_many_more() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: &str, expected: Json, solution: &str| {
        let cases = json!({"inputs": [[210_000]], "outputs": [expected], "fn_name": "f"});
        json!({"problem_id": id, "question": "See the tests.", "solutions": json!([solution]).to_string(),
            "input_output": cases.to_string()})
    };
    let numbers: Json = (0..210_000).collect();
    let text: Json = "x".repeat(4_200_000).into();
    let rows = [
        row("list", numbers.clone(), "def f(n): return list(range(n))\n"),
        row("generator", numbers.clone(), "def f(n):\n    yield from range(n)\n"),
        row("text", text, "def f(n): return 'x' * (20 * n)\n"),
        row("large", numbers, "def f(n): return [0] * 10 ** 7\n"),
        row("unexpected", json!([1]), "def f(n): return list(range(n))\n"),
    ];
    let found = samples(folder.path(), &rows, &[]);
    let found: Vec<&Json> = found.iter().map(|sample| &sample["result"]).collect();
    assert_eq!(found, ["passed", "wrong-answer", "passed", "output-too-large", "output-too-large"]);
}

#[test]
fn a_program_may_print_and_read_integers_of_any_number_of_digits() {
    let folder = tempfile::tempdir().unwrap();
    let digits = "7".repeat(6000);
    let rows = [
        program("digits", &digits, &digits, "print(int(input()))\n"),
        program(
            "future",
            &digits,
            &digits,
            "'doc'\nfrom __future__ import annotations\nprint(int(input()))\n",
        ),
        program("threads", &digits, &digits, "import threading\nprint(int(input()))\n"),
    ];
    let found = samples(folder.path(), &rows, &[]);
    assert!(found.iter().all(|sample| sample["passed"] == true), "{found:?}");
}

#[test]
fn numbers_in_output_may_differ_by_a_millionth_of_one_or_of_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        program("absolute", "", "0.0000000\n", "print(4e-7)\n"),
        program("relative", "", "2000000.5\n", "print(2000001.5)\n"),
        program("far", "", "1.00001\n", "print(1.0)\n"),
        program("integers", "", "10000001\n", "print(10000000)\n"),
    ];
    let passed = |options: &[&str]| -> Vec<bool> {
        let found = samples(folder.path(), &rows, options);
        found.iter().map(|sample| sample["passed"] == true).collect()
    };
    assert_eq!(passed(&[]), [true, true, false, false]);
    assert_eq!(passed(&["--float-tolerance", "0"]), [false; 4]);
    assert_eq!(passed(&["--float-tolerance", "0.01"]), [true, true, true, false]);
}

#[test]
fn output_is_compared_as_live_code_bench_does_unless_asked_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: &str, output: &str| {
        json!({"question_content": "See the tests.", "question_id": id, "starter_code": "", "metadata": "{}",
            "public_test_cases": json!([{"input": "", "output": output, "testtype": "stdin"}]).to_string()})
    };
    // The test's output, the answer, whether it passes, and whether it passes token by token.
    let rows = [
        ("6\n", "print(6.0)", true, false),
        ("0.1 2", "print('0.10  2')", true, false),
        ("1 2 3", "print(1, 2, 3, sep='\\n')", false, true),
        ("6", "print(6)\nexit(1)", true, true),
        ("6", "print(6)\nraise ValueError", false, false),
        ("a 6", "print('b 6')", false, false),
    ];
    let ids = (0..rows.len()).map(|at| at.to_string());
    let tests: Vec<Json> = ids.clone().zip(rows).map(|(id, it)| row(&id, it.0)).collect();
    write_rows(&folder.path().join("test.jsonl"), &tests);
    let replies: Vec<Json> =
        ids.zip(rows).map(|(id, it)| json!({"question_id": id, "completion": it.1})).collect();
    write_rows(&folder.path().join("replies.jsonl"), &replies);
    let passed = |options: &[&str]| -> Vec<bool> {
        let args = ["test.jsonl", "--completions", "replies.jsonl", "--out", "run"];
        scores(folder.path(), &[args.as_slice(), options].concat(), 0);
        let found = results(&folder.path().join("run"));
        found.iter().map(|row| row["samples"][0]["passed"] == true).collect()
    };
    assert_eq!(passed(&[]), rows.map(|it| it.2));
    assert_eq!(passed(&["--stdout", "tokens"]), rows.map(|it| it.3));
}

#[test]
fn two_conventions_of_one_file_of_replies_are_compared_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: &str| program(id, "3 4\n", "7\n", "print(sum(map(int, input().split())))\n");
    write_rows(&folder.path().join("test.jsonl"), &[row("a"), row("b")]);
    let replies = [
        json!({"problem_id": "a", "completion": "print(reduce(int.__add__, map(int, input().split())))\n"}),
        json!({"problem_id": "b", "completion": "print(sum(map(int, input().split())))\n"}),
    ];
    write_rows(&folder.path().join("replies.jsonl"), &replies);
    let args = |prelude, out| {
        ["test.jsonl", "--completions", "replies.jsonl", "--prelude", prelude, "--out", out]
    };
    assert_eq!(scores(folder.path(), &args("none", "strict"), 0)["pass@1"], 0.5);
    assert_eq!(scores(folder.path(), &args("live-code-bench", "lcb"), 0)["pass@1"], 1.0);
    let compared = eval(folder.path(), &["compare", "strict", "lcb"]);
    for row in [
        "| better in the second | 1: a |",
        "| settings: prelude | \"none\" -> \"live-code-bench\" |",
        "| a | 0 | raised, 0 tests passed | passed | the same | prelude: none -> from functools import reduce; \
         __import__('sys').setrecursionlimit(50000); __import__('sys').set_int_max_str_digits(50000); test 0: raised -> passed: 3 4; expected 7; got NameError: name 'reduce' is not defined |",
    ] {
        assert!(compared.stdout.contains(row), "{}", compared.stdout);
    }
}

/// A checker as the sets that carry one in Python have it: files in, a number out.
const ANY_SMALLER: &str = "import sys\n\ndef main():\n    with open(sys.argv[1]) as f:\n        limit = int(f.read())\n    stated = int(open(sys.argv[2]).read())\n    \
    try:\n        found = int(open(sys.argv[3], 'rb').read().decode())\n    except ValueError:\n        print(0)\n        return\n    \
    assert 0 <= stated < limit\n    print(1 if 0 <= found < limit else 0)\n\nif __name__ == '__main__':\n    main()\n";

#[test]
fn a_checker_in_python_decides_about_other_outputs_than_the_stated_one() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: &str, solution: &str, checker: &str| {
        let mut row = program(id, "5\n", "2\n", solution);
        row["generated_checker"] = json!(checker);
        row
    };
    let same = "import pathlib, sys\ntexts = [pathlib.Path(p).read_text() for p in sys.argv[2:]]\nsys.exit(int(texts[0]) != int(texts[1]))\n";
    let rows = [
        row("stated", "print(2)\n", ANY_SMALLER),
        row("another", "print(4)\n", ANY_SMALLER),
        row("wrong", "print(7)\n", ANY_SMALLER),
        row("not a number", "print('two')\n", ANY_SMALLER),
        row("exit code", "print('02')\n", same),
        row(
            "says nothing",
            "print(4)\n",
            "import sys\n\ndef check(path=sys.argv[3]):\n    print(1)\n",
        ),
        row("fails", "print(4)\n", "import sys\nint(open(sys.argv[9]).read())\nprint(1)\n"),
        row("never ends", "print(4)\n", "import sys\nwhile sys.argv: pass\n"),
        row("echo", "print('2 7')\n", "import sys\nprint(open(sys.argv[3]).read())\nprint(0)\n"),
        row("sentence", "print(4)\n", "import sys\nprint('Correct:', sys.argv is None)\n"),
        row("forged", "print('1')\nprint('accepted')\n", ANY_SMALLER),
        row("another exit code", "print(3)\n", same),
    ];
    let found = samples(folder.path(), &rows, &["--fuel", "500M"]);
    let passed: Vec<_> = found.iter().map(|sample| sample["passed"] == true).collect();
    assert_eq!(
        passed,
        [true, true, false, false, true, false, false, false, false, false, false, false]
    );
    let got = |index: usize| found[index]["failing"]["got"].as_str().unwrap();
    let failed: Vec<usize> =
        (0..found.len()).filter(|&index| found[index]["result"] == "checker-failed").collect();
    assert_eq!(failed, [5, 6, 7], "{found:?}");
    let wrong = found.iter().filter(|sample| sample["result"] == "wrong-answer");
    assert_eq!(wrong.count(), 6, "{found:?}");
    assert_eq!(got(11), "the checker rejects it\n3\n");
    assert_eq!(got(2), "the checker says: 0\n7\n");
    assert_eq!(got(5), "the checker says nothing\n4\n");
    assert!(got(6).starts_with("the checker failed: IndexError"), "{}", got(6));
    assert!(got(7).starts_with("the checker failed: "), "{}", got(7));
}

#[test]
fn a_checker_that_fails_by_itself_is_told_apart_from_a_wrong_answer_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: &str, printed: &str, checker: &str| {
        let mut row = program(id, "5\n", "2\n", &format!("print({printed})\n"));
        row["generated_checker"] = json!(checker);
        row
    };
    let strict = "import sys\nprint(int(int(open(sys.argv[3]).read()) < 5))\n";
    let broken = "import sys\nimport nothing_of_this_name\nprint(open(sys.argv[3]).read())\n";
    let rows = [
        row("its form is wrong", "'two'", strict),
        row("the checker raises", "4", broken),
        row("as stated", "2", broken),
    ];
    write_rows(&folder.path().join("test.jsonl"), &rows);
    let ended = eval(folder.path(), &["test.jsonl", "--reference", "--out", "run"]);
    let told = "tgsand: the problem's own checker failed for 1 sample, which count as wrong";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    let found = results(&folder.path().join("run"));
    let found: Vec<&Json> = found.iter().map(|row| &row["samples"][0]["result"]).collect();
    assert_eq!(found, ["wrong-answer", "checker-failed", "passed"]);
    let report = scores(folder.path(), &["test.jsonl", "--reference", "--out", "run"], 0);
    assert_eq!(report["failures"], json!({"wrong-answer": 1, "checker-failed": 1}));
}
