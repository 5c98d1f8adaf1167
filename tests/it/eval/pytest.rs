//! Tests that import `pytest`, which stands in the test's interpreter and nowhere else.

use super::*;

/// A row of KodCode.
fn row(id: &str, solution: &str, test: &str, declared: &[&str]) -> Json {
    let info: Vec<Json> = declared
        .iter()
        .map(|name| json!({"function_name": name, "function_declaration": format!("def {name}(x):")}))
        .collect();
    json!({"question_id": id, "question": "Halve it.", "solution": solution, "test": test, "test_info": info})
}

const HALF: &str =
    "def half(x):\n    if x < 0:\n        raise ValueError('negative: %s' % x)\n    return x / 2\n";
const TEST: &str = "import pytest\nfrom solution import half\n\nCASES = [(1, 0.5), pytest.param(4, 2.0, id='even')]\n\n\
    @pytest.fixture\ndef three():\n    yield 3\n\n\
    @pytest.mark.parametrize('x, expected', CASES)\ndef test_values(x, expected):\n    assert half(x) == pytest.approx(expected)\n\n\
    def test_fixture(three):\n    assert half(three) == 1.5\n\n\
    def test_negative():\n    with pytest.raises(ValueError, match='negative') as info:\n        half(-1)\n    assert info.type is ValueError\n";

/// Scores these replies to one row.
fn scored(row: &Json, replies: &[&str]) -> Json {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), std::slice::from_ref(row));
    let completions = json!({"task_id": row["question_id"], "completions": replies});
    write_rows(&folder.path().join("replies.jsonl"), &[completions]);
    scores(folder.path(), &["test.jsonl", "--completions", "replies.jsonl", "--out", "run"], 0);
    results(&folder.path().join("run")).remove(0)
}

fn passed(row: &Json) -> Vec<bool> {
    row["samples"].as_array().unwrap().iter().map(|sample| sample["passed"] == true).collect()
}

#[test]
fn a_test_that_imports_pytest_runs_apart_from_the_answer() {
    let wrong = "def half(x):\n    return x / 2\n";
    let found = scored(&row("half", HALF, TEST, &["half"]), &[HALF, wrong]);
    assert_eq!((&found["reference_passes"], &found["isolation"]), (&json!(true), &json!("apart")));
    assert_eq!(passed(&found), [true, false]);
    let failing = &found["samples"][1]["failing"];
    let got = failing["got"].as_str().unwrap();
    assert!(got.starts_with("AssertionError: did not raise ValueError\n"), "{got}");
}

#[test]
fn an_answer_that_shares_the_tests_interpreter_cannot_get_at_its_pytest() {
    // Without a declared function, the test meets the answer's code.
    let row = row("half", HALF, TEST, &[]);
    let imports = "import pytest\npytest.raises = pytest.approx = lambda *args, **named: None\ndef half(x): return 0\n";
    let later = "def half(x):\n    import sys\n    try:\n        import pytest\n    except ImportError:\n        pytest = sys.modules.get('pytest')\n    if pytest:\n        pytest._run = lambda *args: None\n        return type('Any', (), {'__eq__': lambda *args: True})()\n    return 0\n";
    let imitates = "import sys, types\nfake = types.ModuleType('pytest')\nfake._run = fake.raises = fake.approx = fake.fixture = lambda *args, **named: None\nsys.modules['pytest'] = fake\ndef half(x): return 0\n";
    let patches = "def half(x):\n    for found in BaseException.__subclasses__():\n        if found.__module__ == 'pytest':\n            found.__init__ = lambda *args: None\n    return 0\n";
    let found = scored(&row, &[HALF, imports, later, imitates, patches]);
    assert_eq!(found["isolation"], "guarded");
    assert_eq!(passed(&found), [true, false, false, false, false]);
}

#[test]
fn the_reason_of_a_failing_reference_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let of = |id: &str, test: &str| row(id, HALF, test, &["half"]);
    let rows = [
        of("module", "import hypothesis_of_mine\ndef test_a():\n    assert half(2) == 1\n"),
        of("feature", "import pytest\ndef test_a(tmp_path):\n    assert half(2) == 1\n"),
        of("skip", "import pytest\ndef test_a():\n    pytest.skip('later')\n"),
        of("wrong", "def test_a():\n    assert half(2) == 3, 'it is 1'\n"),
    ];
    write_rows(&folder.path().join("test.jsonl"), &rows);
    let ended = eval(folder.path(), &["test.jsonl", "--reference", "--out", "run"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = std::fs::read_to_string(folder.path().join("run/report.md")).unwrap();
    let reasons = [
        ("module", "ModuleNotFoundError: No module named 'hypothesis_of_mine'"),
        ("feature", "NotImplementedError: pytest: fixture 'tmp_path' is not available here"),
        ("skip", "AssertionError: skipped: later"),
        ("wrong", "AssertionError: it is 1"),
    ];
    for (id, why) in reasons {
        let line =
            format!("tgsand: {id}: the reference program does not pass its own tests: {why}");
        assert!(ended.stderr.contains(&line), "{line}\n{}", ended.stderr);
        assert!(report.contains(&format!("| {id} | {why}")), "{report}");
    }
    let rows = results(&folder.path().join("run"));
    assert!(rows[3]["reference_failing"]["got"].as_str().unwrap().contains("it is 1"));
}
