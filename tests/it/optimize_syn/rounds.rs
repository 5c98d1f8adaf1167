//! Rows are asked for in rounds: the same bytes whatever the number of threads, after kills, and after a server was down.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{decision, earlier, optimize, set, task_of};
use crate::cli::{ended, json_lines, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, good};

/// A reply that follows from the words of the question alone: items that all differ, and some that fail in each way there is.
fn drawn_reply(asked: &Asked) -> String {
    let mut hasher = DefaultHasher::new();
    asked.body["messages"][0].to_string().hash(&mut hasher);
    let drawn = hasher.finish();
    if task_of(asked).is_none() {
        return decision(asked, if drawn.is_multiple_of(4) { &["clear-instruction"] } else { &[] });
    }
    let (factor, summand) = (drawn % 9973 + 2, drawn / 9973 % 9973 + 3);
    let wrong = match drawn % 6 {
        0 => true,
        1 => earlier(asked) == 0,
        _ => false,
    };
    let word = |number: u64| -> String {
        number.to_string().bytes().map(|digit| char::from(digit + 49)).collect()
    };
    json!({
        "task_name": "Arithmetic", "information": "",
        "instruction": format!("Write `scale` for the {} of {}.", word(factor), word(summand)),
        "solution": format!("def scale(value):\n    return value * {factor} + {summand}\n"),
        "tests": (0..3).map(|at| format!("assert scale({at}) == {}", at * factor + summand + u64::from(wrong))).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Runs of the same command against a server that answers by the question, and what it was asked.
struct Scene {
    folder: tempfile::TempDir,
    input: PathBuf,
    server: ModelServer,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = set(folder.path(), 11);
        let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        let server = ModelServer::start(move |asked| {
            // Slow enough to be killed in the midst of work.
            std::thread::sleep(Duration::from_millis(10));
            seen.lock().unwrap().insert(asked.body.to_string());
            good(&drawn_reply(asked))
        });
        Self { folder, input, server, asked }
    }

    fn command(&self, out: &str, threads: &str, cache: &str) -> Command {
        let mut command = tgsand();
        command.arg("optimize").arg(&self.input).arg("--out").arg(self.folder.path().join(out));
        command.args([
            "--tech",
            "syn",
            "--tasks",
            "generation",
            "--generate",
            "40",
            "--tries",
            "3",
            "--seed",
            "5",
        ]);
        command.args([
            "--model",
            "author",
            "--base-url",
            &self.server.url,
            "--max-retries",
            "0",
            "--fuel",
            "50M",
        ]);
        command.args(["--threads", threads, "--max-concurrent", "2", "--reply-cache"]);
        command.arg(self.folder.path().join(cache)).env_remove("TGSAND_NO_CACHE");
        command
    }

    fn files(&self, out: &str) -> Vec<String> {
        let names = ["samples/optimized.jsonl", "rejected.jsonl", "run.json"];
        let read = |name| std::fs::read_to_string(self.folder.path().join(out).join(name)).unwrap();
        names.map(read).to_vec()
    }

    fn entries(&self, out: &str) -> usize {
        let path = self.folder.path().join(out).join("journal/synthesize.jsonl");
        let text = std::fs::read(path).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().filter(|line| line.starts_with("{\"key\"")).count()
    }
}

#[test]
fn rounds_give_the_same_bytes_with_one_and_two_threads_and_after_being_killed() {
    let scene = Scene::new();
    let whole = ended(scene.command("whole", "2", "first"), "");
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let expected = scene.files("whole");
    let added = json_lines(&expected[0]).len() - 11;
    let rejected = json_lines(&expected[1]);
    assert_eq!(added + rejected.len(), 40);
    for reason in ["test-failed", "failed-review"] {
        assert!(rejected.iter().any(|row| row["reason"] == reason), "{reason}: {rejected:?}");
    }
    // Later rounds are shown what came of earlier ones.
    let asked = scene.asked.lock().unwrap().clone();
    for words in ["These items were accepted:", "Refused because: The analysis says so."] {
        assert!(asked.iter().any(|body| body.contains(words)), "{words}");
    }
    let requests = scene.server.requests();

    let one = ended(scene.command("one", "1", "second"), "");
    assert_eq!((one.code, scene.server.requests()), (Some(0), 2 * requests), "{}", one.stderr);
    assert_eq!(scene.files("one"), expected);

    for least in [5, 20] {
        let mut child = scene
            .command("killed", "2", "third")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while scene.entries("killed") < least {
            assert_eq!(child.try_wait().unwrap(), None, "the run was to be killed before its end");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
    let last = ended(scene.command("killed", "2", "third"), "");
    assert_eq!(last.code, Some(0), "{}", last.stderr);
    assert_eq!(scene.files("killed"), expected);
    // Two requests may be on their way when the process is killed; their replies are lost with it.
    let again = scene.server.requests() - 3 * requests;
    assert!(again <= 4, "{again} requests were asked again");
    // A rerun asks nothing.
    let requests = scene.server.requests();
    assert_eq!(ended(scene.command("killed", "2", "fourth"), "").code, Some(0));
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(scene.files("killed"), expected);
}

#[test]
fn a_round_that_is_not_decided_is_the_last_one_until_a_rerun() {
    let folder = tempfile::tempdir().unwrap();
    let input = set(folder.path(), 3);
    let is_up = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let up = Arc::clone(&is_up);
    let server = ModelServer::start(move |asked| {
        match up.load(std::sync::atomic::Ordering::SeqCst) || asked.number < 5 {
            true => good(&drawn_reply(asked)),
            false => Answer::Reply(503, "", "busy".into()),
        }
    });
    let options = [
        "--tech",
        "syn",
        "--tasks",
        "generation",
        "--generate",
        "20",
        "--max-concurrent",
        "1",
        "--patience",
        "0",
    ];
    let first = optimize(folder.path(), &input, &server, &options);
    assert_eq!(first.code, Some(3), "{}", first.stderr);
    let report = |folder: &Path| -> Json {
        serde_json::from_str(&std::fs::read_to_string(folder.join("out/run.json")).unwrap())
            .unwrap()
    };
    assert_eq!(report(folder.path())["synthesis"]["generation"]["asked"], 16);
    is_up.store(true, std::sync::atomic::Ordering::SeqCst);
    let second = optimize(folder.path(), &input, &server, &options);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert_eq!(report(folder.path())["synthesis"]["generation"]["asked"], 20);
}
