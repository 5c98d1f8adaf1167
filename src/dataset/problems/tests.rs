//! Rows of every format, of our own making.
//!
//! Invariant: what a row becomes is written out, never computed by what is tested.

mod published;

use serde_json::{Value as Json, json};

use super::*;
use crate::cases::equality::Compare;
use crate::cases::test_cases::{Check, StreamCase, TestPart};
use crate::executor::OtherLanguage;

fn of(row: Json) -> Result<Problem, String> {
    problem(crate::json::Json::from(row).as_object().unwrap(), "p", &Prompts::default())
}

#[track_caller]
fn read(row: Json) -> Problem {
    let problem = of(row).unwrap();
    let json = serde_json::to_string(&problem).unwrap();
    assert_eq!(
        serde_json::from_str::<Problem>(&json).unwrap(),
        problem,
        "a problem survives the way there and back"
    );
    problem
}

#[track_caller]
fn refused(row: Json) -> String {
    of(row).unwrap_err()
}

fn call(arguments: &str, expected: &str) -> StatedCase {
    StatedCase {
        case: Case::call(arguments),
        shown: arguments.into(),
        expected: Expected::Repr(expected.into()),
    }
}

fn code(definitions: &str, call: &str) -> Check {
    Check::Code { definitions: definitions.into(), call: call.into() }
}

#[test]
fn an_unknown_row_is_told_its_fields_and_the_list_names_all_formats() {
    assert_eq!(refused(json!({"text": "x"})), "the fields text match no known problem format");
    let row: serde_json::Map<_, _> = (0..14).map(|at| (format!("f{at}"), json!(at))).collect();
    let fields = "f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11 and more";
    assert_eq!(refused(row.into()), format!("the fields {fields} match no known problem format"));
    assert_eq!(refused(json!({})), "the row has no fields");
    for known in ["case2code", "HumanEval", "MBPP", "APPS", "CodeContests", "LiveCodeBench"] {
        assert!(known_formats().contains(known));
    }
}

#[test]
fn a_reference_row_shows_the_chosen_examples() {
    let row = json!({
        "func_name": "f", "code": "def f(a):\n    return a\n", "prompt": "Write f.", "choosed_example_idx": [2, 0],
        "example_str": "examples = [dict(a=1), dict(a=2)]\nexamples += [dict(a=3)]",
        "example_outputs": [{"return": "\"1\""}, {"return": "\"2\""}, {"return": "\"3\""}]
    });
    let found = read(row.clone());
    let case = |index: usize| StatedCase {
        case: Case::Arguments { args: "()".into(), kwargs: format!("examples[{index}]").into() },
        shown: format!("a={}", index + 1),
        expected: Expected::Repr((index + 1).to_string()),
    };
    assert_eq!((found.format, found.prompt.as_str()), (Format::Case2CodeReference, "Write f."));
    assert_eq!(found.reference.as_deref(), Some("def f(a):\n    return a\n"));
    let tests = Tests::Calls {
        entry: "f".into(),
        setup: Some("examples = [dict(a=1), dict(a=2)]\nexamples += [dict(a=3)]".into()),
        compare: Compare::Exact,
        visible: vec![case(2), case(0)],
        hidden: vec![case(1)],
    };
    assert_eq!(found.tests, tests);
    let mut row = row;
    row["choosed_example_idx"] = json!([3]);
    assert_eq!(refused(row), "field \"choosed_example_idx\" names no example");
}

#[test]
#[cfg_attr(not(shared_data), ignore = "needs the rows of ../shared/data")]
fn every_published_row_is_a_problem() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/case2code/test_300.jsonl");
    let (mut visible_cases, mut hidden_cases) = (0, 0);
    for fate in open(&path, Prompts::default()).unwrap().rows {
        let Fate::Live(record) = fate.unwrap() else { panic!("a row is rejected") };
        let Tests::Calls { visible, hidden, .. } = record.body.tests else {
            panic!("{}", record.id)
        };
        visible_cases += visible.len();
        hidden_cases += hidden.len();
    }
    assert_eq!((visible_cases, hidden_cases), (1980, 6863));
}

