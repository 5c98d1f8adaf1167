//! `autocode` makes problems of the public seeds in Java and Bash: a model over HTTP writes, and an executor runs what it writes.
//!
//! Invariant: whatever the model writes, a problem's tests have passed on its solution and failed without it.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{list, native, rows_of, run, write_rows};
use crate::cli::{Ended, json_lines};
use crate::model_server::{Asked, ModelServer, good};

/// A reply with a solution in Bash and its tests.
fn shell_reply(body: &str) -> String {
    let test = |checks: &[(&str, &str)]| {
        let checks: String = checks
            .iter()
            .map(|(call, result)| format!("    [ \"$({call})\" = \"{result}\" ] || exit 1\n"))
            .collect();
        format!("```bash\ntest() {{\n{checks}}}\n\ntest\n```\n")
    };
    let demo = test(&[("add_all 1 2 3", "6")]);
    let full = test(&[
        ("add_all 1 2 3", "6"),
        ("add_all", "0"),
        ("add_all 5", "5"),
        ("add_all -1 1", "0"),
        ("add_all 10 20 30 40", "100"),
        ("add_all 2 2 2", "6"),
        ("add_all -3 -4", "-7"),
    ]);
    format!(
        "```bash\nadd_all() {{\n    local sum=0 number\n    for number in \"$@\"; do\n        {body}\n    done\n    echo \"$sum\"\n}}\n```\n\n{demo}\n{full}"
    )
}

/// The same in Java.
fn java_reply() -> String {
    let test = |checks: &str| {
        format!(
            "```java\npublic class Main {{\n    static void check(int found, int expected) {{\n        if (found != expected) throw new AssertionError(found);\n    }}\n\n    public static void main(String[] args) {{\n{checks}    }}\n}}\n```\n"
        )
    };
    let check =
        |call: &str, result: i32| format!("        check(Adder.addAll({call}), {result});\n");
    let demo = check("1, 2, 3", 6);
    let rest = [("", 0), ("5", 5), ("-1, 1", 0), ("10, 20", 30), ("2, 2, 2", 6), ("-3, -4", -7)];
    let full: String = rest.iter().map(|(call, result)| check(call, *result)).collect();
    format!(
        "```java\nclass Adder {{\n    static int addAll(int... numbers) {{\n        int sum = 0;\n        for (int number : numbers) sum += number;\n        return sum;\n    }}\n}}\n```\n\n{}\n{}",
        test(&demo),
        test(&format!("{demo}{full}"))
    )
}

const TASK: &str = "Write `add_all` (in Java, the static method `addAll` of a class `Adder`), which adds up its whole-number arguments and gives their sum, or 0 without any.";

/// What a well-behaved model replies.
fn reply(asked: &Asked) -> String {
    let first = asked.body["messages"][0]["content"].as_str().unwrap();
    match first {
        text if text.contains("Write the task, so that") => json!({"task": TASK}).to_string(),
        text if text.contains("Here is a piece of Bash code") => {
            shell_reply("sum=$((sum + number))")
        }
        text if text.contains("Here is a piece of Java code") => java_reply(),
        other => panic!("{other}"),
    }
}

/// Runs `autocode` over snippets with a model that replies like this.
fn autocode(
    folder: &Path,
    snippets: &[Json],
    reply: impl Fn(&Asked) -> String + Send + Sync + 'static,
) -> (Ended, usize) {
    let executor = ModelServer::start(native::answer);
    list(folder, &executor.url, "run_code", "run_timeout = 5\n");
    write_rows(&folder.join("seeds.jsonl"), snippets);
    let model = ModelServer::start(move |asked: &Asked| good(&reply(asked)));
    let args = [
        "autocode",
        "seeds.jsonl",
        "--out",
        "out",
        "--model",
        "author",
        "--base-url",
        &model.url,
        "--no-cache",
        "--no-review",
    ];
    let ended = run(folder, &args);
    if ended.code == Some(0) {
        let filtered =
            run(folder, &["filter", "out/samples/problems-elsewhere.jsonl", "--out", "kept"]);
        assert_eq!(filtered.code, Some(0), "{}", filtered.stderr);
        assert_eq!(
            rows_of(&folder.join("kept/kept.jsonl")),
            rows_of(&folder.join("out/samples/problems-elsewhere.jsonl"))
        );
    }
    (ended, model.requests())
}

fn snippet() -> Json {
    json!({"id": "add", "text": "add_two_numbers() {\n    echo $(($1 + $2))\n}", "language": "sh"})
}

/// The reason that the snippet is rejected for, and how often the model was asked.
fn reason(reply: impl Fn(&Asked) -> String + Send + Sync + 'static) -> (String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (ended, requests) = autocode(folder.path(), &[snippet()], reply);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let rejected = rows_of(&folder.path().join("out/rejected.jsonl"));
    (rejected[0]["reason"].as_str().unwrap().to_owned(), requests)
}

