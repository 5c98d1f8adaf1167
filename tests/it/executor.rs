//! Executors: rows in languages that the sandbox lacks run on a server, which may fail, be slow, be wrong or lie.
//!
//! Invariant: no trouble of a server's is the verdict on a program.

mod native;
mod problems;
mod seeds;
mod served;
mod translated;
mod trouble;

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, json_lines, tgsand};

/// Both protocols.
const PROTOCOLS: [&str; 2] = ["run_code", "submit"];

/// Settings under which a server that fails is given up at once.
const IMPATIENT: &str = "max_retries = 0\npatience = 0\n";

/// Lists an executor in the folder's `tgsand.toml`.
fn list(folder: &Path, url: &str, protocol: &str, more: &str) {
    let text = format!(
        "[executors.box]\nurl = {url:?}\nprotocol = {protocol:?}\nlanguages = [\"java\", \"bash\"]\n{more}"
    );
    std::fs::write(folder.join("tgsand.toml"), text).unwrap();
}

/// Runs a command of `tgsand` in a folder.
fn run(folder: &Path, args: &[&str]) -> Ended {
    crate::support::install_default();
    let mut command = tgsand();
    command.args(args).current_dir(folder);
    ended(command, "")
}

fn rows_of(path: &Path) -> Vec<Json> {
    json_lines(&std::fs::read_to_string(path).unwrap())
}

fn write_rows(path: &Path, rows: &[Json]) {
    std::fs::write(path, rows.iter().map(|row| format!("{row}\n")).collect::<String>()).unwrap();
}

/// A problem of adding two numbers in Bash.
fn shell_row(id: &str) -> Json {
    let test = |sum: &str| {
        format!(
            "test() {{\n    [ \"$(add {sum})\" = \"8\" ] || {{ echo 'Test failed'; exit 1; }}\n}}\n\ntest\n"
        )
    };
    json!({
        "id": id,
        "question": "Write `add`, which prints the sum of its two arguments.",
        "canonical_solution": "```bash\nadd() {\n    echo $(($1 + $2))\n}\n```",
        "demo_test_func": test("3 5"),
        "full_test_func": test("-1 9"),
        "language": "shell",
    })
}

/// The same in Java.
fn java_row(id: &str) -> Json {
    let test = |sum: &str| {
        format!(
            "import java.util.List;\n\npublic class Main {{\n    public static void main(String[] args) {{\n        if (Adder.add({sum}) != 8) {{\n            throw new AssertionError(List.of(\"wrong\"));\n        }}\n    }}\n}}\n"
        )
    };
    json!({
        "id": id,
        "question": "Write a class `Adder` with a static method `add` that gives the sum of two numbers.",
        "canonical_solution": "import java.util.List;\n\npublic class Adder {\n    public static int add(int a, int b) {\n        return List.of(a, b).stream().mapToInt(x -> x).sum();\n    }\n}\n",
        "demo_test_func": test("3, 5"),
        "full_test_func": test("-1, 9"),
        "language": "java",
    })
}
