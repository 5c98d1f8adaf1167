//! A duel that is killed, against judges of which one writes rubbish and one gives out: no turn is lost, none is judged twice, every
//! request is accounted for, and the end is that of a duel that nothing disturbed.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value as Json;

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::duel::{REQUESTS, TRAJECTORIES, challengers_place, fair, verdict};
use crate::duel_steps::results;
use crate::model_server::{Answer, Asked, ModelServer, good};

/// What the judge that gives out does with requests.
#[derive(Clone, Copy, PartialEq)]
enum Health {
    Well = 0,
    /// Answers 429 after its first requests.
    Throttled = 1,
    /// Ends every connection.
    Dead = 2,
}

/// A server with a list of the requests that it has answered well.
struct Judge {
    server: ModelServer,
    answered: Arc<Mutex<Vec<String>>>,
}

impl Judge {
    fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let answered = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&answered);
        let server = ModelServer::start(move |asked| {
            // Slow enough to be killed in the midst of work.
            std::thread::sleep(Duration::from_millis(15));
            let answer = answer(asked);
            if matches!(answer, Answer::Reply(200, ..)) {
                list.lock().unwrap().push(asked.body.to_string());
            }
            answer
        });
        Self { server, answered }
    }

    /// Requests that were answered well more than once.
    fn repeated(&self) -> usize {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for body in &*self.answered.lock().unwrap() {
            *counts.entry(body.clone()).or_default() += 1;
        }
        counts.values().map(|count| count - 1).sum()
    }
}

/// A folder with the endpoints of a duel, each on a server of its own.
struct Scene {
    folder: tempfile::TempDir,
    judges: BTreeMap<&'static str, Judge>,
    health: Arc<AtomicUsize>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let health = Arc::new(AtomicUsize::new(Health::Well as usize));
        let of_gamma = Arc::clone(&health);
        let fair_judge = |asked: &Asked| good(&verdict(challengers_place(asked)));
        let judges = BTreeMap::from([
            ("king", Judge::start(fair)),
            ("challenger", Judge::start(fair)),
            ("alpha", Judge::start(fair_judge)),
            ("beta", Judge::start(|_| good("I like both."))),
            (
                "gamma",
                Judge::start(move |asked| match of_gamma.load(Ordering::SeqCst) {
                    1 if asked.number >= 5 => Answer::Reply(429, "", "too many".into()),
                    2 => Answer::Drop,
                    _ => fair_judge(asked),
                }),
            ),
        ]);
        let endpoint = |(name, judge): (&&str, &Judge)| {
            format!("[endpoints.{name}]\nbase_url = \"{}\"\n", judge.server.url)
        };
        let config: String = judges.iter().map(endpoint).collect();
        file(folder.path(), "tgsand.toml", config);
        Self { folder, judges, health }
    }

    fn set(&self, health: Health) {
        self.health.store(health as usize, Ordering::SeqCst);
    }

    fn command(&self) -> Command {
        let mut command = tgsand();
        command.args(["duel", "run", TRAJECTORIES, "--pull-requests", REQUESTS, "--out", "out"]);
        command.args(["--model", "king", "--challenger", "challenger"]);
        command.args(["--judge", "alpha,beta,gamma", "--reply-cache", "replies"]);
        command.args(["--max-concurrent", "1", "--max-retries", "0", "--patience", "0"]);
        command.env_remove("TGSAND_NO_CACHE").current_dir(self.folder.path());
        command
    }

    fn out(&self) -> std::path::PathBuf {
        self.folder.path().join("out")
    }

    /// Starts the duel and kills it once so many verdicts are in its journal.
    fn kill_after(&self, verdicts: usize) {
        let mut child: Child = self
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while entries(&self.out()) < verdicts {
            assert_eq!(child.try_wait().unwrap(), None, "the duel was to be killed before its end");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }

    fn run(&self) -> Ended {
        ended(self.command(), b"")
    }

    /// The requests of a model that the rows of `usage.jsonl` count.
    fn accounted(&self, name: &str) -> u64 {
        let text = std::fs::read_to_string(self.out().join("usage.jsonl")).unwrap();
        let rows = json_lines(&text);
        let own = rows.iter().filter(|row| row["model"] == name);
        own.map(|row| row["attempts"].as_u64().unwrap()).sum()
    }
}

/// The verdicts in the journal of a duel.
fn entries(out: &Path) -> usize {
    let text = std::fs::read(out.join("journal/panel.jsonl")).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().filter(|line| line.starts_with("{\"key\"")).count()
}

#[test]
fn a_duel_that_is_killed_twice_with_a_judge_that_gives_out_ends_as_one_that_nothing_disturbed() {
    let undisturbed = Scene::new();
    let whole = undisturbed.run();
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    for (name, judge) in &undisturbed.judges {
        assert_eq!(undisturbed.accounted(name), judge.server.requests() as u64, "{name}");
    }

    let scene = Scene::new();
    scene.set(Health::Throttled);
    scene.kill_after(8);
    scene.set(Health::Dead);
    let deferred = scene.run();
    assert_eq!(deferred.code, Some(3), "{}", deferred.stderr);
    scene.set(Health::Well);
    let judged = entries(&scene.out());
    scene.kill_after(judged + 4);
    let last = scene.run();
    assert_eq!(last.code, whole.code, "{}", last.stderr);

    let (found, expected) = (results(&scene.out()), results(&undisturbed.out()));
    assert_eq!(found["turns.jsonl"].lines().count(), 16);
    for (name, text) in &expected {
        assert_eq!(&found[name], text, "{name} differs");
    }
    // Sixteen turns with three judges, each once.
    assert_eq!(entries(&scene.out()), 16 * 3);
    for (name, judge) in &scene.judges {
        // A reply that was on its way when the process was killed is lost with it: one for each kill, as one request is sent at a time.
        assert!(judge.repeated() <= 2, "{name} was asked {} requests again", judge.repeated());
        let (sent, seen) = (scene.accounted(name), judge.server.requests() as u64);
        assert!(
            (seen..=seen + 2).contains(&sent),
            "{name}: {sent} of {seen} requests are accounted for"
        );
    }
    let report: Json = serde_json::from_str(&found["run.json"]).unwrap();
    let unread = |place: usize| report["verdict"]["judges"][place]["unread"].clone();
    assert_eq!([0, 1, 2].map(unread), [0, 16, 0].map(Json::from));
}
