//! What users see, kept word for word in `tests/it/snapshots/`: tables, reports, and messages with their hints.
//!
//! Invariant: a snapshot holds nothing that depends on the machine, the time or where the tests ran.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use tgsand::flow::run_folder::RunFolder;
use tgsand::report;

use crate::cli::{Ended, ended, file, tgsand};
use crate::eval::runs::{fenced, problem};
use crate::model_server::{ModelServer, good};
use crate::synth::{CLAMP, DIGITS, row};

const SMALL: [&str; 4] = ["--cases", "5", "--fuel", "50M"];
const CLAMP_INPUTS: &str = r#"{"small": [{"value": 1, "low": 2, "high": 3}],
    "large": [{"value": 9, "low": 2, "high": 3}], "edge": [{"value": 2, "low": 2, "high": 3}]}"#;
const DIGITS_INPUTS: &str =
    r#"{"small": [{"n": 10}, {"n": 7}], "large": [{"n": 12345}], "edge": [{"n": 0}]}"#;

/// Runs `tgsand` in a folder.
fn run_in(folder: &Path, args: &[&str]) -> Ended {
    let mut command = tgsand();
    command.args(args).current_dir(folder).env_remove("COLUMNS");
    ended(command, "")
}

/// A command and all that a user sees of it.
fn transcript(folder: &Path, args: &[&str]) -> String {
    let Ended { code, stdout, stderr } = run_in(folder, args);
    let code = code.expect("no signal ended the command");
    let quoted = args
        .iter()
        .map(|arg| if arg.contains([' ', '{']) { format!("'{arg}'") } else { (*arg).to_owned() });
    let text = format!(
        "$ tgsand {}\n{stdout}{stderr}[exit {code}]\n",
        quoted.collect::<Vec<_>>().join(" ")
    );
    let place = folder.canonicalize().unwrap().display().to_string();
    timeless(&text).replace(&place, "[folder]")
}

fn transcripts(folder: &Path, commands: &[&[&str]]) -> String {
    commands.iter().map(|args| transcript(folder, args)).collect::<Vec<_>>().join("\n")
}

/// The text with other words for the time in its table, which is drawn anew: its width depends on them.
fn timeless(text: &str) -> String {
    let (Some(start), Some(end)) = (text.find('┌'), text.find('┘')) else {
        return text.to_owned();
    };
    let (before, table, after) =
        (&text[..start], &text[start..end + '┘'.len_utf8()], &text[end + '┘'.len_utf8()..]);
    let cells = |line: &str| {
        let inside = line.strip_prefix("│ ")?.strip_suffix(" │")?;
        let (name, value) = inside.rsplit_once("  ")?;
        Some([name.trim_end().to_owned(), value.to_owned()])
    };
    let mut rows: Vec<[String; 2]> = table.lines().filter_map(cells).collect();
    if report::table(None, rows.clone()) != table {
        return text.to_owned();
    }
    for [name, value] in &mut rows {
        if name == "time"
            && let Some((_, things)) = value.rsplit_once(' ')
        {
            *value = format!("[seconds] s, [rate] {things}");
        }
    }
    format!("{before}{}{after}", report::table(None, rows))
}

fn write_rows(folder: &Path, name: &str, rows: &[Json]) {
    file(folder, name, rows.iter().map(|row| format!("{row}\n")).collect::<String>());
}

/// A folder with rows of which two are accepted, for `synth`.
fn raw_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        row("clamp", CLAMP),
        row("digits", DIGITS),
        row("clamp-again", CLAMP),
        row("endless", "def endless(n: int) -> int:\n    while True:\n        n += 1\n"),
        row("broken", "def f(:\n"),
        "{\"text\": \"x = 1\"}".to_owned(),
    ];
    file(folder.path(), "raw.jsonl", rows.join("\n") + "\n");
    folder
}

#[test]
fn the_ending_of_synth() {
    let folder = raw_folder();
    let args = [&["synth", "raw.jsonl"][..], &SMALL].concat();
    assert_snapshot!(transcript(folder.path(), &args));
}

#[test]
fn the_ending_of_synth_where_nothing_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "raw.jsonl", row("broken", "def f(:\n") + "\n");
    assert_snapshot!(transcript(folder.path(), &["synth", "raw.jsonl", "--min-yield", "0.5"]));
}

