//! `tgsand repo --emit qa,design`: what is asked about a small tree, with and without a model, and that it is the same every time.
//!
//! Invariant: every expected answer was read off the tree in this file by hand.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, json_lines, tgsand};
use crate::model_server::{Asked, ModelServer, good};

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
    let mut command = tgsand();
    command.arg("repo").arg(folder.join("project")).arg("--out").arg(folder.join(out));
    command.args(["--emit", "qa,design", "--per-function", "20"]).args(options);
    let ended = ended(command, b"");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
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
    let raised = answer(&qa, "shop/prices.py:price:6/call-result/exception");
    assert!(raised.contains("raises `KeyError:"), "{raised}");
    let price = answer(&qa, "shop/prices.py:price:6/callers");
    assert!(price.contains("`total` (`shop/basket.py:11`)"), "{price}");
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
    assert_eq!(imports, "`shop/prices.py` is imported at `shop/basket.py:1`.");
    let overrides = answer(&qa, "shop/kinds.py:Item.label:2/overrides");
    assert!(overrides.contains("`Tea.label` (`shop/kinds.py:7-8`)"), "{overrides}");
    let dialogue = qa.iter().find(|row| row["kind"] == "dialogue").unwrap();
    assert!(dialogue["messages"].as_array().unwrap().len() >= 4, "{dialogue}");

    let designs = rows(&out, "samples/design.jsonl");
    let kinds: Vec<&str> = designs.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"required-setting") && kinds.contains(&"printed-output"), "{kinds:?}");
    for row in qa.iter().chain(&designs) {
        assert_eq!(row["provenance"]["digest"].as_str().unwrap().len(), 64);
        let keys = |row: &Json| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let first = if row.get("question").is_some() { &qa[0] } else { &designs[0] };
        assert_eq!(keys(row), keys(first));
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
