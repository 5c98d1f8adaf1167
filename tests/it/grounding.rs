//! Texts about a repository: what is true of it is kept, and what is made up is caught.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tgsand::ground::Ground;
use tgsand::ground::repository::{About, Checked, Repository};
use tgsand::index::Index;
use tgsand::sample::{SampleCase, Text};
use tgsand::sandbox::Limits;

use crate::cli::{file, json_lines, run};
use crate::filter::{changed, documented};
use crate::support::{FUEL, sandbox};

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grounding/tree")
}

fn repository() -> Repository {
    Repository::of(&Index::open(&tree(), 2).unwrap()).unwrap()
}

/// The rows of a corpus that do not come out as they should.
fn mistakes(corpus: &str) -> Vec<String> {
    let repository = repository();
    let ground = Ground { sandbox: sandbox(), limits: Limits { fuel: FUEL, ..Limits::default() } };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let check = |row: &Json| {
        let field = |name: &str| row[name].as_str().unwrap();
        let about = About { file: field("file"), function: field("function"), executions: &[] };
        let text = Text { parts: vec![("answer".into(), field("text").into())], adds: Vec::new() };
        let checked =
            runtime.block_on(ground.check_repository(&repository, &about, &text)).unwrap();
        let shown = |why: &str| format!("{} {}: {why}", field("kind"), field("text"));
        match (checked, row["holds"].as_bool().unwrap()) {
            (Checked::Holds(_), true) => None,
            (Checked::Fails(_), false) => None,
            (Checked::Holds(_), false) => Some(shown("kept")),
            (Checked::Fails(failed), true) => {
                let why: Vec<String> = failed.iter().map(ToString::to_string).collect();
                Some(shown(&why.join("; ")))
            }
        }
    };
    json_lines(corpus).iter().filter_map(check).collect()
}

#[test]
fn planted_claims_are_caught_and_true_ones_are_kept() {
    let corpus = include_str!("../grounding/claims.jsonl");
    assert_eq!(mistakes(corpus), Vec::<String>::new());
}

/// Claims that were written before they were checked; docs/grounding.md has their first run, and its faults are mended.
#[test]
fn more_claims_are_caught_or_kept() {
    for corpus in [
        include_str!("../grounding/second.jsonl"),
        include_str!("../grounding/third.jsonl"),
        include_str!("../grounding/fourth.jsonl"),
    ] {
        assert_eq!(mistakes(corpus), Vec::<String>::new());
    }
}

fn lines_of(path: &str, first: usize, last: usize) -> String {
    let text = std::fs::read_to_string(tree().join(path)).unwrap();
    text.lines().skip(first - 1).take(last + 1 - first).map(|line| format!("{line}\n")).collect()
}

/// Rows that hold: of the reference, and with what ours have beside.
fn rows() -> Vec<(&'static str, Json)> {
    let qa = json!({
        "file": "shop/prices.py", "code": lines_of("shop/prices.py", 9, 13), "function_name": "gross",
        "question": "What does `gross` do?",
        "answer": "`gross` adds the tax to a price; `gross(100)` returns `119`.",
        "trace": ["`gross` is defined in `shop/prices.py:9-13`.", "The default of `rate` is `VAT`."],
    });
    let design = json!({
        "requirement": "Add a health check; there is no `GET /health` yet.",
        "design": "Add `health` (new) to `shop/app.py`, routed at `GET /health` (new), beside `show_total`.",
        "trace": ["`shop/app.py` creates the `app`.", "`health` needs nothing from `Store`."],
    });
    let ground = Ground { sandbox: sandbox(), limits: Limits { fuel: FUEL, ..Limits::default() } };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let repository = repository();
    let called = ground.call(&repository, "shop.prices.gross", "100");
    let called = runtime.block_on(called).unwrap().unwrap();
    let mut execution = serde_json::to_value(SampleCase::new("100", &called)).unwrap();
    execution["function"] = json!("shop.prices.gross");
    let mut ours = qa.clone();
    ours["executions"] = json!([execution]);
    ours["files"] = json!(["shop/prices.py", "README.md"]);
    vec![("reference qa", qa), ("reference design", design), ("ours", ours)]
}