#[test]
fn our_own_test_set_hides_cases_that_discriminate() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/test.jsonl");
    let mut count = 0;
    for fate in open(&path, Prompts::default()).unwrap().rows {
        let Fate::Live(record) = fate.unwrap() else { panic!("a row is rejected") };
        let Tests::Calls { visible, hidden, compare, .. } = record.body.tests else {
            panic!("{}", record.id)
        };
        assert!(
            visible.len() >= 3 && hidden.len() >= 4 && compare == Compare::Exact,
            "{}",
            record.id
        );
        let results: std::collections::BTreeSet<String> = visible
            .iter()
            .chain(&hidden)
            .map(|case| match &case.expected {
                Expected::Outcome(case) => {
                    format!("{:?} {:?} {}", case.end, case.mutated, case.stdout)
                }
                Expected::Repr(_) | Expected::Error { .. } => panic!("{}", record.id),
            })
            .collect();
        assert!(results.len() > 1, "{}", record.id);
        count += 1;
    }
    assert!(count >= 100, "{count}");
}

#[test]
fn a_check_of_literals_is_compared_on_the_host() {
    let found = read(json!({
        "prompt": "def f(x):\n    \"\"\"Doubles.\"\"\"\n", "canonical_solution": "    return x * 2\n", "entry_point": "f",
        "test": "META = {}\n\ndef check(candidate):\n    assert candidate(1) == 2\n    assert candidate([1]) == [1, 1], 'list'\n"
    }));
    assert_eq!(
        found.reference.as_deref(),
        Some("def f(x):\n    \"\"\"Doubles.\"\"\"\n    return x * 2\n")
    );
    assert_eq!(found.prompt_code.as_deref(), Some("def f(x):\n    \"\"\"Doubles.\"\"\"\n"));
    assert_eq!(
        found.prompt,
        "Complete the Python function `f`:\n\n```python\ndef f(x):\n    \"\"\"Doubles.\"\"\"\n```\n\n\
         Answer with one fenced Python block that holds the whole function and all it needs."
    );
    let part = |case| TestPart { visible: false, check: Check::Call(case) };
    let parts = vec![part(call("1", "2")), part(call("[1]", "[1, 1]"))];
    assert_eq!(found.tests, Tests::Code { entry: Some("f".into()), setup: None, parts });
}

#[test]
fn a_check_that_computes_runs_with_the_helpers_of_the_prompt() {
    let test = "def check(candidate):\n    assert candidate(1) == 2\n    assert abs(candidate(g(2)) - 4) < 1e-6";
    let found = read(json!({
        "prompt": "import math\n\ndef g(x):\n    return x\n\ndef f(x):\n    \"\"\"Doubles.\"\"\"\n", "entry_point": "f", "test": test
    }));
    let parts = vec![
        TestPart { visible: false, check: Check::Call(call("1", "2")) },
        TestPart {
            visible: false,
            check: code(
                &format!("import math\n\ndef g(x):\n    return x\n\n\n{test}\n"),
                "check(f)\n",
            ),
        },
    ];
    assert_eq!(found.tests, Tests::Code { entry: Some("f".into()), setup: None, parts });
    let row = json!({"prompt": "def f(x):\n", "entry_point": "f", "test": "assert f(1)"});
    assert_eq!(refused(row), "field \"test\" defines no check(candidate)");
}

