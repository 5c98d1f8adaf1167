//! Records replies as text that fits into a repository, and gives them back instead of asking.
//!
//! Invariant: a replayed reply is the one that was recorded for exactly this request to this model;
//! if there is none, it is an error, never a question to a server.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::key::Key;
use super::reply::Completion;
use super::request::{Request, Role};
use super::store::{Line, Lines, StoreError, start};

/// The file in the folder that holds the recorded replies.
const FILE: &str = "replies.jsonl";
/// How much of a message an error quotes.
const QUOTED_CHARS: usize = 80;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Recorded {
    key: Key,
    model: String,
    request: Request,
    completion: Completion,
}

#[derive(Serialize)]
struct RecordedOut<'a> {
    key: &'a Key,
    model: &'a str,
    request: &'a Request,
    completion: &'a Completion,
}

/// Appends replies to a folder; one at a time records into it.
pub struct Recorder {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    /// Bytes of whole lines.
    len: u64,
    /// Whether a failed write may have left more than those.
    torn: bool,
    keys: HashSet<Key>,
}

impl Recorder {
    /// Opens or makes a folder of recorded replies; a torn last line of a killed process is dropped.
    ///
    /// Fails on a line that is not a recorded reply, and while another process records into the
    /// folder.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let path = folder.join(FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(StoreError::io(&path))?;
        file.try_lock().map_err(|error| StoreError::io(&path)(error.into()))?;
        let mut len = file.metadata().map_err(StoreError::io(&path))?.len();
        let mut keys = HashSet::new();
        for line in Lines::open(&path).map_err(StoreError::io(&path))? {
            let line = line.map_err(StoreError::io(&path))?;
            let torn_len =
                line.bytes.as_ref().filter(|bytes| !bytes.ends_with(b"\n")).map(Vec::len);
            match (parse(&path, &line), torn_len) {
                (Ok(recorded), None) => _ = keys.insert(recorded.key),
                (Ok(recorded), Some(_)) => {
                    // Whoever edited the file left out the last newline.
                    file.write_all(b"\n").map_err(StoreError::io(&path))?;
                    len += 1;
                    keys.insert(recorded.key);
                }
                (Err(_), Some(torn)) => {
                    len -= torn as u64;
                    file.set_len(len).map_err(StoreError::io(&path))?;
                }
                (Err(error), None) => return Err(error),
            }
        }
        Ok(Self { path, state: Mutex::new(State { file, len, torn: false, keys }) })
    }

    /// Records a reply, and returns whether it is the first to this request.
    pub fn record(
        &self,
        key: &Key,
        model: &str,
        request: &Request,
        completion: &Completion,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.keys.contains(key) {
            return Ok(false);
        }
        let mut line = serde_json::to_vec(&RecordedOut { key, model, request, completion })
            .expect("texts and numbers always serialise");
        line.push(b'\n');
        state.append(&line).map_err(StoreError::io(&self.path))?;
        state.keys.insert(*key);
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic elsewhere may have left half written is torn, and cut off before the next line.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, line: &[u8]) -> std::io::Result<()> {
        if self.torn {
            self.file.set_len(self.len)?;
        }
        self.torn = true;
        self.file.write_all(line)?;
        self.torn = false;
        self.len += line.len() as u64;
        Ok(())
    }
}

/// Recorded replies, by request.
pub struct Replay {
    folder: PathBuf,
    recorded: Vec<Recorded>,
    places: HashMap<Key, usize>,
}

