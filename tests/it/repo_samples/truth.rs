//! What is said of a repository is all of it: every branch before a `raise`, every way to a method, nothing that never runs.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{answer, project, repo, rows};

/// The questions about a project of these files.
fn questions(files: &[(&str, &str)]) -> Vec<Json> {
    let folder = project(files);
    repo(folder.path(), "out", &[]);
    rows(&folder.path().join("out"), "samples/qa.jsonl")
}

fn text<'r>(row: &'r Json, field: &str) -> &'r str {
    row[field].as_str().unwrap()
}

/// The rows of a kind.
fn of_kind<'r>(rows: &'r [Json], kind: &str) -> Vec<&'r Json> {
    rows.iter().filter(|row| row["kind"] == kind).collect()
}

#[test]
fn a_raise_is_told_with_the_branches_before_it_and_with_tests_that_are_out_of_date() {
    let source = "def scheme(kind, port=None):\n    if kind is True:\n        first = port\n    elif kind is False:\n        first = 0\n    elif kind is not None:\n        raise TypeError('kind')\n    return first\n\n\nclass Bits:\n    def read(self, val):\n        if type(val) is not int:\n            val = convert(val)\n            if type(val) is not int:\n                raise TypeError('bad')\n        return val\n";
    let qa = questions(&[("a.py", source)]);
    let chain = answer(&qa, "a.py:scheme:1/exceptions");
    for test in ["`kind is True`", "`kind is False`", "`kind is not None`"] {
        assert!(chain.contains(test), "{chain}");
    }
    assert!(chain.contains("neither") || chain.contains("both"), "{chain}");
    let again = answer(&qa, "a.py:Bits.read:12/exceptions");
    let earlier = "`type(val) is not int` held at `a.py:13`";
    assert!(again.contains(earlier), "{again}");
}

#[test]
fn a_method_that_others_may_reach_through_their_base_has_no_list_of_callers() {
    let source = "import typing\n\n\nclass Base:\n    def __init__(self):\n        self.seed()\n        self.size = 1\n\n    def seed(self):\n        self.count = 0\n        return self.count\n\n    def sign(self, value):\n        found = value + 1\n        return found\n\n\nclass Child(Base):\n    def seed(self):\n        self.count = 1\n        return self.count\n\n    @typing.overload\n    def sign(self, value: int): ...\n\n    @typing.overload\n    def sign(self, value: str): ...\n\n    def sign(self, value):\n        self.seed()\n        return value\n";
    let qa = questions(&[("a.py", source)]);
    let ids: Vec<&str> = qa.iter().map(|row| text(row, "id")).collect();
    assert!(ids.contains(&"a.py:Base.seed:9/callers"), "{ids:?}");
    assert!(!ids.contains(&"a.py:Child.seed:19/callers"), "{ids:?}");
    let signed = answer(&qa, "a.py:Base.sign:13/overrides");
    let line = source.lines().count() - 2;
    assert!(signed.contains(&format!("`a.py:{line}`")), "{signed}");
    assert_eq!(signed.matches("a.py:").count(), 1, "{signed}");
}

#[test]
fn a_call_path_ends_in_code_that_runs_and_no_two_paths_have_the_same_end() {
    let source = "import typing\n\n\nclass Shape(typing.Protocol):\n    def dump(self, x): ...\n\n\ndef is_text(shape: Shape):\n    found = shape.dump({})\n    return isinstance(found, str)\n\n\ndef load(shape: Shape):\n    found = is_text(shape)\n    return not found\n\n\ndef low(x):\n    y = x + 1\n    return y\n\n\ndef middle(x):\n    y = low(x)\n    return y\n\n\ndef one(x):\n    y = middle(x)\n    return y + 3\n\n\ndef two(x, z):\n    y = middle(x) * z\n    return y - 3 * z\n";
    let qa = questions(&[("a.py", source)]);
    let paths = of_kind(&qa, "call-path");
    assert_eq!(paths.len(), 1, "{paths:#?}");
    assert!(text(paths[0], "answer").contains("`middle` calls `low`"), "{paths:#?}");
}

