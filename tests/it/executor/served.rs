//! Our own server as an executor.
//!
//! Invariant: what it answers in either protocol is read as it means it.

use serde_json::{Value as Json, json};

use super::{PROTOCOLS, rows_of, run, write_rows};
use crate::serve::Server;

#[test]
fn our_own_server_runs_rows_of_a_language_that_an_executor_lists() {
    crate::support::install_default();
    crate::support::install("javascript");
    let server = Server::start(&[]);
    let row = |id: &str, solution: &str| {
        json!({
            "id": id, "question": "Double a number.", "language": "js", "canonical_solution": solution,
            "full_test_func": "if (double(2) !== 4) throw new Error('wrong');\n",
        })
    };
    let rows = [
        row("right", "const double = x => 2 * x;\n"),
        row("wrong", "const double = x => x;\n"),
        row("leaves", "process.exit(0);\n"),
        row("endless", "while (true) {}\n"),
        row("broken", "const double = (;\n"),
    ];
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[executors.own]\nurl = \"http://{}\"\nprotocol = {protocol:?}\nlanguages = [\"javascript\"]\nrun_timeout = 1\n",
            server.address
        );
        std::fs::write(folder.path().join("tgsand.toml"), text).unwrap();
        write_rows(&folder.path().join("rows.jsonl"), &rows);
        let ended = run(folder.path(), &["eval", "rows.jsonl", "--reference", "--out", "out"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let results = rows_of(&folder.path().join("out/results.jsonl"));
        let found: Vec<&Json> = results.iter().map(|row| &row["samples"][0]["result"]).collect();
        let broken = if protocol == "submit" { "unparsable" } else { "raised" };
        assert_eq!(found, ["passed", "raised", "unfinished", "timed-out", broken]);
        assert!(results.iter().all(|row| row["executor"] == "own"), "{results:?}");
    }
}
