//! A sample before it is checked: what is asked and answered, about what, with which steps.
//!
//! Invariant: every text of the sample that a reader sees is in `text`, and so is checked.

use crate::ground::repository::Execution;
use crate::index::{FileId, SymbolId};
use crate::sample::Text;
use crate::sample::repository::{RepoQuestion, RepoRequirement, TextLanguage};

/// What a sample is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Topic {
    pub file: FileId,
    pub symbol: Option<SymbolId>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub question: String,
    /// The question as it is asked after others about the same function.
    pub follow_up: String,
    pub answer: String,
}

/// A question, or several in a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct QaDraft {
    pub kind: RepoQuestion,
    pub topic: Topic,
    pub lang: TextLanguage,
    /// Tells questions of one kind about one thing apart.
    pub key: String,
    /// Never empty.
    pub turns: Vec<Turn>,
    pub trace: Vec<String>,
    pub executions: Vec<Execution>,
}

/// A requirement with its design.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DesignDraft {
    pub kind: RepoRequirement,
    pub topic: Topic,
    pub lang: TextLanguage,
    pub key: String,
    pub requirement: String,
    pub design: String,
    pub trace: Vec<String>,
    pub files: Vec<String>,
    pub adds: Vec<String>,
    pub executions: Vec<Execution>,
}

impl QaDraft {
    /// The text that is checked.
    pub fn text(&self) -> Text {
        let mut parts = Vec::new();
        for turn in &self.turns {
            parts.push(("question".to_owned(), turn.question.clone()));
            parts.push(("answer".to_owned(), turn.answer.clone()));
        }
        parts.extend(steps(&self.trace));
        Text { parts, adds: Vec::new() }
    }
}

impl DesignDraft {
    /// The text that is checked.
    pub fn text(&self) -> Text {
        let mut parts = vec![
            ("requirement".to_owned(), self.requirement.clone()),
            ("design".to_owned(), self.design.clone()),
        ];
        parts.extend(steps(&self.trace));
        Text { parts, adds: self.adds.clone() }
    }
}

fn steps(trace: &[String]) -> impl Iterator<Item = (String, String)> {
    trace.iter().enumerate().map(|(i, step)| (format!("trace, step {}", i + 1), step.clone()))
}
