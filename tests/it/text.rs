//! Free text about verified functions: asked for over HTTP, held against the code and the executions, repaired once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use tgsand::sample::{Case2Code, Design, Qa, QuestionKind};

use crate::cli::{Ended, file, run};
use crate::model_server::{Answer, ModelServer, completion};
use crate::synth::{CLAMP, Run, row};

const PROPOSALS: &str = r#"{"small": [{"value": 5, "low": 0, "high": 3}], "large": [{"value": -1, "low": 0, "high": 3}], "edge": [{"value": 2, "low": 0, "high": 3}]}"#;

fn qa(answer: &str) -> String {
    let trace = ["Line 2 tests `value < low`.", "With `5` the test `value > high` holds."];
    json!({"question": "When is `high` given back?", "answer": answer, "trace": trace}).to_string()
}

fn good_qa() -> String {
    qa("`clamp` gives `high` back where `value` is above it: `clamp(9, 0, 3)` returns `3`.")
}

fn bad_qa() -> String {
    qa("`clamp(9, 0, 3)` returns `9`, since `limit` is not looked at.")
}

fn good_design() -> String {
    json!({
        "requirement": "Callers mix `low` and `high` up and want to be told.",
        "design": "Before line 2 the helper `check_order(low, high)` is called. It raises a `BoundsError`; `clamp(2, 0, 3)` still returns `2`.",
        "trace": ["Today `clamp(1, 3, 0)` returns `3` without a word."],
        "adds": ["check_order", "BoundsError"],
    })
    .to_string()
}

/// What a request asks for, and whether it asks a second time.
fn asked(request: &Json) -> (&'static str, bool) {
    let role = match request["response_format"]["json_schema"]["name"].as_str() {
        Some("qa") => "qa",
        Some("design") => "design",
        _ => "propose",
    };
    (role, request["messages"].as_array().unwrap().len() > 2)
}

/// Good replies to everything; a test overrides some.
pub fn good(role: &str) -> (u16, String) {
    let content = match role {
        "qa" => good_qa(),
        "design" => good_design(),
        _ => PROPOSALS.to_owned(),
    };
    (200, content)
}

pub type Script = fn(&str, bool) -> (u16, String);

/// Serves chat completions; `script` makes status and content from what is asked for.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Json>>>,
}

