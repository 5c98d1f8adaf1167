//! Reads what samples are made from: JSONL rows, Python files and folders of them; and the problems that models are tested by.
//!
//! Invariant: a bad row costs only itself, and says its file and line.

pub mod completions;
pub mod dedupe;
pub mod files;
mod folder_calls;
pub mod format;
pub mod functions;
pub mod hub;
pub mod json_list;
pub mod jsonl;
pub mod language;
pub mod packages;
pub mod parquet;
pub mod problems;
pub mod programs;
pub mod pull_requests;
pub mod rows;
pub mod set_aside;
pub mod stated;
pub mod stdin;
pub mod trajectories;
pub mod turn_form;

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::flow::Fate;
use crate::json::{Json, Object};
use crate::schema;
use jsonl::{JsonLines, Reading};
use packages::SourceFile;

/// Bytes; longer code is data or generated, and its syntax tree takes a hundred times its size.
pub const MAX_SOURCE: usize = 1 << 20;

/// A piece of code as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCode {
    pub content: String,
    /// Import lines that belong to it but are stored separately.
    pub import_code: Vec<String>,
    /// The language that the row names, if it names one.
    pub language: Option<String>,
    /// The file that the code is all of; its functions are then reported with their own lines.
    pub file: Option<SourceFile>,
}

/// The field that seed snippets have their code in.
const SEED: &str = "text";
/// The field that says what language the code is in.
const LANGUAGE: &str = "language";

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

/// Opens inputs that are read one after another, each a `.py` file, a folder, JSONL or a JSON list (also `.gz` and `.zst`, `-` for
/// stdin). Files that the patterns `exclude`, as those of a `.gitignore`, name are left out of folders.
pub fn open(paths: &[PathBuf], exclude: &[String], fields: &Fields) -> Result<RawRows> {
    let mut parts = Vec::new();
    for path in paths {
        parts.push(open_one(path, exclude, fields)?);
    }
    let (rows, readings): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|RawRows { rows, reading }| (rows, reading)).unzip();
    Ok(RawRows { rows: Box::new(rows.into_iter().flatten()), reading: Reading::of(readings) })
}

fn open_one(path: &Path, exclude: &[String], fields: &Fields) -> Result<RawRows> {
    if path.is_dir() || path.extension().is_some_and(|extension| extension == "py") {
        return files::python_files(path, exclude);
    }
    let lines = JsonLines::open(path)?;
    let reading = lines.reading();
    let fields = fields.clone();
    let rows =
        rows::records(lines, path.display().to_string(), move |row, _| raw_code(&row, &fields));
    Ok(RawRows { rows: Box::new(rows), reading })
}

fn raw_code(row: &Object, fields: &Fields) -> rows::Read<RawCode> {
    (rows::id_of(row, &[&fields.id]), read_raw_code(row, fields))
}

fn read_raw_code(row: &Object, fields: &Fields) -> Result<RawCode, String> {
    schema::of(row.get(schema::FIELD).and_then(Json::as_str), &[])?;
    if matches!(row.get(&fields.id), Some(Json::Bool(_) | Json::List(_) | Json::Object(_))) {
        return Err(format!("field {:?} is neither text nor a number", fields.id));
    }
    let is_seed = row.get(&fields.content).is_none() && row.get(LANGUAGE).is_some();
    let content_field = if is_seed { SEED } else { &fields.content };
    let content = match row.get(content_field) {
        Some(content) => rows::text(content, content_field)?.to_owned(),
        None => {
            let names = row.iter().map(|(name, _)| name.lossy());
            let known: Vec<&str> = names.filter(|name| *name != fields.id).take(8).collect();
            return Err(format!(
                "field {:?} is missing, the row has {}; --content-field names another",
                fields.content,
                if known.is_empty() { "no other".to_owned() } else { known.join(", ") }
            ));
        }
    };
    let import_code = match row.get(&fields.import_code) {
        None | Some(Json::Null) => Vec::new(),
        Some(text @ Json::Text(_)) => {
            rows::text(text, &fields.import_code)?.lines().map(str::to_owned).collect()
        }
        Some(Json::List(lines)) => lines
            .iter()
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
    let language = row.get(LANGUAGE).and_then(Json::as_str).map(str::to_owned);
    Ok(RawCode { content, import_code, language, file: None })
}
