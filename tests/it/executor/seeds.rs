//! Problems in Bash and Java, end to end through a server that runs them natively.
//!
//! Invariant: both protocols give the same results.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{PROTOCOLS, java_row, list, native, rows_of, run, shell_row, write_rows};
use crate::cli::json_lines;
use crate::model_server::ModelServer;

/// Replies to a problem, each with what becomes of it.
fn replies(language: &str) -> Vec<(&'static str, &'static str)> {
    match language {
        "shell" => vec![
            ("add() {\n    echo $(($2 + $1))\n}\n", "passed"),
            ("add() {\n    echo $(($1 - $2))\n}\n", "raised"),
            // It leaves before the test, with the exit code of a success.
            ("exit 0\n", "unfinished"),
            // It hides the test in a text that does not end.
            ("add() {\n    echo 8\n}\ncat <<'END'\n", "unfinished"),
            ("add() {\n    sleep 60\n}\n", "timed-out"),
            ("add() {\n", "raised"),
            // The sum, unless it is asked a second time.
            ("add() {\n    echo $(($1 + $2))\n}\necho $$\n", "unrepeatable"),
        ],
        _ => vec![
            (
                "class Adder {\n    static int add(int a, int b) {\n        return a + b;\n    }\n}\n",
                "passed",
            ),
            (
                "class Adder {\n    static int add(int a, int b) {\n        return a - b;\n    }\n}\n",
                "raised",
            ),
            (
                "class Adder {\n    static int add(int a, int b) {\n        return \"8\";\n    }\n}\n",
                "unparsable",
            ),
        ],
    }
}

/// Scores each reply to a problem, and checks what becomes of it.
fn hold(folder: &Path, row: &Json) {
    let language = row["language"].as_str().unwrap();
    let expected = replies(language);
    let (mut rows, mut completions) = (Vec::new(), Vec::new());
    for (at, (program, _)) in expected.iter().enumerate() {
        let mut row = row.clone();
        row["id"] = format!("{language}-{at}").into();
        let reply = format!("So:\n\n```{language}\n{program}```\n");
        completions.push(json!({"id": row["id"], "completion": reply}));
        rows.push(row);
    }
    write_rows(&folder.join("problems.jsonl"), &rows);
    write_rows(&folder.join("replies.jsonl"), &completions);
    let args = ["eval", "problems.jsonl", "--completions", "replies.jsonl", "--out", "out"];
    let ended = run(folder, &args);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let results = rows_of(&folder.join("out/results.jsonl"));
    let found: Vec<&Json> = results.iter().map(|row| &row["samples"][0]["result"]).collect();
    assert_eq!(found, expected.iter().map(|(_, result)| result).collect::<Vec<_>>());
    for row in &results {
        assert_eq!((&row["executor"], &row["language"]), (&json!("box"), &json!(language)));
        assert_eq!(row["reference_passes"], true, "{row}");
    }
    std::fs::remove_dir_all(folder.join("out")).unwrap();
}

/// Scores replies through each protocol, if the machine has the tool that runs them.
fn hold_through_each_protocol(tool: &str, settings: &str, row: &Json) {
    if !native::has(tool) {
        return;
    }
    let server = ModelServer::start(native::answer);
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().unwrap();
        list(folder.path(), &server.url, protocol, settings);
        hold(folder.path(), row);
    }
}

#[test]
fn replies_in_shell_pass_or_fail_as_they_do_natively() {
    hold_through_each_protocol("bash", "run_timeout = 2\n", &shell_row("shell"));
}

#[test]
fn replies_in_java_pass_or_fail_as_they_do_natively() {
    hold_through_each_protocol("javac", "max_concurrent = 2\n", &java_row("java"));
}

