//! Replies that exist, as JSONL.
//!
//! Invariant: the replies to a problem keep the order of the file, whether they stand in one row or in several.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value as Json};

use super::jsonl::JsonLines;
use crate::error::Result;

/// The fields that hold a problem's id where none is named.
const ID_FIELDS: [&str; 3] = ["task_id", "id", "problem_id"];
/// The fields that hold replies where none is named.
const REPLY_FIELDS: [&str; 5] = ["completions", "completion", "output", "solution", "generation"];

/// The replies of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completions {
    /// By the problem's id.
    pub replies: BTreeMap<String, Vec<String>>,
    /// Rows that hold no replies, each as a sentence with its file and line.
    pub bad: Vec<String>,
}

/// The names of the fields; `None` for the usual ones.
#[derive(Debug, Clone, Default)]
pub struct CompletionFields {
    pub id: Option<String>,
    pub completion: Option<String>,
}

impl Completions {
    /// Reads a file (also `.gz` and `.zst`, `-` for stdin): each row has a problem's id and a reply, or a list of them.
    ///
    /// A row without an id belongs to the problem of the same line.
    pub fn read(path: &Path, fields: &CompletionFields) -> Result<Self> {
        let mut found = Self::default();
        for line in JsonLines::open(path)? {
            let line = line?;
            match line.json.and_then(|row| replies(&row, fields, line.number)) {
                Ok((id, replies)) => found.replies.entry(id).or_default().extend(replies),
                Err(why) => found.bad.push(format!("{}:{}: {why}", path.display(), line.number)),
            }
        }
        Ok(found)
    }
}

fn replies(row: &Map<String, Json>, fields: &CompletionFields, line: u64) -> Result<(String, Vec<String>), String> {
    let named = |name: &Option<String>, usual: &[&str]| match name {
        Some(name) => row.get(name).ok_or_else(|| format!("no field {name:?}")).map(Some),
        None => Ok(usual.iter().find_map(|name| row.get(*name).filter(|value| !value.is_null()))),
    };
    let id = match named(&fields.id, &ID_FIELDS)? {
        Some(Json::String(id)) => id.clone(),
        Some(Json::Number(id)) => id.to_string(),
        None => format!("line-{line}"),
        Some(_) => return Err("the id is neither text nor a number".into()),
    };
    let replies = match named(&fields.completion, &REPLY_FIELDS)? {
        Some(Json::String(text)) => vec![text.clone()],
        Some(Json::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or("a reply is not text"))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err("the reply is neither text nor a list".into()),
        None => return Err(format!("no reply; it is looked for in {}", REPLY_FIELDS.join(", "))),
    };
    Ok((id, replies))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, fields: &CompletionFields) -> Completions {
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Completions::read(file.path(), fields).unwrap()
    }

    #[test]
    fn rows_and_lists_of_one_problem_are_put_together() {
        let text = "{\"task_id\":\"a\",\"completion\":\"1\"}\n{\"id\":7,\"completions\":[\"x\",\"y\"]}\n{\"task_id\":\"a\",\"output\":\"2\"}\n{\"output\":\"z\"}\n";
        let found = read(text, &CompletionFields::default());
        let of = |id: &str| found.replies[id].clone();
        assert_eq!(
            (of("a"), of("7"), of("line-4")),
            (vec!["1".into(), "2".into()], vec!["x".into(), "y".into()], vec!["z".into()])
        );
        assert_eq!(found.bad, Vec::<String>::new());
    }

    #[test]
    fn a_bad_row_is_named_and_the_others_are_read() {
        let fields = CompletionFields { id: Some("q".into()), completion: Some("a".into()) };
        let found = read("{\"q\":\"a\",\"a\":\"1\"}\nbroken\n{\"q\":\"b\"}\n{\"q\":\"c\",\"a\":[1]}\n", &fields);
        assert_eq!(found.replies.len(), 1);
        assert_eq!(found.bad.len(), 3);
        assert!(found.bad[1].ends_with(":3: no field \"a\"") && found.bad[2].ends_with(":4: a reply is not text"));
    }
}
