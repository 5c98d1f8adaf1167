//! Turns of agents that were compared: with all verdicts, as preferences, and as conversations to learn from.
//!
//! Invariant: a row has the whole conversation, so that it stands by itself.

use serde::{Deserialize, Serialize};

use crate::named::named_enum;
use crate::record::Lineage;
use crate::schema::{Row, RowSchema};

/// One message, as chat templates take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub role: String,
    pub content: String,
}

named_enum! {
    /// What becomes of a turn by the challenger's score, from 0 to 100.
    pub enum Bucket {
        /// From 80.
        Final = "final",
        /// From 66.
        Refined = "refined",
        Defeat = "defeat",
    }
}

impl Bucket {
    /// The bucket of a score.
    pub fn of(score: f64) -> Self {
        match score {
            score if score >= 80.0 => Self::Final,
            score if score >= 66.0 => Self::Refined,
            _ => Self::Defeat,
        }
    }
}

/// A turn with both answers and what the judges said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedTurn {
    pub id: String,
    pub instance_id: String,
    pub repo: String,
    pub messages: Vec<ChatMessage>,
    pub king: String,
    pub challenger: String,
    /// The dataset's own turn; empty if it is not known.
    pub assistant: String,
    /// The challenger's score, from 0 to 100; absent if too few judges gave a verdict.
    pub score: Option<f64>,
    pub bucket: Option<Bucket>,
    pub judgements: Vec<JudgeRow>,
    pub provenance: DuelProvenance,
}

/// One judge's verdicts, for each metric challenger minus king: -1, 0 or 1, as correctness, grounding, progress, protocol, efficiency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeRow {
    pub judge: String,
    #[serde(default)]
    pub challenger_first: Option<Vec<i8>>,
    #[serde(default)]
    pub king_first: Option<Vec<i8>>,
    /// The verdicts of a judge elsewhere whose orders are not known, or that saw one order alone; absent for our own judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combined: Option<Vec<f64>>,
}

/// Where a turn comes from, and who wrote and judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuelProvenance {
    pub tgsand: String,
    pub source: Lineage,
    pub seed: u64,
    pub king: String,
    pub challenger: String,
}

/// A conversation that ends with the turn to learn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: String,
    pub messages: Vec<ChatMessage>,
    pub score: f64,
    pub bucket: Bucket,
    pub provenance: DuelProvenance,
}

impl Row for JudgedTurn {
    const SCHEMA: RowSchema = RowSchema::new("turn", 1);
}

impl Row for Conversation {
    const SCHEMA: RowSchema = RowSchema::new("conversation", 1);
}

impl JudgeRow {
    /// A judge's row without a verdict.
    pub fn unread(judge: &str) -> Self {
        Self { judge: judge.to_owned(), challenger_first: None, king_first: None, combined: None }
    }

    /// The verdicts of both orders on each metric, so that a reversal is a draw; `None` unless both were read.
    pub fn metrics(&self) -> Option<Vec<f64>> {
        if let Some(combined) = &self.combined {
            return Some(combined.clone());
        }
        let (first, second) = (self.challenger_first.as_ref()?, self.king_first.as_ref()?);
        let both = first.iter().zip(second);
        Some(both.map(|(a, b)| f64::midpoint(f64::from(*a), f64::from(*b))).collect())
    }
}

impl ChatMessage {
    /// A turn of the user.
    pub fn user(content: &str) -> Self {
        Self { role: "user".into(), content: content.to_owned() }
    }

    /// A turn of the assistant.
    pub fn assistant(content: &str) -> Self {
        Self { role: "assistant".into(), content: content.to_owned() }
    }
}
