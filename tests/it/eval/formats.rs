//! Test sets and replies in the shapes that they are published in: one row of each is scored.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{eval, json_lines, results, scores, write_rows};

/// What Python packs of `[{"input": "3\\n", "output": "6\\n", "testtype": "stdin"}]`.
const PACKED: &str =
    "eJxrYJlqwwABPRbR1UqZeQWlJUpWCkrGMXlKOgpK+aUlUAEziEBJanFJSWVBKkiouCQlM0+pNnaKHgCV2RRM";
const ADD: &str = "def add(a, b):\n    return a + b\n";

/// A row of each format that has its own program.
fn with_references() -> Vec<Json> {
    let mbpp = |id: &str, test: &str| {
        json!({
            "source_file": "made up", "task_id": id, "prompt": "Write a function that adds.", "code": ADD,
            "test_imports": ["import math"], "test_list": [test]
        })
    };
    let builtin = json!({
        "task_id": "mbpp-builtin", "text": "Sum.", "code": "def sum(a, b):\n    return a + b\n", "test_list": ["assert sum(10, 15) == 25"]
    });
    vec![
        mbpp("mbpp-call", "assert add(1, 2) == 3"),
        mbpp("mbpp-set", "assert set(add([1], [2])) == {1, 2}"),
        mbpp("mbpp-not", "assert not add(0, 0)"),
        mbpp("mbpp-close", "assert math.isclose(add(0.1, 0.2), 0.3)"),
        mbpp("mbpp-statements", "total = add(1, 2)\nfor x in [3]:\n    assert total == x"),
        json!({
            "task_id": "HumanEval/plus", "prompt": "def add(a, b):\n    \"\"\" Add two numbers. \"\"\"\n", "entry_point": "add",
            "canonical_solution": "    return a + b\n", "contract": "", "base_input": [[1, 2]], "plus_input": [[5, 6], [[7], [8]], [0.1, 0.2]], "atol": 0
        }),
        json!({
            "task_id": "Mbpp/plus", "prompt": "\"\"\"\nAdd two tuples.\nassert add((1,), (2,)) == (1, 2)\n\"\"\"\n", "entry_point": "add",
            "canonical_solution": "\ndef add(a, b):\n    return a + b if hash(a) else b\n", "contract": "", "base_input": [[[1], [2]]], "plus_input": [[[5], [6]]],
            "atol": 0, "assertion": "assert add((1,), (2,)) == (1, 2)"
        }),
        json!({
            "problem_id": "verifiable", "prompt": "Double it.", "gold_standard_solution": "print(int(input()) * 2)\n",
            "verification_info": json!({"language": "python", "test_cases": [{"fn_name": null, "input": "3\n", "output": "6\n", "type": "stdin_stdout"}]}).to_string()
        }),
        json!({
            "question_id": "kod", "question": "Write add.", "solution": ADD, "test_info": [{"function_name": "add"}],
            "test": "from solution import add\n\ndef test_add():\n    assert add(1, 2) == 3\n"
        }),
        builtin,
        json!({
            "id": "taco", "question": "Add.", "starter_code": "", "solutions": [ADD],
            "input_output": json!({"fn_name": "add", "inputs": ["[1, 2]\n[3]"], "outputs": ["[1, 2, 3]"]}).to_string()
        }),
    ]
}

fn live_code_bench() -> [Json; 2] {
    [
        json!({
            "question_title": "Double", "question_content": "Double it.", "question_id": "stdin", "starter_code": "",
            "public_test_cases": json!([{"input": "1\n", "output": "2\n", "testtype": "stdin"}]).to_string(), "private_test_cases": PACKED, "metadata": "{}"
        }),
        json!({
            "question_title": "Sum", "question_content": "Sum.", "question_id": "functional",
            "starter_code": "class Solution:\n    def total(self, xs: List[int], k: int) -> int:\n        ",
            "public_test_cases": json!([{"input": "[1, 2]\n3", "output": "6", "testtype": "functional"}]).to_string(),
            "private_test_cases": json!([{"input": "[]\n1", "output": "1", "testtype": "functional"}]).to_string(), "metadata": "{\"func_name\": \"total\"}"
        }),
    ]
}

fn write(path: &Path, rows: &Json) {
    std::fs::write(path, serde_json::to_string_pretty(rows).unwrap()).unwrap();
}

