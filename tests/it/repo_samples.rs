//! `tgsand repo --emit qa,design`: what is asked about a small tree, with and without a model, and that it is the same every time.
//!
//! Invariant: every expected answer was read off the tree in this file by hand.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, json_lines, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, good};

const FILES: [&str; 4] = ["samples/qa.jsonl", "samples/design.jsonl", "rejected.jsonl", "run.json"];

/// A package whose modules import each other, with a test.
const TREE: [(&str, &str); 5] = [
    ("shop/__init__.py", ""),
    (
        "shop/prices.py",
        "import os\n\nRATES = {'tea': 3, 'jam': 5}\n\n\ndef price(name, count=1):\n    \"\"\"Give what some of an item cost.\"\"\"\n    if name not in RATES:\n        raise KeyError(name)\n    return RATES[name] * count\n\n\ndef shelf():\n    place = os.environ['SHOP_SHELF']\n    return place.strip()\n",
    ),
    (
        "shop/basket.py",
        "from shop.prices import price\n\n\ndef total(items):\n    \"\"\"Add up a basket.\n\n    >>> total(['tea', 'jam'])\n    8\n    \"\"\"\n    print('adding')\n    return sum([price(item) for item in items])\n\n\ndef receipt(items):\n    head = 'total: '\n    return head + str(total(items))\n",
    ),
    (
        "shop/kinds.py",
        "class Item:\n    def label(self):\n        return 'item'\n\n\nclass Tea(Item):\n    def label(self):\n        return 'tea'\n",
    ),
    (
        "tests/test_prices.py",
        "from shop.prices import price\n\n\ndef test_price():\n    assert price('tea', 2) == 6\n",
    ),
];

fn tree(folder: &Path) {
    for (path, text) in TREE {
        let path = folder.join("project").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn repo(folder: &Path, out: &str, options: &[&str]) -> Ended {
    let mut all = vec!["--emit", "qa,design", "--per-function", "20"];
    all.extend(options);
    let ended = run(folder, out, &all);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
}

fn run(folder: &Path, out: &str, options: &[&str]) -> Ended {
    let mut command = tgsand();
    command.arg("repo").arg(folder.join("project")).arg("--out").arg(folder.join(out));
    command.args(options);
    ended(command, b"")
}

/// A project of these files alone.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join("project").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn rows(folder: &Path, file: &str) -> Vec<Json> {
    json_lines(&std::fs::read_to_string(folder.join(file)).unwrap())
}

/// The answer of the row with an id.
fn answer<'r>(rows: &'r [Json], id: &str) -> &'r str {
    let row = rows.iter().find(|row| row["id"] == id);
    row.unwrap_or_else(|| panic!("no {id}: {rows:#?}"))["answer"].as_str().unwrap()
}

#[test]
fn what_is_asked_of_a_package_is_answered_from_its_text_and_its_executions() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    repo(folder.path(), "out", &[]);
    let out = folder.path().join("out");
    let rejected = rows(&out, "rejected.jsonl");
    assert_eq!(rejected, Vec::<Json>::new());
    let qa = rows(&out, "samples/qa.jsonl");
    let total = answer(&qa, "shop/basket.py:total:4/call-result/value");
    assert_eq!(total, "`total(['tea', 'jam'])` returns `8`, and prints 'adding\\n'.");
    let priced = answer(&qa, "shop/prices.py:price:6/call-result/value");
    assert_eq!(priced, "`price('tea', 2)` returns `6`.");
    let price = answer(&qa, "shop/prices.py:price:6/callers");
    assert!(price.contains("`total` (`shop/basket.py:11`)"), "{price}");
    assert!(price.contains("tests"), "the answer leaves tests out: {price}");
    let doctest = answer(&qa, "shop/basket.py:total:4/signature-change");
    assert!(doctest.contains("`shop/basket.py:16` and `shop/basket.py:7`"), "{doctest}");
    let change = answer(&qa, "shop/prices.py:price:6/signature-change");
    assert!(change.contains("`shop/basket.py:11` and `tests/test_prices.py:5`"), "{change}");
    let tests = answer(&qa, "shop/prices.py:price:6/tests");
    assert!(tests.contains("`test_price` (`tests/test_prices.py:5`)"), "{tests}");
    let exceptions = answer(&qa, "shop/prices.py:price:6/exceptions");
    assert!(exceptions.contains("`KeyError` at `shop/prices.py:9`"), "{exceptions}");
    assert!(exceptions.contains("`name not in RATES`"), "{exceptions}");
    let path = answer(&qa, "shop/basket.py:receipt:14/call-path");
    assert_eq!(
        path,
        "`receipt` calls `total` at `shop/basket.py:16`. `total` calls `price` at `shop/basket.py:11`."
    );
    let setting = answer(&qa, "shop/prices.py:shelf:13/missing-setting/SHOP_SHELF:14");
    assert!(setting.contains("`KeyError`") && setting.contains("`shop/prices.py:14`"), "{setting}");
    let imports = answer(&qa, "shop/prices.py/dependents");
    assert!(imports.ends_with("tests, `shop/prices.py` is imported at `shop/basket.py:1`."));
    let overrides = answer(&qa, "shop/kinds.py:Item.label:2/overrides");
    assert!(overrides.contains("`Tea.label` (`shop/kinds.py:7`)"), "{overrides}");

    let designs = rows(&out, "samples/design.jsonl");
    let kinds: Vec<&str> = designs.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["required-setting"]);
    for row in qa.iter().chain(&designs) {
        assert_eq!(row["provenance"]["digest"].as_str().unwrap().len(), 64);
    }
}

