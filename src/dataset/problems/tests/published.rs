//! Rows in the shapes of sets whose tests are packed, written as text, or the reference itself.
//!
//! Invariant: what a row becomes is written out, never computed by what is tested.

use super::*;

/// What Python packs of `[{"input": "3\\n", "output": "6\\n", "testtype": "stdin"}]`.
const PACKED: &str =
    "eJxrYJlqwwABPRbR1UqZeQWlJUpWCkrGMXlKOgpK+aUlUAEziEBJanFJSWVBKkiouCQlM0+pNnaKHgCV2RRM";

fn stream(stdin: &str, stdout: &str, visible: bool) -> StreamCase {
    StreamCase { stdin: stdin.into(), stdout: stdout.into(), visible }
}

fn solution_class(entry: &str) -> Option<String> {
    let line = format!("if hasattr(globals().get('Solution'), '{entry}'):\n");
    Some(format!("{line}    {entry} = Solution().{entry}\n"))
}

#[test]
fn the_entry_of_a_sanitized_task_is_what_the_reference_defines_and_a_test_mentions() {
    let entry = |test: &str| {
        let found = read(json!({
            "prompt": "Double it.", "code": "def help(x):\n    return x\n\ndef f(x):\n    return 2 * x\n",
            "test_imports": ["import math"], "test_list": [test]
        }));
        found.tests.entry().unwrap().to_owned()
    };
    for test in [
        "assert set(f([1])) == {1}",
        "assert not f(0)",
        "assert math.isclose(f(1), 2.0)",
        "assert list(map(f, [1])) == [2]",
        "result = sorted(f([1]))\nassert result == [1, 1]",
        "for x in [1]:\n    assert check(f)(x)",
    ] {
        assert_eq!(entry(test), "f", "{test}");
    }
}

#[test]
fn rows_of_eval_plus_are_graded_by_their_own_solution() {
    let found = read(json!({
        "task_id": "HumanEval/0", "prompt": "def f(x):\n    \"\"\"Doubles.\"\"\"\n", "entry_point": "f",
        "canonical_solution": "    return x * 2\n", "base_input": [[1]], "plus_input": [[[2]], [2.5]], "contract": "", "atol": 0
    }));
    let Tests::Code { entry, setup: None, parts } = &found.tests else {
        panic!("{:?}", found.tests)
    };
    let calls: Vec<&str> = parts
        .iter()
        .map(|part| match &part.check {
            Check::Code { call, .. } => call.as_str(),
            Check::Call(_) => panic!("there is no stated result"),
        })
        .collect();
    let source = r#"'def f(x):\n    """Doubles."""\n    return x * 2\n'"#;
    let expected = [
        format!("_check_by_reference(f, {source}, 'f', [[1]], 0.0, '')\n"),
        format!("_check_by_reference(f, {source}, 'f', [[[2]], [2.5]], 0.0, '')\n"),
    ];
    assert_eq!(
        (entry.as_deref(), calls),
        (Some("f"), expected.iter().map(String::as_str).collect())
    );
    assert_eq!(found.prompt_code.as_deref(), Some("def f(x):\n    \"\"\"Doubles.\"\"\"\n"));
}

#[test]
fn inputs_of_mbpp_plus_have_the_types_of_the_calls_that_it_shows() {
    let found = read(json!({
        "task_id": "Mbpp/2", "prompt": "\"\"\"\nShare.\nassert set(f((3, 4), [(1,)], {1: {2}})) == {3}\n\"\"\"\n", "entry_point": "f",
        "canonical_solution": "\ndef f(a, b, c):\n    return a\n", "base_input": [[[1, 2, 3], [[1, 2], [3]], {"5": [6]}]],
        "plus_input": {}, "atol": 0, "assertion": "assert set(f((3, 4), [(1,)], {1: {2}})) == {3}"
    }));
    let Tests::Code { parts, .. } = &found.tests else { panic!("{:?}", found.tests) };
    let [TestPart { check: Check::Code { call, .. }, .. }] = parts.as_slice() else { panic!() };
    assert!(call.ends_with("'f', [[(1, 2, 3), [(1, 2), (3,)], {5: {6}}]], 0.0, '')\n"), "{call}");
    let task = "Share.\nassert set(f((3, 4), [(1,)], {1: {2}})) == {3}";
    assert_eq!(found.prompt, format!("{task}\n\nAnswer with one fenced Python block."));
}

#[test]
fn tests_of_live_code_bench_may_be_packed() {
    let found = read(json!({
        "question_content": "Double it.", "question_id": "a", "starter_code": "", "metadata": "{}",
        "public_test_cases": "[{\"input\": \"3\\n\", \"output\": \"6\\n\", \"testtype\": \"stdin\"}]", "private_test_cases": PACKED
    }));
    let cases = vec![stream("3\n", "6\n", true), stream("3\n", "6\n", false)];
    assert_eq!((found.tests, found.format), (Tests::streams(cases), Format::LiveCodeBench));
}

