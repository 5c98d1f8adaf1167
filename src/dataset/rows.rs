//! From the rows of a JSON input to records.
//!
//! Invariant: every line becomes one fate, and a record's lineage is the line that it was read from.

use std::collections::HashSet;

use super::jsonl::Line;
use crate::error::Result;
use crate::flow::Fate;
use crate::json::{Json, Object};
use crate::outcome::{Reason, Rejection};
use crate::record::{Lineage, Record};
use crate::report::excerpt;

/// What a row says: its id, if it has one, and its content, or why that cannot be read.
pub type Read<T> = (Option<String>, std::result::Result<T, String>);

/// Makes records of lines. `read` gets a row and its text; a row without an id is named after its line.
pub fn records<T>(
    lines: impl Iterator<Item = Result<Line>>,
    file: String,
    mut read: impl FnMut(Object, String) -> Read<T>,
) -> impl Iterator<Item = Result<Fate<T>>> {
    lines.map(move |line| {
        let Line { number, json, text, .. } = line?;
        let lineage = Lineage { file: file.clone(), line: number };
        let (id, body) = match json {
            Ok(row) => read(row, text),
            Err(message) => (None, Err(message)),
        };
        let id = id.unwrap_or_else(|| line_id(&lineage));
        Ok(match body {
            Ok(body) => Fate::Live(Record { id, lineage, body }),
            Err(message) => unreadable_as(id, lineage, &message),
        })
    })
}

/// The fate of a row that cannot be read; it says where.
pub fn unreadable<T>(lineage: Lineage, message: &str) -> Fate<T> {
    unreadable_as(line_id(&lineage), lineage, message)
}

fn unreadable_as<T>(id: String, lineage: Lineage, message: &str) -> Fate<T> {
    let rejection = Rejection::new(Reason::UnreadableRecord, format!("{lineage}: {message}"));
    Fate::rejected(id, lineage, rejection)
}

fn line_id(lineage: &Lineage) -> String {
    format!("line-{}", lineage.line)
}

/// The id of a row: the first of these fields that holds a text or a number.
pub fn id_of(row: &Object, fields: &[&str]) -> Option<String> {
    fields.iter().find_map(|name| match row.get(name)? {
        Json::Text(id) => id.as_str().filter(|id| !id.is_empty()).map(str::to_owned),
        id @ (Json::Int(_) | Json::Float(_)) => Some(id.to_string()),
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
    })
}

/// The text of a field.
pub fn text<'r>(json: &'r Json, name: &str) -> std::result::Result<&'r str, String> {
    match json {
        Json::Text(text) => text.as_str().ok_or_else(|| {
            format!("field {name:?} has a lone surrogate, which a text in UTF-8 cannot hold")
        }),
        _ => Err(format!("field {name:?} is not text")),
    }
}

/// The names of a row's fields, for a reader; of many the first few.
pub fn field_names(row: &Object) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = row.iter().map(|(name, _)| excerpt(name.lossy())).collect();
    match names.get(..SHOWN) {
        Some(first) if names.len() > SHOWN => format!("{} and more", first.join(", ")),
        Some(_) | None => names.join(", "),
    }
}

/// Makes ids unique: the second `x` becomes `x#2`.
#[derive(Default)]
pub struct UniqueIds(HashSet<u64>);

impl UniqueIds {
    /// The fate of the same record under a unique id.
    pub fn apply<T>(&mut self, mut fate: Fate<T>) -> Fate<T> {
        let id = match &mut fate {
            Fate::Live(record) => &mut record.id,
            Fate::Rejected(dropped) => &mut dropped.id,
            Fate::Deferred(dropped) => &mut dropped.id,
        };
        *id = self.unique(std::mem::take(id));
        fate
    }

    /// Gives the id, with a number if it was given before.
    fn unique(&mut self, id: String) -> String {
        let mut given = id.clone();
        let mut count = 1;
        while !self.0.insert(short_hash(&given)) {
            count += 1;
            given = format!("{id}#{count}");
        }
        given
    }
}

/// A hash for each id keeps a long run's memory small; a collision only numbers an id that was unique anyway.
fn short_hash(id: &str) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    let mut short = [0; 8];
    short.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(short)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(number: u64, json: serde_json::Value) -> Result<Line> {
        let text = json.to_string();
        let json = match Json::from(json) {
            Json::Object(row) => Ok(row),
            _ => Err("not an object".to_owned()),
        };
        Ok(Line { number, position: number, json, text })
    }

    #[test]
    fn every_line_becomes_one_fate_under_a_unique_id() {
        let lines =
            [json!({"id": "a"}), json!({"id": 7}), json!({"id": ""}), json!(1), json!({"id": "a"})];
        let lines = lines.into_iter().enumerate().map(|(at, json)| line(at as u64 + 1, json));
        let read = |row: Object, text| (id_of(&row, &["name", "id"]), Ok(text));
        let mut ids = UniqueIds::default();
        let found: Vec<(String, u64, String)> = records(lines, "f.jsonl".into(), read)
            .map(|fate| match ids.apply(fate.unwrap()) {
                Fate::Live(record) => (record.id, record.lineage.line, record.body),
                Fate::Rejected(dropped) => (dropped.id, dropped.lineage.line, dropped.why.detail),
                Fate::Deferred(dropped) => panic!("{} is deferred", dropped.id),
            })
            .collect();
        let expected = [
            ("a", 1, r#"{"id":"a"}"#),
            ("7", 2, r#"{"id":7}"#),
            ("line-3", 3, r#"{"id":""}"#),
            ("line-4", 4, "f.jsonl:4: not an object"),
            ("a#2", 5, r#"{"id":"a"}"#),
        ];
        assert_eq!(found, expected.map(|(id, line, body)| (id.to_owned(), line, body.to_owned())));
    }

    #[test]
    fn an_id_with_a_number_that_was_given_gets_the_next_one() {
        let mut ids = UniqueIds::default();
        let given = ["x", "x#2", "x", "x"].map(|id| ids.unique(id.into()));
        assert_eq!(given, ["x", "x#2", "x#3", "x#4"]);
    }
}