/// The columns of a row with the types that a loader infers; nothing is null and no list is empty.
fn types(value: &Json) -> Json {
    match value {
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.clone(), types(value))).collect())
        }
        Json::Array(items) => json!([types(items.first().expect("an empty list has no type"))]),
        Json::String(_) => "text".into(),
        Json::Number(_) => "number".into(),
        Json::Bool(_) => "truth".into(),
        Json::Null => panic!("null has no type"),
    }
}

#[test]
fn all_rows_have_the_same_columns_with_the_same_types_whatever_has_run() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    repo(folder.path(), "out", &["--lang", "en,zh"]);
    let bare = project(&[(
        "a.py",
        "def f(x):\n    if x:\n        raise ValueError('a')\n    return y\n\n\ndef g(x):\n    z = f(x)\n    return input(z)\n",
    )]);
    repo(bare.path(), "out", &[]);
    let mut found = Vec::new();
    for folder in [folder.path(), bare.path()] {
        for file in ["samples/qa.jsonl", "samples/design.jsonl"] {
            let rows = rows(&folder.join("out"), file);
            assert!(!rows.is_empty(), "{file}");
            found.extend(rows.iter().map(types));
        }
    }
    found.iter().for_each(|types| assert_eq!(types, &found[0]));
}

#[test]
fn a_question_shows_the_lines_of_the_repository_that_its_answer_names() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    repo(folder.path(), "out", &["--lang", "en,zh"]);
    let out = folder.path().join("out");
    for row in rows(&out, "samples/qa.jsonl") {
        let context = row["context"].as_str().unwrap();
        let messages = row["messages"].as_array().unwrap();
        let said = |message: &Json| message["content"].as_str().unwrap().to_owned();
        let first = said(&messages[0]);
        let asked = first.strip_prefix(context).unwrap().trim_start().to_owned();
        if messages.len() == 2 {
            assert_eq!(row["question"], asked);
        }
        // What is asked last is the row's question, and its answer comes last.
        assert_eq!(row["answer"], said(&messages[messages.len() - 1]));
        let mut shown: Vec<(String, String)> = Vec::new();
        let mut path = String::new();
        for line in context.lines() {
            if let Some(name) = line.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:")) {
                path = name.to_owned();
            } else if let Some((number, text)) = line.split_once(" |") {
                let source = std::fs::read_to_string(folder.path().join("project").join(&path));
                let number: usize = number.trim().parse().unwrap();
                let line = source.unwrap().lines().nth(number - 1).unwrap().to_owned();
                assert_eq!(text.strip_prefix(' ').unwrap_or(text), line.trim_end());
                shown.push((path.clone(), number.to_string()));
            }
        }
        let answer = row["answer"].as_str().unwrap();
        for (path, line) in answer.split('`').filter_map(|piece| piece.split_once(".py:")) {
            let place = (format!("{path}.py"), line.to_owned());
            assert!(shown.contains(&place), "{place:?} is not shown: {row:#}");
        }
    }
}