#[test]
fn a_row_of_each_format_passes_by_its_own_program() {
    let folder = tempfile::tempdir().unwrap();
    let rows = with_references();
    write(&folder.path().join("test.json"), &json!(rows));
    let found = scores(folder.path(), &["test.json", "--reference", "--out", "run"], 0);
    let results = results(&folder.path().join("run"));
    let failed: Vec<&Json> =
        results.iter().filter(|row| row["samples"][0]["passed"] != true).collect();
    assert_eq!((failed, results.len()), (vec![], rows.len()));
    assert_eq!((&found["pass@1"], &found["shared_interpreter"]), (&json!(1.0), &json!(0)));
}

#[test]
fn a_custom_evaluators_list_is_scored_and_a_wrong_answer_fails() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &live_code_bench());
    let stdin = "print(int(input()) * 2)\n";
    let method = "class Solution:\n    def total(self, xs: List[int], k: int) -> int:\n        return sum(xs) + k\n";
    let wrapped = "def total(xs, k):\n    return [sum(xs) + k]\n";
    let list = json!([
        {"question_id": "stdin", "code_list": [stdin, "print(2)\n"]},
        {"question_id": "functional", "code_list": [method, wrapped]}
    ]);
    std::fs::write(folder.path().join("replies.json"), list.to_string()).unwrap();
    let args = ["test.jsonl", "--completions", "replies.json", "--out", "run"];
    assert_eq!(scores(folder.path(), &args, 0)["pass@1"], 0.5);
    for row in results(&folder.path().join("run")) {
        let passed: Vec<&Json> =
            row["samples"].as_array().unwrap().iter().map(|sample| &sample["passed"]).collect();
        assert_eq!(passed, [&json!(true), &json!(false)], "{}", row["id"]);
    }
}

#[test]
fn an_answer_other_than_the_reference_fails_and_a_near_float_passes() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &with_references()[5..6]);
    let reply = |result: &str| format!("def add(a, b):\n    return {result}\n");
    let near = reply("a + b if type(a) is not float else a + b + 1e-9");
    let completions = [reply("a + b"), near, reply("3"), reply("a + b if a != 5 else 12")];
    write_rows(
        &folder.path().join("replies.jsonl"),
        &[json!({"task_id": "HumanEval/plus", "completions": completions})],
    );
    let args = ["test.jsonl", "--completions", "replies.jsonl", "--out", "run"];
    scores(folder.path(), &args, 0);
    let results = results(&folder.path().join("run"));
    let samples = results[0]["samples"].as_array().unwrap();
    let passed: Vec<&Json> = samples.iter().map(|sample| &sample["passed"]).collect();
    assert_eq!(passed, [&json!(true), &json!(true), &json!(false), &json!(false)]);
    let failing = &samples[3]["failing"];
    let shown = ["input", "expected", "got"].map(|part| &failing[part]);
    assert_eq!(shown, ["add(5, 6)", "11", "12"]);
}

#[test]
fn formats_are_listed_once_if_no_row_is_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let row = json!({"instruction": "Add.", "tests": []});
    write_rows(&folder.path().join("test.jsonl"), &[row.clone(), row]);
    let ended = eval(folder.path(), &["test.jsonl", "--reference"]);
    assert_eq!(ended.code, Some(1));
    let count = |text: &str| ended.stderr.matches(text).count();
    let short = "the fields instruction, tests match no known problem format\n";
    assert_eq!((count(short), count("known formats: "), count("LiveCodeBench (")), (2, 1, 1));
}

#[test]
fn a_problem_that_needs_a_checker_is_left_out_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let checked = json!({
        "id": "any", "question": "Print any digit.", "solutions": ["print(1)"], "special_judge": true,
        "input_output": {"inputs": [""], "outputs": ["2"]}
    });
    write_rows(&folder.path().join("test.jsonl"), &[checked, with_references().remove(0)]);
    let found = scores(folder.path(), &["test.jsonl", "--reference", "--out", "run"], 0);
    assert_eq!((&found["problems"], &found["pass@1"]), (&json!(1), &json!(1.0)));
    let report = std::fs::read_to_string(folder.path().join("run/run.json")).unwrap();
    let report: Json = serde_json::from_str(&report).unwrap();
    assert_eq!(report["rejected"], json!({"needs-checker": 1}));
}

