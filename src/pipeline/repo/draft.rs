//! A sample before it is checked: what is asked and answered, about what, with which steps.
//!
//! Invariant: every sentence of the sample is in `text`, and so is checked; what it shows of the repository is not its own.

use super::code::Code;
use super::context::Excerpt;
use crate::error::Result;
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
    /// What the question has to show.
    pub shown: Excerpt,
    /// Its text, once it is known to have room.
    pub context: String,
    /// Of a call path: its last calls, which many paths may share.
    pub chain: String,
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
    pub shown: Excerpt,
    pub context: String,
}

impl Turn {
    /// The question as it is asked in this place of a conversation.
    pub fn asked(&self, at: usize) -> &str {
        if at == 0 { &self.question } else { &self.follow_up }
    }
}

impl QaDraft {
    /// One question, asked in the same words wherever it stands.
    pub fn of(
        kind: RepoQuestion,
        topic: Topic,
        key: &str,
        lang: TextLanguage,
        (question, answer): (String, String),
        trace: Vec<String>,
        shown: Excerpt,
    ) -> Self {
        Self {
            kind,
            topic,
            lang,
            key: key.to_owned(),
            turns: vec![Turn { follow_up: question.clone(), question, answer }],
            trace,
            executions: Vec::new(),
            shown,
            context: String::new(),
            chain: String::new(),
        }
    }

    /// The draft with the text of what it shows; none if a message has no room for it.
    pub fn in_context(mut self, code: &Code<'_>) -> Result<Option<Self>> {
        let context = self.shown.text(code, self.lang)?;
        Ok(context.map(|context| {
            self.context = context;
            self
        }))
    }

    /// The text that is checked.
    pub fn text(&self) -> Text {
        let mut parts = Vec::new();
        for (at, turn) in self.turns.iter().enumerate() {
            parts.push(("question".to_owned(), turn.asked(at).to_owned()));
            parts.push(("answer".to_owned(), turn.answer.clone()));
        }
        parts.extend(steps(&self.trace));
        Text { parts, adds: Vec::new() }
    }
}

impl DesignDraft {
    /// The draft with the text of what it shows; none if a message has no room for it.
    pub fn in_context(mut self, code: &Code<'_>) -> Result<Option<Self>> {
        let context = self.shown.text(code, self.lang)?;
        Ok(context.map(|context| {
            self.context = context;
            self
        }))
    }

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
