//! Executors that fail, are slow, answer nonsense, lie, refuse, or are set up wrongly.
//!
//! Invariant: a server that fails has decided nothing, and a rerun with one that works gives the result.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{IMPATIENT, PROTOCOLS, list, rows_of, run, shell_row, write_rows};
use crate::model_server::{Answer, Asked, ModelServer};

/// A reply that says in either protocol that the program exited with this code, printed what its last statement prints, and this.
fn says(asked: &Asked, code: i32, printed: &str) -> Answer {
    let sent = asked.body.to_string();
    let line = sent.split("echo '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("");
    let stdout = format!("{printed}{line}\n");
    let reply = if asked.head.contains("/run_code") {
        let run =
            json!({"status": "Finished", "return_code": code, "stdout": stdout, "stderr": ""});
        json!({"status": if code == 0 { "Success" } else { "Failed" }, "run_result": run})
    } else {
        let outcome = if code == 0 { "PASSED" } else { "RUNTIME_ERROR" };
        json!({"exec_outcome": outcome, "exec_cout": stdout, "exec_runtime_message": ""})
    };
    Answer::Reply(200, "", reply.to_string())
}

/// The shell rows' last statement follows a quoted text of its own.
fn row(id: &str) -> Json {
    let mut row = shell_row(id);
    row["demo_test_func"] = "".into();
    row["full_test_func"] = "test \"$(add 3 5)\" = 8\n".into();
    row
}

/// Scores rows by their solutions, and gives the exit code, what was said, and the folder.
fn scored(folder: &std::path::Path, rows: &[Json]) -> (Option<i32>, String) {
    write_rows(&folder.join("rows.jsonl"), rows);
    let ended = run(folder, &["eval", "rows.jsonl", "--reference", "--out", "out"]);
    (ended.code, ended.stderr)
}

#[test]
fn a_server_that_fails_for_a_while_is_asked_again() {
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().unwrap();
        let server = ModelServer::start(|asked: &Asked| match asked.number {
            0 => Answer::Reply(503, "", "busy".into()),
            1 => Answer::Drop,
            2 => Answer::Reply(
                200,
                "",
                json!({"status": "SandboxError", "exec_outcome": "INTERNAL_ERROR"}).to_string(),
            ),
            _ => says(asked, 0, ""),
        });
        list(folder.path(), &server.url, protocol, "");
        let (code, stderr) = scored(folder.path(), &[row("a")]);
        assert_eq!(code, Some(0), "{stderr}");
        // The solution by itself and with its test, each twice.
        assert_eq!(server.requests(), 3 + 4);
    }
}

#[test]
fn a_server_that_keeps_failing_defers_and_a_rerun_decides() {
    let failing: [fn() -> Answer; 6] = [
        || Answer::Reply(500, "", "no disk".into()),
        || Answer::Drop,
        || Answer::Half("{}".repeat(100)),
        || Answer::Reply(200, "", "<html><title>Sign in</title></html>".into()),
        || Answer::Reply(200, "", "{\"status\": \"Success\", \"exec_outcome\": \"FINE\"}".into()),
        || Answer::Silence(Duration::from_secs(4)),
    ];
    for protocol in PROTOCOLS {
        for fails in failing {
            let folder = tempfile::tempdir().unwrap();
            let more = format!("timeout = 2\nrun_timeout = 1\n{IMPATIENT}");
            let server = ModelServer::start(move |_: &Asked| fails());
            list(folder.path(), &server.url, protocol, &more);
            let (code, stderr) = scored(folder.path(), &[row("a")]);
            assert_eq!(code, Some(3), "{stderr}");
            assert!(stderr.contains("executor box at http://"), "{stderr}");
            assert!(!folder.path().join("out/results.jsonl").exists());
            let works = ModelServer::start(|asked: &Asked| says(asked, 0, ""));
            list(folder.path(), &works.url, protocol, &more);
            let (code, stderr) = scored(folder.path(), &[row("a")]);
            assert_eq!(code, Some(0), "{stderr}");
            assert_eq!(rows_of(&folder.path().join("out/results.jsonl"))[0]["correct"], 1);
        }
    }
}

