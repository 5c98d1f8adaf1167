//! Reads what samples are made from: JSONL rows, Python files and folders of them; and the problems that models are tested by.
//!
//! Invariant: a bad row costs only itself, and says its file and line.

pub mod completions;
pub mod dedupe;
pub mod files;
pub mod format;
pub mod jsonl;
pub mod problems;
pub mod rows;
pub mod stated;
pub mod stdin;

use std::path::Path;

use serde_json::Value as Json;

use crate::error::Result;
use crate::flow::Fate;
use crate::schema;
use jsonl::{JsonLines, Reading};

/// Bytes; longer code is data or generated, and its syntax tree takes a hundred times its size.
pub const MAX_SOURCE: usize = 1 << 20;

/// A piece of Python as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCode {
    pub content: String,
    /// Import lines that belong to it but are stored separately.
    pub import_code: Vec<String>,
    /// Whether the code is a file of its own; its functions are then reported with their own lines.
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
    pub reading: Reading,
}

/// Raw code and how much of it has been read.
pub type RawRows = Rows<RawCode>;

/// Opens an input: a `.py` file, a folder, or JSONL (also `.gz` and `.zst`, `-` for stdin).
pub fn open(path: &Path, fields: &Fields) -> Result<RawRows> {
    if path.is_dir() || path.extension().is_some_and(|extension| extension == "py") {
        let rows = files::python_files(path)?;
        return Ok(RawRows { rows: Box::new(rows), reading: Reading::default() });
    }
    let lines = JsonLines::open(path)?;
    let reading = lines.reading();
    let fields = fields.clone();
    let rows =
        rows::records(lines, path.display().to_string(), move |row, _| raw_code(row, &fields));
    Ok(RawRows { rows: Box::new(rows), reading })
}

fn raw_code(mut json: serde_json::Map<String, Json>, fields: &Fields) -> rows::Read<RawCode> {
    schema::of(&json, &[])?;
    if matches!(json.get(&fields.id), Some(Json::Bool(_) | Json::Array(_) | Json::Object(_))) {
        return Err(format!("field {:?} is neither text nor a number", fields.id));
    }
    let id = rows::id_of(&json, &[&fields.id]);
    json.remove(&fields.id);
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
                format!("field {:?} holds something other than text", fields.import_code)
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
