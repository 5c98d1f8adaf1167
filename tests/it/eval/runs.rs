//! Runs as a user meets them: over HTTP, resumed, compared, gated, reported.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{eval, results, scores, write_rows};
use crate::cli::{ended, tgsand};
use crate::model_server::{Answer, ModelServer, completion, good};

pub fn problem(id: &str, expression: &str, stated: [i64; 3]) -> Json {
    json!({
        "id": id, "func_name": id, "code": format!("def {id}(x):\n    return {expression}\n"), "prompt": format!("Write {id}."),
        "example_str": "examples = [dict(x=1), dict(x=2), dict(x=30)]", "choosed_example_idx": [0],
        "example_outputs": stated.map(|value| json!({"return": format!("\"{value}\"")})),
    })
}

fn problems() -> [Json; 2] {
    [problem("twice", "x * 2", [2, 4, 60]), problem("next_one", "x + 1", [2, 3, 31])]
}

pub fn fenced(code: &str) -> String {
    format!("Here it is:\n```python\n{code}```\n")
}

/// Answers `twice` rightly every other time, and `next_one` always, with one choice a request.
fn server() -> ModelServer {
    let asked = std::sync::Mutex::new(0);
    ModelServer::start(move |request| {
        let reply = if request.text().contains("twice") {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            fenced(if *asked % 2 == 0 {
                "def twice(x):\n    return x + x\n"
            } else {
                "def twice(x):\n    return 2\n"
            })
        } else {
            fenced("def next_one(x):\n    return x + 1\n")
        };
        Answer::Reply(200, "", completion(&reply, "stop"))
    })
}

fn entry_count(path: &Path) -> usize {
    let journal = std::fs::read_to_string(path).unwrap();
    journal.lines().filter(|line| line.starts_with("{\"key\"")).count()
}

#[test]
fn a_model_is_asked_for_n_samples_and_a_rerun_asks_and_judges_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    let server = server();
    let model = ["--model", "small", "--base-url", &server.url, "--max-concurrent", "1"];
    let args =
        [&["test.jsonl", "--n", "4", "--k", "1,2", "--temperature", "0.8"], &model[..]].concat();
    let first = scores(folder.path(), &args, 0);
    assert_eq!(
        (&first["problems"], &first["samples"], &first["visible_only"]),
        (&json!(2), &json!(8), &json!(2))
    );
    // Two of four samples are right: one of two drawn is, but for one draw in six.
    assert_eq!(
        (&first["pass@1"], &first["avg_pass_ratio"]),
        (&json!(0.75), &json!((8.0 / 12.0 + 1.0) / 2.0))
    );
    assert!((first["pass@2"].as_f64().unwrap() - (5.0 / 6.0 + 1.0) / 2.0).abs() < 1e-12, "{first}");
    assert_eq!(first["failures"], json!({"wrong-answer": 2}));
    // The first request asks for all four at once, and the server gives one; 20 tokens are its count for each reply.
    assert_eq!(first["tokens"]["completion_tokens"], 160);
    let run = folder.path().join("runs/test-small");
    // Three codes in eight samples.
    assert_eq!(entry_count(&run.join("journal/judge.jsonl")), 3);
    let (requests, before) = (server.requests(), results(&run));
    assert_eq!(scores(folder.path(), &args, 0), first);
    assert_eq!((server.requests(), entry_count(&run.join("journal/judge.jsonl"))), (requests, 3));
    assert_eq!(results(&run), before);
    // Other rules judge anew and ask nothing.
    scores(folder.path(), &[&args[..], &["--match", "text"]].concat(), 0);
    assert_eq!((server.requests(), entry_count(&run.join("journal/judge.jsonl"))), (requests, 6));
}

