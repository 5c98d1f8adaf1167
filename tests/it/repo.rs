//! `tgsand repo`: what the index of a small tree says, held to CPython's `ast` and to itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

const FILES: [&str; 5] =
    ["functions.json", "index.jsonl", "repo_summary.txt", "skipped.jsonl", "run.json"];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn repo(path: &Path, out: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tgsand"))
        .arg("repo")
        .arg(path)
        .arg("--out")
        .arg(out)
        .args(more)
        .env_remove("TGSAND_THREADS")
        .output()
        .unwrap()
}

/// The output folder of a tree that can be indexed.
fn indexed(path: &Path) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    let output = repo(path, out.path(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    out
}

/// A tree that is written for one test.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn functions(out: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(out.join("functions.json")).unwrap();
    serde_json::from_str::<Vec<Json>>(&text).unwrap()
}

fn records(out: &Path, name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(out.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn error(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn functions_of_every_construct_are_those_of_cpythons_ast() {
    let out = indexed(&root("tests/index/constructs"));
    let text = std::fs::read_to_string(root("tests/index/expected.json")).unwrap();
    let expected: Vec<Json> = serde_json::from_str(&text).unwrap();
    let ours = functions(out.path());
    let key = |row: &Json| {
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        (text("file"), row["start_line"].as_u64(), text("qualified_name"))
    };
    let mut reduced: Vec<Json> = ours
        .iter()
        .map(|row| {
            let names = row["signature"]["params"].as_array().unwrap().iter();
            json!({
                "file": row["file"],
                "function": row["function"],
                "qualified_name": row["qualified_name"],
                "class": row["class"],
                "docstring": row["docstring"],
                "start_line": row["start_line"],
                "end_line": row["end_line"],
                "first_line": row["first_line"],
                "decorators": row["decorators"].as_array().unwrap().len(),
                "is_async": row["is_async"],
                "parameters": names.map(|param| param["name"].clone()).collect::<Vec<_>>(),
            })
        })
        .collect();
    reduced.sort_by_key(key);
    for (ours, expected) in reduced.iter().zip(&expected) {
        assert_eq!(ours, expected);
    }
    assert_eq!((reduced.len(), expected.len()), (28, 28));
    let skipped = records(out.path(), "skipped.jsonl");
    assert_eq!(
        skipped,
        [json!({
            "schema": "tgsand/skipped/1",
            "path": "broken.py",
            "reason": "syntax-error",
            "detail": skipped[0]["detail"],
        })]
    );
    assert!(skipped[0]["detail"].as_str().unwrap().starts_with("line 2"), "{skipped:?}");
}

#[test]
fn code_has_its_decorators_and_no_margin() {
    let out = indexed(&root("tests/index/constructs"));
    let functions = functions(out.path());
    let code = |name: &str| {
        let row = functions.iter().find(|row| row["qualified_name"] == name).unwrap();
        row["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        code("Outer.Inner.method"),
        "def method(self):\n    def nested():\n        async def deeper(): ...\n        return deeper\n    return nested"
    );
    assert!(code("decorated").starts_with("@cached(\n    maxsize=None,\n)\n# a comment"));
    assert_eq!(
        code("Outer.value"),
        "@property\ndef value(self): r\"\"\"raw \\d\"\"\"; return self._value"
    );
    assert_eq!(
        code("with_mark"),
        "def with_mark():\n    \"\"\"One\n    two\n    \"\"\"\n    return 1"
    );
}

#[test]
fn the_same_tree_gives_the_same_bytes_with_one_and_two_threads() {
    let outs = ["1", "2"].map(|threads| {
        let out = tempfile::tempdir().unwrap();
        let output = repo(&root("dataset/flask_app"), out.path(), &["--threads", threads]);
        assert!(output.status.success());
        out
    });
    for name in FILES {
        let [one, two] = [0, 1].map(|at| std::fs::read(outs[at].path().join(name)).unwrap());
        assert!(one == two && !one.is_empty() || name == "skipped.jsonl", "{name}");
    }
}

#[test]
fn the_index_of_the_flask_app_says_what_its_code_does() {
    let out = indexed(&root("dataset/flask_app"));
    let records = records(out.path(), "index.jsonl");
    let file = |path: &str| {
        let is_it = |row: &&Json| row["schema"] == "tgsand/index-file/1" && row["path"] == path;
        records.iter().find(is_it).unwrap()
    };
    let symbol = |path: &str, name: &str| {
        let is_it = |row: &&Json| row["file"] == path && row["qualified_name"] == name;
        records.iter().find(is_it).unwrap()
    };
    let endpoints = file("lending/web.py")["endpoints"].as_array().unwrap().iter();
    let endpoints: Vec<String> = endpoints
        .map(|one| {
            format!("{} {} {}", one["methods"][0], one["path"], one["handler"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        endpoints,
        [
            "GET /api/tools list_tools",
            "POST /api/loans lend_tool",
            "DELETE /api/loans/<name> return_tool"
        ]
    );
    assert_eq!(
        file("lending/store.py")["settings"],
        json!([{"key": "LENDING_DATABASE", "source": "environment", "reader": "LoanStore.from_environment",
                "line": 23, "default": "\"\"", "is_required": false}])
    );
    let late_fee = symbol("lending/fees.py", "late_fee");
    assert_eq!(
        late_fee["called_by"],
        json!([{"file": "lending/models.py", "line": 40, "caller": "Loan.fee_on"},
               {"file": "tests/test_fees.py", "line": 12, "caller": "test_the_first_days_are_free"},
               {"file": "tests/test_fees.py", "line": 17, "caller": "test_a_fee_has_a_limit"}])
    );
    assert_eq!(
        late_fee["tests"],
        json!(["test_fees.test_the_first_days_are_free", "test_fees.test_a_fee_has_a_limit"])
    );
    let lend = symbol("lending/store.py", "LoanStore.lend");
    let calls: Vec<&Json> =
        lend["calls"].as_array().unwrap().iter().map(|call| &call["target"]).collect();
    assert_eq!(
        calls,
        [
            &json!("lending.store.LoanStore.find"),
            &json!("lending.errors.AlreadyLent"),
            &json!("lending.models.Loan"),
            &json!("lending.store.LoanStore.save"),
        ]
    );
    assert_eq!(lend["raises"], json!([{"exception": "AlreadyLent", "line": 36}]));
    let errors = symbol("lending/errors.py", "LendingError");
    assert_eq!(
        errors["subclasses"],
        json!(["lending.errors.UnknownTool", "lending.errors.AlreadyLent"])
    );
}

#[test]
fn the_summary_has_the_readme_and_a_line_for_each_function() {
    let out = indexed(&root("dataset/flask_app"));
    let summary = std::fs::read_to_string(out.path().join("repo_summary.txt")).unwrap();
    assert!(summary.starts_with("# README\n\n# Lending\n\nA small web service"), "{summary}");
    let fees = "## lending/fees.py\n- days_late: Counts the days between the due date and the return; none if it was in time.\n- late_fee: Gives the fee for a late return.\n- parse_date: Reads a date such as 2024-05-01.\n\n";
    assert!(summary.contains(fees), "{summary}");
    let out = indexed(&root("tests/index/constructs"));
    let summary = std::fs::read_to_string(out.path().join("repo_summary.txt")).unwrap();
    assert!(summary.contains("\n- waits: A rule first.\n"), "{summary}");
}

#[test]
fn what_is_not_read_is_listed_with_the_reason() {
    let out_and_tree = tree(&[
        (".gitignore", "ignored.py\n"),
        ("ignored.py", "def no(): pass\n"),
        ("a.py", "def yes(): pass\n"),
        ("node_modules/b.py", "def no(): pass\n"),
        ("c_pb2.py", "def no(): pass\n"),
        ("d.py", "# Generated by a tool. DO NOT EDIT.\ndef no(): pass\n"),
        ("e.py", "x = '\0'\n"),
        ("f.py", "x = (\n"),
        (".hidden/g.py", "def no(): pass\n"),
    ]);
    std::fs::write(out_and_tree.path().join("h.py"), b"x = '\xff'\n").unwrap();
    let out = indexed(out_and_tree.path());
    let names: Vec<Json> =
        functions(out.path()).iter().map(|row| row["function"].clone()).collect();
    assert_eq!(names, ["yes"]);
    let skipped: Vec<String> = records(out.path(), "skipped.jsonl")
        .iter()
        .map(|row| format!("{} {}", row["path"], row["reason"]).replace('"', ""))
        .collect();
    assert_eq!(
        skipped,
        [
            "c_pb2.py generated",
            "d.py generated",
            "e.py binary",
            "f.py syntax-error",
            "h.py not-text",
            "node_modules/ vendored"
        ]
    );
}

#[test]
fn a_path_that_cannot_be_indexed_is_an_error_that_says_why() {
    let out = tempfile::tempdir().unwrap();
    let (code, text) = error(&repo(Path::new("/does/not/exist"), out.path(), &[]));
    assert_eq!(code, Some(2));
    assert!(text.starts_with("tgsand: failed to access /does/not/exist"), "{text}");
    let empty = tree(&[("notes.txt", "nothing\n")]);
    let (code, text) = error(&repo(empty.path(), out.path(), &[]));
    assert_eq!(code, Some(2));
    assert!(text.contains("has no source files in a language that is indexed"), "{text}");
    let (code, text) = error(&repo(&empty.path().join("notes.txt"), out.path(), &[]));
    assert_eq!(code, Some(2));
    assert!(text.contains("is not a folder; give the root of a repository"), "{text}");
    let broken = tree(&[("a.py", "x = (\n")]);
    let (code, text) = error(&repo(broken.path(), out.path(), &[]));
    assert_eq!(code, Some(2));
    assert!(text.contains("1 skipped, the first is a.py (syntax-error: line "), "{text}");
}

#[test]
fn rows_carry_the_commit_of_a_checkout() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let tree = tree(&[("a.py", "def f(): pass\n"), (".git/HEAD", commit)]);
    let out = indexed(tree.path());
    assert_eq!(functions(out.path())[0]["commit"], commit);
}
