//! A job as JSON, and its execution as JSON: what `tgsand exec` reads and writes by the line, and `/v1/exec` over HTTP.
//!
//! Invariant: whatever the text is, it has one answer, an execution or an error, with the id that it gave.

mod fields;

pub use fields::argument;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::{self, Json, Object};
use crate::sandbox::{Execution, Job, Limits};

/// Values in the JSON of a job; reading more would take many times the memory of the text itself.
pub const MAX_VALUES: usize = 1_000_000;

/// The id of a job as it is written back.
pub type Id = Box<RawValue>;

/// The id of a text that has none.
pub fn no_id() -> Id {
    RawValue::NULL.to_owned()
}

/// The answer to a job that ran.
#[derive(Serialize)]
pub struct Line<'a> {
    pub id: &'a RawValue,
    #[serde(flatten)]
    pub execution: &'a Execution,
    pub runtime: &'a str,
}

/// The answer to a job that did not.
#[derive(Serialize)]
pub struct ErrorLine<'a> {
    pub id: &'a RawValue,
    pub error: &'a str,
}

/// Reads a text's id, and its job with the name of its runtime; the limits and the runtime are those of a job that names none.
pub fn read(text: &[u8], limits: Limits, runtime: &str) -> (Id, Result<(Job, String), String>) {
    let fields = match object(text) {
        Ok(fields) => fields,
        Err(why) => return (no_id(), Err(format!("not a JSON object: {why}"))),
    };
    let id = fields.get("id").map(Json::to_string).unwrap_or_default();
    // An id that other readers of JSON would refuse, such as NaN, is not written back.
    let id = RawValue::from_string(id).unwrap_or_else(|_| no_id());
    (id, fields::read(fields, limits, runtime))
}

fn object(text: &[u8]) -> Result<Object, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    match json::read(text).map_err(|error| error.to_string())? {
        Json::Object(object) => Ok(object),
        other => Err(format!("found {}", fields::shown(&other))),
    }
}
