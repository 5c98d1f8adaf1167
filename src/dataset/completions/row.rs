//! One row of replies, in the shapes that harnesses and servers write.
//!
//! Invariant: no value in the place of a reply is skipped: it is a reply, or the row is bad.

use super::{CompletionFields, ProblemRef, StoredReply};
use crate::json::{self, Json, Object};

/// The fields that hold a problem's id if none is named.
const ID_FIELDS: [&str; 5] = ["task_id", "id", "problem_id", "question_id", "name"];
/// The fields that hold replies if none is named.
const REPLY_FIELDS: [&str; 9] = [
    "completions",
    "completion",
    "output",
    "solution",
    "generation",
    "choices",
    "resps",
    "code_list",
    "output_list",
];
/// The field of a program that is a sample of a numbered problem.
const NUMBERED: &str = "code";
/// What servers call the token limit as the reason why a reply ends.
const LIMITS: [&str; 2] = ["length", "max_tokens"];

/// Which problem a row's replies belong to, and the replies.
type Row = (ProblemRef, Vec<StoredReply>);

/// Reads a row that is an object.
pub(super) fn of_object(row: &Object, fields: &CompletionFields, line: u64) -> Result<Row, String> {
    if fields.id.is_none()
        && fields.completion.is_none()
        && let Some(numbered) = numbered(row)
    {
        return Ok(numbered);
    }
    let named = |name: &str| field(row, name).ok_or_else(|| format!("no field {name:?}"));
    let id = match &fields.id {
        Some(name) => Some(named(name)?),
        None => ID_FIELDS.iter().find_map(|name| row.get(name).filter(|id| !id.is_null())),
    };
    let problem = match id {
        Some(Json::Text(id)) => ProblemRef::Id(id.lossy().to_owned()),
        Some(id @ (Json::Int(_) | Json::Float(_))) => ProblemRef::Id(id.to_string()),
        None => ProblemRef::Line(line),
        Some(Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_)) => {
            return Err("the id is neither text nor a number".into());
        }
    };
    let value = match &fields.completion {
        Some(name) => named(name)?,
        None => {
            let usual = || REPLY_FIELDS.iter().filter_map(|name| row.get(name));
            let found = usual().find(|value| !value.is_null()).or_else(|| usual().next());
            found.ok_or_else(|| {
                format!("no reply in any of the fields {}", REPLY_FIELDS.join(", "))
            })?
        }
    };
    let mut given = Vec::new();
    gather(value, &mut given)?;
    let cut = cut(row);
    for reply in &mut given {
        reply.cut = reply.cut.or(cut);
    }
    Ok((problem, given))
}

/// Reads a row of a program and an id such as `12_0`: the problem's place in the test set, from 0, and the sample's number. A row
/// with a reply in one of the usual fields is not of this kind.
fn numbered(row: &Object) -> Option<Row> {
    let (problem, sample) = row.get("id")?.as_str()?.split_once('_')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let has_reply = REPLY_FIELDS.iter().any(|name| row.get(name).is_some());
    if !is_number(problem) || !is_number(sample) || has_reply {
        return None;
    }
    let mut given = Vec::new();
    gather(row.get(NUMBERED)?, &mut given).ok()?;
    Some((ProblemRef::Place(problem.parse().ok()?), given))
}

/// Reads a line that is a list of texts, or the lists of all problems if it is the whole file;
/// `None` if it is neither.
pub(super) fn of_list(text: &str, is_file: bool, line: u64) -> Option<Result<Vec<Row>, String>> {
    let Ok(Json::List(items)) = json::read(text.trim_start_matches('\u{feff}')) else {
        return None;
    };
    if !items.iter().all(is_text) {
        return Some(Err("a list that is a row holds something other than texts".into()));
    }
    let gathered = |value: &Json, line| {
        let mut given = Vec::new();
        gather(value, &mut given).map(|()| (ProblemRef::Line(line), given))
    };
    Some(match is_file && items.iter().all(|item| item.as_list().is_some()) {
        true => items.iter().zip(1..).map(|(item, line)| gathered(item, line)).collect(),
        false => gathered(&Json::List(items), line).map(|row| vec![row]),
    })
}

/// The value of a field; a dot leads into an object, unless a field has the whole name.
fn field<'r>(row: &'r Object, name: &str) -> Option<&'r Json> {
    row.get(name).or_else(|| {
        name.match_indices('.').find_map(|(at, _)| {
            let inner = row.get(name.get(..at)?)?.as_object()?;
            field(inner, name.get(at + 1..)?)
        })
    })
}

fn is_text(item: &Json) -> bool {
    match item {
        Json::Text(_) | Json::Null => true,
        Json::List(items) => items.iter().all(is_text),
        Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Object(_) => false,
    }
}

/// Lists the replies of a value, of lists in lists in their order.
fn gather(value: &Json, given: &mut Vec<StoredReply>) -> Result<(), String> {
    match value {
        // A server that refuses gives no text; an answer it is, and a wrong one.
        Json::Null => given.push(StoredReply::default()),
        // A reply that a lone surrogate cannot be written in still is the model's.
        Json::Text(text) => given.push(StoredReply { text: text.lossy().to_owned(), cut: None }),
        Json::List(items) => items.iter().try_for_each(|item| gather(item, given))?,
        Json::Object(reply) => given.push(of_reply(reply)?),
        Json::Bool(_) | Json::Int(_) | Json::Float(_) => {
            return Err("a reply is not text".into());
        }
    }
    Ok(())
}

/// A choice or a message, as chat servers give them.
fn of_reply(reply: &Object) -> Result<StoredReply, String> {
    let content = match reply.get("message") {
        Some(Json::Object(message)) => message.get("content").unwrap_or(&Json::Null),
        Some(message) => message,
        None => reply
            .get("content")
            .or_else(|| reply.get("text"))
            .ok_or("a reply has no message, content or text")?,
    };
    let text = match content {
        Json::Null => String::new(),
        Json::Text(text) => text.lossy().to_owned(),
        // Parts of one message; a part that is not text, such as a thought, is not part of the
        // answer.
        Json::List(parts) => parts
            .iter()
            .filter_map(|part| match part.get("text")? {
                Json::Text(text) => Some(text.lossy()),
                _ => None,
            })
            .collect(),
        Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Object(_) => {
            return Err("a reply is not text".into());
        }
    };
    Ok(StoredReply { text, cut: cut(reply) })
}

/// Whether a reply was cut off at its token limit, according to the reason in the same object.
fn cut(object: &Object) -> Option<bool> {
    let reason = object.get("finish_reason")?.as_str().filter(|reason| !reason.is_empty())?;
    Some(LIMITS.iter().any(|limit| reason.eq_ignore_ascii_case(limit)))
}
