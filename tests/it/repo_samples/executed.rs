//! Which functions of a repository run, and whose results are no facts.

use serde_json::{Value as Json, json};

use super::{project, repo, rows};
use crate::cli::json_lines;

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
