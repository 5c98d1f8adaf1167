//! Rows of verdicts that this version cannot read: of a newer one, cut, or changed by hand.
//!
//! Invariant: such a row is kept as it is, and found again by whoever reads the file next.

use serde::Serialize;

use crate::error::Result;
use crate::flow::output::Output;
use crate::record::Lineage;
use crate::schema::{self, Row, RowSchema};

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The row as it stands in its file; empty if that is not text, or too long.
    pub line: String,
    pub lineage: Lineage,
    /// Why, with the row's file and line.
    pub why: String,
}

/// What stands for a row of another file that cannot be copied.
#[derive(Serialize)]
struct UnreadRow<'a> {
    source: &'a Lineage,
    why: &'a str,
}

impl Row for UnreadRow<'_> {
    const SCHEMA: RowSchema = RowSchema::new("unread-turn", 1);
}

impl Unread {
    /// What stands for the rest of a file that cannot be read to its end.
    pub fn rest_of(file: &str, damage: &str) -> Self {
        let lineage = Lineage { file: file.to_owned(), line: 0 };
        Self { line: String::new(), lineage, why: damage.to_owned() }
    }

    /// Whether the row can be written again as it is.
    pub fn can_be_kept(&self) -> bool {
        !self.line.is_empty()
    }

    /// Writes the row again.
    pub fn write(&self, output: &mut Output) -> Result<()> {
        let Self { line, lineage, why } = self;
        match self.can_be_kept() {
            true => output.write_line(line),
            false => output.write_line(&schema::line(&UnreadRow { source: lineage, why })),
        }
    }
}
