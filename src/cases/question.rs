//! Questions that one traced call answers: how they, their answers and the trace are written.
//!
//! Invariant: the same call and trace give the same texts, so that a reader of a sample can write them again and compare.

use super::notation::{call_text, effects, result_text};
use super::trace::Trace;
use super::wordings;
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
        Question { question: self.asked(&wordings::PREDICT), answer: self.result() }
    }

    fn find_input(&self) -> Question {
        Question { question: self.asked(&wordings::FIND), answer: self.result() }
    }

    fn explain_branch(&self) -> Option<Question> {
        let (wordings, answer) = match &self.case.end {
            End::Raised(raised) => {
                let trace = Trace::new(self.program, self.steps, self.case);
                let line = raised.line.and_then(|line| Some((line, trace.statement(line)?)));
                let place = match line {
                    Some((number, text)) => format!("line {number}, `{text}`"),
                    None => "code outside the program".to_owned(),
                };
                let way = self.decisions().map(|way| format!(" {way}")).unwrap_or_default();
                let said = match raised.message.as_str() {
                    "" => raised.kind.clone(),
                    message => format!("{}: {message}", raised.kind),
                };
                let stop = if said.ends_with(['.', '!', '?']) { "" } else { "." };
                (&wordings::RAISE, format!("The exception comes from {place}: {said}{stop}{way}"))
            }
            end => {
                let answer = format!("{} The result is `{}`.", self.decisions()?, result_text(end));
                (&wordings::BRANCHES, answer)
            }
        };
        Some(Question { question: self.asked(wordings), answer })
    }

    /// A question about this call, in one of its wordings.
    fn asked(&self, wordings: &[&'static str; 12]) -> String {
        let call = self.call();
        let wording = wordings::pick(wordings, self.program, &call);
        let error = match &self.case.end {
            End::Raised(raised) => raised.kind.clone(),
            _ => String::new(),
        };
        let result = result_text(&self.case.end);
        // Each part once, so that a result with the word `CALL` in it stays as it is.
        let values = [("CALL", &call), ("RESULT", &result), ("ERROR", &error)];
        let entry = self.entry.to_owned();
        let values = values.into_iter().chain([("ENTRY", &entry)]);
        let mut parts: Vec<String> = wording.split('`').map(str::to_owned).collect();
        for part in &mut parts {
            if let Some((_, value)) = values.clone().find(|(name, _)| name == part) {
                part.clone_from(value);
            }
        }
        parts.join("`")
    }

    /// Writes the trace, one text for each statement that ran. To find an input, it goes from what is wanted back to the arguments.
    pub fn trace(&self, kind: QuestionKind) -> Vec<String> {
        let trace = Trace::new(self.program, self.steps, self.case);
        let mut lines = trace.lines();
        if kind == QuestionKind::FindInput {
            let result = result_text(&self.case.end);
            let wanted = match trace.last_return() {
                Some((line, text)) => {
                    format!(
                        "The result must be `{result}`. Line {line}, `{text}`, can give it. Going back from there:"
                    )
                }
                None => format!("The result must be `{result}`. Going back from there:"),
            };
            if let Some(first) = lines.first_mut()
                && let Some(arguments) = first.strip_prefix("The call; then ")
            {
                *first = format!("So the call began with {arguments}");
            }
            lines.push(wanted);
            lines.reverse();
        }
        lines
    }

    /// Says how each condition that was met came out, in the order in which they were met.
    fn decisions(&self) -> Option<String> {
        let mut met: Vec<(u32, Vec<(bool, u32)>)> = Vec::new();
        for pair in self.steps.windows(2).filter(|pair| pair[0].function == pair[1].function) {
            let Some(text) = self.line(pair[0].line) else { continue };
            // The next line shows which way the branch went only if the branch is on lines of
            // its own and the test does not enter this function again.
            let is_test = ["if ", "elif ", "while "].iter().any(|word| text.starts_with(word))
                && text.ends_with(':')
                && !text.contains(&format!("{}(", pair[0].function));
            // A test that raises neither holds nor fails to hold.
            let is_caught = self.line(pair[1].line).is_some_and(|next| next.starts_with("except"));
            if is_test && !is_caught && pair[0].line != pair[1].line {
                let outcome = (self.is_in_block_of(pair[0].line, pair[1].line), pair[1].line);
                match met.iter_mut().find(|(line, _)| *line == pair[0].line) {
                    Some((_, outcomes)) => outcomes.push(outcome),
                    None => met.push((pair[0].line, vec![outcome])),
                }
            }
        }
        // A test that comes last let the function end.
        if let Some(last) = self.steps.last()
            && matches!(self.case.end, End::Returned { .. })
            && let Some(text) = self.line(last.line)
            && ["if ", "elif ", "while "].iter().any(|word| text.starts_with(word))
            && text.ends_with(':')
        {
            match met.iter_mut().find(|(line, _)| *line == last.line) {
                Some((_, outcomes)) => outcomes.push((false, 0)),
                None => met.push((last.line, vec![(false, 0)])),
            }
        }
        let verb = |holds: bool| if holds { "holds" } else { "does not hold" };
        let said = |(line, outcomes): &(u32, Vec<(bool, u32)>)| {
            let text = self.line(*line).unwrap_or_default();
            let first = outcomes[0].0;
            let held = outcomes.iter().filter(|(holds, _)| *holds).count();
            let all = outcomes.len();
            let until = outcomes.iter().position(|(holds, _)| *holds != first).unwrap_or(all);
            match outcomes.as_slice() {
                [(_, 0)] => {
                    format!("On line {line}, `{text}` does not hold, so the function ends.")
                }
                [(holds, next)] => {
                    let after = self.line(*next).unwrap_or_default();
                    format!(
                        "On line {line}, `{text}` {}, so line {next} runs next: `{after}`.",
                        verb(*holds)
                    )
                }
                _ if until == all && all == 2 => {
                    format!("On line {line}, `{text}` {} both times.", verb(first))
                }
                _ if until == all => {
                    format!("On line {line}, `{text}` {} all {all} times.", verb(first))
                }
                _ if outcomes[until..].iter().all(|(holds, _)| *holds != first) => {
                    let many = |count: usize| {
                        if count == 1 { "once".to_owned() } else { format!("{count} times") }
                    };
                    format!(
                        "On line {line}, `{text}` {} {} and then {} {}.",
                        verb(first),
                        many(until),
                        verb(!first),
                        many(all - until)
                    )
                }
                _ => format!("On line {line}, `{text}` holds {held} of {all} times."),
            }
        };
        let told: Vec<String> = met.iter().map(said).collect();
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
