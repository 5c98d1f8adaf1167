//! `tgsand translate`: a model over HTTP translates, and what does not give the recorded results, or has tests that tell nothing, is rejected.
//!
//! Invariant: whatever the model writes, the rows that are written hold by themselves.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, completion, good};
use crate::support;

const CLAMP: &str = "def clamp(value: int, low: int, high: int) -> int:\n    if value < low:\n        return low\n    if value > high:\n        return high\n    return value\n";
const TEST: &str = "def test():\n    assert clamp(5, 0, 3) == 3\n    assert clamp(-5, 0, 3) == 0\n    assert clamp(2, 0, 3) == 2\n    assert clamp(7, 7, 9) == 7\n\ntest()\n";

/// A problem in Python.
pub fn clamp(id: &str) -> Json {
    json!({
        "id": id,
        "question": format!("Write `clamp(value, low, high)`, which limits a value to a range (exercise {id})."),
        "canonical_solution": CLAMP,
        "demo_test_func": "def test():\n    assert clamp(5, 0, 3) == 3\n\ntest()\n",
        "full_test_func": TEST,
        "language": "python",
    })
}

/// A translation to JavaScript in five parts.
pub struct Translation {
    pub task: &'static str,
    pub solution: &'static str,
    pub printing: &'static str,
    pub demo: &'static str,
    pub full: &'static str,
}

pub const GOOD: Translation = Translation {
    task: "Write `clamp(value, low, high)`, which gives `value` if it lies between `low` and `high`, and the nearer bound if not.",
    solution: "function clamp(value, low, high) {\n  if (value < low) return low;\n  return value > high ? high : value;\n}\n",
    printing: "for (const values of [[5, 0, 3], [-5, 0, 3], [2, 0, 3], [7, 7, 9]]) {\n  console.log(JSON.stringify(clamp(...values)));\n}\n",
    demo: "const assert = require('assert');\nassert.strictEqual(clamp(5, 0, 3), 3);\n",
    full: "const assert = require('assert');\nassert.strictEqual(clamp(5, 0, 3), 3);\nassert.strictEqual(clamp(-5, 0, 3), 0);\nassert.strictEqual(clamp(2, 0, 3), 2);\nassert.strictEqual(clamp(7, 7, 9), 7);\n",
};

impl Translation {
    pub fn reply(&self) -> String {
        let Self { task, solution, printing, demo, full } = self;
        let code =
            [solution, printing, demo, full].map(|code| format!("```javascript\n{code}```\n"));
        format!("```text\n{task}\n```\n\n{}", code.join("\n"))
    }
}

fn command(folder: &Path, url: &str, options: &[&str]) -> Command {
    let mut command = tgsand();
    command.args(["translate", "in.jsonl", "--model", "author", "--base-url", url, "--no-cache"]);
    if !options.contains(&"--to") {
        command.args(["--to", "js"]);
    }
    command.args(options).current_dir(folder);
    command
}