impl Replay {
    /// Reads a folder of recorded replies; if a request was recorded twice, the first reply counts.
    ///
    /// Fails on a folder without recorded replies and on a line that is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let mut replay =
            Self { folder: folder.into(), recorded: Vec::new(), places: HashMap::new() };
        for line in Lines::open(&path).map_err(StoreError::io(&path))? {
            let recorded = parse(&path, &line.map_err(StoreError::io(&path))?)?;
            replay.places.entry(recorded.key).or_insert(replay.recorded.len());
            replay.recorded.push(recorded);
        }
        Ok(replay)
    }

    /// Finds the recorded reply; a miss reports the differences from the nearest recorded request.
    pub fn get(
        &self,
        key: &Key,
        model: &str,
        request: &Request,
    ) -> Result<&Completion, StoreError> {
        let found = self.places.get(key).and_then(|&place| self.recorded.get(place));
        found.map(|recorded| &recorded.completion).ok_or_else(|| StoreError::NotRecorded {
            folder: self.folder.clone(),
            model: model.into(),
            asked: start(last_of_user(request), QUOTED_CHARS),
            near: self.near(model, request),
        })
    }

    /// Reports how a request differs from the recorded ones.
    fn near(&self, model: &str, request: &Request) -> String {
        let asked = last_of_user(request);
        let differences = self
            .recorded
            .iter()
            .filter(|recorded| last_of_user(&recorded.request) == asked)
            .map(|recorded| differences(recorded, model, request))
            .min_by_key(Vec::len);
        match differences {
            Some(parts) => {
                format!(
                    "a reply to this message is recorded, with a different {}",
                    parts.join(", ")
                )
            }
            None => {
                format!("none of the {} recorded requests has this message", self.recorded.len())
            }
        }
    }
}