#[test]
fn a_dialogue_ends_with_the_rows_question_and_takes_its_turns_from_the_single_rows() {
    let functions: String = (0..12)
        .map(|i| format!("def f{i}(x):\n    if x == {i}:\n        raise ValueError(x)\n    return x * {i}\n\n\ndef g{i}(x):\n    y = f{i}(x)\n    return y + {i}\n\n\n"))
        .collect();
    let folder = project(&[("a.py", &functions)]);
    repo(folder.path(), "out", &[]);
    let qa = rows(&folder.path().join("out"), "samples/qa.jsonl");
    let dialogues: Vec<&Json> = qa.iter().filter(|row| row["kind"] == "dialogue").collect();
    assert!(!dialogues.is_empty());
    for dialogue in dialogues {
        let messages = dialogue["messages"].as_array().unwrap();
        assert!(messages.len() >= 4 && messages.len() % 2 == 0, "{dialogue:#}");
        assert_eq!(dialogue["question"], messages[messages.len() - 2]["content"]);
        assert_eq!(dialogue["answer"], messages[messages.len() - 1]["content"]);
        let answers: Vec<&Json> =
            messages.iter().skip(1).step_by(2).map(|one| &one["content"]).collect();
        let singles = qa.iter().filter(|row| {
            row["kind"] != "dialogue" && row["function_name"] == dialogue["function_name"]
        });
        for row in singles {
            assert!(!answers.contains(&&row["answer"]), "{row:#}");
        }
    }
}

#[test]
fn results_that_depend_on_the_state_of_a_module_are_no_facts() {
    let folder = project(&[(
        "state.py",
        "COUNT = 0\nSETTINGS = {'depth': 3}\nSEEN = {}\n\n\ndef counter(step: int = 1):\n    \"\"\"Count.\n\n    >>> counter(2)\n    2\n    \"\"\"\n    global COUNT\n    COUNT += step\n    return COUNT\n\n\ndef ticket():\n    \"\"\"Give a number.\n\n    >>> ticket()\n    1\n    \"\"\"\n    numbers = SEEN.setdefault('all', [])\n    numbers.append(1)\n    return len(numbers)\n\n\ndef configure(key, value):\n    before = SETTINGS.get(key)\n    SETTINGS[key] = value\n    return before\n\n\ndef depth(of: str):\n    \"\"\"Give a depth.\n\n    >>> depth('depth')\n    4\n    \"\"\"\n    found = SETTINGS.get(of)\n    return found + 1\n\n\ndef square(x: int, known={}):\n    \"\"\"Multiply.\n\n    >>> square(3)\n    9\n    \"\"\"\n    if x not in known:\n        known[x] = x * x\n    return known[x]\n",
    )]);
    repo(folder.path(), "out", &[]);
    let out = folder.path().join("out");
    let qa = rows(&out, "samples/qa.jsonl");
    let executed: std::collections::BTreeSet<String> = qa
        .iter()
        .flat_map(|row| {
            json_lines(row["executions"].as_str().unwrap()).remove(0).as_array().unwrap().clone()
        })
        .map(|one| {
            format!("{}({})", one["function"].as_str().unwrap(), one["arguments"].as_str().unwrap())
        })
        .collect();
    assert_eq!(executed.into_iter().collect::<Vec<_>>(), ["state.square(3)"]);
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(report["not_executed"], json!({"depends-on-state": 4}));
}

