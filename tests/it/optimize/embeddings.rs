//! Selecting by the embeddings of a server: asked for in batches, each once, and refused if they are none.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::results;
use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, embeddings};

/// Programs that no two of are near duplicates, with one point each.
fn rows(count: usize) -> Vec<String> {
    let row = |at: usize| {
        let steps: String =
            (0..=at % 7).map(|step| format!("    x = x * {step} + {at}\n")).collect();
        let code = format!("def f{at}(x):\n{steps}    return x\n");
        json!({"id": at.to_string(), "code": code}).to_string()
    };
    (0..count).map(row).collect()
}

/// The number in a program's name as a direction: neighbours are near, and no two are the same.
fn direction(text: &str) -> Vec<f64> {
    let digits: String =
        text.trim_start_matches("def f").chars().take_while(char::is_ascii_digit).collect();
    let angle = digits.parse::<f64>().unwrap() / 200.0;
    // Lengths differ, and have no part in the choice.
    let length = 1.0 + text.len() as f64;
    vec![length * angle.cos(), length * angle.sin(), 0.0]
}

fn command(input: &Path, out: &Path, url: &str, options: &[&str]) -> Command {
    let mut command = tgsand();
    command.arg("optimize").arg(input).arg("--out").arg(out);
    command.args(["--tech", "sel", "--keep-duplicates", "--embeddings-model", "e5"]);
    command.args(["--base-url", url]).args(options);
    command
}