#[test]
fn a_server_in_trouble_leaves_problems_for_a_rerun() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    let is_up = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let up = std::sync::Arc::clone(&is_up);
    let server = ModelServer::start(move |request| {
        if request.text().contains("next_one") {
            good(&fenced("def next_one(x):\n    return x + 1\n"))
        } else if up.load(std::sync::atomic::Ordering::SeqCst) {
            good("I cannot.")
        } else {
            Answer::Reply(500, "", "busy".into())
        }
    });
    let args = ["test.jsonl", "--model", "small", "--base-url", &server.url, "--max-retries", "0"];
    let first = scores(folder.path(), &args, 3);
    assert_eq!(
        (&first["problems"], &first["deferred"], &first["pass@1"]),
        (&json!(1), &json!(1), &json!(1.0))
    );
    is_up.store(true, std::sync::atomic::Ordering::SeqCst);
    let second = scores(folder.path(), &args, 0);
    assert_eq!(
        (&second["problems"], &second["deferred"], &second["pass@1"]),
        (&json!(2), &json!(0), &json!(0.5))
    );
    assert_eq!(second["failures"], json!({"no-code": 1}));
}

#[test]
fn a_reply_that_was_cut_is_judged_and_told() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems()[..1]);
    let server = ModelServer::start(|_| {
        Answer::Reply(200, "", completion("```python\ndef twice(x):\n    return x * 2\n", "length"))
    });
    let found =
        scores(folder.path(), &["test.jsonl", "--model", "small", "--base-url", &server.url], 0);
    assert_eq!((&found["truncated"], &found["pass@1"]), (&json!(1), &json!(1.0)));
}

#[test]
fn a_question_that_is_too_long_for_the_model_is_a_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems()[..1]);
    let refusal = r#"{"error":{"message":"maximum context length is 8 tokens","code":"context_length_exceeded"}}"#;
    let server = ModelServer::start(move |_| Answer::Reply(400, "", refusal.into()));
    let found =
        scores(folder.path(), &["test.jsonl", "--model", "small", "--base-url", &server.url], 0);
    assert_eq!((&found["failures"], &found["pass@1"]), (&json!({"refused": 1}), &json!(0.0)));
}

#[test]
fn an_estimate_asks_nobody_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    let output = eval(
        folder.path(),
        &["test.jsonl", "--model", "small", "--n", "5", "--estimate", "--price", "1,2"],
    );
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let row = output.stdout.lines().find(|line| line.contains("samples")).unwrap();
    // A request for each of two problems, with room for five replies.
    assert_eq!(
        row.split_whitespace().filter_map(|word| word.parse().ok()).collect::<Vec<u64>>()[..3],
        [2, 55, 15_000]
    );
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn bad_rows_and_problems_without_a_reply_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let test: String = problems().iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(folder.path().join("test.jsonl"), format!("{test}{{\"text\":1}}\n")).unwrap();
    let answers = "{\"id\":\"twice\",\"output\":\"def twice(x): return x * 2\"}\nbroken\n";
    std::fs::write(folder.path().join("answers.jsonl"), answers).unwrap();
    let output = eval(folder.path(), &["test.jsonl", "--completions", "answers.jsonl", "--json"]);
    assert_eq!(output.code, Some(3), "{}", output.stderr);
    let found: Json = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&found["problems"], &found["in"]), (&json!(1), &json!(3)));
    assert_eq!(found["rejected"], json!({"unreadable-record": 1, "unanswered": 1}));
    for named in ["answers.jsonl:2: ", "next_one left out", "test.jsonl:3: "] {
        assert!(output.stderr.contains(named), "{named}: {}", output.stderr);
    }
}

#[test]
fn a_run_that_scores_nothing_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &[json!({"text": "no problem"})]);
    let output = eval(folder.path(), &["test.jsonl", "--reference"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("no problem was scored"), "{}", output.stderr);
}