#[test]
fn what_a_repository_lacks_is_designed_where_its_text_shows_it() {
    let a = "from pkg.b import limit\n\n\ndef _spare(x):\n    y = x + 1\n    return y\n\n\ndef join(word, words=[]):\n    words = words + [word]\n    return limit(words)\n\n\ndef remember(word, cache={}):\n    cache[word] = 1\n    return cache\n\n\ndef old(x):\n    \"\"\"Add one.\n\n    .. deprecated:: 2.0\n       Use join.\n    \"\"\"\n    z = x + 1\n    return z * 2\n\n\ndef uses(x):\n    w = old(x)\n    return w - 1\n";
    let b = "from pkg import a\n\n\ndef limit(words):\n    count = len(words)\n    return words[: count - 1]\n\n\ndef both(x):\n    v = a.join(x)\n    return v * 2\n";
    let folder = project(&[("pkg/__init__.py", ""), ("pkg/a.py", a), ("pkg/b.py", b)]);
    repo(folder.path(), "out", &[]);
    let out = folder.path().join("out");
    assert_eq!(rows(&out, "rejected.jsonl"), Vec::<Json>::new());
    let designs = rows(&out, "samples/design.jsonl");
    // Neither an import for type checkers makes a circle, nor can a class that needs its neighbours move alone.
    let typed = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from pkg.d import after\n\n\ndef before(x):\n    y = x - 1\n    return y * 3\n";
    let user = "from pkg.c import before\n\nSTEP = 1\n\n\ndef after(x):\n    y = before(x) + STEP\n    return y\n";
    let bound = "from pkg.f import base\n\n\ndef top(x):\n    y = base(x)\n    return y + 2\n";
    let base = "import pkg.e\n\nUNIT = 2\n\n\ndef base(x):\n    y = x * UNIT\n    return y\n";
    let other = project(&[
        ("pkg/__init__.py", ""),
        ("pkg/c.py", typed),
        ("pkg/d.py", user),
        ("pkg/e.py", bound),
        ("pkg/f.py", base),
    ]);
    repo(other.path(), "out", &[]);
    let others = rows(&other.path().join("out"), "samples/design.jsonl");
    assert!(!others.iter().any(|row| row["kind"] == "import-cycle"), "{others:#?}");
    let found: Vec<(&str, &str)> = designs
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["design"].as_str().unwrap()))
        .collect();
    let expected = [
        ("pkg/a.py:_spare:4/unused-function", "Remove `_spare`, which is defined at `pkg/a.py:4`."),
        (
            "pkg/a.py:join:9/shared-default",
            "Change the default of `words` at `pkg/a.py:9` from `[]` to `None`",
        ),
        ("pkg/a.py:old:19/deprecation", "The calls at `pkg/a.py:30` have to move"),
        (
            "pkg/a.py/import-cycle",
            "Move it into `pkg/limit.py` (new), and import it from there at `pkg/a.py:1`",
        ),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (id, said) in expected {
        assert!(
            found.iter().any(|(own, text)| *own == id && text.contains(said)),
            "{id}: {found:#?}"
        );
    }
}

#[test]
fn functions_run_if_only_their_package_needs_what_is_not_installed() {
    let function = |name: &str, by: u32| {
        format!(
            "def {name}(x: int):\n    \"\"\"Multiply.\n\n    >>> {name}(2)\n    4\n    \"\"\"\n    y = x * {by}\n    return y\n"
        )
    };
    let free = format!("from . import b\n\n\n{}", function("free", 3));
    let bound = format!("from pkg import NAME\n\n\n{}    return NAME\n", function("bound", 4));
    let optional = format!(
        "try:\n    from pkg import NAME\nexcept ImportError:\n    NAME = 2\n\n\n{}",
        function("optional", 5).replace("* 5", "* 5 * NAME - NAME")
    );
    let folder = project(&[
        ("pkg/__init__.py", "import nobody_has_this\nfrom .b import *\n\nNAME = 1\n"),
        ("pkg/b.py", "B = 1\n"),
        ("pkg/free.py", &free),
        ("pkg/bound.py", &bound),
        ("pkg/optional.py", &optional),
    ]);
    repo(folder.path(), "out", &[]);
    let out = folder.path().join("out");
    let qa = rows(&out, "samples/qa.jsonl");
    let executed = qa.iter().filter(|row| row["executions"] != "[]");
    let answers: Vec<&Json> = executed.map(|row| &row["answer"]).collect();
    assert_eq!(answers, ["`free(2)` returns `6`."]);
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(report["not_executed"], json!({"load-failed": 2}));
}