/// A set, and a server that gives its embeddings.
struct Scene {
    folder: tempfile::TempDir,
    input: PathBuf,
    server: ModelServer,
    /// The texts that the server has seen, as often as it has.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn new(
        count: usize,
        answer: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = file(folder.path(), "in.jsonl", rows(count).join("\n"));
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let known = Arc::clone(&seen);
        let server = ModelServer::start(move |asked| {
            known.lock().unwrap().extend(asked.inputs().into_iter().map(str::to_owned));
            answer(asked, embeddings(asked, direction))
        });
        Self { folder, input, server, seen }
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, out: &str, options: &[&str]) -> Command {
        command(&self.input, &self.out(out), &self.server.url, options)
    }

    fn run(&self, out: &str, options: &[&str]) -> Ended {
        ended(self.command(out, options), "")
    }

    /// The same with a cache of replies in the scene's folder.
    fn cached(&self, out: &str, options: &[&str]) -> Command {
        let mut command = self.command(out, options);
        command.arg("--reply-cache").arg(self.out("replies.sqlite"));
        command.env_remove("TGSAND_NO_CACHE");
        command
    }

    fn ids(&self, out: &str) -> Vec<String> {
        let path = self.out(out).join("samples/optimized.jsonl");
        let rows = std::fs::read_to_string(path).unwrap_or_default();
        json_lines(&rows).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn texts_are_sent_in_batches_and_the_farthest_embeddings_are_kept() {
    let bodies: Arc<Mutex<Vec<(String, Json)>>> = Arc::default();
    let known = Arc::clone(&bodies);
    let scene = Scene::new(71, move |asked, answer| {
        let line = asked.head.lines().next().unwrap().to_owned();
        known.lock().unwrap().push((line, asked.body.clone()));
        answer
    });
    let ended = scene.run("out", &["--topk", "3"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // The first row, the one farthest from it, and the one in the middle of both.
    assert_eq!(scene.ids("out"), ["0", "35", "70"]);
    let bodies = bodies.lock().unwrap();
    let mut sizes: Vec<usize> =
        bodies.iter().map(|(_, body)| body["input"].as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [7, 32, 32]);
    for (line, body) in bodies.iter() {
        assert_eq!(line, "POST /v1/embeddings HTTP/1.1");
        assert_eq!((&body["model"], &body["encoding_format"]), (&"e5".into(), &"float".into()));
    }
    let row = "mean distance of programs (embeddings of e5)";
    assert!(ended.stderr.contains(row), "{}", ended.stderr);
    assert!(ended.stderr.contains(" 3 (3 sent) │"), "{}", ended.stderr);
    let report: Json =
        serde_json::from_slice(&std::fs::read(scene.out("out/run.json")).unwrap()).unwrap();
    assert_eq!(report["selected"]["distances"], "embeddings of e5");
    assert_eq!(report["settings"]["embeddings"], "e5");
    let usage = std::fs::read_to_string(scene.out("out/usage.jsonl")).unwrap();
    assert_eq!(json_lines(&usage)[0]["prompt_tokens"], 710);
}

#[test]
fn the_modes_hold_on_small_sets_by_embeddings() {
    let threshold = |least: &'static str| ["--threshold", least];
    for (count, options, expected) in [
        (0, ["--topk", "2"], 0),
        (1, ["--topk", "2"], 1),
        (2, ["--topk", "2"], 2),
        (5, ["--topk", "2"], 2),
        (0, ["--ratio", "0.2"], 0),
        (1, ["--ratio", "0.2"], 1),
        (2, ["--ratio", "0.2"], 1),
        (5, ["--ratio", "0.2"], 1),
        (5, ["--ratio", "0.5"], 3),
        (5, ["--ratio", "1"], 5),
        (0, threshold("0.001"), 0),
        // The first one is far from nothing, and kept all the same.
        (1, threshold("0.001"), 1),
        (2, threshold("0.001"), 2),
        (5, threshold("0.001"), 5),
        (5, threshold("1.9"), 1),
    ] {
        let scene = Scene::new(count, |_, answer| answer);
        let ended = scene.run("out", &options);
        assert_eq!(ended.code, Some(0), "{count} {options:?}: {}", ended.stderr);
        assert_eq!(scene.ids("out").len(), expected, "{count} {options:?}");
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again_and_a_field_that_it_refuses_is_left_out() {
    let first = Mutex::new(true);
    let scene = Scene::new(5, move |asked, answer| {
        if std::mem::take(&mut *first.lock().unwrap()) {
            return Answer::Reply(429, "retry-after: 0\r\n", "{}".into());
        }
        match asked.body.get("encoding_format") {
            Some(_) => {
                let error =
                    json!({"error": {"message": "unknown field", "param": "encoding_format"}});
                Answer::Reply(400, "", error.to_string())
            }
            None => answer,
        }
    });
    let ended = scene.run("out", &["--topk", "2"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!((scene.ids("out"), scene.server.requests()), (vec!["0".into(), "4".into()], 3));
}

#[test]
fn what_is_not_an_embedding_of_each_text_is_an_error_that_says_so() {
    for (vector, why) in [
        (json!([0.0, 0.0, 0.0]), "embedding 4 is zero"),
        (json!([1.0, 2.0]), "its embeddings have 3 and 2 numbers"),
        (json!([1.0, null, 2.0]), "an embedding is not an index with a list of numbers"),
    ] {
        let scene = Scene::new(5, move |_, answer| {
            let Answer::Reply(status, head, body) = answer else { unreachable!() };
            let mut body: Json = serde_json::from_str(&body).unwrap();
            body["data"][0]["embedding"] = vector.clone();
            Answer::Reply(status, head, body.to_string())
        });
        let ended = scene.run("out", &["--topk", "2", "--max-retries", "0"]);
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(why) && ended.stderr.contains("/embeddings"),
            "{}",
            ended.stderr
        );
    }
    // Each reply by itself is well formed.
    let scene = Scene::new(40, |asked, answer| match asked.inputs().len() {
        32 => answer,
        _ => embeddings(asked, |_| vec![1.0, 2.0]),
    });
    let ended = scene.run("out", &["--topk", "2", "--max-retries", "0", "--max-concurrent", "1"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let why = "an embedding has 2 numbers, earlier ones 3";
    assert!(ended.stderr.contains(why), "{}", ended.stderr);
}

#[test]
fn a_program_that_the_server_refuses_is_rejected_and_the_others_are_not() {
    let scene = Scene::new(5, |asked, answer| {
        match asked.inputs().iter().any(|text| text.starts_with("def f3(")) {
            true => {
                let error =
                    json!({"error": {"message": "the input is larger than the max context size"}});
                Answer::Reply(400, "", error.to_string())
            }
            false => answer,
        }
    });
    let ended = scene.run("out", &["--ratio", "1"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(scene.ids("out"), ["0", "1", "2", "4"]);
    let rejected = std::fs::read_to_string(scene.out("out/rejected.jsonl")).unwrap();
    assert_eq!(json_lines(&rejected)[0]["reason"], "request-refused");
}

#[test]
fn nothing_is_asked_twice_also_after_a_kill_and_threads_do_not_count() {
    let scene = Scene::new(400, |_, answer| {
        // Slow enough to be killed in the midst of work.
        std::thread::sleep(Duration::from_millis(150));
        answer
    });
    let options = ["--ratio", "0.1", "--max-concurrent", "1"];
    let one = [&options[..], &["--threads", "1"]].concat();
    let mut child = scene
        .cached("killed", &one)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while scene.seen.lock().unwrap().len() < 4 * 32 {
        assert_eq!(child.try_wait().unwrap(), None, "the run was to be killed before its end");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    let last = ended(scene.cached("killed", &one), "");
    assert_eq!(last.code, Some(0), "{}", last.stderr);
    let seen = scene.seen.lock().unwrap().clone();
    let different: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(different.len(), 400);
    // One request may be on its way when the process is killed.
    assert!(seen.len() <= 400 + 32, "{} texts were sent", seen.len());
    let requests = scene.server.requests();
    let two = [&options[..], &["--threads", "2"]].concat();
    let again = ended(scene.cached("again", &two), "");
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(scene.server.requests(), requests, "a second run asks nothing");
    assert!(again.stderr.contains("0 (0 sent)"), "{}", again.stderr);
    let uncached = scene.run("uncached", &two);
    assert_eq!(uncached.code, Some(0), "{}", uncached.stderr);
    assert_eq!(results(&scene.out("killed")), results(&scene.out("again")));
    assert_eq!(results(&scene.out("uncached")), results(&scene.out("again")));
}

#[test]
fn rows_that_are_most_like_those_of_a_file_are_kept() {
    let scene = Scene::new(40, |_, answer| answer);
    let like = file(
        scene.folder.path(),
        "like.jsonl",
        [&rows(40)[20..21], &rows(40)[22..23]].concat().join("\n"),
    );
    let like = like.to_str().unwrap();
    let options = ["--by", "likeness", "--like", like, "--topk", "3"];
    let ended = scene.run("out", &options);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(scene.ids("out"), ["20", "21", "22"]);
    let kept = std::fs::read_to_string(scene.out("out/samples/optimized.jsonl")).unwrap();
    let scores: Vec<f64> =
        json_lines(&kept).iter().map(|row| row["score"].as_f64().unwrap()).collect();
    // The mean of the cosines with 20 and 22.
    let expected = [(1.0 + 0.01_f64.cos()) / 2.0, 0.005_f64.cos(), (1.0 + 0.01_f64.cos()) / 2.0];
    for (score, expected) in scores.iter().zip(expected) {
        assert!((score - expected).abs() < 1e-6, "{scores:?}");
    }
    // Without a model, tokens tell.
    let mut command = tgsand();
    command.arg("optimize").arg(&scene.input).arg("--out").arg(scene.out("tokens"));
    command.args(["--tech", "sel", "--keep-duplicates"]).args(options);
    let by_tokens = crate::cli::ended(command, "");
    assert_eq!(by_tokens.code, Some(0), "{}", by_tokens.stderr);
    assert!(by_tokens.stderr.contains("(pairs of tokens)"), "{}", by_tokens.stderr);
    assert!(scene.ids("tokens").contains(&"20".to_owned()), "{:?}", scene.ids("tokens"));
}

#[test]
fn an_estimate_counts_the_requests_and_sends_none() {
    let scene = Scene::new(70, |_, answer| answer);
    let ended = scene.run("out", &["--estimate", "--price", "2,0"]);
    assert_eq!((ended.code, scene.server.requests()), (Some(0), 0), "{}", ended.stderr);
    let line = ended.stdout.lines().find(|line| line.contains("e5")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells[1..3], ["e5", "3"], "{}", ended.stdout);
}

#[test]
fn rows_that_the_budget_does_not_pay_for_are_left_for_a_rerun() {
    let scene = Scene::new(5, |_, answer| answer);
    let ended = scene.run("out", &["--topk", "2", "--max-tokens", "10"]);
    assert_eq!((ended.code, scene.server.requests()), (Some(3), 0), "{}", ended.stderr);
    assert!(ended.stderr.contains("deferred: "), "{}", ended.stderr);
}

#[test]
fn options_that_embeddings_do_not_go_with_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "in.jsonl", rows(2).join("\n"));
    let like = file(folder.path(), "like.jsonl", "{\"text\": \"no program\"}\n");
    let like = like.to_str().unwrap();
    let batch = folder.path().join("batch");
    let batch = batch.to_str().unwrap();
    for (options, why) in [
        (&["--record", batch][..], "--record does not hold embeddings"),
        (&["--replay", batch], "--replay does not hold embeddings"),
        (&["--batch", "write", batch], "--batch does not hold embeddings"),
        (&["--by", "length"], "--embeddings-model has no effect with --by length"),
        (&["--by", "likeness"], "name it with --like"),
        (&["--like", like], "--like has no effect with --by diversity"),
        (&["--by", "likeness", "--like", like], "no row has a program"),
    ] {
        let out = folder.path().join("out");
        let mut command = command(&input, &out, "http://127.0.0.1:9/v1", options);
        // A batch needs the cache.
        command.env_remove("TGSAND_NO_CACHE").arg("--reply-cache").arg(folder.path().join("cache"));
        let ended = ended(command, "");
        assert_eq!(ended.code, Some(2), "{options:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
    let without = ["optimize", "x.jsonl", "--tech", "cle", "--embeddings-model", "e5"];
    let ended = crate::cli::run(&without);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("--embeddings-model has no effect without sel"),
        "{}",
        ended.stderr
    );
    let ended = crate::cli::run(&[
        "optimize",
        input.to_str().unwrap(),
        "--tech",
        "sel",
        "--embeddings-model",
        "e5",
    ]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("the model e5 needs --base-url"), "{}", ended.stderr);
}