/// Translates problems to JavaScript with a model that replies like this.
fn translate(
    rows: &[Json],
    reply: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (tempfile::TempDir, Ended, usize) {
    support::install("javascript");
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = rows.iter().map(Json::to_string).collect();
    file(folder.path(), "in.jsonl", rows.join("\n"));
    let server = ModelServer::start(reply);
    let ended = ended(command(folder.path(), &server.url, &["--out", "out"]), "");
    (folder, ended, server.requests())
}

fn rows_in(folder: &Path, name: &str) -> Vec<Json> {
    std::fs::read_to_string(folder.join(name)).map_or(Vec::new(), |text| json_lines(&text))
}

/// Why a translation is rejected, and after how many requests.
fn rejected(reply: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (String, String, usize) {
    let (folder, ended, requests) = translate(&[clamp("one")], reply);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(!folder.path().join("out/samples/problems.jsonl").exists());
    let rows = rows_in(folder.path(), "out/rejected.jsonl");
    let text = |name: &str| rows[0][name].as_str().unwrap().to_owned();
    (text("reason"), text("detail"), requests)
}

#[test]
fn a_translation_holds_by_itself() {
    let (folder, ended, requests) = translate(&[clamp("one")], |_| good(&GOOD.reply()));
    assert_eq!((ended.code, requests), (Some(0), 1), "{}", ended.stderr);
    let rows = rows_in(folder.path(), "out/samples/problems.jsonl");
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&row["id"], &row["language"]), (&json!("one/javascript"), &json!("javascript")));
    assert_eq!((&row["source_id"], &row["source_language"]), (&json!("one"), &json!("python")));
    let case = |call: &str, result: &str| json!({"call": call, "result": result});
    let cases = [
        case("clamp(5, 0, 3)", "3"),
        case("clamp(-5, 0, 3)", "0"),
        case("clamp(2, 0, 3)", "2"),
        case("clamp(7, 7, 9)", "7"),
    ];
    assert_eq!(row["cases"], json!(cases));
    assert_eq!(row["variants"], json!({"run": 2, "rejected": 2}));
    let question = row["question"].as_str().unwrap();
    assert!(question.contains("the nearer bound if not"), "{question}");
    assert!(question.contains("assert.strictEqual(clamp(5, 0, 3), 3);"), "{question}");
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/run.json")).unwrap())
            .unwrap();
    assert_eq!((&report["pipeline"], &report["cases"]), (&json!("translate"), &json!(4)));
    // It is a problem as any other.
    let mut eval = tgsand();
    eval.args(["eval", "out/samples/problems.jsonl", "--reference", "--json", "--out", "scores"]);
    eval.current_dir(folder.path());
    let scored = crate::cli::ended(eval, "");
    let scores: Json = serde_json::from_str(&scored.stdout).unwrap();
    assert_eq!((&scores["problems"], &scores["pass@1"]), (&json!(1), &json!(1.0)), "{scores}");
    let mut filter = tgsand();
    filter.args(["filter", "out/samples/problems.jsonl", "--out", "kept"]);
    filter.current_dir(folder.path());
    let filtered = crate::cli::ended(filter, "");
    assert_eq!(filtered.code, Some(0), "{}", filtered.stderr);
    assert_eq!(rows_in(folder.path(), "kept/kept.jsonl"), rows);
}

#[test]
fn a_translation_that_does_not_hold_is_rejected_for_what_is_wrong_with_it() {
    let other_bound = GOOD.solution.replace("return low", "return low + 1");
    let rows: [(Translation, &str, &str); 8] = [
        (
            Translation { solution: Box::leak(other_bound.into_boxed_str()), ..GOOD },
            "translation-differs",
            "case 2, `clamp(-5, 0, 3)`: Python gives 0, JavaScript gives 1",
        ),
        (
            Translation { printing: "console.log(3);\nconsole.log(clamp(-5, 0, 3));\n", ..GOOD },
            "translation-differs",
            "there are 4 cases, and JavaScript prints 2 lines",
        ),
        (
            Translation { printing: "console.log(3, 0);\n", ..GOOD },
            "test-failed",
            "the part that prints results in JavaScript fails: line 1 is not JSON",
        ),
        (
            Translation { printing: "for (const x of [3, 0, 2, 7]) console.log(x);\n", ..GOOD },
            "toothless-tests",
            "the part that prints results does so without the solution",
        ),
        (
            Translation { full: "clamp(5, 0, 3);\nclamp(-5, 0, 3);\n", ..GOOD },
            "toothless-tests",
            "a faulty variant passes the full test: case 1, `clamp(5, 0, 3)`: JavaScript gives 3, a faulty variant of it gives 0",
        ),
        (
            Translation { full: "console.log('passed');\n", ..GOOD },
            "toothless-tests",
            "the full test passes without the solution",
        ),
        (
            Translation { full: "require('assert').strictEqual(clamp(5, 0, 3), 4);\n", ..GOOD },
            "test-failed",
            "the full test fails on the solution: Uncaught AssertionError",
        ),
        (
            Translation { task: "Limit it: return value > high ? high : value;", ..GOOD },
            "leaked-solution",
            "the task has \"return value > high ? high : value;\" of the solution",
        ),
    ];
    for (translation, reason, detail) in rows {
        let reply = translation.reply();
        let found = rejected(move |_| good(&reply));
        assert_eq!((found.0.as_str(), found.2), (reason, 2), "{found:?}");
        assert!(found.1.starts_with(detail), "{}\n{detail}", found.1);
    }
    let (reason, detail, requests) = rejected(|_| good("I cannot."));
    assert_eq!((reason.as_str(), requests), ("malformed-reply", 2), "{detail}");
    let cut = |_: &Asked| Answer::Reply(200, "", completion("```text\nx", "length"));
    assert_eq!(rejected(cut).0, "malformed-reply");
}