/// A row with the fields of `open-r1/codeforces`, with a checker of our own.
#[test]
fn rows_of_codeforces_are_graded_by_their_checkers() {
    let folder = tempfile::tempdir().unwrap();
    let checker = "import sys\n\ndef check():\n    stdin, stated, got = (open(path).read().split() for path in sys.argv[1:4])\n    \
        return len(got) == 2 and sum(map(int, got)) == int(stdin[0])\n\nprint(int(check()))\n";
    let row = json!({
        "id": "1/A", "description": "Split a number.", "input_format": "A number.", "output_format": "Two numbers.",
        "examples": [{"input": "5", "output": "2 3"}], "note": null, "time_limit": 1.0, "interaction_format": null,
        "official_tests": [
            {"input": "5\n", "output": "2 3\n"}, {"input": "9\n", "output": "4 5\n"}, {"input": "1 2 3...", "output": "1 2 3..."}
        ],
        "input_mode": "stdio", "generated_checker": checker, "generated_tests": 0
    });
    let with = |changes: Json| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        row
    };
    let rows = [
        row.clone(),
        with(json!({"id": "1/B", "interaction_format": "Ask."})),
        with(json!({"id": "1/C", "input_mode": "file"})),
        with(
            json!({"id": "1/D", "generated_checker": "#include <testlib.h>\nint main(int argc, char** argv) {}"}),
        ),
    ];
    write_rows(&folder.path().join("test.jsonl"), &rows);
    let reply = |code: &str| json!({"id": "1/A", "completion": format!("```python\n{code}\n```")});
    let replies = ["print(1, int(input()) - 1)", "print(1, 1)"].map(reply);
    write_rows(&folder.path().join("replies.jsonl"), &replies);
    let options = ["test.jsonl", "--completions", "replies.jsonl", "--out", "run"];
    let ended = eval(folder.path(), &options);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for why in ["an interactor", "must use files", "not a Python program that can be run here"] {
        assert!(ended.stderr.contains(why), "{why}: {}", ended.stderr);
    }
    let found = results(&folder.path().join("run"));
    assert_eq!(found.len(), 1);
    let passed: Vec<_> =
        found[0]["samples"].as_array().unwrap().iter().map(|it| &it["passed"]).collect();
    assert_eq!(passed, [true, false]);
    assert_eq!(found[0]["samples"][0]["results"].as_array().map(Vec::len), Some(2), "{}", found[0]);
}

#[test]
fn results_that_eval_plus_allows_besides_the_references_pass() {
    let folder = tempfile::tempdir().unwrap();
    // Entry, arguments, the reference's result, one that is allowed besides, and one that is not.
    let problems = [
        ("similar_elements", json!([[1, 2]]), "(1, 2)", "[2, 1, 1]", "(1,)"),
        ("check_str", json!(["a"]), "'Valid'", "3", "None"),
        ("are_equivalent", json!([1, 2]), "True", "False", ""),
        ("sum_div", json!([7]), "1", "0", "2"),
        ("surface_Area", json!([3, 4]), "33", "35", "36"),
        ("digit_distance_nums", json!([123, 56]), "6", "7", "8"),
        ("total", json!([[1]]), "[0.5]", "[0.5000001]", "[0.50001]"),
    ];
    let rows: Vec<Json> = problems
        .iter()
        .map(|(entry, arguments, expected, ..)| {
            json!({
                "task_id": entry, "prompt": "\"\"\"Write it.\"\"\"\n", "entry_point": entry, "contract": "", "atol": 0,
                "canonical_solution": format!("\ndef {entry}(*args):\n    return {expected}\n"),
                "base_input": [arguments], "plus_input": []
            })
        })
        .collect();
    write_rows(&folder.path().join("test.jsonl"), &rows);
    let replies: Vec<Json> = problems
        .iter()
        .flat_map(|(entry, _, _, allowed, wrong)| {
            let reply = |result: &str| {
                json!({"task_id": entry, "solution": format!("def {entry}(*args):\n    return {result}\n")})
            };
            [reply(allowed), reply(if wrong.is_empty() { allowed } else { wrong })]
        })
        .collect();
    write_rows(&folder.path().join("replies.jsonl"), &replies);
    let args = ["test.jsonl", "--completions", "replies.jsonl", "--out", "run"];
    scores(folder.path(), &args, 0);
    for (row, (entry, .., wrong)) in results(&folder.path().join("run")).iter().zip(&problems) {
        let passed = [0, 1].map(|at| row["samples"][at]["passed"] == true);
        assert_eq!(passed, [true, wrong.is_empty()], "{entry}: {row}");
    }
}