#[test]
fn a_run_tells_how_it_was_made_and_that_it_replaces_one_made_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    let args = ["test.jsonl", "--reference", "--out", "run"];
    let whole = scores(folder.path(), &args, 0);
    assert_eq!((&whole["problems"], &whole["settings"]["limit"]), (&json!(2), &Json::Null));
    let again = eval(folder.path(), &args);
    assert!(!again.stderr.contains("replaced"), "{}", again.stderr);
    let limited = eval(folder.path(), &[&args[..], &["--limit", "1", "--json"]].concat());
    assert!(
        limited.stderr.contains("run has results of other settings (limit); they are replaced"),
        "{}",
        limited.stderr
    );
    let limited: Json = serde_json::from_str(&limited.stdout).unwrap();
    assert_eq!((&limited["problems"], &limited["settings"]["limit"]), (&json!(1), &json!(1)));
    assert_ne!(limited["problems_digest"], whole["problems_digest"]);
}

#[test]
fn a_pass_rate_below_the_gate_ends_with_4() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    let answer = |id: &str, code: &str| json!({"task_id": id, "completion": code});
    let answers = [
        answer("twice", "def twice(x): return x * 2\n"),
        answer("next_one", "def next_one(x): return 2\n"),
    ];
    write_rows(&folder.path().join("answers.jsonl"), &answers);
    let args = ["test.jsonl", "--completions", "answers.jsonl", "--min-pass"];
    scores(folder.path(), &[&args[..], &["0.5"]].concat(), 0);
    scores(folder.path(), &[&args[..], &["0.6"]].concat(), 4);
}

#[test]
fn the_page_shows_a_hostile_answer_as_text() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems()[..1]);
    let hostile = "def twice(x):\n    return '</pre><script>alert(1)</script>'\n";
    write_rows(
        &folder.path().join("answers.jsonl"),
        &[json!({"id": "twice", "completion": hostile})],
    );
    scores(folder.path(), &["test.jsonl", "--completions", "answers.jsonl", "--out", "run"], 0);
    let page = std::fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    assert!(
        !page.contains("<script") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{page}"
    );
    let failing = &results(&folder.path().join("run"))[0]["samples"][0]["failing"];
    assert_eq!(failing["input"], "twice(x=1)");
    assert_eq!(
        (&failing["expected"], &failing["got"]),
        (&json!("2"), &json!("'</pre><script>alert(1)</script>'"))
    );
    assert!(
        std::fs::read_to_string(folder.path().join("run/report.md"))
            .unwrap()
            .contains("| pass@1 | 0.0000")
    );
}

#[test]
fn what_an_answer_does_as_a_script_is_not_done_when_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems()[..1]);
    let code =
        "def twice(x): return x * 2\nif __name__ == '__main__':\n    print(twice(int(input())))\n";
    write_rows(&folder.path().join("answers.jsonl"), &[json!({"id": "twice", "completion": code})]);
    let mut command = tgsand();
    command
        .args(["eval", "test.jsonl", "--completions", "answers.jsonl", "--json"])
        .current_dir(folder.path());
    // A model that is not asked needs no server.
    command.env("TGSAND_MODEL", "small");
    let output = ended(command, "");
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(serde_json::from_str::<Json>(&output.stdout).unwrap()["pass@1"], 1.0);
}

#[test]
fn eval_needs_to_know_what_to_score() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    for args in [
        &["test.jsonl"][..],
        &[],
        &["test.jsonl", "--reference", "--completions", "x"],
        &["test.jsonl", "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--k", "5"],
    ] {
        assert_eq!(eval(folder.path(), args).code, Some(2), "{args:?}");
    }
}

