//! Trajectories of agents: conversations of a task, thoughts with commands, and observations.
//!
//! Invariant: a message keeps its text as it is; a row with a message of another form is not read.

use super::Rows;
use super::hub::Source;
use super::jsonl::JsonLines;
use super::rows::{self, UniqueIds};
use crate::error::Result;
use crate::json::{Json, Object};
use crate::model::{Message, Role};

/// The conversation of one agent about one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trajectory {
    /// The task.
    pub instance: String,
    pub repo: String,
    /// How it ended; empty if the row does not say.
    pub exit_status: String,
    pub messages: Vec<Message>,
}

/// The fields of a trajectory.
const FIELDS: [&str; 4] = ["instance_id", "repo", "exit_status", "messages"];

/// Opens a file of trajectories: rows with `instance_id`, `repo`, `exit_status` and `messages`. The second trajectory of an instance
/// has the id `instance#2`, which rows after it do not change.
pub fn open(source: &Source) -> Result<Rows<Trajectory>> {
    let lines = JsonLines::open_fields(&source.path, &FIELDS)?;
    let reading = lines.reading();
    let read = |row: Object, _| (rows::id_of(&row, &["instance_id"]), trajectory(&row));
    let mut ids = UniqueIds::default();
    let rows = rows::records(lines, source.name.clone(), read);
    let rows = rows.map(move |fate| Ok(ids.apply(fate?)));
    Ok(Rows { rows: Box::new(rows), reading })
}

fn trajectory(row: &Object) -> Result<Trajectory, String> {
    let text = |name: &str| match row.get(name) {
        Some(value) => rows::text(value, name),
        None => Err(missing(row, name)),
    };
    let optional = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    Ok(Trajectory {
        instance: text("instance_id")?.to_owned(),
        repo: optional("repo"),
        exit_status: optional("exit_status"),
        messages: messages(row)?,
    })
}

/// The messages of a row.
pub fn messages(row: &Object) -> Result<Vec<Message>, String> {
    let messages = row.get("messages").ok_or_else(|| missing(row, "messages"))?;
    let messages = messages.as_list().ok_or("field \"messages\" is not a list")?;
    let read = |(index, message): (usize, &Json)| {
        self::message(message).ok_or_else(|| {
            format!("message {} is not an object with `role` and text `content`", index + 1)
        })
    };
    messages.iter().enumerate().map(read).collect()
}

fn missing(row: &Object, name: &str) -> String {
    format!("field {name:?} is missing, the row has {}", rows::field_names(row))
}

fn message(message: &Json) -> Option<Message> {
    let Json::Object(message) = message else { return None };
    let role = match message.get("role")?.as_str()? {
        "system" | "developer" => Role::System,
        "user" | "tool" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let content = match message.get("content")? {
        Json::List(parts) => {
            let texts = parts.iter().map(|part| match part {
                Json::Object(part) => part.get("text")?.as_str(),
                _ => None,
            });
            texts.collect::<Option<Vec<&str>>>()?.concat()
        }
        text => text.as_str()?.to_owned(),
    };
    Some(Message { role, content })
}