#[test]
fn a_program_of_the_models_records_what_tests_do_not_show_as_calls() {
    let mut row = clamp("class");
    row["canonical_solution"] = "class Range:\n    def __init__(self, low, high):\n        self.low, self.high = low, high\n\n    def clamp(self, value):\n        return min(max(value, self.low), self.high)\n".into();
    let test = "def test():\n    r = Range(0, 3)\n    assert [r.clamp(5), r.clamp(-5), r.clamp(2)] == [3, 0, 2]\n\ntest()\n";
    row["demo_test_func"] = test.into();
    row["full_test_func"] = test.into();
    let parts = [
        ("text", "Write a class `Range` with a constructor of two bounds and a method `clamp`."),
        ("python", "r = Range(0, 3)\nfor value in [5, -5, 2]:\n    print(r.clamp(value))"),
        (
            "js",
            "class Range {\n  constructor(low, high) { this.low = low; this.high = high; }\n  clamp(value) { return value < this.low ? this.low : value > this.high ? this.high : value; }\n}",
        ),
        (
            "js",
            "const r = new Range(0, 3);\nfor (const value of [5, -5, 2]) console.log(r.clamp(value));",
        ),
        ("js", "if (new Range(0, 3).clamp(5) !== 3) throw new Error('wrong');"),
        (
            "js",
            "const range = new Range(0, 3);\nif (String([5, -5, 2].map(value => range.clamp(value))) !== '3,0,2') throw new Error('wrong');",
        ),
    ];
    let reply = parts.map(|(name, part)| format!("```{name}\n{part}\n```\n")).concat();
    let (folder, ended, requests) = translate(&[row], move |_| good(&reply));
    assert_eq!((ended.code, requests), (Some(0), 1), "{}", ended.stderr);
    let rows = rows_in(folder.path(), "out/samples/problems.jsonl");
    let case = |call: &str, result: &str| json!({"call": call, "result": result});
    assert_eq!(
        rows[0]["cases"],
        json!([case("call 1", "3"), case("call 2", "0"), case("call 3", "2")])
    );
    assert!(rows[0]["results_func"].as_str().unwrap().starts_with("const r = new Range"));
}

#[test]
fn what_is_wrong_is_mended_once() {
    let (folder, ended, requests) = translate(&[clamp("one")], |asked| {
        let messages = asked.body["messages"].as_array().unwrap();
        if messages.len() == 1 {
            let solution = "function clamp(value, low, high) { return value + ; }\n";
            return good(&Translation { solution, ..GOOD }.reply());
        }
        let fault = messages[2]["content"].as_str().unwrap();
        assert!(fault.contains("SyntaxError") && fault.contains("(test-failed)"), "{fault}");
        good(&GOOD.reply())
    });
    assert_eq!((ended.code, requests), (Some(0), 2), "{}", ended.stderr);
    assert_eq!(rows_in(folder.path(), "out/samples/problems.jsonl").len(), 1);
}