#[test]
fn replies_without_an_id_belong_to_the_problems_of_their_lines_and_say_whether_they_were_cut() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    let open = |code: &str| format!("```python\n{code}");
    let choice =
        |text: String, finish: &str| json!({"message": {"content": text}, "finish_reason": finish});
    let twice = open("def twice(x):\n    return x * 2\n");
    let rows = [
        json!({"choices": [choice(twice.clone(), "stop"), choice(twice, "length"), {"message": {"content": null}}]}),
        json!([[
            open("def next_one(x):\n    return x + 1\n\nprint(next_one("),
            open("def next_one(x):\n    return x x\n\nx = (1\n")
        ]]),
    ];
    write_rows(&folder.path().join("answers.jsonl"), &rows);
    scores(folder.path(), &["test.jsonl", "--completions", "answers.jsonl", "--out", "run"], 0);
    let found = results(&folder.path().join("run"));
    let of = |row: usize, field: &str| -> Vec<Json> {
        found[row]["samples"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sample| sample[field].clone())
            .collect()
    };
    assert_eq!(of(0, "result"), [json!("passed"), json!("passed"), json!("no-code")]);
    assert_eq!(of(0, "truncated"), [json!(false), json!(true), json!(false)]);
    assert_eq!(of(1, "result"), [json!("passed"), json!("unparsable")]);
    assert_eq!(of(1, "truncated"), [json!(true), json!(false)]);
}

#[test]
fn a_failure_shows_the_argument_that_was_to_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let case = json!({
        "arguments": "[3, 1, 2]", "end": "returned", "value": "null", "repr": "None",
        "mutated": [{"position": 0, "value": "[1,2,3]"}],
    });
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/test.jsonl");
    let mut row = crate::cli::json_lines(&std::fs::read_to_string(own).unwrap()).swap_remove(0);
    let program = "def order(x):\n    x.sort()\n";
    let fields = [
        ("id", json!("order")),
        ("program", json!(program)),
        ("entry", json!("order")),
        ("visible_cases", json!([case])),
        ("hidden_cases", json!([])),
    ];
    for (name, value) in fields {
        row[name] = value;
    }
    write_rows(&folder.path().join("test.jsonl"), &[row]);
    let answers = [
        "def order(x):\n    x.sort(reverse=True)\n",
        "def order(x):\n    sorted(x)\n",
        "def order(x):\n    x.sort()\n",
    ];
    write_rows(
        &folder.path().join("answers.jsonl"),
        &[json!({"id": "order", "completions": answers})],
    );
    scores(folder.path(), &["test.jsonl", "--completions", "answers.jsonl", "--out", "run"], 0);
    let samples = results(&folder.path().join("run"))[0]["samples"].clone();
    let shown = |sample: usize| {
        (samples[sample]["failing"]["expected"].clone(), samples[sample]["failing"]["got"].clone())
    };
    let expected = json!("None; argument 1 is then [1, 2, 3]");
    assert_eq!(shown(0), (expected.clone(), json!("None; argument 1 is then [3, 2, 1]")));
    assert_eq!(shown(1), (expected, json!("None; argument 1 is unchanged")));
    assert_eq!(samples[2]["passed"], true);
}

#[test]
fn a_test_set_is_read_once_so_that_it_may_be_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let rows: String = problems().iter().map(|row| format!("{row}\n")).collect();
    let writer = std::thread::spawn(move || std::fs::write(pipe, rows).unwrap());
    let found = scores(folder.path(), &["pipe", "--reference", "--out", "run"], 0);
    writer.join().unwrap();
    assert_eq!((&found["problems"], &found["pass@1"]), (&json!(2), &json!(1.0)));
}

#[test]
fn a_number_of_samples_that_no_model_is_asked_for_is_told_to_be_unused() {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), &problems());
    let replies =
        json!({"id": "twice", "completions": [fenced("def twice(x):\n    return x * 2\n")]});
    write_rows(&folder.path().join("replies.jsonl"), &[replies]);
    let given = ["test.jsonl", "--completions", "replies.jsonl", "--limit", "1", "--out", "a"];
    let unused = "tgsand: --n 5 is not used, since no model is asked: ";
    let told = |args: &[&str]| eval(folder.path(), &[args, &["--n", "5"]].concat()).stderr;
    let all = format!("{unused}all replies in replies.jsonl are scored\n");
    assert!(told(&given).contains(&all), "{}", told(&given));
    let reference = told(&["test.jsonl", "--reference", "--out", "b"]);
    assert!(
        reference.contains(&format!("{unused}each reference program is one sample\n")),
        "{reference}"
    );
    assert!(!eval(folder.path(), &given).stderr.contains("not used"));
}