#[test]
fn a_list_of_all_lines_with_names_has_only_lines_of_files_that_have_them() {
    let a = "from other import clean, count\n\n\ndef measure(x):\n    a = clean(x)\n    return count(a)\n\n\ndef report(x):\n    y = measure(x)\n    return str(y)\n";
    let other = "def clean(x):\n    y = x.strip()\n    return y\n\n\ndef count(x):\n    y = len(x)\n    return y + 1\n";
    let folder = project(&[("a.py", a), ("other.py", other)]);
    // Which questions become a dialogue is drawn.
    let qa: Vec<Json> = (0..8)
        .flat_map(|seed| {
            repo(folder.path(), "out", &["--seed", &seed.to_string()]);
            rows(&folder.path().join("out"), "samples/qa.jsonl")
        })
        .collect();
    let mut has_both = false;
    for row in &qa {
        let Some(context) = text(row, "context").strip_prefix("Every line of the source") else {
            continue;
        };
        let (heading, shown) = context.split_once(":\n").unwrap();
        let names: Vec<&str> = heading.split('`').skip(1).step_by(2).collect();
        let listed = shown.split("Other lines of the repository:").next().unwrap();
        has_both |= listed.len() < shown.len();
        for file in listed.split("```python\n").skip(1) {
            assert!(names.iter().any(|name| file.contains(name)), "{names:?} {file}");
        }
    }
    assert!(has_both, "no dialogue has both: {qa:#?}");
    let messages = qa.iter().flat_map(|row| row["messages"].as_array().unwrap());
    for asked in messages.map(|one| text(one, "content")).filter(|one| one.contains("doctests")) {
        let asked = asked.to_lowercase();
        let names_it = ["parameter", "argument"].iter().any(|word| asked.contains(word));
        assert!(names_it, "what is new is said: {asked}");
    }
}

#[test]
fn a_question_about_a_method_shows_what_it_is_called_on_and_calls_of_others() {
    let a = "class Store:\n    def find(self, x):\n        y = x + 1\n        return y\n\n    def find_all(self, x):\n        y = [self.find(x)]\n        return y\n\n\nclass Large(Store):\n    size = 2\n";
    let b = "from a import Large\n\n\ndef use(x):\n    store = Large()\n    y = 2 * x\n    return store.find(y)\n\n\ndef more(x):\n    store = Large()\n    y = 3 * x\n    return store.find_all(y)\n";
    let qa = questions(&[("a.py", a), ("b.py", b)]);
    let row = qa.iter().find(|row| row["id"] == "a.py:Store.find:2/callers").unwrap();
    for line in
        ["5 |     store = Large()", "11 | class Large(Store):", "13 |     return store.find_all(y)"]
    {
        assert!(text(row, "context").contains(line), "{line}: {row:#}");
    }
    assert!(!text(row, "answer").contains("`more`"), "{row:#}");
}

#[test]
fn a_function_has_one_of_the_questions_that_show_the_same_lines() {
    let functions: String = (0..9)
        .map(|i| format!("def f{i}(x):\n    y = x * {i}\n    return y\n\n\ndef g{i}(x):\n    y = f{i}(x)\n    return y + {i}\n\n\n"))
        .collect();
    let test: String = (0..9)
        .map(|i| format!("def test_f{i}():\n    assert a.f{i}(2) == {}\n\n\n", 2 * i))
        .collect();
    let qa = questions(&[("a.py", &functions), ("test_a.py", &format!("import a\n\n\n{test}"))]);
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &qa {
        if ["callers", "signature-change", "tests"].contains(&text(row, "kind")) {
            found.entry(text(row, "function_name")).or_default().push(text(row, "kind"));
        }
    }
    assert!(found.values().all(|kinds| kinds.len() == 1), "{found:?}");
    let kinds: std::collections::BTreeSet<&str> = found.values().flatten().copied().collect();
    assert!(kinds.len() > 1, "{found:?}");
}

#[test]
fn an_example_of_a_helper_does_not_say_what_a_call_gives() {
    let source = "def unquote(text: str):\n    \"\"\"Decode.\n\n    >>> unquote('abc%20def')\n    'abc def'\n    \"\"\"\n    parts = to_bytes(text)\n    return parts.decode()\n\n\ndef to_bytes(text: str):\n    \"\"\"to_bytes('abc%20def') -> b'abc def'.\"\"\"\n    return text.replace('%20', ' ').encode()\n";
    let qa = questions(&[("a.py", source)]);
    let row = qa.iter().find(|row| row["id"] == "a.py:unquote:1/call-result/value").unwrap();
    let context = text(row, "context");
    assert!(context.contains("def to_bytes") && !context.contains("abc def"), "{context}");
}

#[test]
fn a_default_is_followed_to_the_branch_that_it_takes() {
    let source = "import os\n\n\ndef store(tools):\n    name = os.environ.get('STORE', '')\n    return tools, open(name) if name else None\n";
    let qa = questions(&[("a.py", source)]);
    let told = answer(&qa, "a.py:store:4/missing-setting/STORE:5");
    let next =
        "`name` counts as false, so the code at `a.py:6` takes `None` instead of `open(name)`.";
    assert!(told.ends_with(next), "{told}");
}

#[test]
fn a_file_without_rows_is_not_written() {
    let folder = project(&[("a.py", "def f(x):\n    y = x + 1\n    return y\n")]);
    repo(folder.path(), "out", &[]);
    let out = folder.path().join("out");
    assert!(!out.join("samples/design.jsonl").exists());
    assert!(out.join("run.json").exists());
}