#[test]
fn filter_keeps_rows_that_hold_on_an_executor_and_says_why_others_do_not() {
    if !native::has("bash") {
        return;
    }
    let server = ModelServer::start(native::answer);
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().unwrap();
        list(folder.path(), &server.url, protocol, "");
        let mut wrong = shell_row("wrong");
        wrong["canonical_solution"] = "add() { echo 7; }\n".into();
        let mut toothless = shell_row("toothless");
        toothless["full_test_func"] = "echo passed\n".into();
        let mut differing = shell_row("differing");
        differing["canonical_solution"] = "echo $$\nadd() { echo 8; }\n".into();
        let mut nowhere = shell_row("nowhere");
        nowhere["language"] = "cobol".into();
        let whole = shell_row("whole");
        write_rows(
            &folder.path().join("rows.jsonl"),
            &[whole.clone(), wrong, toothless, differing, nowhere],
        );
        let ended = run(folder.path(), &["filter", "rows.jsonl", "--out", "out"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(rows_of(&folder.path().join("out/kept.jsonl")), [whole]);
        let rejected = rows_of(&folder.path().join("out/rejected.jsonl"));
        let reasons: Vec<&Json> = rejected.iter().map(|row| &row["reason"]).collect();
        assert_eq!(
            reasons,
            ["test-failed", "toothless-tests", "unrepeatable", "unsupported-language"]
        );
        assert_eq!(rejected[0]["evidence"]["executor"], "box");
        let detail = rejected[2]["detail"].as_str().unwrap();
        assert!(detail.starts_with("two runs on executor box are not the same: "), "{detail}");
        let report = std::fs::read_to_string(folder.path().join("out/run.json")).unwrap();
        let report: Json = serde_json::from_str(&report).unwrap();
        let executor = &report["settings"]["executors"][0];
        assert_eq!(
            (&executor["name"], &executor["protocol"], &executor["languages"]),
            (&json!("box"), &json!(protocol), &json!(["java", "shell"]))
        );
    }
}

/// Problems out of the public seeds in Java and Bash: the seed is the solution.
fn of_seeds() -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/autocodegen/seeds.jsonl");
    let seeds = json_lines(&std::fs::read_to_string(path).unwrap());
    let seed = |language: &str| {
        let seed = seeds.iter().find(|seed| seed["language"] == language).unwrap();
        seed["text"].as_str().unwrap().to_owned()
    };
    // The class that runs is the test's.
    let solution = seed("java").replace("class Main", "class Adder");
    let test = |sum: &str| {
        format!(
            "public class Main {{\n    public static void main(String[] args) {{\n        if (Adder.addTwoNumbers({sum}) != 8) throw new AssertionError();\n    }}\n}}\n"
        )
    };
    let java = json!({
        "id": "java", "question": "Add two numbers.", "language": "java", "canonical_solution": solution,
        "demo_test_func": test("3, 5"), "full_test_func": test("10, -2"),
    });
    let test = |sum: &str| {
        format!(
            "test() {{\n    [ \"$(add_two_numbers {sum})\" = \"8\" ] || {{ echo \"Test failed\"; exit 1; }}\n}}\n\ntest\n"
        )
    };
    let shell = json!({
        "id": "shell", "question": "Add two numbers.", "language": "shell", "canonical_solution": seed("shell"),
        "demo_test_func": test("3 5"), "full_test_func": test("10 -2"),
    });
    vec![java, shell]
}

#[test]
#[cfg_attr(not(shared_data), ignore = "needs the seeds of ../shared/data")]
fn the_public_seeds_in_java_and_shell_hold_end_to_end() {
    if !native::has("bash") || !native::has("javac") {
        return;
    }
    let server = ModelServer::start(native::answer);
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().unwrap();
        list(folder.path(), &server.url, protocol, "");
        write_rows(&folder.path().join("seeds.jsonl"), &of_seeds());
        let ended = run(folder.path(), &["eval", "seeds.jsonl", "--reference", "--json"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let report: Json = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((&report["problems"], &report["pass@1"]), (&json!(2), &json!(1.0)));
        assert_eq!(report["executors"], json!({"box": 2}));
        let ended = run(folder.path(), &["filter", "seeds.jsonl", "--out", "kept"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(rows_of(&folder.path().join("kept/kept.jsonl")).len(), 2);
    }
}

/// A mistake in the solution of each of our own problems: its text, and what takes its place.
const MISTAKES: [(&str, &str, &str); 4] = [
    ("shell-run-lengths", "((count += 1))", "((count += 2))"),
    ("shell-greatest", "-gt \"$best\"", "-lt \"$best\""),
    ("java-word-lengths", "!word.isEmpty()", "true"),
    ("java-digit-root", "number > 9", "number > 10"),
];

#[test]
fn our_own_problems_in_java_and_shell_hold_and_reject_a_mistake() {
    if !native::has("bash") || !native::has("javac") {
        return;
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/executors.jsonl");
    let replies = rows_of(&data).into_iter().map(|row| {
        let id = row["id"].as_str().unwrap();
        let (_, from, to) = MISTAKES.iter().find(|(problem, ..)| *problem == id).unwrap();
        let solution = row["canonical_solution"].as_str().unwrap();
        assert!(solution.contains(from), "{id}: {from}");
        json!({"id": id, "completion": solution.replacen(from, to, 1)})
    });
    let server = ModelServer::start(native::answer);
    let folder = tempfile::tempdir().unwrap();
    list(folder.path(), &server.url, "submit", "");
    write_rows(&folder.path().join("replies.jsonl"), &replies.collect::<Vec<_>>());
    let data = data.to_str().unwrap();
    let args = ["eval", data, "--completions", "replies.jsonl", "--out", "out"];
    let ended = run(folder.path(), &args);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for row in rows_of(&folder.path().join("out/results.jsonl")) {
        assert_eq!(row["reference_passes"], true, "{row}");
        assert_eq!(row["samples"][0]["result"], "raised", "{row}");
    }
}
