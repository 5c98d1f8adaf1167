//! Reads what came back from a batch.
//!
//! Invariant: every request has at most one reply, the first good one, else the first failure; nothing that a file holds
//! stops the rest.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::reply::{self, Completion, Problem};
use super::super::store::{Line, Lines, start};
use super::{Key, StoreError, asked, files, request_number};
use crate::json::Json;
use crate::remote::{excerpt, retry};

/// How many skipped lines are named; beyond these they are only counted.
const NAMED: usize = 20;
/// How much of an id that is none of ours is quoted.
const QUOTED_CHARS: usize = 80;

/// How a request of a batch failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFailure {
    /// The status of the reply; `None` if the request was never answered.
    pub status: Option<u16>,
    /// Notices about it.
    pub text: String,
}

impl BatchFailure {
    /// Whether the same request may succeed in another batch.
    pub fn may_pass(&self) -> bool {
        match self.status {
            // The batch expired or was cancelled: nobody has judged the request.
            None => true,
            // A good status with an unusable reply.
            Some(200..=299) => true,
            Some(status) => retry::may_pass(status),
        }
    }
}

impl fmt::Display for BatchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "status {status}: {}", self.text),
            None => write!(f, "not answered: {}", self.text),
        }
    }
}

/// The lines of replies that were passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Replies to what the folder does not ask.
    pub unknown: u64,
    /// Further replies to a request that has one.
    pub duplicate: u64,
    /// Lines that are not replies.
    pub broken: u64,
    /// The first of all these, each as `file:line: why`.
    pub named: Vec<String>,
}

impl Skipped {
    /// All skipped lines.
    pub fn total(&self) -> u64 {
        self.unknown + self.duplicate + self.broken
    }
}

/// The replies in a folder: the good ones as they come, then the failures of requests that have no good one.
///
/// A file that cannot be read is an error in the place of its rest.
pub struct Replies {
    /// `None` if the folder has no requests, so that any id will do.
    asked: Option<HashSet<Key>>,
    files: VecDeque<PathBuf>,
    open: Option<(PathBuf, Lines)>,
    good: HashSet<Key>,
    failed: HashSet<Key>,
    failures: VecDeque<(Key, BatchFailure)>,
    skipped: Skipped,
}

/// Opens every JSONL file in a folder that does not hold requests; fails on a folder or requests that cannot be read.
pub fn read(folder: &Path) -> Result<Replies, StoreError> {
    let files = files(folder)?;
    let has_requests = files.iter().any(|(name, _)| request_number(name).is_some());
    let asked = if has_requests { Some(asked(&files)?) } else { None };
    let is_reply = |name: &str| name.ends_with(".jsonl") && !name.starts_with("requests-");
    Ok(Replies {
        asked,
        files: files.into_iter().filter(|(name, _)| is_reply(name)).map(|(_, path)| path).collect(),
        open: None,
        good: HashSet::new(),
        failed: HashSet::new(),
        failures: VecDeque::new(),
        skipped: Skipped::default(),
    })
}

/// A line as OpenAI and vLLM write it.
#[derive(Deserialize)]
struct ReplyLine {
    custom_id: String,
    response: Option<Response>,
}

#[derive(Deserialize)]
struct Response {
    status_code: u16,
}

/// Why a line is passed over.
enum Skip {
    Unknown(String),
    Duplicate(Key),
    Broken(String),
}

impl Replies {
    /// The lines that were passed over so far.
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Takes the next line; `None` at the end of all files.
    fn next_line(&mut self) -> Option<Result<(PathBuf, Line), StoreError>> {
        loop {
            if self.open.is_none() {
                let path = self.files.pop_front()?;
                match Lines::open(&path) {
                    Ok(lines) => self.open = Some((path, lines)),
                    Err(error) => return Some(Err(StoreError::io(path)(error))),
                }
            }
            let (path, lines) = self.open.as_mut()?;
            match lines.next() {
                Some(Ok(line)) => return Some(Ok((path.clone(), line))),
                Some(Err(error)) => {
                    let error = StoreError::io(path.clone())(error);
                    self.open = None;
                    return Some(Err(error));
                }
                None => self.open = None,
            }
        }
    }