#[test]
fn arguments_as_text_are_one_a_line_and_their_results_are_not_wrapped() {
    let tests = |visible: Vec<StatedCase>, hidden: Vec<StatedCase>| Tests::Calls {
        entry: "total".into(),
        setup: solution_class("total"),
        compare: Compare::UnwrappedJson,
        visible,
        hidden,
    };
    let found = read(json!({
        "question_content": "Sum.", "starter_code": "class Solution:\n    def total(self, xs, k):\n        ",
        "public_test_cases": "[{\"input\": \"[1, 2]\\n3\", \"output\": \"6\", \"testtype\": \"functional\"}]",
        "private_test_cases": [{"input": "[]\n18446744073709551617", "output": "\"a\"", "testtype": "functional"}],
        "metadata": "{\"func_name\": \"total\"}"
    }));
    let hidden = call("[], 18446744073709551617", "'a'");
    assert_eq!(found.tests, tests(vec![call("[1, 2], 3", "6")], vec![hidden]));
    let found = read(json!({
        "question": "Sum.", "input_output": {"fn_name": "total", "inputs": ["[1, 2]\n3"], "outputs": ["6"]}
    }));
    assert_eq!(found.tests, tests(vec![], vec![call("[1, 2], 3", "6")]));
    let found = read(json!({
        "prompt": "Sum.", "verification_info": {"language": "python", "test_cases": [
            {"fn_name": "total", "input": "\"x\"\n1", "output": "no JSON", "type": "function_call"}]}
    }));
    assert_eq!(found.tests, tests(vec![], vec![call("'x', 1", "'no JSON'")]));
}

#[test]
fn a_row_with_verification_info_has_its_own_prompt() {
    let info = json!({"language": "python", "test_cases": [{"fn_name": null, "input": "3\n", "output": "6\n", "type": "stdin_stdout"}]});
    let found = read(json!({
        "problem_id": "v", "prompt": "Double it.", "gold_standard_solution": "```python\nprint(int(input()) * 2)\n```", "verification_info": info.to_string()
    }));
    assert_eq!(found.prompt, "Double it.");
    assert_eq!(found.reference.as_deref().map(str::trim), Some("print(int(input()) * 2)"));
    assert_eq!(found.tests, Tests::streams(vec![stream("3\n", "6\n", false)]));
    let other = json!({"prompt": "p", "verification_info": {"language": "cpp", "test_cases": []}});
    assert_eq!(refused(other), "the problem is in cpp; only Python can be graded");
}

#[test]
fn tests_that_import_a_solution_get_the_answer() {
    let found = read(json!({
        "question_id": "Kod_1", "question": "Write add.", "solution": "def add(a, b):\n    return a + b\n",
        "test": "from solution import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        "test_info": [{"function_name": "add", "function_declaration": "def add(a, b):"}]
    }));
    let check = code("def test_add():\n    assert add(1, 2) == 3\n", "test_add()\n");
    let parts = vec![TestPart { visible: false, check }];
    assert_eq!(found.tests, Tests::Code { entry: Some("add".into()), setup: None, parts });
    assert!(found.prompt.contains("def add(a, b):\n```"), "{}", found.prompt);
}

#[test]
fn a_row_that_names_a_checker_is_rejected_for_that() {
    let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    let row = |checker: Json| json!({"id": "a", "question": "q", "input_output": {"inputs": ["1"], "outputs": ["2"]}, "checker": checker});
    let rows = [row(json!("def check(i, o, e): return True")), row(json!(null)), row(json!(""))];
    std::fs::write(file.path(), rows.map(|row| format!("{row}\n")).concat()).unwrap();
    let found =
        open(file.path(), Prompts::default()).unwrap().rows.map(|fate| match fate.unwrap() {
            Fate::Live(record) => record.body.id,
            Fate::Rejected(dropped) => format!("{}: {}", dropped.id, dropped.why.reason.name()),
            Fate::Deferred(dropped) => panic!("{}", dropped.id),
        });
    assert_eq!(found.collect::<Vec<_>>(), ["a: needs-checker", "a#2", "a#3"]);
}

#[test]
fn a_test_in_another_language_without_its_name_is_said_to_be_read_as_python() {
    let row = |language: Json| {
        json!({
            "question": "Double.", "canonical_solution": "f() { :; }", "language": language,
            "full_test_func": "[ \"$(f)\" = 1 ] || exit 1",
        })
    };
    let why = "field \"full_test_func\" is not Python or tests nothing";
    let hint = "; the row has no `language`, so it is read as Python";
    assert_eq!(refused(row(Json::Null)), format!("{why}{hint}"));
    assert_eq!(refused(row("python".into())), why);
}
