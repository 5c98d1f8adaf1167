//! Datasets by id: a file of the hub is downloaded once, gone on with if it broke off, held to what the hub states, and found again
//! without a network.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::{Ended, ended, json_lines, tgsand};
use crate::duel::{REQUESTS, TRAJECTORIES};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// A hub with one dataset, `owner/name`, in a thread of this process.
struct Hub {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    /// What is told of a file instead of its own digest.
    stated: BTreeMap<String, String>,
    /// Bytes after which the next download breaks off.
    breaks_after: Option<usize>,
    /// The paths that were asked for, with the range if one was asked for.
    asked: Vec<String>,
    /// The token that is needed.
    token: Option<String>,
}

impl Hub {
    fn start(files: &[(&str, &[u8])]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let files =
            files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        let state = Arc::new(Mutex::new(State { files, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is none of the hub's business.
                let _ = stream.and_then(|stream| serve(stream, &mut shared.lock().unwrap()));
            }
        });
        Self { url, state }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

fn serve(mut stream: TcpStream, state: &mut State) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut head) = (String::new(), String::new());
    while reader.read_line(&mut line)? > 2 {
        head.push_str(&line);
        line.clear();
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let header = |name: &str| {
        let found = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
        found.and_then(|line| line.split_once(": ")).map(|(_, value)| value.trim().to_owned())
    };
    let range = header("range:");
    state.asked.push([path.clone()].into_iter().chain(range.clone()).collect::<Vec<_>>().join(" "));
    if state
        .token
        .as_ref()
        .is_some_and(|token| header("authorization:") != Some(format!("Bearer {token}")))
    {
        return reply(&mut stream, "401 X", b"", 0);
    }
    if path == "/api/datasets/owner/name/revision/main?blobs=true" {
        let siblings: Vec<serde_json::Value> = state
            .files
            .iter()
            .map(|(name, bytes)| {
                let digest: String =
                    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                let digest = state.stated.get(name).cloned().unwrap_or(digest);
                json!({"rfilename": name, "size": bytes.len(), "lfs": {"sha256": digest, "size": bytes.len()}})
            })
            .collect();
        let body = json!({"id": "owner/name", "sha": SHA, "siblings": siblings}).to_string();
        return reply(&mut stream, "200 OK", body.as_bytes(), body.len());
    }
    // As the hub does, files are given from elsewhere.
    if let Some(name) = path.strip_prefix(&format!("/datasets/owner/name/resolve/{SHA}/")) {
        let head = format!(
            "HTTP/1.1 302 X\r\nlocation: /elsewhere/{name}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        return stream.write_all(head.as_bytes());
    }
    let name = path.strip_prefix("/elsewhere/");
    let Some(bytes) = name.and_then(|name| state.files.get(name)) else {
        return reply(&mut stream, "404 X", b"", 0);
    };
    let start = range
        .and_then(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().ok());
    let (status, rest) = match start {
        Some(start) => ("206 X", &bytes[start..]),
        None => ("200 OK", &bytes[..]),
    };
    let end = state.breaks_after.take().unwrap_or(rest.len()).min(rest.len());
    reply(&mut stream, status, &rest[..end], rest.len())
}

fn reply(stream: &mut TcpStream, status: &str, body: &[u8], len: usize) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

/// Runs `tgsand duel prepare` with a cache of its own.
fn prepare(folder: &Path, hub: &str, args: &[&str], settings: &[(&str, &str)]) -> Ended {
    let mut command = tgsand();
    command.args(["duel", "prepare"]).args(args).args(["--out", "out"]).current_dir(folder);
    command.env("HF_ENDPOINT", hub).env("TGSAND_CACHE", folder.join("cache"));
    command.env_remove("HF_TOKEN").env_remove("HF_HUB_OFFLINE").envs(settings.iter().copied());
    ended(command, "")
}

#[test]
fn a_file_of_the_hub_is_downloaded_once_and_found_again_without_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let trajectories = std::fs::read(TRAJECTORIES).unwrap();
    let requests = std::fs::read(REQUESTS).unwrap();
    let hub = Hub::start(&[
        ("README.md", b"text"),
        ("data/prs.jsonl", &requests),
        ("data/train.jsonl", &trajectories),
    ]);
    let args = [
        "hf://owner/name/data/train.jsonl",
        "--pull-requests",
        "hf://datasets/owner/name/data/prs.jsonl",
    ];
    let first = prepare(folder.path(), &hub.url, &args, &[]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(first.stderr.contains("tgsand: downloading data/train.jsonl ("), "{}", first.stderr);
    let chosen = std::fs::read_to_string(folder.path().join("out/chosen.jsonl")).unwrap();
    let source = json_lines(&chosen)[0]["source"]["file"].clone();
    assert_eq!(source, format!("hf://owner/name@{SHA}/data/train.jsonl"));
    let listing = "/api/datasets/owner/name/revision/main?blobs=true".to_owned();
    let file = |name: &str| format!("/datasets/owner/name/resolve/{SHA}/data/{name}");
    assert_eq!(
        hub.asked(),
        [
            listing.clone(),
            file("train.jsonl"),
            "/elsewhere/data/train.jsonl".into(),
            listing.clone(),
            file("prs.jsonl"),
            "/elsewhere/data/prs.jsonl".into(),
        ]
    );
    // The commit is looked up, and nothing is downloaded.
    assert_eq!(prepare(folder.path(), &hub.url, &args, &[]).code, Some(0));
    assert_eq!(hub.asked(), [listing.clone(), listing]);
    let text = std::fs::read_to_string(folder.path().join("out/chosen.jsonl")).unwrap();
    assert!(text == chosen);
    // A commit by its name needs nobody, nor does a hub that must not be asked or is not there.
    let exact = format!("hf://owner/name@{SHA}/data/train.jsonl");
    assert_eq!(prepare(folder.path(), &hub.url, &[&exact], &[]).code, Some(0));
    let offline = prepare(folder.path(), &hub.url, &args, &[("HF_HUB_OFFLINE", "1")]);
    assert_eq!(offline.code, Some(0), "{}", offline.stderr);
    assert!(
        offline.stderr.contains(&format!("using commit {SHA} of owner/name")),
        "{}",
        offline.stderr
    );
    assert!(hub.asked().is_empty());
    let gone = prepare(folder.path(), "http://127.0.0.1:9", &args, &[]);
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
}

#[test]
fn without_a_network_a_dataset_that_is_not_there_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["hf://owner/name"];
    for (hub, settings, why) in [
        ("http://127.0.0.1:9", &[][..], "http://127.0.0.1:9 cannot be reached"),
        (
            "http://127.0.0.1:9",
            &[("HF_HUB_OFFLINE", "1")],
            "HF_HUB_OFFLINE is set, so owner/name is not looked up",
        ),
    ] {
        let ended = prepare(folder.path(), hub, &args, settings);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        let advice =
            "download the file elsewhere and name its path instead, or set HF_ENDPOINT to a mirror";
        assert!(
            ended.stderr.starts_with("tgsand: failed to access hf://owner/name: "),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains(why) && ended.stderr.contains(advice), "{}", ended.stderr);
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_dataset_of_several_files_names_them_and_a_private_one_needs_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let trajectories = std::fs::read(TRAJECTORIES).unwrap();
    let names: Vec<String> = (0..10).map(|part| format!("data/train-{part}.jsonl")).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), &trajectories[..])).collect();
    let hub = Hub::start(&files);
    let several = prepare(folder.path(), &hub.url, &["hf://owner/name"], &[]);
    assert_eq!(several.code, Some(2));
    let told = "owner/name has 10 files; name one, such as hf://owner/name/data/train-0.jsonl: data/train-0.jsonl, data/train-1.jsonl";
    assert!(
        several.stderr.contains(told) && several.stderr.contains(" and more"),
        "{}",
        several.stderr
    );
    let missing = prepare(folder.path(), &hub.url, &["hf://owner/name/data/train.jsonl"], &[]);
    assert!(
        missing
            .stderr
            .contains("owner/name has no file data/train.jsonl; it has data/train-0.jsonl"),
        "{}",
        missing.stderr
    );
    let unknown = prepare(folder.path(), &hub.url, &["hf://owner/other"], &[]);
    assert!(
        unknown.stderr.contains("the hub has no dataset owner/other with the revision main"),
        "{}",
        unknown.stderr
    );
    let odd = prepare(folder.path(), &hub.url, &["hf://owner/../etc"], &[]);
    assert!(odd.stderr.contains("not an address like hf://owner/name"), "{}", odd.stderr);
    hub.state.lock().unwrap().token = Some("secret".into());
    let args = ["hf://owner/name/data/train-0.jsonl"];
    let refused = prepare(folder.path(), &hub.url, &args, &[]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("HF_TOKEN is the token for those"), "{}", refused.stderr);
    let allowed = prepare(folder.path(), &hub.url, &args, &[("HF_TOKEN", "secret")]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
}

