//! The cache of replies between processes: several write at once, some are killed, and the command tells and prunes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};
use tgsand::model::{Cache, Completion, Finish, Identity, Key, Request, Sampling, Usage};

use super::cli::{Ended, ended, tgsand};

/// Names the file that a child process writes into.
const FILE: &str = "CACHE_OF_A_CHILD";
/// What a child adds to its numbers and texts.
const OFFSET: &str = "OFFSET_OF_A_CHILD";

fn key(number: usize) -> Key {
    Key::of("coder", &Request::new("be brief", number.to_string(), Sampling::default()))
}

/// A model of this name, on the server of all these tests.
fn named(model: &str) -> Identity {
    Identity::unlisted(model, "http://localhost/v1")
}

fn got(cache: &Cache, number: usize) -> Option<Completion> {
    cache.get(&key(number), &named("coder")).unwrap().map(|kept| kept.completion)
}

fn reply(text: String) -> Completion {
    let usage = Usage { prompt_tokens: 3, completion_tokens: 2, ..Usage::default() };
    Completion { text, reasoning: None, finish: Finish::Stop, usage, system_fingerprint: None }
}

/// A text that is told apart by both its numbers, some pages long where the number says so.
fn text(writer: usize, number: usize) -> String {
    format!("{writer}:{number} {}", "x".repeat(number * 37 % 9000))
}

/// Puts replies and prints the number of each that is in, as a process of its own.
#[test]
#[ignore = "a child process of other tests"]
fn child_that_puts() {
    let path = PathBuf::from(std::env::var_os(FILE).expect("the parent names the file"));
    let offset: usize = std::env::var(OFFSET).unwrap().parse().unwrap();
    let cache = Cache::open(&path).unwrap();
    for number in offset..offset + 400 {
        cache.put(&key(number), &named("coder"), &reply(text(offset, number))).unwrap();
        println!("put {number}");
    }
    println!("done");
}

fn child(path: &Path, offset: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["cache::child_that_puts", "--exact", "--ignored", "--nocapture"])
        .env(FILE, path)
        .env(OFFSET, offset.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads what a child puts until it is done or has put `count`.
fn puts(child: &mut Child, count: usize) -> Vec<usize> {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    // The harness writes its own words before the first one.
    let numbers = lines
        .filter_map(|line| line.rsplit_once("put ").and_then(|(_, number)| number.parse().ok()));
    numbers.take(count).collect()
}

#[test]
fn a_killed_process_leaves_every_reply_that_it_had_put() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replies.sqlite");
    let mut expected = 0;
    for (round, count) in [1, 7, 60, 200].into_iter().enumerate() {
        let mut child = child(&path, round * 1000);
        let put = puts(&mut child, count);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(put.len(), count);
        let cache = Cache::open(&path).unwrap();
        for number in put {
            assert_eq!(got(&cache, number), Some(reply(text(round * 1000, number))));
        }
        let all: Vec<usize> =
            (0..=round).flat_map(|round| round * 1000..round * 1000 + 400).collect();
        let readable = all.iter().filter(|&&number| got(&cache, number).is_some()).count();
        assert_eq!(cache.stats().unwrap().entries, readable as u64);
        expected += count;
        assert!(readable >= expected);
    }
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/replies.sqlite");
    // Neighbours share half of their numbers, and all of them make the file.
    let offsets = [0, 200, 400, 600];
    let mut children = offsets.map(|offset| child(&path, offset));
    for child in &mut children {
        assert_eq!(puts(child, usize::MAX).len(), 400);
        assert!(child.wait().unwrap().success());
    }
    let cache = Cache::open(&path).unwrap();
    assert_eq!(cache.stats().unwrap().entries, 1000);
    for number in 0..1000 {
        let found = got(&cache, number).expect("every reply is there");
        let writers = offsets.iter().filter(|&&offset| (offset..offset + 400).contains(&number));
        assert!(
            writers.map(|&writer| text(writer, number)).any(|text| text == found.text),
            "{number}"
        );
    }
}

/// A folder for `TGSAND_CACHE`, with so many replies of two models.
fn home(coder: usize, other: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let cache = Cache::open(&home.path().join("replies.sqlite")).unwrap();
    for number in 0..coder {
        assert!(cache.put(&key(number), &named("coder"), &reply(text(0, number))).unwrap());
    }
    for number in 0..other {
        assert!(cache.put(&key(10_000 + number), &named("other"), &reply("1".into())).unwrap());
    }
    home
}