#[test]
fn a_limit_bounds_everything_and_nothing_of_an_earlier_run_stays() {
    let mut files: Vec<(String, String)> = Vec::new();
    for i in 0..20 {
        let base = "class A:\n    def m(self):\n        x = 1\n        return x\n\n\n";
        let own =
            format!("class B{i}(A):\n    def m(self):\n        x = 2\n        return x\n\n\n");
        let f = format!("def f{i}(x):\n    y = x + {i}\n    return y\n");
        files.push((format!("m{i}.py"), format!("import m{}\n\n\n{base}{own}{f}", (i + 1) % 20)));
    }
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = project(&files);
    let out = folder.path().join("out");
    let all = run(folder.path(), "out", &["--emit", "index,qa,design"]);
    assert_eq!(all.code, Some(0), "{}", all.stderr);
    assert!(rows(&out, "samples/qa.jsonl").len() > 20);
    let limited = ["--emit", "qa", "--limit", "2", "--per-function", "1"];
    assert_eq!(run(folder.path(), "out", &limited).code, Some(0));
    // One question about each of two functions, and one about each of their files.
    assert!(rows(&out, "samples/qa.jsonl").len() <= 4);
    for stale in ["samples/design.jsonl", "functions.json", "index.jsonl", "repo_summary.txt"] {
        assert!(!out.join(stale).exists(), "{stale}");
    }
    assert_eq!(run(folder.path(), "out", &["--emit", "index"]).code, Some(0));
    for stale in ["samples/qa.jsonl", "samples/design.jsonl", "rejected.jsonl"] {
        assert!(!out.join(stale).exists(), "{stale}");
    }
    assert!(out.join("functions.json").exists());
    for option in ["--limit", "--per-function"] {
        let none = run(folder.path(), "out", &["--emit", "qa", option, "0"]);
        assert_eq!(none.code, Some(2), "{}", none.stderr);
        assert!(none.stderr.contains("use a whole number from 1"), "{}", none.stderr);
    }
}

#[test]
fn records_that_are_left_for_a_rerun_are_told_by_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    let server = ModelServer::start(|asked| {
        let first = asked.body["messages"][0]["content"].as_str().unwrap();
        if first.contains("Here is `price`") {
            Answer::Reply(500, "", "{}".to_owned())
        } else {
            good(&reply(asked))
        }
    });
    let options = ["--emit", "qa", "--model", "author", "--base-url", &server.url];
    let options: Vec<&str> =
        options.into_iter().chain(["--max-retries", "0", "--no-cache"]).collect();
    let ended = run(folder.path(), "out", &options);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/run.json")).unwrap())
            .unwrap();
    assert_eq!(report["deferred"], 1);
}

#[test]
fn a_prefix_that_a_route_gets_elsewhere_leaves_it_out_and_a_known_one_is_kept() {
    let handler = "from flask import Blueprint, Flask\n\napi = Blueprint('api', __name__, url_prefix='/v1')\n\n\n@api.route('/tools')\ndef tools():\n    found = list()\n    return found\n";
    let plain = "from flask import Flask\nfrom web import api\n\napp = Flask('a')\napp.register_blueprint(api)\n";
    let prefixed = plain.replace("(api)", "(api, url_prefix='/other')");
    let made = |application: &str| {
        let folder = project(&[("web.py", handler), ("app.py", application)]);
        repo(folder.path(), "out", &[]);
        let out = folder.path().join("out");
        (rows(&out, "samples/qa.jsonl"), rows(&out, "samples/design.jsonl"))
    };
    let (qa, design) = made(plain);
    let told = answer(&qa, "web.py:tools:7/endpoint/GET /v1/tools");
    assert!(told.contains("`tools`"), "{told}");
    let design = design.iter().find(|row| row["kind"] == "health-check").unwrap();
    assert!(design["design"].as_str().unwrap().contains("`GET /v1/health` (new)"), "{design:#}");
    let (qa, design) = made(&prefixed);
    assert!(!qa.iter().any(|row| row["kind"] == "endpoint"), "{qa:#?}");
    assert!(!design.iter().any(|row| row["kind"] == "health-check"), "{design:#?}");
}

