//! `tgsand repo --emit qa,design`: what is asked about a small tree, with and without a model, and that it is the same every time.
//!
//! Invariant: every expected answer was read off the tree in this file by hand.

mod by_model;
mod designs;
mod executed;
mod truth;

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, json_lines, tgsand};

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
    // A file without rows is not written.
    json_lines(&std::fs::read_to_string(folder.join(file)).unwrap_or_default())
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
    let mut qa = rows(&out, "samples/qa.jsonl");
    // Of the questions that show the same lines, each run asks one about a function.
    for seed in ["1", "2", "3", "4", "5", "6"] {
        run(folder.path(), "other", &["--emit", "qa", "--per-function", "20", "--seed", seed]);
        qa.extend(rows(&folder.path().join("other"), "samples/qa.jsonl"));
    }
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
