//! What is designed without a model, and where it goes.

use serde_json::{Value as Json, json};

use super::{answer, project, repo, rows};

#[test]
fn what_a_repository_lacks_is_designed_where_its_text_shows_it() {
    let a = "from pkg.b import limit\n\n\ndef _spare(x):\n    y = x + 1\n    return y\n\n\ndef join(\n    word,\n    words=[],\n):\n    words = words + [word]\n    return limit(words)\n\n\ndef remember(word, cache={}):\n    cache[word] = 1\n    return cache\n\n\ndef old(x):\n    \"\"\"Add one.\n\n    .. deprecated:: 2.0\n       Use join.\n    \"\"\"\n    z = x + 1\n    return z * 2\n\n\ndef uses(x):\n    w = old(x)\n    return w - 1\n";
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
            "Change the default of `words` at `pkg/a.py:11` from `[]` to `None`",
        ),
        (
            "pkg/a.py:old:22/deprecation",
            "The calls of `old` at `pkg/a.py:33` have to move to `join` first",
        ),
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
fn an_importer_of_a_name_that_is_defined_twice_depends_on_its_module() {
    let twice = "try:\n    from fast import f\nexcept ImportError:\n    def f(x):\n        y = x + 1\n        return y * 2\n";
    let folder = project(&[
        ("pkg/__init__.py", ""),
        ("pkg/twice.py", twice),
        ("pkg/user.py", "from .twice import f\n\n\ndef g(x):\n    y = f(x)\n    return y - 1\n"),
        (
            "pkg/other.py",
            "from pkg import twice\n\n\ndef h(x):\n    y = twice.f(x)\n    return y - 3\n",
        ),
    ]);
    repo(folder.path(), "out", &["--emit", "qa"]);
    let qa = rows(&folder.path().join("out"), "samples/qa.jsonl");
    let told = answer(&qa, "pkg/twice.py/dependents");
    assert!(told.contains("`pkg/other.py:1` and `pkg/user.py:1`"), "{told}");
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
    assert_eq!(files, [&json!(["pkg/numbers.py", "pkg/tests/test_numbers.py"])]);
    let told = designs[0]["design"].as_str().unwrap();
    let code = "```python\nfrom pkg.numbers import twice\n\n\ndef test_twice():\n    assert twice(2) == 4\n    assert twice(5) == 10\n```\n";
    assert!(told.contains(code), "{told}");
    let shown = designs[0]["context"].as_str().unwrap();
    let none = "The test files are `pkg/tests/test_words.py`; none of them has the name `twice`.";
    assert!(shown.contains(none), "{shown}");
}
