//! Texts about a repository: what is true of it is kept, and what is made up is caught.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tgsand::ground::Ground;
use tgsand::ground::repository::{About, Checked, Execution, Repository};
use tgsand::index::Index;
use tgsand::sample::{SampleCase, Text};
use tgsand::sandbox::Limits;

use crate::cli::{file, json_lines, run};
use crate::filter::{assert_documented, changed};
use crate::support::{FUEL, sandbox};

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grounding/tree")
}

fn repository(tree: &Path) -> Repository {
    Repository::of(&Index::open(tree, 2).unwrap()).unwrap()
}

/// The rows of a corpus about a tree that do not come out as they should.
fn mistakes(tree: &Path, corpus: &str) -> Vec<String> {
    let repository = repository(tree);
    let ground = Ground { sandbox: sandbox(), limits: Limits { fuel: FUEL, ..Limits::default() } };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let check = |row: &Json| {
        let field = |name: &str| row[name].as_str().unwrap();
        let executions = row["executions"].as_array().into_iter().flatten().map(|run| Execution {
            function: run["function"].as_str().unwrap().to_owned(),
            case: serde_json::from_value(run.clone()).unwrap(),
        });
        let executions: Vec<Execution> = executions.collect();
        let about =
            About { file: field("file"), function: field("function"), executions: &executions };
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
    assert_eq!(mistakes(&tree(), corpus), Vec::<String>::new());
}

/// Claims that were written before they were checked; docs/grounding.md has their first run, and its faults are mended.
#[test]
fn more_claims_are_caught_or_kept() {
    for corpus in [
        include_str!("../grounding/second.jsonl"),
        include_str!("../grounding/third.jsonl"),
        include_str!("../grounding/fourth.jsonl"),
    ] {
        assert_eq!(mistakes(&tree(), corpus), Vec::<String>::new());
    }
}

/// Kinds of claims that were kept or lost in a run over two published packages, written anew about a small one.
#[test]
fn claims_about_imports_kinds_numbers_and_places_of_calls_are_caught_or_kept() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grounding/post");
    let corpus = include_str!("../grounding/post.jsonl");
    assert_eq!(mistakes(&tree, corpus), Vec::<String>::new());
}

/// A function and methods of one name, messages that an execution shows, and calls that are spoken of.
#[test]
fn namesakes_messages_of_executions_and_calls_as_a_noun_are_read_as_they_are_meant() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grounding/press");
    let corpus = include_str!("../grounding/press.jsonl");
    assert_eq!(mistakes(&tree, corpus), Vec::<String>::new());
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
    let repository = repository(&tree());
    let called = ground.call(&repository, "shop.prices.gross", "100");
    let called = runtime.block_on(called).unwrap().unwrap();
    let mut execution = serde_json::to_value(SampleCase::new("100", &called)).unwrap();
    execution["function"] = json!("shop.prices.gross");
    let mut ours = qa.clone();
    ours["executions"] = json!([execution]);
    ours["files"] = json!(["shop/prices.py", "README.md"]);
    let turn = |(role, content): (&str, &Json)| json!({"role": role, "content": content});
    let mut dialogue = qa.clone();
    dialogue["messages"] = json!([
        turn(("user", &json!("Where is `gross` defined?"))),
        turn(("assistant", &json!("`gross` is defined at `shop/prices.py:9-13`."))),
        turn(("user", &qa["question"])),
        turn(("assistant", &qa["answer"])),
    ]);
    vec![
        ("reference qa", qa),
        ("reference dialogue", dialogue),
        ("reference design", design),
        ("ours", ours),
    ]
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