#[test]
fn tests_are_designed_into_the_folder_that_has_those_of_the_package() {
    let source = "def twice(x: int):\n    \"\"\"Double.\n\n    >>> twice(2)\n    4\n    >>> twice(5)\n    10\n    \"\"\"\n    y = x * 2\n    return y\n";
    let folder = project(&[
        ("pkg/__init__.py", ""),
        ("pkg/numbers.py", source),
        ("pkg/tests/test_words.py", "def test_words():\n    assert True\n"),
    ]);
    repo(folder.path(), "out", &[]);
    let designs = rows(&folder.path().join("out"), "samples/design.jsonl");
    let files: Vec<&Json> = designs.iter().map(|row| &row["files"]).collect();
    assert_eq!(files, [&json!(["pkg/tests/test_numbers.py"])]);
    let told = designs[0]["design"].as_str().unwrap();
    assert!(told.contains("`twice(2)` returns `4`. `twice(5)` returns `10`."), "{told}");
}

#[test]
fn both_languages_are_written_and_each_sample_is_in_one() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    repo(folder.path(), "out", &["--lang", "en,zh"]);
    let qa = rows(&folder.path().join("out"), "samples/qa.jsonl");
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for row in &qa {
        let said = row["question"].as_str().unwrap();
        assert_eq!(is_chinese(said), row["lang"] == "zh", "{said}");
    }
    assert!(qa.iter().any(|row| row["lang"] == "zh") && qa.iter().any(|row| row["lang"] == "en"));
}

#[test]
fn the_same_tree_gives_the_same_bytes_with_any_threads_and_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    repo(folder.path(), "one", &["--threads", "1", "--lang", "en,zh"]);
    repo(folder.path(), "two", &["--threads", "2", "--lang", "en,zh"]);
    let mut command = tgsand();
    command.arg("repo").arg(folder.path().join("project"));
    command.arg("--out").arg(folder.path().join("killed"));
    command.args(["--emit", "qa,design", "--per-function", "20", "--lang", "en,zh"]);
    command.stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let journal = folder.path().join("killed/journal/call.jsonl");
    while child.try_wait().unwrap().is_none()
        && std::fs::metadata(&journal).map_or(0, |journal| journal.len()) == 0
    {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    repo(folder.path(), "killed", &["--lang", "en,zh"]);
    for file in FILES {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(file)).unwrap();
        assert_eq!(read("one"), read("two"), "{file}");
        assert_eq!(read("one"), read("killed"), "{file}");
    }
}

/// The recorded reply to a request, told apart by the words of its prompt.
fn reply(asked: &Asked) -> String {
    let messages = asked.body["messages"].as_array().unwrap();
    let first = messages[0]["content"].as_str().unwrap();
    let has_repaired = messages.len() > 1;
    let qa = |question: &str, answer: &str, step: &str| {
        json!({"question": question, "answer": answer, "trace": [step]}).to_string()
    };
    if first.contains("about a code base that you cannot see") {
        return "I do not know.".into();
    }
    if first.contains("Does the other answer state") {
        return json!({"same": first.contains("shelf")}).to_string();
    }
    if first.contains("The requirement is:") {
        let design = if first.contains("structured log messages") && !has_repaired {
            "Replace the call in `total_price` by a logger and keep the rest as it is."
        } else if first.contains("Collect the settings") {
            "Give `nothing_like_it` a default and keep the rest as it is."
        } else {
            "Add `health` (new) to `shop/prices.py` and keep `price` as it is."
        };
        return json!({"design": design, "trace": ["`price` is in `shop/prices.py`."], "adds": []})
            .to_string();
    }
    match () {
        () if first.contains("Here is `price`") => qa(
            "Who relies on `price` in `shop/prices.py` when a basket is added up?",
            "`total` calls `price` at `shop/basket.py:11` for each item.",
            "`price` is called by `total` at `shop/basket.py:11`.",
        ),
        () if first.contains("Here is `shelf`") => qa(
            "What does `shelf` in `shop/prices.py` read from its surroundings?",
            "`shelf` reads the variable `SHOP_SHELF` at `shop/prices.py:14`.",
            "The key `SHOP_SHELF` stands at `shop/prices.py:14`.",
        ),
        () if first.contains("Here is `total`") => qa(
            "How does `total` in `shop/basket.py` find out what an item costs?",
            "`total` calls `lookup_price` for each item.",
            "`total` is defined at `shop/basket.py:4-11`.",
        ),
        () => "[ERROR] overloaded".into(),
    }
}

