//! Takes over a journal whose lines have no checksums, as earlier versions wrote it.
//!
//! Invariant: afterwards every line has one, so that no damaged line passes for an earlier version's.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Header, LINE_START, damaged, key_of};
use crate::error::Result;
use crate::flow::checked;
use crate::flow::output::Output;
use crate::schema::{self, Row, RowSchema};

/// The first line of a journal without checksums; the earliest have none.
#[derive(Serialize)]
struct EarlierHeader<'a> {
    stage: &'a str,
}

impl Row for EarlierHeader<'_> {
    const SCHEMA: RowSchema = RowSchema::new("journal", 1);
}

/// A line without a checksum; a line that has one belongs to a newer journal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierLine {
    #[serde(rename = "key")]
    _key: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "outcome")]
    _outcome: Box<RawValue>,
}

/// Whether a journal that begins with this line is of an earlier version.
pub(super) fn begins_with(line: &[u8], stage: &str) -> bool {
    line.starts_with(LINE_START) || is_header(line, stage)
}

fn is_header(line: &[u8], stage: &str) -> bool {
    line.strip_suffix(b"\n") == Some(schema::line(&EarlierHeader { stage }).as_bytes())
}

/// Gives every whole line its checksum; a torn last line is dropped.
pub(super) fn take_over(path: &Path, stage: &str) -> Result<()> {
    let mut sealed = Output::create(path.to_owned())?;
    sealed.write(&Header { stage })?;
    for (number, line) in (1..).zip(checked::whole_lines(path)?) {
        let line = line?;
        if number == 1 && is_header(&line, stage) {
            continue;
        }
        let text = std::str::from_utf8(&line).ok().map(str::trim_end);
        let entry = text.filter(|text| {
            key_of(&line).is_some() && serde_json::from_str::<EarlierLine>(text).is_ok()
        });
        let entry = entry.ok_or_else(|| damaged(path, number))?;
        sealed.write_line(&checked::seal(stage, entry))?;
    }
    sealed.finish()
}
