//! Reads what samples are made from: JSONL rows, Python files and folders of them; and the problems that models are tested by.
//!
//! Invariant: a bad row costs only itself, and says its file and line.

pub mod completions;
pub mod dedupe;
pub mod files;
pub mod jsonl;
pub mod problems;
pub mod stated;
pub mod stdin;

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::error::Result;
use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::record::{Lineage, Record};
use jsonl::JsonLines;

/// Bytes; longer code is data or generated, and its syntax tree takes a hundred times its size.
pub const MAX_SOURCE: usize = 1 << 20;

/// A piece of Python as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCode {
    pub content: String,
    /// Import lines that belong to it and stand apart.
    pub import_code: Vec<String>,
    /// Whether the code is a file of its own, whose functions are told by their own lines.
    pub is_file: bool,
}

/// The names of a row's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    pub id: String,
    pub content: String,
    pub import_code: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self { id: "id".into(), content: "content".into(), import_code: "import_code".into() }
    }
}

/// An input and how much of it has been read.
pub struct Rows<T> {
    pub rows: Box<dyn Iterator<Item = Result<Fate<T>>>>,
    /// Bytes of the input, where that is known beforehand.
    pub bytes: Option<u64>,
    pub bytes_read: jsonl::BytesRead,
    /// Ends an input that is a stream.
    pub hang_up: Option<stdin::HangUp>,
}

/// Raw code and how much of it has been read.
pub type RawRows = Rows<RawCode>;

/// Opens an input: a `.py` file, a folder, or JSONL (also `.gz` and `.zst`, `-` for stdin).
pub fn open(path: &Path, fields: &Fields) -> Result<RawRows> {
    if path.is_dir() || path.extension().is_some_and(|extension| extension == "py") {
        let rows = files::python_files(path)?;
        return Ok(RawRows {
            rows: Box::new(rows),
            bytes: None,
            bytes_read: jsonl::BytesRead::default(),
            hang_up: None,
        });
    }
    let lines = JsonLines::open(path)?;
    let (bytes, bytes_read, hang_up) = (lines.bytes(), lines.bytes_read(), lines.hang_up());
    let fields = fields.clone();
    let file = path.display().to_string();
    let rows = lines.map(move |line| {
        let line = line?;
        let lineage = Lineage { file: file.clone(), line: line.number };
        Ok(match line.json.and_then(|json| raw_code(json, &fields)) {
            Ok((id, body)) => {
                let id = id.unwrap_or_else(|| format!("line-{}", lineage.line));
                Fate::Live(Record { id, lineage, body })
            }
            Err(message) => unreadable(lineage, &message),
        })
    });
    Ok(RawRows { rows: Box::new(rows), bytes, bytes_read, hang_up })
}

/// The fate of a row that cannot be read; it says where.
pub fn unreadable<T>(lineage: Lineage, message: &str) -> Fate<T> {
    let id = format!("line-{}", lineage.line);
    let rejection = Rejection::new(Reason::UnreadableRecord, format!("{lineage}: {message}"));
    Fate::rejected(id, lineage, rejection)
}

fn raw_code(
    mut json: serde_json::Map<String, Json>,
    fields: &Fields,
) -> Result<(Option<String>, RawCode), String> {
    let id = match json.remove(&fields.id) {
        None | Some(Json::Null) => None,
        Some(Json::String(id)) => Some(id),
        Some(Json::Number(id)) => Some(id.to_string()),
        Some(_) => return Err(format!("field {:?} is neither text nor a number", fields.id)),
    };
    let content = match json.remove(&fields.content) {
        Some(Json::String(content)) => content,
        Some(_) => return Err(format!("field {:?} is not text", fields.content)),
        None => {
            let known: Vec<&str> = json.keys().map(String::as_str).take(8).collect();
            return Err(format!(
                "field {:?} is missing, the row has {}; --content-field names another",
                fields.content,
                if known.is_empty() { "no other".to_owned() } else { known.join(", ") }
            ));
        }
    };
    let import_code = match json.remove(&fields.import_code) {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::String(text)) => text.lines().map(str::to_owned).collect(),
        Some(Json::Array(lines)) => lines
            .into_iter()
            .map(|line| line.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| {
                format!("field {:?} holds something else than text", fields.import_code)
            })?,
        Some(_) => {
            return Err(format!(
                "field {:?} is neither text nor a list of texts",
                fields.import_code
            ));
        }
    };
    Ok((id, RawCode { content, import_code, is_file: false }))
}

/// Makes ids unique: the second `x` becomes `x#2`.
#[derive(Default)]
pub struct UniqueIds(HashSet<u64>);

impl UniqueIds {
    /// Gives the id, with a number where it was given before.
    pub fn unique(&mut self, id: String) -> String {
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