#[test]
fn the_base_inputs_of_eval_plus_have_a_score_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &with_references()[5..6]);
    let reply = "def add(a, b):\n    return a + b if a != 5 else 12\n";
    write_rows(
        &folder.path().join("replies.jsonl"),
        &[json!({"task_id": "HumanEval/plus", "completion": reply})],
    );
    let args = ["test.jsonl", "--completions", "replies.jsonl", "--out", "run"];
    let found = scores(folder.path(), &args, 0);
    assert_eq!((&found["pass@1"], &found["base_pass@1"]), (&json!(0.0), &json!(1.0)));
    let report = std::fs::read_to_string(folder.path().join("run/report.md")).unwrap();
    assert!(report.contains("| pass@1 on the base inputs | 1.0000 "), "{report}");
}

#[test]
fn every_row_and_sample_has_all_keys_and_what_was_not_counted_is_null() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &with_references()[5..6]);
    let replies = json!({"task_id": "HumanEval/plus", "completions": ["def add(a, b):\n    return a + b\n", "I cannot."]});
    write_rows(&folder.path().join("replies.jsonl"), &[replies]);
    let args = ["test.jsonl", "--completions", "replies.jsonl", "--out", "run"];
    assert_eq!(scores(folder.path(), &args, 0)["tokens"], Json::Null);
    let row = results(&folder.path().join("run")).remove(0);
    let keys = |value: &Json| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let [right, without_code] = [0, 1].map(|sample| &row["samples"][sample]);
    assert_eq!(keys(right), keys(without_code));
    for key in ["failing", "reply", "end_token", "prelude", "usage"] {
        assert_eq!(right[key], Json::Null, "{key}");
    }
    assert_eq!(row["reference_failing"], Json::Null);
    let report = std::fs::read_to_string(folder.path().join("run/report.md")).unwrap();
    assert!(!report.contains("tokens"), "{report}");
}

#[test]
fn a_run_that_scores_nothing_leaves_no_results() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &[json!({"instruction": "Add."})]);
    let ended = eval(folder.path(), &["test.jsonl", "--reference", "--out", "run"]);
    assert_eq!(ended.code, Some(1));
    let files = std::fs::read_dir(folder.path().join("run")).unwrap();
    let files: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!files.iter().any(|name| name.starts_with("results.")), "{files:?}");
}

#[test]
fn replies_find_their_problems_by_either_form_of_an_id_and_are_kept_apart_by_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let test = |id: &str| json!({"task_id": id, "text": "Add.", "code": ADD, "test_list": ["assert add(1, 2) == 3"]});
    write_rows(&folder.path().join("test.jsonl"), &[test("2"), test("Mbpp/3"), test("4")]);
    let reply = |id: &str| json!({"task_id": id, "solution": ADD});
    std::fs::create_dir(folder.path().join("b")).unwrap();
    write_rows(&folder.path().join("r.jsonl"), &[reply("Mbpp/2"), reply("3"), reply("Mbpp/5")]);
    write_rows(&folder.path().join("b/r.jsonl"), &[reply("2"), reply("3"), reply("4")]);
    let first = eval(folder.path(), &["test.jsonl", "--completions", "r.jsonl"]);
    assert_eq!(first.code, Some(3), "{}", first.stderr);
    let told = "replies for unknown problems: 1, such as Mbpp/5; a problem without replies is 4\n";
    assert!(first.stderr.contains(told), "{}", first.stderr);
    assert_eq!(results(&folder.path().join("runs/test-r")).len(), 2);
    let second = eval(folder.path(), &["test.jsonl", "--completions", "b/r.jsonl"]);
    assert_eq!(second.code, Some(2), "{}", second.stderr);
    assert!(second.stderr.contains("test.jsonl with the replies in "), "{}", second.stderr);
}