    /// Sorts a line: a good reply comes back, a failure waits whether a good one follows.
    fn sort(&mut self, line: &Line) -> Result<Option<(Key, Completion)>, Skip> {
        let bytes = line
            .bytes
            .as_ref()
            .ok_or_else(|| Skip::Broken("the line is too long for a reply".into()))?;
        let json = reply::json(bytes).map_err(Skip::Broken)?;
        let line: ReplyLine = json.typed().map_err(Skip::Broken)?;
        let is_asked = |key: &Key| self.asked.as_ref().is_none_or(|asked| asked.contains(key));
        let key = line.custom_id.parse().ok().filter(is_asked);
        let key = key.ok_or_else(|| Skip::Unknown(start(&line.custom_id, QUOTED_CHARS)))?;
        if self.good.contains(&key) {
            return Err(Skip::Duplicate(key));
        }
        let status = line.response.map(|response| response.status_code);
        let body = json.get("response").and_then(|response| reply::field(response, "body"));
        match judge(status, body, reply::field(&json, "error")) {
            Ok(completion) => {
                self.good.insert(key);
                Ok(Some((key, completion)))
            }
            Err(failure) if self.failed.insert(key) => {
                self.failures.push_back((key, failure));
                Ok(None)
            }
            Err(_) => Err(Skip::Duplicate(key)),
        }
    }

    fn skip(&mut self, path: &Path, line: u64, skip: Skip) {
        let (count, why) = match skip {
            Skip::Unknown(id) => {
                (&mut self.skipped.unknown, format!("a reply to {id:?}, which was not requested"))
            }
            Skip::Duplicate(key) => {
                (&mut self.skipped.duplicate, format!("a second reply to {key}"))
            }
            Skip::Broken(problem) => {
                (&mut self.skipped.broken, format!("not a batch reply: {problem}"))
            }
        };
        *count += 1;
        if self.skipped.named.len() < NAMED {
            self.skipped.named.push(format!("{}:{line}: {why}", path.display()));
        }
    }
}

impl Iterator for Replies {
    type Item = Result<(Key, Result<Completion, BatchFailure>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(line) = self.next_line() {
            let (path, line) = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            match self.sort(&line) {
                Ok(Some((key, completion))) => return Some(Ok((key, Ok(completion)))),
                Ok(None) => {}
                Err(skip) => self.skip(&path, line.number, skip),
            }
        }
        while let Some((key, failure)) = self.failures.pop_front() {
            if !self.good.contains(&key) {
                return Some(Ok((key, Err(failure))));
            }
        }
        None
    }
}

/// Distinguishes a good reply from a failure, which may be in the body or next to it.
fn judge(
    status: Option<u16>,
    body: Option<&Json>,
    error: Option<&Json>,
) -> Result<Completion, BatchFailure> {
    match (status, body, error) {
        (Some(200..=299), Some(body), None) => {
            let first = reply::completions(body).map(|all| all.into_iter().next());
            let problem = match first {
                Ok(Some(completion)) => return Ok(completion),
                Ok(None) => "it has no choices".to_owned(),
                Err(Problem::Form(problem)) => problem,
                Err(Problem::Status(status)) => {
                    return Err(BatchFailure { status: Some(status), text: excerpt_of(body) });
                }
            };
            Err(BatchFailure {
                status,
                text: format!("unusable reply: {problem}, in: {}", excerpt_of(body)),
            })
        }
        (_, _, Some(error)) => Err(BatchFailure { status, text: excerpt_of(error) }),
        (_, Some(body), None) => Err(BatchFailure { status, text: excerpt_of(body) }),
        (_, None, None) => {
            Err(BatchFailure { status, text: "neither a reply nor an error".into() })
        }
    }
}

/// Words a text or other JSON.
fn excerpt_of(json: &Json) -> String {
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    // Reading a file needs no key, so a key in it cannot be distinguished from other text.
    excerpt::excerpt(text.as_bytes(), str::to_owned)
}