#[test]
fn each_assertion_of_a_tasks_test_list_is_a_part_and_no_challenge_is() {
    let found = read(json!({
        "task_id": 1, "text": "Double it.", "code": "def f(x):\n    return x * 2", "test_setup_code": "root = 1",
        "test_list": ["assert f(2) == 4", "assert set(f([1])) == {1}"], "challenge_test_list": ["assert f('a') == 'aa'"]
    }));
    assert_eq!(
        found.prompt,
        "Double it.\n\nYour code has to pass these tests:\n\n```python\nassert f(2) == 4\nassert set(f([1])) == {1}\n```\n\n\
         Answer with one fenced Python block."
    );
    let parts = vec![
        TestPart { visible: true, check: Check::Call(call("2", "4")) },
        TestPart { visible: true, check: code("", "assert set(f([1])) == {1}\n") },
    ];
    assert_eq!(
        found.tests,
        Tests::Code { entry: Some("f".into()), setup: Some("root = 1\n".into()), parts }
    );
}

#[test]
fn more_tests_of_a_task_are_a_hidden_script() {
    let found = read(json!({
        "prompt": "Double it.", "test_list": ["assert math.isclose(f(2), 4)"], "test_imports": ["import math"],
        "test": "cases = [1, 2]\nfor case in cases:\n    assert f(case) == 2 * case\n"
    }));
    let parts = vec![
        TestPart { visible: true, check: code("", "assert math.isclose(f(2), 4)\n") },
        TestPart {
            visible: false,
            check: code("cases = [1, 2]\n", "for case in cases:\n    assert f(case) == 2 * case\n"),
        },
    ];
    assert_eq!(
        found.tests,
        Tests::Code { entry: Some("f".into()), setup: Some("import math\n".into()), parts }
    );
    assert_eq!(
        refused(json!({"text": "x", "test_list": ["assert 1 +"]})),
        "field \"test_list\" calls no function"
    );
}

#[test]
fn a_contest_row_is_a_program_with_streams() {
    let found = read(json!({
        "question": "Add.", "solutions": "[\"print 1\", \"print(3)\"]", "starter_code": "",
        "input_output": "{\"inputs\": [\"1 2\\n\", [\"3\", \"4\"]], \"outputs\": [\"3\\n\", [\"7\"]]}"
    }));
    let case = |stdin: &str, stdout: &str, visible| StreamCase {
        stdin: stdin.into(),
        stdout: stdout.into(),
        visible,
    };
    assert_eq!(
        found.tests,
        Tests::streams(vec![case("1 2\n", "3\n", false), case("3\n4", "7", false)])
    );
    assert_eq!(found.reference.as_deref(), Some("print(3)"));
    let found = read(json!({
        "name": "a", "description": "Add.", "public_tests": {"input": ["1"], "output": ["2"]},
        "private_tests": [{"input": "3", "output": "4"}], "generated_tests": {"input": [], "output": []},
        "solutions": {"language": [1, 3], "solution": ["print(0)", "print(1)"]}, "input_file": "", "output_file": ""
    }));
    assert_eq!(found.tests, Tests::streams(vec![case("1", "2", true), case("3", "4", false)]));
    assert_eq!(
        (found.reference.as_deref(), found.format),
        (Some("print(1)"), Format::CodeContests)
    );
}

#[test]
fn a_contest_row_that_names_a_function_is_called() {
    let found = read(json!({
        "question": "Add.", "starter_code": "class Solution:\n    def add(self, a, b):\n",
        "input_output": "{\"fn_name\": \"add\", \"inputs\": [[12345678901234567890123, {\"1\": true}]], \"outputs\": [[3]]}"
    }));
    let tests = Tests::Calls {
        entry: "add".into(),
        setup: Some(
            "if hasattr(globals().get('Solution'), 'add'):\n    add = Solution().add\n".into(),
        ),
        compare: Compare::Json,
        visible: vec![],
        hidden: vec![call("12345678901234567890123, {1: True}", "[3]")],
    };
    assert_eq!(found.tests, tests);
    assert!(
        found.prompt.contains("class Solution:\n    def add(self, a, b):\n```"),
        "{}",
        found.prompt
    );
}