#[test]
fn replies_without_an_id_are_told_and_a_bad_row_keeps_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        json!({"task_id": "good", "text": "Add.", "code": ADD, "test_list": ["assert add(1, 2) == 3"]}),
        json!({"task_id": "bad", "text": "Add.", "code": ADD, "test_list": ["assert True"]}),
    ];
    write_rows(&folder.path().join("test.jsonl"), &rows);
    write_rows(
        &folder.path().join("r.jsonl"),
        &[json!({"solution": ADD}), json!({"solution": ADD})],
    );
    let ended = eval(folder.path(), &["test.jsonl", "--completions", "r.jsonl", "--out", "run"]);
    let told = "2 rows of replies without an id; each is taken for the problem on its line";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(ended.stderr.contains("tgsand: bad left out: "), "{}", ended.stderr);
}

#[test]
fn a_row_that_tests_nothing_is_left_out_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let row = |entry: &str, test: &str| {
        json!({
            "task_id": "p", "entry_point": entry, "prompt": "def add(a, b):\n", "canonical_solution": "    return a + b\n", "test": test,
        })
    };
    let tests = "def check(c):\n    assert c(1, 2) == 3\n";
    let kod = json!({"question": "Write add.", "solution": ADD, "test": "def test_add(case):\n    assert add(1, 2) == case\n"});
    let rows = [
        row("add", "def check(c):\n    pass\n"),
        row("add", "async def check(c):\n    assert c(1, 2) == 3\n"),
        row("a b", tests),
        row("sub", tests),
        kod,
        row("add", tests),
    ];
    write_rows(&folder.path().join("test.jsonl"), &rows);
    assert_eq!(eval(folder.path(), &["test.jsonl", "--reference", "--out", "run"]).code, Some(0));
    let rejected = std::fs::read_to_string(folder.path().join("run/rejected.jsonl")).unwrap();
    let rejected: Vec<String> = json_lines(&rejected).iter().map(Json::to_string).collect();
    for told in [
        "test.jsonl:1: the test tests nothing",
        "test.jsonl:2: the test tests nothing",
        "test.jsonl:3: field \"entry_point\" is not an identifier: a b",
        "test.jsonl:4: field \"prompt\" does not define sub, the entry point",
        "test.jsonl:5: field \"test\" is not Python or tests nothing",
    ] {
        let quoted = told.replace('"', "\\\"");
        assert!(rejected.iter().any(|row| row.contains(&quoted)), "{told}: {rejected:?}");
    }
    assert_eq!(results(&folder.path().join("run")).len(), 1);
}

#[test]
fn a_list_that_is_cut_off_is_scored_as_far_as_it_goes_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.json");
    let row = |id: &str| json!({"task_id": id, "text": "Add.", "code": ADD, "test_list": ["assert add(1, 2) == 3"]});
    write(&path, &json!([row("a"), row("b")]));
    let text = std::fs::read_to_string(&path).unwrap();
    for cut in [text.len() - 40, text.len() - 2] {
        std::fs::write(&path, &text[..cut]).unwrap();
        let out = format!("run-{cut}");
        let ended = eval(folder.path(), &["test.json", "--reference", "--out", &out]);
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        assert!(ended.stderr.contains("before its JSON list does"), "{}", ended.stderr);
    }
}

#[test]
fn fields_that_say_little_are_read_for_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let program = "print(int(input()) * 2)\n";
    let rows = [
        json!({"id": "no-checker", "question": "Double.", "solutions": [program], "spj": "false", "checker": {}, "time_limit": "2000 ms", "input_output": {"inputs": ["1\n"], "outputs": ["2\n"]}}),
        json!({
            "id": "text", "description": "Double.", "public_tests": "{\"input\": [\"1\\n\"], \"output\": [\"2\\n\"]}",
            "solutions": {"language": [3], "solution": [program]}, "time_limit": "1e12",
        }),
        json!({"id": "python", "question": "Add.", "language": "Python 3", "canonical_solution": ADD, "full_test_func": "assert add(1, 2) == 3\n"}),
        json!({"id": "name", "question": "Add.", "solutions": [ADD], "input_output": {"fn_name": 5, "inputs": [[1, 2]], "outputs": [3]}}),
    ];
    write_rows(&folder.path().join("test.jsonl"), &rows);
    let ended = eval(folder.path(), &["test.jsonl", "--reference", "--out", "run"]);
    let passed = results(&folder.path().join("run"));
    assert!(passed.iter().all(|row| row["samples"][0]["passed"] == true), "{passed:?}");
    assert_eq!(passed.len(), 3, "{}", ended.stderr);
    for told in
        ["test.jsonl:2: field \"time_limit\" is ignored", "test.jsonl:4: fn_name is not text"]
    {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}