/// Filters rows against the tree: the positions of those that are kept, and why each other one is rejected.
fn filter(rows: &[Json]) -> (BTreeSet<usize>, BTreeMap<usize, String>) {
    let folder = tempfile::tempdir().unwrap();
    let numbered = rows.iter().enumerate().map(|(position, row)| {
        let mut row = row.clone();
        row["position"] = json!(position);
        format!("{row}\n")
    });
    let input = file(folder.path(), "rows.jsonl", numbered.collect::<String>());
    let out = folder.path().join("filtered");
    let (tree, input, folder) = (tree(), input.to_str().unwrap().to_owned(), out.to_str().unwrap());
    let ended = run(&["filter", &input, "--repo", tree.to_str().unwrap(), "--out", folder]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = |name: &str| json_lines(&std::fs::read_to_string(out.join(name)).unwrap());
    let position = |row: &Json| usize::try_from(row["position"].as_u64().unwrap()).unwrap();
    let kept = lines("kept.jsonl").iter().map(position).collect();
    let rejected = lines("rejected.jsonl").into_iter().map(|row| {
        let line = usize::try_from(row["source"]["line"].as_u64().unwrap()).unwrap();
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        (line - 1, format!("{}: {}", text("reason"), text("detail")))
    });
    (kept, rejected.collect())
}

#[test]
fn a_row_about_a_repository_is_kept_and_each_change_that_is_not_listed_is_rejected() {
    let samples = rows();
    let mut rows: Vec<Json> = samples.iter().map(|(_, row)| row.clone()).collect();
    let mut places = Vec::new();
    for (kind, row) in &samples {
        for (name, other) in changed(row) {
            places.push(((*kind).to_owned(), name));
            rows.push(other);
        }
    }
    let (kept, rejected) = filter(&rows);
    let (held, passed): (BTreeSet<usize>, BTreeSet<usize>) =
        kept.into_iter().partition(|position| *position < samples.len());
    let lost: Vec<&String> = rejected.range(..samples.len()).map(|(_, why)| why).collect();
    assert!(held.len() == samples.len() && lost.is_empty(), "{lost:#?}");
    let passed: BTreeSet<(String, String)> =
        passed.into_iter().map(|position| places[position - samples.len()].clone()).collect();
    let documented = documented("| Row about a repository | Not checked |");
    let missing: Vec<_> = passed.difference(&documented).collect();
    let excess: Vec<_> = documented.difference(&passed).collect();
    assert!(missing.is_empty() && excess.is_empty(), "kept: {missing:#?}\nchecked: {excess:#?}");
}

#[test]
fn rows_that_do_not_hold_are_rejected_with_the_claim() {
    let (_, qa) = rows().into_iter().next().unwrap();
    let with = |field: &str, value: Json| {
        let mut row = qa.clone();
        row[field] = value;
        row
    };
    let cases = [
        (
            with("file", json!("shop/price.py")),
            "ungrounded: `shop/price.py` (file): `shop/price.py` does not exist; `shop/prices.py` does",
        ),
        (
            with("function_name", json!("net")),
            "ungrounded: `net` (function_name): shop/prices.py does not define it",
        ),
        (
            with("code", json!("def gross(net):\n    return net\n")),
            "ungrounded: `gross` (code): shop/prices.py has other code for it",
        ),
        (
            with("answer", json!("[ERROR] connection reset")),
            "malformed-reply: a model's reply that failed is in place of a text",
        ),
        (
            with("answer", json!("`gross` calls `round_up`.")),
            "ungrounded: `round_up` (answer): `round_up` does not exist; `round` and `rounding` do",
        ),
        (
            json!({"requirement": "Log more.", "design": "Call `setup_logs` in `create_app`.", "trace": []}),
            "ungrounded: `setup_logs` (design): `setup_logs` does not exist",
        ),
        (
            json!({"requirement": "Show totals.", "design": "Add `show_total` (new) to `shop/app.py`.", "trace": []}),
            "ungrounded: `show_total` is marked as new (design): it is in shop/app.py:36",
        ),
    ];
    let rows: Vec<Json> = cases.iter().map(|(row, _)| row.clone()).collect();
    let (kept, rejected) = filter(&rows);
    assert_eq!(kept, BTreeSet::new());
    let why: Vec<&String> = rejected.values().collect();
    assert_eq!(why, cases.iter().map(|(_, why)| *why).collect::<Vec<_>>());
}
