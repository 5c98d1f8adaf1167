//! `translate` into a language that an executor runs, from one of the sandbox's other than Python: results are recorded by a program of the
//! model's.

use serde_json::{Value as Json, json};

use super::{list, native, rows_of, run, write_rows};
use crate::model_server::{Asked, ModelServer, good};
use crate::support;

/// A problem of adding two numbers in JavaScript.
fn adding() -> Json {
    let test = |calls: &str| format!("const assert = require('assert');\n{calls}");
    json!({
        "id": "adding",
        "question": "Write `add(a, b)`, which gives the sum of two numbers.",
        "canonical_solution": "function add(a, b) {\n  return a + b;\n}\n",
        "demo_test_func": test("assert.strictEqual(add(3, 5), 8);\n"),
        "full_test_func": test("assert.strictEqual(add(3, 5), 8);\nassert.strictEqual(add(-1, 9), 8);\n"),
        "language": "javascript",
    })
}

/// A translation to Bash that records these calls in JavaScript.
fn reply(recording: &str) -> String {
    let check = |call: &str, sum: i32| format!("[ \"$({call})\" = {sum} ] || exit 1\n");
    let printing = "add 3 5\nadd -1 9\nadd 0 0\n";
    let demo = check("add 3 5", 8);
    let full = [demo.clone(), check("add -1 9", 8), check("add 0 0", 0)].concat();
    format!(
        "```text\nWrite a function `add` that prints the sum of its two arguments.\n```\n```javascript\n{recording}```\n```bash\nadd() {{\n    echo $(($1 + $2))\n}}\n```\n```bash\n{printing}```\n```bash\n{demo}```\n```bash\n{full}```\n"
    )
}

#[test]
fn a_problem_in_javascript_becomes_one_in_bash() {
    if !native::has("bash") {
        return;
    }
    support::install("javascript");
    let folder = tempfile::tempdir().unwrap();
    let executor = ModelServer::start(native::answer);
    list(folder.path(), &executor.url, "run_code", "run_timeout = 5\n");
    write_rows(&folder.path().join("in.jsonl"), &[adding()]);
    let translated = |recording: &'static str, out: &str| {
        let model = ModelServer::start(move |_: &Asked| good(&reply(recording)));
        let args = ["translate", "in.jsonl", "--to", "bash", "--model", "author", "--no-cache"];
        let args = [&args[..], &["--base-url", &model.url, "--out", out]].concat();
        (run(folder.path(), &args), model.requests())
    };
    let recording = "for (const [a, b] of [[3, 5], [-1, 9], [0, 0]]) console.log(add(a, b));\n";
    let (ended, requests) = translated(recording, "out");
    assert_eq!((ended.code, requests), (Some(0), 1), "{}", ended.stderr);
    let rows = rows_of(&folder.path().join("out/samples/problems.jsonl"));
    let case = |call: &str, result: &str| json!({"call": call, "result": result});
    let cases = [case("call 1", "8"), case("call 2", "8"), case("call 3", "0")];
    assert_eq!(rows[0]["cases"], json!(cases));
    assert_eq!((&rows[0]["id"], &rows[0]["language"]), (&json!("adding/shell"), &json!("shell")));
    assert_eq!(rows[0]["source_language"], "javascript");
    assert!(rows[0]["provenance"]["place"].as_str().unwrap().contains("box"), "{:?}", rows[0]);
    let scores = ["eval", "out/samples/problems.jsonl", "--reference", "--json", "--out", "scores"];
    let scores: Json = serde_json::from_str(&run(folder.path(), &scores).stdout).unwrap();
    assert_eq!((&scores["problems"], &scores["pass@1"]), (&json!(1), &json!(1.0)), "{scores}");

    for (out, recording, reason, detail) in [
        (
            "other",
            "for (const [a, b] of [[3, 5], [-1, 9], [1, 0]]) console.log(add(a, b));\n",
            "translation-differs",
            "case 3, `call 3`: JavaScript gives 1, Bash gives 0",
        ),
        (
            "few",
            "console.log(add(3, 5));\n",
            "too-few-cases",
            "1 result printed; at least 3 are needed (--min-cases)",
        ),
        (
            "broken",
            "console.log(add(3, 5);\n",
            "test-failed",
            "the part that prints results in JavaScript fails: ",
        ),
    ] {
        let (ended, requests) = translated(recording, out);
        assert_eq!((ended.code, requests), (Some(1), 2), "{}", ended.stderr);
        let rejected = rows_of(&folder.path().join(out).join("rejected.jsonl"));
        assert_eq!(rejected[0]["reason"], reason);
        let found = rejected[0]["detail"].as_str().unwrap();
        assert!(found.starts_with(detail), "{found}");
    }
}
