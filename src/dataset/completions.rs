//! Existing replies, as rows of JSON.
//!
//! Invariant: the replies to a problem keep the order of the file, whether they are in one row or
//! in several.

mod row;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::jsonl::{JsonLines, Line};
use crate::error::Result;

/// A reply that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredReply {
    /// Empty if the file has `null`, as it has of a refusal.
    pub text: String,
    /// Whether the reply was cut at its token limit; `None` if the file does not say why it ends.
    pub cut: Option<bool>,
}

/// The replies of a file.
#[derive(Debug, Default)]
pub struct Completions {
    replies: BTreeMap<ProblemRef, Replies>,
    /// Whether there are samples that are named by the place of their problem in the test set.
    pub has_numbered: bool,
    /// Rows that hold no replies, each as a sentence with its file and line.
    pub bad: Vec<String>,
    /// The id of the first problem that has no replies.
    unanswered: OnceLock<String>,
}

/// Which problem a row's replies belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum ProblemRef {
    /// The problem with this id.
    Id(String),
    /// The problem on this line of the test set.
    Line(u64),
    /// The problem at this place in the test set, from 0: one less than its line.
    Place(u64),
}

#[derive(Debug, Default)]
struct Replies {
    given: Vec<StoredReply>,
    rows: u64,
    /// The line of the first row.
    first: u64,
    is_claimed: AtomicBool,
}

/// Replies that belong to no problem of the test set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unclaimed {
    /// Ids, and lines of rows without an id.
    pub names: usize,
    pub rows: u64,
    /// The first two names in the file, ready to be shown.
    pub first: Vec<String>,
    /// The id of a problem without replies.
    pub unanswered: Option<String>,
}

/// The names of the fields; `None` for the usual ones. A dot leads into an object, unless a field has the whole name.
#[derive(Debug, Clone, Default)]
pub struct CompletionFields {
    pub id: Option<String>,
    pub completion: Option<String>,
}

impl Completions {
    /// Reads a file (also `.gz` and `.zst`, `-` for stdin): each row has a problem's id and a reply, or a list of them.
    ///
    /// A row without an id, and a row that is nothing but a list of replies, belongs to the problem of the same line of the test
    /// set; in a file that is a list of rows, the position in it is the line. A file of one line that is a list of lists has the replies of one problem after the other. A row with `code`, no other reply, and an id such as `12_0` is sample 0 of the problem at place 12, from 0.
    pub fn read(path: &Path, fields: &CompletionFields) -> Result<Self> {
        let mut found = Self::default();
        let mut lines = JsonLines::open(path)?.peekable();
        let mut is_alone = true;
        while let Some(line) = lines.next() {
            let Line { number, position, json, text } = line?;
            is_alone = is_alone && lines.peek().is_none();
            let read = match json {
                Ok(row) => row::of_object(&row, fields, position).map(|row| vec![row]),
                Err(why) => row::of_list(&text, is_alone, position).unwrap_or(Err(why)),
            };
            is_alone = false;
            match read {
                Ok(rows) => {
                    rows.into_iter().for_each(|(problem, given)| found.add(problem, given, number));
                }
                Err(why) => found.bad.push(format!("{}:{number}: {why}", path.display())),
            }
        }
        Ok(found)
    }

    fn add(&mut self, problem: ProblemRef, given: Vec<StoredReply>, line: u64) {
        self.has_numbered |= matches!(problem, ProblemRef::Place(_));
        let replies = self
            .replies
            .entry(problem)
            .or_insert_with(|| Replies { first: line, ..Replies::default() });
        replies.given.extend(given);
        replies.rows += 1;
    }

    /// Gives the replies to a problem, by its id, else by the line of its row, and notes that they have found their problem.
    pub fn claim(&self, id: &str, line: u64) -> Option<&[StoredReply]> {
        let of = |problem: ProblemRef| self.replies.get(&problem);
        let replies = of(ProblemRef::Id(id.to_owned()))
            .or_else(|| of(ProblemRef::Id(other_name(id))))
            .or_else(|| of(ProblemRef::Line(line)))
            .or_else(|| of(ProblemRef::Place(line.checked_sub(1)?)));
        let Some(replies) = replies else {
            self.unanswered.get_or_init(|| id.to_owned());
            return None;
        };
        replies.is_claimed.store(true, Ordering::Relaxed);
        Some(&replies.given)
    }

    /// Counts the rows that have no id, and belong to the problem on their line.
    pub fn without_id(&self) -> u64 {
        let by_line = |problem: &ProblemRef| matches!(problem, ProblemRef::Line(_));
        self.replies.iter().filter(|(problem, _)| by_line(problem)).map(|(_, it)| it.rows).sum()
    }

    /// The texts of all replies.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.replies.values().flat_map(|replies| &replies.given).map(|reply| reply.text.as_str())
    }

    /// Counts the replies that no problem has claimed, which is to be asked once all problems were read.
    pub fn unclaimed(&self) -> Unclaimed {
        let is_unclaimed =
            |(_, replies): &(&ProblemRef, &Replies)| !replies.is_claimed.load(Ordering::Relaxed);
        let mut left: Vec<(&ProblemRef, &Replies)> =
            self.replies.iter().filter(is_unclaimed).collect();
        left.sort_by_key(|(_, replies)| replies.first);
        Unclaimed {
            names: left.len(),
            rows: left.iter().map(|(_, replies)| replies.rows).sum(),
            first: left.iter().take(2).map(|(problem, _)| problem.to_string()).collect(),
            unanswered: self.unanswered.get().cloned(),
        }
    }
}

/// The name of a problem of MBPP in the other of the two forms that sets and harnesses write: `2` and `Mbpp/2`.
fn other_name(id: &str) -> String {
    match id.strip_prefix("Mbpp/") {
        Some(number) => number.to_owned(),
        None => format!("Mbpp/{id}"),
    }
}

impl std::fmt::Display for ProblemRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Place(place) => write!(f, "problem {place}"),
        }
    }
}

#[cfg(test)]
mod tests;