#[test]
fn the_ending_of_synth_with_a_model() {
    let folder = raw_folder();
    // The texts that are asked for as well are malformed.
    let server = ModelServer::start(|request| {
        good(if request.text().contains("digits") { DIGITS_INPUTS } else { CLAMP_INPUTS })
    });
    let model = ["--model", "small", "--base-url", &server.url, "--price", "1,2"];
    let more = ["--text", "qa", "--max-concurrent", "1"];
    let args = [&["synth", "raw.jsonl"][..], &SMALL, &model, &more].concat();
    assert_snapshot!(transcript(folder.path(), &args).replace(&server.url, "[server]"));
}

#[test]
fn an_estimate() {
    let folder = raw_folder();
    let model = ["--model", "small", "--estimate", "--price", "1,2"];
    let args = [&["synth", "raw.jsonl"][..], &SMALL, &model].concat();
    assert_snapshot!(transcript(folder.path(), &args));
}

#[test]
fn the_ending_of_filter() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        problem("twice", "x * 2", [2, 4, 60]),
        problem("wrong", "x * 2", [2, 5, 60]),
        problem("unsorted", "sorted({'a' * x, 'b'}, key=id)", [1, 2, 3]),
        json!({"id": "other", "text": "no sample"}),
    ];
    write_rows(folder.path(), "set.jsonl", &rows);
    assert_snapshot!(transcript(folder.path(), &["filter", "set.jsonl", "--fuel", "50M"]));
}

/// A folder in which `eval` has scored answers that pass, fail in several ways, or are not there.
fn scored_folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let rows = ["passes", "differs", "raises", "says", "loops", "unanswered"]
        .map(|id| problem(id, "x * 2", [2, 4, 60]));
    write_rows(folder.path(), "test.jsonl", &rows);
    let answer = |id: &str, body: &str| json!({"task_id": id, "completion": fenced(&format!("def {id}(x):\n    {body}\n"))});
    let answers = [
        answer("passes", "return x + x"),
        answer("differs", "return 2"),
        answer("raises", "return x // (x - x)"),
        json!({"task_id": "says", "completion": "I would rather not <b>say</b>."}),
        answer("loops", "while x: pass"),
        answer("unknown", "return 1"),
        json!({"name": "no id"}),
    ];
    write_rows(folder.path(), "answers.jsonl", &answers);
    let args =
        ["eval", "test.jsonl", "--completions", "answers.jsonl", "--out", "run", "--fuel", "50M"];
    let told = transcript(folder.path(), &args);
    (folder, told)
}

#[test]
fn the_ending_and_the_reports_of_eval() {
    let (folder, told) = scored_folder();
    let read = |name: &str| std::fs::read_to_string(folder.path().join("run").join(name)).unwrap();
    assert_snapshot!("eval_ending", told);
    assert_snapshot!("eval_report_md", read("report.md"));
    assert_snapshot!("eval_report_html", read("report.html"));
}

#[test]
fn messages_about_options() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "f.py", CLAMP);
    let commands: &[&[&str]] = &[
        &["synt", "f.py"],
        &["synth"],
        &["run"],
        &["exec"],
        &["runtime", "verify", "python-9"],
        &["synth", "f.py", "--case", "3"],
        &["synth", "f.py", "--cases", "0"],
        &["synth", "f.py", "--dedupe", "2"],
        &["synth", "f.py", "--rules", "kind"],
        &["synth", "f.py", "--strict", "--rules", "raised"],
        &["synth", "f.py", "--min-yield", "most"],
        &["run", "--fuel", "much", "f.py"],
        &["run", "--fuel", "1", "f.py"],
        &["run", "--memory", "0", "f.py"],
        &["run", "--memory", "20M", "f.py"],
        &["run", "--runtime", "python-9", "f.py"],
        &["eval", "f.py"],
        &["eval", "f.py", "--reference", "--k", "0"],
        &["eval", "f.py", "--reference", "--match", "both"],
    ];
    assert_snapshot!(transcripts(folder.path(), commands));
}