#[test]
fn a_server_that_is_not_there_defers() {
    let folder = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    list(folder.path(), &format!("http://{closed}"), "submit", IMPATIENT);
    let (code, stderr) = scored(folder.path(), &[row("a")]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("connection failed"), "{stderr}");
    // From the eighth failure in a row on, it is said once what is waited for.
    list(folder.path(), &format!("http://{closed}"), "submit", "max_retries = 0\npatience = 1\n");
    let rows: Vec<Json> = (0..9).map(|at| row(&format!("r{at}"))).collect();
    let (code, stderr) = scored(folder.path(), &rows);
    assert_eq!(code, Some(3), "{stderr}");
    let said = stderr.lines().find(|line| line.contains("keeps failing")).unwrap();
    assert!(said.contains("Connection refused") && said.contains("for 1 s at most"), "{said}");
}

#[test]
fn a_server_that_lies_decides_nothing() {
    for protocol in PROTOCOLS {
        for other in [(0, "another line\n"), (1, "")] {
            let folder = tempfile::tempdir().unwrap();
            let server = ModelServer::start(move |asked: &Asked| match asked.number % 2 {
                0 => says(asked, 0, ""),
                _ => says(asked, other.0, other.1),
            });
            list(folder.path(), &server.url, protocol, "max_concurrent = 1\n");
            let (code, stderr) = scored(folder.path(), &[row("a")]);
            assert_eq!(code, Some(1), "{stderr}");
            let rejected = rows_of(&folder.path().join("out/rejected.jsonl"));
            assert_eq!(rejected[0]["reason"], "unrepeatable");
            let ended = run(folder.path(), &["filter", "rows.jsonl", "--out", "kept"]);
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            let rejected = rows_of(&folder.path().join("kept/rejected.jsonl"));
            assert_eq!(rejected[0]["reason"], "unrepeatable");
        }
    }
}

#[test]
fn a_program_that_the_server_refuses_after_a_good_reply_is_rejected_alone() {
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().unwrap();
        let server = ModelServer::start(|asked: &Asked| {
            if asked.body.to_string().contains("refuse me") {
                Answer::Reply(413, "", json!({"detail": "too long"}).to_string())
            } else {
                says(asked, 0, "")
            }
        });
        let mut refused = row("refused");
        refused["canonical_solution"] = "# refuse me\nadd() { echo 8; }\n".into();
        list(folder.path(), &server.url, protocol, "max_concurrent = 1\n");
        let (code, stderr) = scored(folder.path(), &[row("a"), refused, row("c")]);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(rows_of(&folder.path().join("out/results.jsonl")).len(), 2);
        let rejected = rows_of(&folder.path().join("out/rejected.jsonl"));
        assert_eq!((rejected.len(), &rejected[0]["reason"]), (1, &json!("request-refused")));
    }
}

#[test]
fn a_server_that_lets_nobody_in_or_serves_another_path_ends_the_run() {
    for (status, word) in [(401, "no key was sent"), (404, "check its `url` and `protocol`")] {
        let folder = tempfile::tempdir().unwrap();
        let server = ModelServer::start(move |_: &Asked| Answer::Reply(status, "", "no".into()));
        list(folder.path(), &server.url, "run_code", "");
        let (code, stderr) = scored(folder.path(), &[row("a"), row("b")]);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains(word), "{stderr}");
    }
}

#[test]
fn a_server_that_does_not_run_the_language_ends_the_run_at_once() {
    for protocol in PROTOCOLS {
        let replies = [
            (
                200,
                json!({"status": "SandboxError", "message": "language \"bash\" is not known to this server", "exec_outcome": "ARGUMENT_ERROR", "exec_runtime_message": "language \"shell\" is not known to this server"}),
            ),
            (
                422,
                json!({"detail": [{"type": "literal_error", "loc": ["body", "language"], "msg": "Input should be 'python' or 'cpp'", "input": if protocol == "run_code" { "bash" } else { "shell" }}]}),
            ),
        ];
        for (status, reply) in replies {
            let folder = tempfile::tempdir().unwrap();
            let server =
                ModelServer::start(move |_: &Asked| Answer::Reply(status, "", reply.to_string()));
            list(folder.path(), &server.url, protocol, "max_concurrent = 1\n");
            let (code, stderr) = scored(folder.path(), &[row("a"), row("b")]);
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("does not run shell; take it out of"), "{stderr}");
            assert_eq!(server.requests(), 1);
        }
    }
}