fn cache_command(home: &Path, args: &[&str]) -> Ended {
    let mut command = tgsand();
    command.arg("cache").args(args).env("TGSAND_CACHE", home);
    ended(command, "")
}

fn stats(home: &Path) -> Json {
    let ended = cache_command(home, &["stats", "--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn stats_tell_each_model_in_a_table_or_as_json() {
    let home = home(3, 1);
    let path = home.path().join("replies.sqlite");
    let mut told = stats(home.path());
    for model in told["stats"]["models"].as_array_mut().unwrap() {
        assert!(model["oldest"].as_u64().unwrap() <= model["newest"].as_u64().unwrap());
        model.as_object_mut().unwrap().retain(|name, _| name != "oldest" && name != "newest");
    }
    let bytes = told["stats"]["bytes"].take();
    assert!(bytes.as_u64().unwrap() >= path.metadata().unwrap().len());
    let models = json!([
        {"model": "coder", "entries": 3, "prompt_tokens": 9, "completion_tokens": 6},
        {"model": "other", "entries": 1, "prompt_tokens": 3, "completion_tokens": 2},
    ]);
    assert_eq!(
        told,
        json!({"path": path, "stats": {"entries": 4, "bytes": null, "models": models}})
    );
    let table = cache_command(home.path(), &["stats"]);
    assert_eq!((table.code, table.stderr.as_str()), (Some(0), ""));
    let row = table.stdout.lines().find(|line| line.contains("coder")).unwrap();
    let cells: Vec<&str> = row.trim_matches('│').split_whitespace().take(4).collect();
    assert_eq!(cells, ["coder", "3", "9", "6"]);
    assert!(
        table.stdout.contains(&format!("4 replies in {}, ", path.display())),
        "{}",
        table.stdout
    );
}

#[test]
fn an_absent_cache_is_empty_and_stays_absent() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("replies.sqlite");
    let told = cache_command(home.path(), &["stats"]);
    assert_eq!((told.code, told.stdout), (Some(0), format!("{} is empty\n", path.display())));
    assert_eq!(stats(home.path())["stats"], json!({"entries": 0, "bytes": 0, "models": []}));
    let pruned = cache_command(home.path(), &["prune", "--all"]);
    assert_eq!((pruned.code, pruned.stdout.as_str()), (Some(0), "removed 0 replies, 0 B\n"));
    assert!(!path.exists());
}

#[test]
fn prune_removes_what_it_is_told_and_says_so() {
    let home = home(200, 5);
    let prune = |args: &[&str]| {
        let ended = cache_command(home.path(), &[&["prune"], args].concat());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
        ended.stdout.split(',').next().unwrap().to_owned()
    };
    assert_eq!(prune(&["--older-than", "30d"]), "removed 0 replies");
    assert_eq!(prune(&["--older-than", "1d", "--model", "other"]), "removed 0 replies");
    assert_eq!(prune(&["--model", "none"]), "removed 0 replies");
    assert_eq!(prune(&["--max-size", "1G"]), "removed 0 replies");
    assert_eq!(prune(&["--model", "other"]), "removed 5 replies");
    assert_ne!(prune(&["--max-size", "200K"]), "removed 0 replies");
    let left = stats(home.path())["stats"].take();
    assert!(left["bytes"].as_u64().unwrap() <= 200 << 10, "{left}");
    let left = left["entries"].as_u64().unwrap();
    assert!((1..200).contains(&left), "{left}");
    assert_eq!(prune(&["--all"]), format!("removed {left} replies"));
    assert_eq!(stats(home.path())["stats"]["entries"], 0);
}

#[test]
fn prune_needs_to_be_told_what() {
    let home = home(1, 0);
    for args in
        [&["prune"][..], &["prune", "--all", "--model", "m"], &["prune", "--older-than", "30"]]
    {
        assert_eq!(cache_command(home.path(), args).code, Some(2), "{args:?}");
    }
    assert_eq!(stats(home.path())["stats"]["entries"], 1);
}

#[test]
fn a_cache_that_is_none_is_named() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("replies.sqlite");
    std::fs::write(&path, "something else".repeat(100)).unwrap();
    for args in [&["stats"][..], &["prune", "--all"]] {
        let ended = cache_command(home.path(), args);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        let start =
            format!("tgsand: {} is not a reply cache that this release can read", path.display());
        assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
    }
}