#[test]
#[cfg_attr(not(shared_data), ignore = "needs the seeds of ../shared/data")]
fn the_public_seeds_in_java_and_shell_become_problems() {
    if !native::has("bash") || !native::has("javac") {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/autocodegen/seeds.jsonl");
    let seeds = json_lines(&std::fs::read_to_string(path).unwrap());
    let is_wanted =
        |seed: &Json| ["java", "shell", "go"].contains(&seed["language"].as_str().unwrap());
    let seeds: Vec<Json> = seeds.into_iter().filter(is_wanted).collect();
    let folder = tempfile::tempdir().unwrap();
    let (ended, requests) = autocode(folder.path(), &seeds, reply);
    assert_eq!((ended.code, requests), (Some(0), 4), "{}", ended.stderr);
    let rows = rows_of(&folder.path().join("out/samples/problems-elsewhere.jsonl"));
    let languages: Vec<&Json> = rows.iter().map(|row| &row["language"]).collect();
    assert_eq!(languages, ["java", "shell"]);
    for row in &rows {
        assert_eq!(row["provenance"]["executor"], "box");
        assert_eq!(row["provenance"]["model"], "author");
        let question = row["question"].as_str().unwrap();
        assert!(question.contains(TASK), "{question}");
        assert!(
            question.contains(row["demo_test_func"].as_str().unwrap().trim_end()),
            "{question}"
        );
    }
    // Nothing lists Go.
    let rejected = rows_of(&folder.path().join("out/rejected.jsonl"));
    let reasons: Vec<&Json> = rejected.iter().map(|row| &row["reason"]).collect();
    assert_eq!(reasons, ["unsupported-language"]);
    let report = std::fs::read_to_string(folder.path().join("out/run.json")).unwrap();
    let report: Json = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["accepted"], &report["elsewhere"]), (&json!(2), &json!(2)));
    assert_eq!(report["settings"]["executors"][0]["name"], "box");
}

#[test]
fn what_a_model_writes_is_mended_once_and_then_rejected() {
    if !native::has("bash") {
        return;
    }
    let solve = |asked: &Asked| asked.text().contains("Let it inspire");
    let earlier = |asked: &Asked| asked.body["messages"].as_array().unwrap().len() / 2;
    let wrong = Arc::new(shell_reply("sum=$((sum - number))"));
    let first = Arc::clone(&wrong);
    let folder = tempfile::tempdir().unwrap();
    let (ended, requests) = autocode(folder.path(), &[snippet()], move |asked| {
        match solve(asked) && earlier(asked) == 0 {
            true => first.to_string(),
            false => reply(asked),
        }
    });
    assert_eq!((ended.code, requests), (Some(0), 3), "{}", ended.stderr);
    let always = move |asked: &Asked| if solve(asked) { wrong.to_string() } else { reply(asked) };
    assert_eq!(reason(always), ("test-failed".into(), 2));
    let differing =
        shell_reply("sum=$((sum + number))").replacen("add_all()", "echo $$\nadd_all()", 1);
    let always = move |asked: &Asked| if solve(asked) { differing.clone() } else { reply(asked) };
    assert_eq!(reason(always), ("unrepeatable".into(), 2));
    let toothless = "```bash\nf() { :; }\n```\n```bash\ntrue\n```\n```bash\ntrue\n```\n";
    let always = move |asked: &Asked| if solve(asked) { toothless.into() } else { reply(asked) };
    assert_eq!(reason(always), ("toothless-tests".into(), 2));
    let prose = move |asked: &Asked| if solve(asked) { "No.".into() } else { reply(asked) };
    assert_eq!(reason(prose), ("malformed-reply".into(), 1));
    let leaking = move |asked: &Asked| match solve(asked) {
        true => reply(asked),
        false => json!({"task": "Write it so: sum=$((sum + number)) for each number."}).to_string(),
    };
    assert_eq!(reason(leaking), ("leaked-solution".into(), 3));
}

#[test]
fn a_snippet_that_an_executor_runs_needs_a_model() {
    let folder = tempfile::tempdir().unwrap();
    list(folder.path(), "http://127.0.0.1:9", "run_code", "");
    let other = json!({"id": "other", "text": "func f() {}", "language": "go"});
    write_rows(&folder.path().join("seeds.jsonl"), &[snippet(), other]);
    let ended = run(folder.path(), &["autocode", "seeds.jsonl", "--out", "out"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let rejected = rows_of(&folder.path().join("out/rejected.jsonl"));
    let reasons: Vec<&Json> = rejected.iter().map(|row| &row["reason"]).collect();
    assert_eq!(reasons, ["unsupported-language", "unsupported-language"]);
    let detail = |at: usize| rejected[at]["detail"].as_str().unwrap();
    assert_eq!(
        detail(0),
        "the code is in shell, which executor box runs; problems in it are made by a model: they need `--model`"
    );
    assert_eq!(detail(1), "the code is in go; only Python can be run");
}