#[test]
fn messages_about_models() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "f.py", CLAMP);
    file(folder.path(), "some.toml", "[endpoints.judge]\nmodel = 'm'\n");
    let model = ["--model", "m", "--base-url", "http://127.0.0.1:9/v1"];
    let with_model = |more: &[&'static str]| [&["synth", "f.py"][..], &model, more].concat();
    let commands: &[&[&str]] = &[
        &["synth", "f.py", "--estimate"],
        &["synth", "f.py", "--text", "qa"],
        &["synth", "f.py", "--model", "m"],
        &["--config", "some.toml", "synth", "f.py", "--model", "other"],
        &with_model(&["--text", "none,qa"]),
        &with_model(&["--max-cost", "1"]),
        &with_model(&["--price", "cheap"]),
        &with_model(&["--extra", "[1]"]),
        &with_model(&["--api-key-env", "NO_SUCH_VARIABLE"]),
        &with_model(&["--api-key-file", "no-such-key"]),
        &with_model(&["--replay", "no-such-folder"]),
        &["synth", "f.py", "--model", "m", "--base-url", "nowhere"],
        &["eval", "f.py", "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--k", "5"],
    ];
    assert_snapshot!(transcripts(folder.path(), commands));
}

#[test]
fn messages_about_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    file(place, "f.py", CLAMP);
    file(place, "binary.py", b"\xff\xfe");
    for (name, text) in [
        ("broken.toml", "cases = \n"),
        ("unknown.toml", "casess = 3\n"),
        ("command.toml", "[synt]\ncases = 3\n"),
        ("option.toml", "[synth]\nk = 3\n"),
        ("endpoint.toml", "[endpoints.judge]\nmodle = 'm'\n"),
        ("kind.toml", "strict = 'yes'\n"),
        ("value.toml", "[synth]\ncases = 'many'\n"),
    ] {
        file(place, name, text);
    }
    for (path, text) in [
        ("unknown/case2code/q.jinja", "x"),
        ("unfilled/case2code/qa.jinja", "a\n{{ no_such_name }}\n"),
        ("unended/case2code/qa.jinja", "{{ entry\n"),
        ("empty/case2code/instructions.txt", "\n"),
    ] {
        let path = place.join("prompts").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let commands: &[&[&str]] = &[
        &["synth", "no-such.jsonl"],
        &["eval", "no-such.jsonl", "--reference"],
        &["run", "binary.py"],
        &["--config", "no-such.toml", "synth", "f.py"],
        &["--config", "broken.toml", "synth", "f.py"],
        &["--config", "unknown.toml", "synth", "f.py"],
        &["--config", "command.toml", "synth", "f.py"],
        &["--config", "option.toml", "synth", "f.py"],
        &["--config", "endpoint.toml", "synth", "f.py"],
        &["--config", "kind.toml", "synth", "f.py"],
        &["--config", "value.toml", "synth", "f.py"],
        &["synth", "f.py", "--prompts", "no-such-folder"],
        &["synth", "f.py", "--prompts", "prompts/unknown"],
        &["synth", "f.py", "--prompts", "prompts/unfilled"],
        &["synth", "f.py", "--prompts", "prompts/unended"],
        &["synth", "f.py", "--prompts", "prompts/empty"],
    ];
    assert_snapshot!(transcripts(place, commands));
}

#[test]
fn messages_about_the_folders_of_earlier_runs() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    file(place, "f.py", CLAMP);
    file(place, "g.py", DIGITS);
    let journal = |run: &str, text: &str| {
        std::fs::create_dir_all(place.join(run).join("journal")).unwrap();
        std::fs::write(place.join(run).join("journal/propose.jsonl"), text).unwrap();
    };
    journal("damaged", "junk\n");
    journal("newer", "{\"schema\":\"tgsand/journal/9\",\"stage\":\"propose\"}\n");
    write_rows(
        place,
        "samples.jsonl",
        &[
            json!({"schema": "tgsand/case2code/9", "id": "newer"}),
            json!({"schema": "tgsand/tale/1", "id": "unknown"}),
        ],
    );
    let done = run_in(place, &["synth", "f.py", "--out", "taken"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let _running = RunFolder::open(&place.join("locked"), "other work").unwrap();
    let commands: &[&[&str]] = &[
        &["synth", "f.py", "--out", "locked"],
        &["synth", "g.py", "--out", "taken"],
        &["synth", "f.py", "--out", "damaged"],
        &["synth", "f.py", "--out", "newer"],
        &["eval", "compare", "taken", "no-such-run"],
        &["eval", "samples.jsonl", "--reference", "--out", "refused"],
        &["filter", "samples.jsonl", "--out", "filtered"],
    ];
    let told = transcripts(place, commands);
    let rejected = std::fs::read_to_string(place.join("filtered/rejected.jsonl")).unwrap();
    assert_snapshot!(format!("{told}\n$ cat filtered/rejected.jsonl\n{rejected}"));
}