/// Rows of every kind that `tgsand repo` makes of the tree, one of each.
fn own_rows() -> Vec<(&'static str, Json)> {
    let folder = tempfile::tempdir().unwrap();
    let (tree, out) = (tree(), folder.path().join("out"));
    let command = ["repo", tree.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let options = ["--emit", "qa,design", "--lang", "en,zh", "--per-function", "20"];
    let ended = run(&[&command[..], &options].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let rows = |name: &str| json_lines(&std::fs::read_to_string(out.join(name)).unwrap());
    let kind = |row: &Json| match row["kind"].as_str().unwrap() {
        "dialogue" => "our dialogue",
        _ if is_our_design(row) => "our design",
        _ => "our qa",
    };
    let mut seen = BTreeSet::new();
    let all = rows("samples/qa.jsonl").into_iter().chain(rows("samples/design.jsonl"));
    all.filter(|row| seen.insert(format!("{} {}", row["kind"], row["lang"])))
        .map(|row| (kind(&row), row))
        .collect()
}

fn is_our_design(row: &Json) -> bool {
    row["schema"].as_str().is_some_and(|schema| schema.starts_with("tgsand/repo-design/"))
}

/// The row with the messages that its other texts make, as one who forges the texts would.
fn made_to_fit(row: &Json) -> Json {
    let mut row = row.clone();
    let fields = if row.get("answer").is_some() && !is_our_design(&row) {
        ["question", "answer"]
    } else {
        ["requirement", "design"]
    };
    let [asked, answered] = fields.map(|name| row.get(name).cloned().unwrap_or_default());
    if is_our_design(&row) {
        row["question"] = asked.clone();
        row["answer"] = answered.clone();
    }
    let context = row.get("context").and_then(Json::as_str).map(str::to_owned);
    let shown = context.filter(|context| !context.is_empty()).map(|context| context + "\n");
    let messages = row.get_mut("messages").and_then(Json::as_array_mut);
    if let Some(messages) = messages.filter(|messages| messages.len() > 1) {
        let asks = messages.len() - 2;
        let mut asked = asked.as_str().unwrap_or_default().to_owned();
        if asks == 0 {
            asked = shown.unwrap_or_default() + &asked;
        }
        messages[asks]["content"] = json!(asked);
        messages.last_mut().unwrap()["content"] = answered;
    }
    row
}

#[test]
fn a_row_about_a_repository_is_kept_and_each_change_that_is_not_listed_is_rejected() {
    let mut samples = rows();
    samples.extend(own_rows());
    let kinds: BTreeSet<&str> = samples.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    let mut rows: Vec<Json> = samples.iter().map(|(_, row)| row.clone()).collect();
    let mut places = Vec::new();
    for (kind, row) in &samples {
        for (name, other) in changed(row) {
            for other in [made_to_fit(&other), other] {
                // A change that is undone by making the row fit is none.
                if other != *row {
                    places.push(((*kind).to_owned(), name.clone()));
                    rows.push(other);
                }
            }
        }
    }
    let header = "| Row about a repository | Not checked |";
    assert_documented(header, samples.len(), &places, filter(&rows));
}

#[test]
fn a_row_whose_fields_contradict_each_other_is_rejected() {
    let rows = rows();
    let row = |kind: &str| rows.iter().find(|(other, _)| *other == kind).unwrap().1.clone();
    let with = |kind: &str, field: &str, value: Json| {
        let mut row = row(kind);
        row[field] = value;
        row
    };
    let turns = |question: &str, answer: &str| json!([{"role": "user", "content": question}, {"role": "assistant", "content": answer}]);
    let mut added = row("reference design");
    added["adds"] = json!(["shop/app.py"]);
    let cases = [
        (
            with("reference qa", "messages", turns("What does `gross` do?", "It adds the tax.")),
            "contradictory: the last message is not the answer",
        ),
        (
            with("reference qa", "messages", turns("What does it do?", "It adds the tax.")),
            "contradictory: the last message is not the answer",
        ),
        (
            with("reference design", "messages", turns("Add one.", "Add one.")),
            "contradictory: the last message is not the answer",
        ),
        (with("reference qa", "file", json!("")), "unreadable-record: field \"file\" is empty"),
        (
            with("reference qa", "function_name", json!(null)),
            "unreadable-record: field \"function_name\" is empty",
        ),
        (
            with("reference qa", "question", json!("")),
            "unreadable-record: field \"question\" is empty",
        ),
        (
            with("reference design", "code", json!("def f(): pass")),
            "unreadable-record: field \"file\" is empty",
        ),
        (added, "ungrounded: `shop/app.py` is listed as new (adds): it exists"),
        (
            with("reference design", "adds", json!(["ready"])),
            "ungrounded: `ready` (adds): it is listed as new, and no text names it",
        ),
        (
            with(
                "ours",
                "executions",
                json!([{"function": "shop.prices.gross", "arguments": "100"}]),
            ),
            "unreadable-record: ",
        ),
    ];
    let rows: Vec<Json> = cases.iter().map(|(row, _)| row.clone()).collect();
    let (kept, rejected) = filter(&rows);
    assert_eq!(kept, BTreeSet::new());
    for (position, (_, why)) in cases.iter().enumerate() {
        assert!(rejected[&position].starts_with(why), "{why}: {}", rejected[&position]);
    }
}

#[test]
fn what_repo_writes_about_a_tree_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    std::fs::create_dir_all(tree.join("web")).unwrap();
    let files = [
        ("web/log.py", "import logging\n\nlogger = logging.getLogger(__name__)\n"),
        (
            "web/base.py",
            "class Base:\n    def get(self):\n        raise NotImplementedError  # of a subclass\n\n\nclass Page(Base):\n    def get(self):\n        return 1\n",
        ),
        (
            "web/show.py",
            "from web.base import Page\n\n\ndef show(count):\n    \"\"\"Show pages.\n\nOne a line.\n    \"\"\"\n    print('pages', count)\n    return [Page().get()] * count\n",
        ),
    ];
    files.iter().for_each(|(path, text)| std::fs::write(tree.join(path), text).unwrap());
    let out = folder.path().join("out");
    let [at, to] = [&tree, &out].map(|path| path.to_str().unwrap());
    let options = ["--emit", "qa,design", "--lang", "en,zh", "--per-function", "20"];
    let ended = run(&[&["repo", at, "--out", to][..], &options].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let rows = ["qa", "design"].map(|name| out.join(format!("samples/{name}.jsonl")));
    let rows: String =
        rows.iter().map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect();
    assert!(["\"callees\"", "\"overrides\""].iter().all(|kind| rows.contains(kind)), "{rows}");
    let input = file(folder.path(), "rows.jsonl", rows);
    let kept = folder.path().join("kept");
    let ended =
        run(&["filter", input.to_str().unwrap(), "--repo", at, "--out", kept.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(kept.join("rejected.jsonl")).unwrap(), "");
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