#[test]
fn the_key_of_the_file_is_sent_and_appears_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "sk-0123456789abcdef\n").unwrap();
    let server = ModelServer::start(|asked: &Asked| {
        let is_let_in = asked.head.contains("Bearer sk-0123456789abcdef");
        match is_let_in && asked.body["source_code"].is_null() {
            true => says(asked, 1, "the key is sk-0123456789abcdef\n"),
            false if is_let_in => says(asked, 0, ""),
            false => Answer::Reply(401, "", "no".into()),
        }
    });
    list(folder.path(), &server.url, "submit", "api_key_file = \"key\"\n");
    let (code, stderr) = scored(folder.path(), &[row("a")]);
    assert_eq!(code, Some(0), "{stderr}");
    let results = std::fs::read_to_string(folder.path().join("out/results.jsonl")).unwrap();
    assert!(results.contains("the key is [redacted]"), "{results}");
    for entry in walk(folder.path()) {
        let bytes = std::fs::read(&entry).unwrap();
        let is_key_file = entry.ends_with("key");
        assert!(
            is_key_file || !String::from_utf8_lossy(&bytes).contains("sk-0123456789"),
            "{entry:?}"
        );
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn no_more_programs_run_at_a_time_than_the_file_says() {
    let (under_way, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
    let (now, most) = (Arc::clone(&under_way), Arc::clone(&peak));
    let server = ModelServer::start(move |asked: &Asked| {
        let count = now.fetch_add(1, Ordering::SeqCst) + 1;
        let mut most = most.lock().unwrap();
        *most = count.max(*most);
        drop(most);
        std::thread::sleep(Duration::from_millis(50));
        now.fetch_sub(1, Ordering::SeqCst);
        says(asked, 0, "")
    });
    let folder = tempfile::tempdir().unwrap();
    list(folder.path(), &server.url, "run_code", "max_concurrent = 2\n");
    let rows: Vec<Json> = (0..8).map(|at| row(&format!("r{at}"))).collect();
    let (code, stderr) = scored(folder.path(), &rows);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(*peak.lock().unwrap(), 2);
}

#[test]
fn a_rerun_asks_nothing_again_unless_the_executor_is_another() {
    let server = ModelServer::start(|asked: &Asked| says(asked, 0, ""));
    let folder = tempfile::tempdir().unwrap();
    list(folder.path(), &server.url, "run_code", "");
    for requests in [4, 4] {
        assert_eq!(scored(folder.path(), &[row("a")]).0, Some(0));
        assert_eq!(server.requests(), requests);
    }
    list(folder.path(), &server.url, "submit", "");
    assert_eq!(scored(folder.path(), &[row("a")]).0, Some(0));
    assert_eq!(server.requests(), 8);
}

#[test]
fn a_mistake_in_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (text, words) in [
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['go']\nurls = 1\n",
            vec!["line 5", "unknown field `urls`"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'soap'\nlanguages = ['go']\n",
            vec!["line 3", "`run_code` or `submit`"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\n",
            vec!["missing field `languages`"],
        ),
        (
            "[executors.a]\nurl = 'h:1'\nprotocol = 'submit'\nlanguages = ['go']\n",
            vec!["tgsand.toml: executor a cannot be used: the base URL"],
        ),
        (
            "[executor.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['go']\n",
            vec!["no section [executor]; write [executors.NAME]"],
        ),
        (
            "[executors.'']\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['go']\n",
            vec!["has an empty name: write [executors.NAME]"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = [' ']\n",
            vec!["executor a lists a language with an empty name"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = []\n",
            vec!["executor a lists no languages"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['Python 3']\n",
            vec!["executor a lists Python"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['go']\ntimeout = 5\n",
            vec!["set `timeout` above `run_timeout`"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['go']\n[executors.b]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['golang']\n",
            vec!["executor b lists go, which executor a lists, too"],
        ),
        (
            "[executors.a]\nurl = 'http://h'\nprotocol = 'submit'\nlanguages = ['go']\napi_key_env = 'NO_SUCH_KEY'\n",
            vec!["executor a: the environment variable NO_SUCH_KEY is not set"],
        ),
    ] {
        std::fs::write(folder.path().join("tgsand.toml"), text).unwrap();
        let (code, stderr) = scored(folder.path(), &[row("a")]);
        assert_eq!(code, Some(2), "{stderr}");
        for word in words {
            assert!(stderr.contains(word), "{word}: {stderr}");
        }
    }
    for (more, words) in [
        ("max_concurrent = 0\n", "sets `max_concurrent` to 0"),
        ("run_timeout = 0\n", "sets `run_timeout` to 0"),
        ("patience = 86401\n", "sets `patience` to more than a day"),
        ("timeout = 18446744073709551615\n", "sets `timeout` to more than a day"),
    ] {
        list(folder.path(), "http://h", "submit", more);
        let (code, stderr) = scored(folder.path(), &[row("a")]);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for section in ["executors.a", "endpoints.a"] {
        let text = format!("[{section}]\napi_key = \"SEKRET-abc\"\n");
        std::fs::write(folder.path().join("tgsand.toml"), text).unwrap();
        let (code, stderr) = scored(folder.path(), &[row("a")]);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains("line 2: unknown field `api_key`"), "{stderr}");
        assert!(stderr.contains("`api_key_env` or `api_key_file`"), "{stderr}");
        assert!(!stderr.contains("SEKRET"), "{stderr}");
    }
    list(folder.path(), "http://h", "submit", "api_key_env = \"SEKRET-abc\"\n");
    let (code, stderr) = scored(folder.path(), &[row("a")]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("executor box: the environment variable"), "{stderr}");
    assert!(!stderr.contains("SEKRET"), "{stderr}");
}

#[test]
fn a_solution_whose_last_command_fails_is_graded_by_its_tests() {
    if !super::native::has("bash") {
        return;
    }
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().unwrap();
        let server = ModelServer::start(super::native::answer);
        list(folder.path(), &server.url, protocol, "");
        let mut fails_last = row("a");
        fails_last["canonical_solution"] =
            "exit() { :; }\nadd() { echo $(($1 + $2)); }\n[ \"$(add 1 1)\" = 3 ]\n".into();
        let mut is_wrong = row("b");
        // Nothing of the answer's stands in for what the test uses.
        is_wrong["canonical_solution"] = "test() { :; }\nadd() { echo 9; }\n".into();
        let (code, stderr) = scored(folder.path(), &[fails_last, is_wrong]);
        assert_eq!(code, Some(0), "{stderr}");
        let results = rows_of(&folder.path().join("out/results.jsonl"));
        let correct: Vec<&Json> = results.iter().map(|row| &row["correct"]).collect();
        assert_eq!(correct, [&json!(1), &json!(0)], "{results:?}");
    }
}

#[test]
fn a_row_in_a_language_that_nothing_runs_is_left_out_before_a_model_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|_: &Asked| crate::model_server::good("no"));
    write_rows(&folder.path().join("rows.jsonl"), &[row("a")]);
    let args = ["eval", "rows.jsonl", "--model", "m", "--base-url", &server.url, "--no-cache"];
    let ended = run(folder.path(), &args);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("list it in `languages` of an executor in tgsand.toml"),
        "{}",
        ended.stderr
    );
    assert_eq!(server.requests(), 0);
}

#[test]
fn a_row_that_nothing_ran_is_looked_at_again_once_an_executor_lists_its_language() {
    let server = ModelServer::start(|asked: &Asked| says(asked, 0, ""));
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("rows.jsonl"), &[row("a")]);
    let reason = |languages: &str| {
        let text = format!(
            "[executors.box]\nurl = {:?}\nprotocol = \"submit\"\nlanguages = {languages}\n",
            server.url
        );
        std::fs::write(folder.path().join("tgsand.toml"), text).unwrap();
        let ended = run(folder.path(), &["filter", "rows.jsonl", "--out", "out"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        rows_of(&folder.path().join("out/rejected.jsonl"))[0]["reason"].clone()
    };
    assert_eq!(reason("[\"go\"]"), "unsupported-language");
    // This server says that every program passes, so the tests have no teeth.
    assert_eq!(reason("[\"go\", \"sh\"]"), "toothless-tests");
}
