//! A model rewrites programs for `ref`: what does something else is undone, and costs no row.

use serde_json::{Value as Json, json};

use super::{CLAMP, earlier, optimize, rows, set};
use crate::model_server::{Asked, ModelServer, good};

/// What becomes of the one row of a set if a model rewrites its program like this, and how often the model was asked.
fn rewritten(reply: impl Fn(&Asked) -> String + Send + Sync + 'static) -> (Json, Json, usize) {
    let folder = tempfile::tempdir().unwrap();
    let input = set(folder.path(), 1);
    let server = ModelServer::start(move |asked| good(&reply(asked)));
    let options = ["--tech", "ref", "--rewrite", "--steps", "quotes", "--inputs", "24"];
    let run = optimize(folder.path(), &input, &server, &options);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = std::fs::read_to_string(folder.path().join("out/run.json")).unwrap();
    let report: Json = serde_json::from_str(&report).unwrap();
    let row = rows(folder.path(), "samples/optimized.jsonl").remove(0);
    (row, report["trials"]["ref"]["model"].clone(), server.requests())
}

#[test]
fn a_model_rewrites_programs_and_what_does_something_else_is_undone() {
    let readable = "def clamp(value, low, high):\n    \"\"\"Keep a value between two bounds.\"\"\"\n    if value < low:\n        return low\n    return high if value > high else value\n";
    let block = |program: &str| format!("Here it is:\n```python\n{program}```\n");
    let (row, trials, requests) = rewritten(move |_| block(readable));
    assert_eq!(row["solutions"].as_str().unwrap().trim(), readable.trim());
    assert_eq!((&row["technique"], &row["rules"]), (&json!("ref"), &json!("[\"model\"]")));
    assert_eq!((trials, requests), (json!({"applied": 1, "passing": 1, "proven": 1}), 1));

    // The tests pass, and a fresh input shows the difference.
    let subtle = readable.replace("else value", "else abs(value)");
    let (row, trials, requests) = rewritten(move |_| block(&subtle));
    assert_eq!((&row["solutions"], &row["technique"]), (&json!(CLAMP), &json!("")));
    assert_eq!((trials, requests), (json!({"applied": 1, "passing": 1, "proven": 0}), 2));

    let broken = readable.replace("return low", "return high");
    let (row, trials, requests) = rewritten(move |asked| match earlier(asked) {
        0 => block(&broken),
        _ => {
            assert!(
                asked.text().contains("clamp(-1, 0, 3): expected 0, got 3"),
                "{}",
                asked.text()
            );
            block(readable)
        }
    });
    assert_eq!((&row["technique"], requests), (&json!("ref"), 2));
    assert_eq!(trials, json!({"applied": 1, "passing": 1, "proven": 1}));

    let (row, trials, requests) = rewritten(|_| "I would rather not.".into());
    assert_eq!((&row["solutions"], trials, requests), (&json!(CLAMP), Json::Null, 1));
}