#[test]
fn problems_that_cannot_be_translated_cost_nothing() {
    let with = |id: &str, changes: &[(&str, Json)]| {
        let mut row = clamp(id);
        changes.iter().for_each(|(name, value)| row[*name] = value.clone());
        row
    };
    let one = "def test():\n    assert clamp(5, 0, 3) == 3\n\ntest()\n";
    let wrong = CLAMP.replace("return low", "return high");
    let rows = [
        with("broken", &[("canonical_solution", json!(wrong))]),
        with("none", &[("canonical_solution", Json::Null)]),
        with("few", &[("full_test_func", json!(one)), ("demo_test_func", json!(one))]),
        with(
            "javascript",
            &[
                ("canonical_solution", json!(GOOD.solution)),
                ("full_test_func", json!(GOOD.full)),
                ("demo_test_func", json!(GOOD.demo)),
                ("language", json!("javascript")),
            ],
        ),
        json!({"id": "stdin", "question": "Add.", "input_output": {"inputs": ["1 2"], "outputs": ["3"]}, "solutions": ["print(3)"]}),
    ];
    let (folder, ended, requests) = translate(&rows, |_| good(&GOOD.reply()));
    assert_eq!((ended.code, requests), (Some(1), 0), "{}", ended.stderr);
    let rejected = rows_in(folder.path(), "out/rejected.jsonl");
    let reasons: Vec<&Json> = rejected.iter().map(|row| &row["reason"]).collect();
    let expected =
        ["test-failed", "no-reference", "too-few-cases", "not-looked-at", "not-looked-at"];
    assert_eq!(reasons, expected, "{rejected:?}");
}

#[test]
fn a_language_that_nothing_runs_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "in.jsonl", clamp("one").to_string());
    for (to, why) in [
        ("kotlin", "--to names kotlin, which the sandbox does not run; list it in `languages`"),
        ("python", "--to names Python; use another language"),
    ] {
        let mut command = tgsand();
        command.args(["translate", "in.jsonl", "--to", to, "--model", "author"]);
        command.args(["--base-url", "http://127.0.0.1:9/v1"]).current_dir(folder.path());
        let ended = ended(command, "");
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}

#[test]
fn a_run_that_is_killed_goes_on_and_threads_change_no_byte() {
    support::install("javascript");
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..12).map(|at| clamp(&format!("row-{at}")).to_string()).collect();
    file(folder.path(), "in.jsonl", rows.join("\n"));
    let server = ModelServer::start(|asked| {
        std::thread::sleep(Duration::from_millis(30));
        match asked.number % 4 {
            3 => good("I cannot."),
            _ => good(&GOOD.reply()),
        }
    });
    // Each question has the same words, so that one request at a time makes every fate that of its row.
    let options = ["--max-concurrent", "1", "--out"];
    let mut child = command(folder.path(), &server.url, &[&options[..], &["killed"]].concat())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = folder.path().join("killed/journal/translate.jsonl");
    let decided =
        || std::fs::read_to_string(&journal).map_or(0, |text| text.matches("{\"key\"").count());
    while decided() < 3 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = decided();
    assert!((3..12).contains(&before), "{before}");
    let finished =
        ended(command(folder.path(), &server.url, &[&options[..], &["killed"]].concat()), "");
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(decided(), 12);
    let rows = rows_in(folder.path(), "killed/samples/problems.jsonl");
    let rejected = rows_in(folder.path(), "killed/rejected.jsonl");
    assert_eq!(rows.len() + rejected.len(), 12);

    let steady = ModelServer::start(|_| good(&GOOD.reply()));
    let read = |out: &str| {
        ["samples/problems.jsonl", "run.json"]
            .map(|name| std::fs::read(folder.path().join(out).join(name)).unwrap())
    };
    for threads in ["1", "2"] {
        let options = ["--threads", threads, "--out", threads];
        let done = ended(command(folder.path(), &steady.url, &options), "");
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
    assert!(read("1") == read("2"));
}