#[test]
fn a_download_that_broke_off_goes_on_and_one_with_other_bytes_than_stated_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let trajectories = std::fs::read(TRAJECTORIES).unwrap();
    let hub = Hub::start(&[("train.jsonl", &trajectories)]);
    hub.state.lock().unwrap().breaks_after = Some(1000);
    let args = ["hf://owner/name"];
    let broken = prepare(folder.path(), &hub.url, &args, &[]);
    assert_eq!(broken.code, Some(2));
    assert!(broken.stderr.contains("broke off after 1000 bytes"), "{}", broken.stderr);
    assert!(broken.stderr.contains("run the same command again to go on"), "{}", broken.stderr);
    hub.asked();
    let whole = prepare(folder.path(), &hub.url, &args, &[]);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    assert_eq!(hub.asked()[2], "/elsewhere/train.jsonl bytes=1000-");
    let path = folder.path().join(format!("cache/datasets/owner--name/{SHA}/train.jsonl"));
    assert!(std::fs::read(&path).unwrap() == trajectories);
    std::fs::remove_file(&path).unwrap();
    hub.state.lock().unwrap().stated.insert("train.jsonl".into(), "0".repeat(64));
    let wrong = prepare(folder.path(), &hub.url, &args, &[]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("gave other bytes than the hub states"), "{}", wrong.stderr);
    assert!(!path.exists());
}