/// Names the parts of a request in which it differs from a recorded one.
fn differences(recorded: &Recorded, model: &str, request: &Request) -> Vec<String> {
    let parts = |request| match serde_json::to_value(request) {
        Ok(Json::Object(parts)) => parts,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (recorded_parts, asked_parts) = (parts(&recorded.request), parts(request));
    let names: BTreeSet<&String> = recorded_parts.keys().chain(asked_parts.keys()).collect();
    let mut found = Vec::new();
    if recorded.model != model {
        found.push(format!("model ({})", recorded.model));
    }
    found.extend(
        names
            .into_iter()
            .filter(|&name| recorded_parts.get(name) != asked_parts.get(name))
            .cloned(),
    );
    found
}

/// The last thing the user says, which is what most requests differ in.
fn last_of_user(request: &Request) -> &str {
    let message = request.messages.iter().rev().find(|message| message.role == Role::User);
    message.map_or("", |message| &message.content)
}

fn parse(path: &Path, line: &Line) -> Result<Recorded, StoreError> {
    let problem =
        |problem: String| StoreError::Line { path: path.into(), line: line.number, problem };
    let bytes = line
        .bytes
        .as_ref()
        .ok_or_else(|| problem("the line is too long for a recorded reply".into()))?;
    let recorded: Recorded = serde_json::from_slice(bytes)
        .map_err(|error| problem(format!("not a recorded reply: {error}")))?;
    let key = Key::of(&recorded.model, &recorded.request);
    if key != recorded.key {
        return Err(problem(format!(
            "the key {} does not match its model and request, which have the key {key}",
            recorded.key
        )));
    }
    Ok(recorded)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::{Finish, Sampling, Usage};

    fn request(text: &str) -> Request {
        Request::new("be brief", text, Sampling { temperature: Some(0.2), ..Sampling::default() })
    }

    fn reply(text: &str) -> Completion {
        Completion {
            text: text.into(),
            reasoning: None,
            finish: Finish::Stop,
            usage: Usage::default(),
            system_fingerprint: None,
        }
    }

    fn record(recorder: &Recorder, asked: &str, text: &str) -> bool {
        let request = request(asked);
        recorder.record(&Key::of("coder", &request), "coder", &request, &reply(text)).unwrap()
    }

    fn replayed(replay: &Replay, model: &str, request: &Request) -> Result<String, String> {
        let found = replay.get(&Key::of(model, request), model, request);
        found.map(|completion| completion.text.clone()).map_err(|error| error.to_string())
    }

    /// A folder with the replies "1" and "2" to "1?" and "2?".
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(folder.path()).unwrap();
        assert!(record(&recorder, "1?", "1") && record(&recorder, "2?", "2"));
        folder
    }

    #[test]
    fn what_was_recorded_is_replayed() {
        let folder = folder();
        let replay = Replay::open(folder.path()).unwrap();
        assert_eq!(replayed(&replay, "coder", &request("1?")), Ok("1".into()));
        assert_eq!(replayed(&replay, "coder", &request("2?")), Ok("2".into()));
    }

    #[test]
    fn a_line_reads_well_in_a_repository() {
        let text = fs::read_to_string(folder().path().join(FILE)).unwrap();
        let first = text.lines().next().unwrap();
        let rest = concat!(
            r#""model":"coder","request":{"messages":[{"role":"system","content":"be brief"},"#,
            r#"{"role":"user","content":"1?"}],"sampling":{"temperature":0.2}},"completion":{"text":"1","#,
            r#""finish":"stop","usage":{"prompt_tokens":0,"completion_tokens":0}}}"#,
        );
        assert_eq!(first, format!(r#"{{"key":"{}",{rest}"#, Key::of("coder", &request("1?"))));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn the_first_reply_to_a_request_is_recorded_also_over_reopening() {
        let folder = folder();
        let recorder = Recorder::open(folder.path()).unwrap();
        assert!(!record(&recorder, "1?", "other"));
        assert!(record(&recorder, "3?", "3"));
        let replay = Replay::open(folder.path()).unwrap();
        assert_eq!(replay.recorded.len(), 3);
        assert_eq!(replayed(&replay, "coder", &request("1?")), Ok("1".into()));
    }

    #[test]
    fn a_miss_names_the_folder_the_message_and_what_differs_from_the_nearest() {
        let folder = folder();
        let replay = Replay::open(folder.path()).unwrap();
        let place = folder.path().display();
        let hot = Request {
            sampling: Sampling { temperature: Some(1.0), ..Sampling::default() },
            ..request("1?")
        };
        let gruff = Request::new("be gruff", "1?", hot.sampling.clone());
        let long = request(&"word\n".repeat(40));
        let with = "a reply to this message is recorded, with a different";
        let none = "none of the 2 recorded requests has this message";
        for (model, request, message) in [
            (
                "tiny",
                &request("1?"),
                format!("{place} has no reply of \"tiny\" to \"1?\"; {with} model (coder)"),
            ),
            (
                "coder",
                &hot,
                format!("{place} has no reply of \"coder\" to \"1?\"; {with} sampling"),
            ),
            (
                "coder",
                &gruff,
                format!("{place} has no reply of \"coder\" to \"1?\"; {with} messages, sampling"),
            ),
            (
                "coder",
                &long,
                format!("{place} has no reply of \"coder\" to \"{}\"; {none}", "word ".repeat(16)),
            ),
        ] {
            assert_eq!(replayed(&replay, model, request), Err(message));
        }
    }

    #[test]
    fn a_torn_last_line_is_dropped_by_the_recorder_and_named_by_the_replay() {
        let folder = folder();
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let error = Replay::open(folder.path()).err().unwrap().to_string();
        assert!(
            error.starts_with(&format!("{}:2: not a recorded reply: ", path.display())),
            "{error}"
        );
        assert!(record(&Recorder::open(folder.path()).unwrap(), "2?", "2"));
        assert_eq!(fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_last_line_without_its_newline_is_kept() {
        let folder = folder();
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(Replay::open(folder.path()).unwrap().recorded.len(), 2);
        assert!(record(&Recorder::open(folder.path()).unwrap(), "3?", "3"));
        assert_eq!(Replay::open(folder.path()).unwrap().recorded.len(), 3);
    }

    #[test]
    fn a_bad_line_is_named_with_file_and_line() {
        let folder = folder();
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        let edited = text.replacen("2?", "two?", 1);
        for (content, start) in [
            (format!("{{}}\n{text}"), format!("{}:1: not a recorded reply: ", path.display())),
            (
                format!("{text}\nnot JSON\n"),
                format!("{}:4: not a recorded reply: ", path.display()),
            ),
            (
                edited,
                format!(
                    "{}:2: the key {} does not match",
                    path.display(),
                    Key::of("coder", &request("2?"))
                ),
            ),
        ] {
            fs::write(&path, content).unwrap();
            for error in [
                Replay::open(folder.path()).err().unwrap(),
                Recorder::open(folder.path()).err().unwrap(),
            ] {
                assert!(error.to_string().starts_with(&start), "{error}");
            }
        }
    }

    #[test]
    fn a_folder_without_a_recording_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = Replay::open(folder.path()).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!("failed to access {}", folder.path().join(FILE).display())
        );
    }

    #[test]
    fn two_do_not_record_into_one_folder() {
        let folder = folder();
        let first = Recorder::open(folder.path()).unwrap();
        assert!(Recorder::open(folder.path()).err().unwrap().is_transient());
        drop(first);
        Recorder::open(folder.path()).unwrap();
    }
}