impl Server {
    fn start(script: Script) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let server = ModelServer::start(move |request| {
            let (role, is_again) = asked(&request.body);
            seen.lock().unwrap().push(request.body.clone());
            let (status, content) = script(role, is_again);
            Answer::Reply(status, "", completion(&content, "stop"))
        });
        Self { url: server.url, requests }
    }

    /// What has been asked for so far: roles, with `again` where it was a repair.
    fn asked(&self) -> Vec<String> {
        let shown = |(role, is_again): (&str, bool)| {
            if is_again { format!("{role} again") } else { role.to_owned() }
        };
        let mut all: Vec<String> =
            self.requests.lock().unwrap().iter().map(|one| shown(asked(one))).collect();
        all.sort();
        all
    }

    /// The last message of the first request for this.
    fn prompt(&self, what: (&str, bool)) -> String {
        let requests = self.requests.lock().unwrap();
        let request = requests.iter().find(|request| asked(request) == what).unwrap();
        request["messages"].as_array().unwrap().last().unwrap()["content"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// An input with one function, and a server that writes about it.
pub struct Scene {
    pub folder: tempfile::TempDir,
    input: PathBuf,
    server: Server,
}

impl Scene {
    pub fn new(script: Script) -> Self {
        crate::support::sandbox();
        let folder = tempfile::tempdir().unwrap();
        let input = file(folder.path(), "in.jsonl", row("clamp", CLAMP));
        Self { folder, input, server: Server::start(script) }
    }

    fn synth(&self, options: &[&str]) -> Run {
        let out = self.folder.path().join("out");
        let model = ["--model", "small", "--base-url", &self.server.url, "--max-retries", "0"];
        crate::synth::synth(&self.input, &out, &[&model, options].concat(), b"")
    }

    /// Runs `synth` to its end.
    pub fn done(&self, options: &[&str]) -> Run {
        let run = self.synth(options);
        assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
        run
    }

    pub fn filter(&self, samples: &Path) -> (Ended, PathBuf) {
        let out = self
            .folder
            .path()
            .join(format!("{}-filtered", samples.file_stem().unwrap().to_str().unwrap()));
        let ended = run(&["filter", samples.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        (ended, out)
    }
}

fn free_text(run: &Run) -> Vec<Qa> {
    let all: Vec<Qa> = run.lines("samples/qa.jsonl");
    all.into_iter().filter(|qa| qa.kind == QuestionKind::FreeText).collect()
}

fn lines(path: &Path) -> Vec<Json> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn text_that_holds_becomes_samples_with_the_calls_it_rests_on() {
    let scene = Scene::new(|role, _| good(role));
    let run = scene.done(&[]);
    assert_eq!(scene.server.asked(), ["design", "propose", "qa"]);
    let texts = free_text(&run);
    let [qa] = &texts[..] else { panic!("{texts:?}") };
    assert_eq!((qa.id.as_str(), qa.function_name.as_str()), ("clamp/qa-text", "clamp"));
    assert_eq!(qa.file, scene.input.display().to_string());
    assert!(
        qa.prompt.contains(&qa.code) && qa.prompt.ends_with("When is `high` given back?\n"),
        "{}",
        qa.prompt
    );
    assert_eq!(qa.completion, format!("{}\n\n{}\n", qa.trace.join("\n"), qa.answer));
    let claims: Vec<&str> = qa.claims.iter().map(|case| case.arguments.as_str()).collect();
    // The stated call, and the execution that `5` is known from.
    assert_eq!(claims, ["9, 0, 3", "5, 0, 3"]);
    let roles: Vec<&str> = qa.provenance.prompts.keys().map(String::as_str).collect();
    assert_eq!(
        (qa.provenance.model.as_deref(), roles),
        (Some("small"), vec!["propose", "qa", "repair"])
    );
    let designs: Vec<Design> = run.lines("samples/design.jsonl");
    let [design] = &designs[..] else { panic!("{designs:?}") };
    assert_eq!(
        (design.id.as_str(), &design.adds[..]),
        ("clamp/design", &["check_order".into(), "BoundsError".to_owned()][..])
    );
    assert_eq!(design.claims.len(), 2);
    let report = run.report();
    assert_eq!(report["text"], json!({"accepted": 2, "rejected": {}}));
    assert_eq!(report["settings"]["text"], json!({"kinds": ["qa", "design"], "lang": "English"}));
    assert_eq!((&report["samples"]["design"], &report["accepted"]), (&json!(1), &json!(1)));
    assert_eq!(report["samples"]["qa"], run.lines::<Qa>("samples/qa.jsonl").len());
    let prompt = scene.server.prompt(("qa", false));
    assert!(prompt.contains("2 |     if value < low:"), "{prompt}");
    assert!(prompt.contains("- `clamp(5, 0, 3)` returns `3`"), "{prompt}");
}

#[test]
fn what_does_not_hold_is_told_and_written_once_more() {
    let scene = Scene::new(|role, is_again| match (role, is_again) {
        ("qa", false) => (200, bad_qa()),
        _ => good(role),
    });
    let run = scene.done(&["--text", "qa"]);
    assert_eq!(scene.server.asked(), ["propose", "qa", "qa again"]);
    assert_eq!(
        free_text(&run)[0].answer,
        serde_json::from_str::<Json>(&good_qa()).unwrap()["answer"]
    );
    let repair = scene.server.prompt(("qa", true));
    assert!(repair.contains("- `clamp(9, 0, 3) … 9` (answer): the call returns `3`\n"), "{repair}");
    assert!(repair.contains("- `limit` (answer): the program has no `limit`\n"), "{repair}");
    assert!(!run.folder.join("samples/design.jsonl").exists());
}

#[test]
fn what_still_does_not_hold_is_rejected_with_its_claims_and_the_function_stays() {
    let scene = Scene::new(|role, _| if role == "qa" { (200, bad_qa()) } else { good(role) });
    let run = scene.done(&[]);
    assert_eq!(scene.server.asked(), ["design", "propose", "qa", "qa again"]);
    assert_eq!((run.accepted(), free_text(&run).len()), (vec!["clamp".to_owned()], 0));
    let rejected: Vec<Json> = run.lines("rejected.jsonl");
    assert_eq!(rejected.len(), 1);
    assert_eq!(
        (&rejected[0]["id"], &rejected[0]["reason"]),
        (&json!("clamp/qa-text"), &json!("ungrounded"))
    );
    assert_eq!(rejected[0]["source"]["line"], 1);
    assert_eq!(
        rejected[0]["detail"],
        "`clamp(9, 0, 3) … 9` (answer): the call returns `3`; and 1 more"
    );
    let claim = json!({"part": "answer", "claim": "`limit`", "why": "the program has no `limit`"});
    assert_eq!(rejected[0]["evidence"]["claims"][1], claim);
    assert_eq!(rejected[0]["evidence"]["reply"], bad_qa());
    let report = run.report();
    assert_eq!(
        (&report["in"], &report["accepted"], &report["rejected"]),
        (&json!(1), &json!(1), &json!({}))
    );
    assert_eq!(
        (&report["text"]["accepted"], &report["text"]["rejected"]),
        (&json!(1), &json!({"ungrounded": 1}))
    );
    let table: Vec<&str> = run
        .ended
        .stderr
        .lines()
        .filter(|line| line.contains("text") || line.contains("ungr"))
        .collect();
    assert_eq!(table.len(), 3, "{}", run.ended.stderr);
}

#[test]
fn a_reply_that_is_no_text_is_rejected_and_not_asked_for_again() {
    let scene =
        Scene::new(
            |role, _| if role == "design" { (200, r#"{"sorry": 1}"#.into()) } else { good(role) },
        );
    let run = scene.done(&[]);
    assert_eq!(scene.server.asked(), ["design", "propose", "qa"]);
    let rejected: Vec<Json> = run.lines("rejected.jsonl");
    assert_eq!(
        (&rejected[0]["id"], &rejected[0]["reason"]),
        (&json!("clamp/design"), &json!("malformed-reply"))
    );
    assert_eq!(rejected[0]["evidence"]["reply"], r#"{"sorry": 1}"#);
    assert_eq!(run.report()["text"]["rejected"], json!({"malformed-reply": 1}));
    assert_eq!(free_text(&run).len(), 1);
}

#[test]
fn the_language_stands_in_every_prompt_for_text() {
    let scene = Scene::new(|role, is_again| match (role, is_again) {
        ("qa", false) => (200, bad_qa()),
        _ => good(role),
    });
    let run = scene.done(&["--lang", "Esperanto"]);
    for what in [("qa", false), ("qa", true), ("design", false)] {
        assert!(scene.server.prompt(what).contains("Esperanto"), "{what:?}");
    }
    assert_eq!(run.report()["settings"]["text"]["lang"], "Esperanto");
}

#[test]
fn another_prompt_has_another_digest_and_redoes_the_text_alone() {
    let scene = Scene::new(|role, _| good(role));
    let before = scene.done(&[]);
    let digests = before.report()["settings"]["prompts"].clone();
    let prompts = scene.folder.path().join("prompts/case2code");
    std::fs::create_dir_all(&prompts).unwrap();
    file(&prompts, "qa.jinja", "Ask about {{ entry }}:\n{{ numbered }}\nin {{ lang }}.");
    let folder = scene.folder.path().join("prompts");
    let after = scene.done(&["--prompts", folder.to_str().unwrap()]);
    assert_eq!(scene.server.asked(), ["design", "design", "propose", "qa", "qa"]);
    let again = after.report()["settings"]["prompts"].clone();
    assert_ne!(digests["qa"], again["qa"]);
    assert_eq!(digests["design"], again["design"]);
    assert_eq!(free_text(&after)[0].provenance.prompts["qa"], again["qa"]);
    let first = scene
        .server
        .requests
        .lock()
        .unwrap()
        .iter()
        .rfind(|one| asked(one).0 == "qa")
        .unwrap()
        .clone();
    assert!(
        first["messages"][0]["content"]
            .as_str()
            .unwrap()
            .starts_with("Ask about clamp:\n1 | def clamp(")
    );
}

#[test]
fn a_broken_prompt_ends_the_run_before_it_begins() {
    let scene = Scene::new(|role, _| good(role));
    let prompts = scene.folder.path().join("prompts/case2code");
    std::fs::create_dir_all(&prompts).unwrap();
    file(&prompts, "design.jinja", "{{ entry }}\n{{ nothing_known }}\n");
    let folder = scene.folder.path().join("prompts");
    let run = scene.synth(&["--prompts", folder.to_str().unwrap()]);
    assert_eq!(run.ended.code, Some(2));
    assert!(
        run.ended.stderr.contains("design.jinja:2: the prompt cannot be rendered"),
        "{}",
        run.ended.stderr
    );
    assert_eq!((scene.server.asked().len(), run.folder.exists()), (0, false));
}

#[test]
fn a_rerun_asks_for_nothing_again() {
    let scene = Scene::new(|role, _| if role == "qa" { (200, bad_qa()) } else { good(role) });
    let first = scene.done(&[]);
    let results = |run: &Run| {
        ["samples/qa.jsonl", "samples/design.jsonl", "rejected.jsonl", "run.json"]
            .map(|name| std::fs::read(run.folder.join(name)).unwrap())
    };
    let (before, asked) = (results(&first), scene.server.asked());
    assert_eq!((results(&scene.done(&[])), scene.server.asked()), (before, asked));
}

#[test]
fn a_model_that_is_down_for_the_text_defers_the_function_and_loses_nothing() {
    static DOWN: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);
    let scene = Scene::new(|role, _| {
        let down = DOWN.load(std::sync::atomic::Ordering::SeqCst);
        if role != "propose" && down { (503, "busy".into()) } else { good(role) }
    });
    let first = scene.synth(&[]);
    assert_eq!(first.ended.code, Some(3), "{}", first.ended.stderr);
    let report = first.report();
    assert_eq!(
        (&report["in"], &report["accepted"], &report["deferred"]),
        (&json!(1), &json!(0), &json!(1))
    );
    DOWN.store(false, std::sync::atomic::Ordering::SeqCst);
    let second = scene.done(&[]);
    assert_eq!(scene.server.asked().iter().filter(|role| *role == "propose").count(), 1);
    assert_eq!((second.accepted().len(), free_text(&second).len()), (1, 1));
}

#[test]
fn text_is_optional_and_needs_a_model() {
    let scene = Scene::new(|role, _| good(role));
    let run = scene.done(&["--text", "none"]);
    assert_eq!(scene.server.asked(), ["propose"]);
    let sample = &run.lines::<Case2Code>("samples/case2code.jsonl")[0];
    let roles: Vec<&str> = sample.provenance.prompts.keys().map(String::as_str).collect();
    assert_eq!((sample.provenance.model.as_deref(), roles), (None, vec!["propose"]));
    assert_eq!(run.report()["text"], Json::Null);
    let out = scene.folder.path().join("other");
    let alone = crate::synth::synth(&scene.input, &out, &["--text", "qa"], b"");
    assert_eq!(alone.ended.code, Some(2));
    assert!(alone.ended.stderr.contains("--text needs --model"), "{}", alone.ended.stderr);
}

#[test]
fn filter_keeps_text_that_holds_and_nothing_that_was_changed_since() {
    let scene = Scene::new(|role, _| good(role));
    let run = scene.done(&[]);
    for name in ["qa.jsonl", "design.jsonl"] {
        let samples = run.folder.join("samples").join(name);
        let (ended, out) = scene.filter(&samples);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(lines(&out.join("kept.jsonl")), lines(&samples), "{name}");
    }
    let text = std::fs::read_to_string(run.folder.join("samples/qa.jsonl")).unwrap();
    let text = text.lines().find(|line| line.contains("free-text")).unwrap();
    let design = std::fs::read_to_string(run.folder.join("samples/design.jsonl")).unwrap();
    let changed = [
        (
            text.replace("`high` back", "`limit` back"),
            "ungrounded",
            "`limit` (answer): the program has no `limit`",
        ),
        (
            text.replace("returns `3`", "returns `9`"),
            "ungrounded",
            "`clamp(9, 0, 3) … 9` (answer): the call returns `3`",
        ),
        (
            text.replace("\"repr\":\"3\"", "\"repr\":\"4\"")
                .replace("\"value\":\"3\"", "\"value\":\"4\""),
            "not-reproduced",
            "",
        ),
        (
            design.replace("\"BoundsError\"", "\"Other\""),
            "ungrounded",
            "`BoundsError` (design): the program has no `BoundsError`",
        ),
    ];
    for (i, (row, reason, detail)) in changed.iter().enumerate() {
        let samples = file(scene.folder.path(), &format!("changed-{i}.jsonl"), row);
        let (_, out) = scene.filter(&samples);
        let rejected = lines(&out.join("rejected.jsonl"));
        assert_eq!(rejected.len(), 1, "{row}");
        assert_eq!(rejected[0]["reason"], *reason, "{row}");
        assert!(rejected[0]["detail"].as_str().unwrap().contains(detail), "{}", rejected[0]);
    }
}
