//! The free text of a sample, part by part, as it is held against its program.
//!
//! Invariant: all that a model wrote into a sample is in its text.

use serde::{Deserialize, Serialize};

use super::{Design, Qa};
use crate::fences::fenced;

/// The mark of a reply that failed, as some sets have it in place of an answer.
pub const FAILED_REPLY: &str = "[ERROR]";

/// A text, part by part: the name of each part and what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub parts: Vec<(String, String)>,
    /// Names that the text says it adds to the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adds: Vec<String>,
}

/// What a model is asked about a program: the program, then the question or requirement.
pub fn prompt(code: &str, question: &str) -> String {
    format!("{}\n{question}\n", fenced(code))
}

/// What a sample's text becomes for training: the trace, then what it leads to.
pub fn completion(trace: &[String], answer: &str) -> String {
    format!("{}\n\n{answer}\n", trace.join("\n"))
}

impl Qa {
    /// The question, the answer and the trace.
    pub fn text(&self) -> Text {
        let parts = [("question", &self.question), ("answer", &self.answer)];
        Text { parts: with_trace(parts, &self.trace), adds: Vec::new() }
    }
}

impl Design {
    /// The requirement, the design and the trace.
    pub fn text(&self) -> Text {
        let parts = [("requirement", &self.requirement), ("design", &self.design)];
        Text { parts: with_trace(parts, &self.trace), adds: self.adds.clone() }
    }
}

fn with_trace(parts: [(&str, &String); 2], trace: &[String]) -> Vec<(String, String)> {
    let parts = parts.into_iter().map(|(name, text)| (name.to_owned(), text.clone()));
    let steps =
        trace.iter().enumerate().map(|(i, step)| (format!("trace, step {}", i + 1), step.clone()));
    parts.chain(steps).collect()
}
