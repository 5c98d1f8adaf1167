//! Pairs of programs for one problem: which of them passes its tests, and who decided where tests do not.
//!
//! Invariant: a row has the problem with its tests, so that it can be decided again.

use serde::{Deserialize, Serialize};

use super::turn::{Bucket, ChatMessage, DuelProvenance, JudgeRow};
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
    pub decided_by: DecidedBy,
    /// 100 if the challenger wins, 0 if the king does, else 50 or what the judges say.
    pub score: f64,
    pub judgements: Vec<JudgeRow>,
    pub provenance: DuelProvenance,
}

/// A problem with a better and a worse program, in the conversational form of preference trainers.
///
/// It has the columns of a pair of turns (`TurnPair`), so that a loader reads both kinds at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramPair {
    pub id: String,
    pub prompt: Vec<ChatMessage>,
    pub chosen: Vec<ChatMessage>,
    pub rejected: Vec<ChatMessage>,
    /// That of the chosen program, from 0 to 100; earlier versions did not write it.
    #[serde(default)]
    pub score: Option<f64>,
    /// The name of the score's bucket; empty below all that turns are exported from.
    #[serde(default)]
    pub bucket: String,
    /// The problem with its tests, as JSON text.
    pub problem: String,
    pub tests: u64,
    pub chosen_passes: u64,
    pub rejected_passes: u64,
    pub decided_by: DecidedBy,
    pub provenance: DuelProvenance,
}

impl ProgramPair {
    /// The name of the bucket of a winner's score.
    pub fn bucket_of(score: f64) -> &'static str {
        match Bucket::of(score) {
            bucket @ (Bucket::Final | Bucket::Refined) => bucket.name(),
            Bucket::Defeat => "",
        }
    }
}

impl Row for JudgedPrograms {
    const SCHEMA: RowSchema = RowSchema::new("programs", 1);
}

impl Row for ProgramPair {
    const SCHEMA: RowSchema = RowSchema::new("program-pair", 1);
}