#[test]
fn a_model_writes_what_holds_and_nothing_that_needs_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    let server = ModelServer::start(|asked| good(&reply(asked)));
    let model =
        ["--model", "author", "--base-url", &server.url, "--max-retries", "0", "--no-cache"];
    repo(folder.path(), "out", &model);
    let out = folder.path().join("out");
    let qa = rows(&out, "samples/qa.jsonl");
    let by_model: Vec<&Json> = qa.iter().filter(|row| row["kind"] == "free-text").collect();
    let ids: Vec<&str> = by_model.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["shop/prices.py:price:6/free-text"]);
    assert_eq!(by_model[0]["provenance"]["model"], "author");
    let designs = rows(&out, "samples/design.jsonl");
    let given: Vec<&str> = designs
        .iter()
        .filter(|row| row["kind"] == "given")
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    let kept = ["requirement-1/design", "requirement-2/design", "requirement-3/design"];
    assert_eq!(given[..3], kept);
    assert_eq!(given[3..], ["requirement-4/design"]);
    let mut reasons: Vec<(String, String)> = rows(&out, "rejected.jsonl")
        .iter()
        .map(|row| {
            let field = |name: &str| row[name].as_str().unwrap().to_owned();
            (field("id"), field("reason"))
        })
        .collect();
    reasons.sort();
    let expected = [
        ("requirement-5/design", "ungrounded"),
        ("shop/basket.py:receipt:14/free-text", "malformed-reply"),
        ("shop/basket.py:total:4/free-text", "ungrounded"),
        ("shop/prices.py:shelf:13/free-text", "answerable-without-context"),
    ];
    let expected = expected.map(|(id, reason)| (id.to_owned(), reason.to_owned()));
    assert_eq!(reasons, expected);
    let texts = std::fs::read_to_string(out.join("samples/qa.jsonl")).unwrap();
    assert!(!texts.contains("[ERROR]"));
}

#[test]
fn what_a_model_has_written_before_a_kill_is_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    let whole = ModelServer::start(|asked| good(&reply(asked)));
    let options = |url: &str| -> Vec<String> {
        ["--emit", "qa", "--model", "author", "--base-url", url, "--no-cache", "--threads", "1"]
            .into_iter()
            .chain(["--max-retries", "0", "--max-concurrent", "4"])
            .map(str::to_owned)
            .collect()
    };
    let run_with = |out: &str, url: &str| {
        let options = options(url);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let ended = run(folder.path(), out, &options);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    };
    run_with("whole", &whole.url);
    // The first run ends when the questions about three functions are decided and the reply about the fourth is awaited.
    let (is_asked, is_killed) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let asked_again = Arc::new(Mutex::new(Vec::new()));
    let server = {
        let (is_asked, is_killed) = (is_asked.clone(), is_killed.clone());
        let asked_again = asked_again.clone();
        ModelServer::start(move |asked| {
            let first = asked.body["messages"][0]["content"].as_str().unwrap();
            if is_killed.load(Ordering::SeqCst) {
                asked_again.lock().unwrap().push(first.to_owned());
            } else if first.contains("Here is `shelf`") {
                is_asked.store(true, Ordering::SeqCst);
                return Answer::Silence(std::time::Duration::from_secs(600));
            }
            good(&reply(asked))
        })
    };
    let mut command = tgsand();
    command.arg("repo").arg(folder.path().join("project"));
    command.arg("--out").arg(folder.path().join("killed")).args(options(&server.url));
    command.stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let journal = folder.path().join("killed/journal/repo-ask.jsonl");
    let are_decided = || {
        let text = std::fs::read_to_string(&journal).unwrap_or_default();
        [":total:", ":receipt:", ":price:"].iter().all(|name| text.contains(name))
    };
    while !is_asked.load(Ordering::SeqCst) || !are_decided() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.path().join("killed/samples/qa.jsonl").exists());
    is_killed.store(true, Ordering::SeqCst);
    run_with("killed", &server.url);
    let asked = asked_again.lock().unwrap();
    let of = |name: &str| {
        asked.iter().filter(|text| text.contains(&format!("Here is `{name}`"))).count()
    };
    assert_eq!(["total", "receipt", "price", "shelf"].map(of), [0, 0, 0, 1], "{asked:#?}");
    for file in ["samples/qa.jsonl", "rejected.jsonl"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(file)).unwrap();
        assert!(read("whole") == read("killed"), "{file}");
    }
}