#[test]
fn a_contest_row_without_tests_is_none() {
    let apps = |io: &str| refused(json!({"question": "q", "input_output": io}));
    assert_eq!(apps(""), "field \"input_output\" is empty: the row has no tests");
    assert_eq!(apps("{\"inputs\": [\"1\"], \"outputs\": []}"), "there are 1 inputs and 0 outputs");
    assert_eq!(apps("{\"inputs\": [], \"outputs\": []}"), "field \"input_output\" has no cases");
    assert_eq!(
        apps("{\"fn_name\": \"a b\", \"inputs\": [], \"outputs\": []}"),
        "fn_name \"a b\" is not a valid identifier"
    );
    assert_eq!(
        refused(json!({"description": "d", "public_tests": {"input": [], "output": []}})),
        "the row has no tests"
    );
}

#[test]
fn a_bench_row_has_a_visible_and_a_hidden_test() {
    let row = json!({
        "question": "Double.", "canonical_solution": "def f(x):\n    return x * 2\n", "language": "python",
        "demo_test_func": "def test():\n    assert f(1) == 2\n", "full_test_func": "def test():\n    assert f(2) == 4\n\ntest()\n"
    });
    let found = read(row.clone());
    let parts = vec![
        TestPart { visible: true, check: code("def test():\n    assert f(1) == 2\n", "test()\n") },
        TestPart { visible: false, check: code("def test():\n    assert f(2) == 4\n", "test()\n") },
    ];
    assert_eq!(found.tests, Tests::Code { entry: Some("f".into()), setup: None, parts });
    assert_eq!(found.prompt, "Double.\n\nAnswer with one fenced Python block.");
    let mut fenced = row.clone();
    for field in ["canonical_solution", "demo_test_func", "full_test_func"] {
        fenced[field] = json!(format!("```python\n{}\n```", row[field].as_str().unwrap()));
    }
    let unfenced = read(fenced);
    assert_eq!((unfenced.tests, unfenced.reference), (found.tests, found.reference));
    let mut row = row;
    row["language"] = json!(" KT ");
    let elsewhere = read(row);
    assert_eq!(elsewhere.prompt, "Double.\n\nAnswer with one fenced Kotlin block.");
    assert_eq!(elsewhere.tests.language().map(OtherLanguage::name), Some("kotlin"));
}

#[test]
fn a_lone_surrogate_is_refused_only_in_a_text_that_has_to_be_written() {
    let of = |text: &str| {
        let row = crate::json::read(text).unwrap();
        problem(row.as_object().unwrap(), "p", &Prompts::default())
    };
    let row = r#"{"text": "Add.", "test_list": ["assert f(1) == 2"], "source": "\ud800"}"#;
    assert!(of(row).is_ok());
    assert_eq!(
        of(&row.replace("Add.", "\\ud800")).unwrap_err(),
        "field \"text\" has a lone surrogate, which a text in UTF-8 cannot hold"
    );
}

#[test]
fn bad_rows_are_named_and_do_not_stop_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl.gz");
    let good = json!({"task_id": 7, "text": "x", "test_list": ["assert f(1) == 2"]});
    let mut file = flate2::write::GzEncoder::new(
        std::fs::File::create(&path).unwrap(),
        flate2::Compression::fast(),
    );
    std::io::Write::write_all(&mut file, format!("{good}\nnot json\n{{}}\n{good}\n").as_bytes())
        .unwrap();
    file.finish().unwrap();
    let rows = open(&path, Prompts::default()).unwrap().rows.map(|fate| match fate.unwrap() {
        Fate::Live(record) => record.id,
        Fate::Rejected(dropped) => dropped.why.detail,
        Fate::Deferred(dropped) => panic!("{}", dropped.id),
    });
    let rows: Vec<String> = rows.collect();
    assert_eq!((rows[0].as_str(), rows[3].as_str(), rows.len()), ("7", "7#2", 4));
    assert!(rows[1].starts_with(&format!("{}:2: broken JSON", path.display())), "{}", rows[1]);
    assert!(
        rows[2].starts_with(&format!("{}:3: the row has no fields", path.display())),
        "{}",
        rows[2]
    );
}