/// A translation of `clamp` to another language.
struct Other {
    name: &'static str,
    parts: [&'static str; 4],
}

const LUA: Other = Other {
    name: "lua",
    parts: [
        "function clamp(value, low, high)\n  if value < low then return low end\n  if value > high then return high end\n  return value\nend\n",
        "for _, v in ipairs({{5, 0, 3}, {-5, 0, 3}, {2, 0, 3}, {7, 7, 9}}) do\n  print(clamp(table.unpack(v)))\nend\n",
        "assert(clamp(5, 0, 3) == 3)\n",
        "assert(clamp(5, 0, 3) == 3)\nassert(clamp(-5, 0, 3) == 0)\nassert(clamp(2, 0, 3) == 2)\nassert(clamp(7, 7, 9) == 7)\n",
    ],
};
const GO: Other = Other {
    name: "go",
    parts: [
        "package main\n\nfunc Clamp(value, low, high int) int {\n\tif value < low {\n\t\treturn low\n\t}\n\tif value > high {\n\t\treturn high\n\t}\n\treturn value\n}\n",
        "package main\n\nimport (\n\t\"encoding/json\"\n\t\"fmt\"\n)\n\nfunc main() {\n\tfor _, v := range [][3]int{{5, 0, 3}, {-5, 0, 3}, {2, 0, 3}, {7, 7, 9}} {\n\t\tline, _ := json.Marshal(Clamp(v[0], v[1], v[2]))\n\t\tfmt.Println(string(line))\n\t}\n}\n",
        "package main\n\nfunc main() {\n\tif Clamp(5, 0, 3) != 3 {\n\t\tpanic(\"wrong\")\n\t}\n}\n",
        "package main\n\nimport \"testing\"\n\nfunc TestClamp(t *testing.T) {\n\tfor _, v := range [][4]int{{5, 0, 3, 3}, {-5, 0, 3, 0}, {2, 0, 3, 2}, {7, 7, 9, 7}} {\n\t\tif got := Clamp(v[0], v[1], v[2]); got != v[3] {\n\t\t\tt.Errorf(\"got %d, expected %d\", got, v[3])\n\t\t}\n\t}\n}\n",
    ],
};

fn hold(other: &'static Other) {
    support::install(other.name);
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "in.jsonl", clamp("one").to_string());
    let server = ModelServer::start(|_| {
        let parts = other.parts.map(|part| format!("```{}\n{part}```\n", other.name));
        good(&format!("```text\n{}\n```\n{}", GOOD.task, parts.concat()))
    });
    let translated =
        ended(command(folder.path(), &server.url, &["--to", other.name, "--out", "out"]), "");
    assert_eq!(translated.code, Some(0), "{}", translated.stderr);
    let rows = rows_in(folder.path(), "out/samples/problems.jsonl");
    assert_eq!((rows.len(), &rows[0]["variants"]), (1, &json!({"run": 2, "rejected": 2})));
    let mut eval = tgsand();
    eval.args(["eval", "out/samples/problems.jsonl", "--reference", "--json", "--out", "scores"]);
    eval.current_dir(folder.path());
    let scores: Json = serde_json::from_str(&ended(eval, "").stdout).unwrap();
    assert_eq!((&scores["problems"], &scores["pass@1"]), (&json!(1), &json!(1.0)), "{scores}");
}

#[test]
#[ignore = "compiles a module of 75 MB, the compiler of C, which takes three minutes"]
fn a_problem_in_python_becomes_one_in_lua() {
    hold(&LUA);
}

#[test]
#[ignore = "builds Go's compiler and compiles it, which takes two minutes"]
fn a_problem_in_python_becomes_one_in_go() {
    hold(&GO);
}
