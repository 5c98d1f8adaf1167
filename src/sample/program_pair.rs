//! Pairs of programs for one problem: which of them passes its tests, and who decided where tests do not.
//!
//! Invariant: a row has the problem with its tests, so that it can be decided again.

use serde::{Deserialize, Serialize};

use super::turn::{ChatMessage, DuelProvenance, JudgeRow};
use crate::named::named_enum;
use crate::schema::{Row, RowSchema};

named_enum! {
    /// Who decided a pair of programs.
    pub enum DecidedBy {
        /// One program passes more tests than the other.
        Execution = "execution",
        /// Both pass as many, and most of the panel prefers one.
        Judges = "judges",
        /// Nobody: both pass as many tests.
        Tie = "tie",
    }
}

/// Two programs for one problem with what came of their tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedPrograms {
    pub id: String,
    pub messages: Vec<ChatMessage>,
    /// The problem with its tests, as JSON text, as loaders would make one column of all formats.
    pub problem: String,
    pub king: String,
    pub challenger: String,
    pub tests: u64,
    pub king_passes: u64,
    pub challenger_passes: u64,
    /// The first test that each of them fails, in one line; empty if it passes all.
    #[serde(default)]
    pub king_failure: String,
    #[serde(default)]
    pub challenger_failure: String,
    pub decided_by: DecidedBy,
    /// 100 if the challenger wins, 0 if the king does, else 50 or what the judges say.
    pub score: f64,
    pub judgements: Vec<JudgeRow>,
    pub provenance: DuelProvenance,
}

impl Row for JudgedPrograms {
    const SCHEMA: RowSchema = RowSchema::new("programs", 1);
}
