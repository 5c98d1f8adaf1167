//! Questions that one traced call answers: how they, their answers and the trace are written.
//!
//! Invariant: the same call and trace give the same texts, so that a reader of a sample can write them again and compare.

use super::notation::{call_text, effects, result_text};
use crate::sample::{QuestionKind, SampleCase};
use crate::sandbox::{End, Step};

/// A call with its line trace, in a program.
#[derive(Debug, Clone, Copy)]
pub struct TracedCall<'a> {
    pub program: &'a str,
    pub entry: &'a str,
    pub case: &'a SampleCase,
    pub steps: &'a [Step],
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub question: String,
    pub answer: String,
}

impl TracedCall<'_> {
    /// Writes the question of a kind; `None` if the call does not answer one.
    pub fn question(&self, kind: QuestionKind) -> Option<Question> {
        match kind {
            QuestionKind::PredictOutput => Some(self.predict_output()),
            QuestionKind::FindInput => Some(self.find_input()),
            QuestionKind::ExplainBranch => self.explain_branch(),
            QuestionKind::FreeText => None,
        }
    }

    fn predict_output(&self) -> Question {
        Question {
            question: format!("What is the result of `{}`?", self.call()),
            answer: self.result(),
        }
    }

    fn find_input(&self) -> Question {
        let result = result_text(&self.case.end);
        let question = format!("Find arguments for which `{}` gives `{result}`.", self.entry);
        Question { question, answer: self.result() }
    }

    fn explain_branch(&self) -> Option<Question> {
        let call = self.call();
        let (question, answer) = match &self.case.end {
            End::Raised(raised) => {
                let line = raised.line.and_then(|line| Some((line, self.line(line)?)));
                let place = match line {
                    Some((number, text)) => format!("line {number}, `{text}`"),
                    None => "code outside the program".to_owned(),
                };
                let way = match self.decision() {
                    Some(decision) => format!(" {decision}"),
                    None => String::new(),
                };
                (
                    format!("Why does `{call}` raise `{}`?", raised.kind),
                    format!(
                        "The exception comes from {place}: {}: {}.{way}",
                        raised.kind, raised.message
                    ),
                )
            }
            _ => (
                format!("Which way does `{call}` go through the branches of the function?"),
                format!("{} The result is `{}`.", self.decision()?, result_text(&self.case.end)),
            ),
        };
        Some(Question { question, answer })
    }

    /// Writes the trace, one text for each step.
    pub fn trace(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            let text = self.line(step.line).unwrap_or_default();
            let set: Vec<String> =
                step.set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let set =
                if set.is_empty() { String::new() } else { format!("; then {}", set.join(", ")) };
            // The trace begins with the call itself.
            lines.push(match i {
                0 => format!("The call{set}"),
                _ => format!("Line {}: `{text}`{set}", step.line),
            });
        }
        lines
    }

    /// Says, from the trace, where execution went after each of the last few `if` lines.
    fn decision(&self) -> Option<String> {
        let decisions: Vec<String> = self
            .steps
            .windows(2)
            .filter(|pair| pair[0].function == pair[1].function)
            .filter_map(|pair| {
                let text = self.line(pair[0].line)?;
                // The next line shows which way the branch went only if the branch is on lines of
                // its own and the test does not enter this function again.
                let is_test =
                    ["if ", "elif ", "while "].iter().any(|keyword| text.starts_with(keyword))
                        && text.ends_with(':')
                        && !text.contains(&format!("{}(", pair[0].function));
                let next = self.line(pair[1].line)?;
                let holds = self.is_in_block_of(pair[0].line, pair[1].line);
                let verdict = if holds { "holds" } else { "does not hold" };
                is_test.then(|| {
                    format!(
                        "On line {}, `{text}` {verdict}, so line {} runs next: `{next}`.",
                        pair[0].line, pair[1].line
                    )
                })
            })
            .collect();
        // The first decision and the last two tell a loop's story without repeating it.
        let mut told: Vec<String> = Vec::new();
        for decision in decisions.iter().take(1).chain(decisions.iter().skip(1).rev().take(2).rev())
        {
            if !told.contains(decision) {
                told.push(decision.clone());
            }
        }
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn call(&self) -> String {
        call_text(self.entry, self.case)
    }

    fn result(&self) -> String {
        let effects = effects(self.entry, self.case);
        let also = if effects.is_empty() { effects } else { format!(", and {effects}") };
        format!("`{}` gives `{}`{also}.", self.call(), result_text(&self.case.end))
    }

    fn line(&self, number: u32) -> Option<&str> {
        let text = self.program.lines().nth((number as usize).checked_sub(1)?)?;
        Some(text.trim())
    }

    /// Whether a line is in the block that an earlier line opens: everything between is indented
    /// deeper than the opener.
    fn is_in_block_of(&self, opener: u32, line: u32) -> bool {
        let indent = |text: &str| text.len() - text.trim_start().len();
        let Some(depth) = self.program.lines().nth((opener as usize).saturating_sub(1)).map(indent)
        else {
            return false;
        };
        let mut between = self.program.lines().take(line as usize).skip(opener as usize);
        let is_code = |text: &str| !text.trim().is_empty() && !text.trim_start().starts_with('#');
        line > opener && between.all(|text| !is_code(text) || indent(text) > depth)
    }
}
