//! Questions that one traced call answers: how they, their answers and the trace are written.
//!
//! Invariant: the same call and trace give the same texts, so that a reader of a sample can write them again and compare.

use super::notation::{call_text, effects, result_text};
use super::trace::{Decision, Then, Trace};
use super::wordings;
use crate::python::forwards::returns_call;
use crate::sample::{QuestionKind, SampleCase};
use crate::sandbox::{CallKind, End, Step};

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

    /// Whether the call returns what another function gives, whose steps the trace does not show.
    pub fn leaves_result_to_another(&self) -> bool {
        let trace = Trace::new(self.program, self.steps, self.case);
        !trace.ends_in_a_call() && trace.last_return().is_some_and(|(_, text)| returns_call(text))
    }

    fn predict_output(&self) -> Question {
        Question { question: self.asked(&wordings::PREDICT), answer: self.result() }
    }

    fn find_input(&self) -> Question {
        Question { question: self.asked(&wordings::FIND), answer: self.result() }
    }

    fn explain_branch(&self) -> Option<Question> {
        let trace = Trace::new(self.program, self.steps, self.case);
        let (wordings, answer) = match &self.case.end {
            End::Raised(raised) => {
                let line = raised.line.and_then(|line| Some((line, trace.statement(line)?)));
                let place = match line {
                    Some((number, text)) => format!("line {number}, `{text}`"),
                    None => "code outside the program".to_owned(),
                };
                let way = self.decisions(&trace).map(|way| format!(" {way}")).unwrap_or_default();
                let said = match raised.message.as_str() {
                    "" => raised.kind.clone(),
                    message => format!("{}: {message}", raised.kind),
                };
                let stop = if said.ends_with(['.', '!', '?']) { "" } else { "." };
                (&wordings::RAISE, format!("The exception comes from {place}: {said}{stop}{way}"))
            }
            end => {
                let way = self.decisions(&trace)?;
                let answer = format!("{way} The result is `{}`.", result_text(end));
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
        // What is listed or awaited is no result of the function itself.
        let shape = SampleCase { arguments: "...".into(), ..self.case.clone() };
        let entry = match self.case.kind {
            None | Some(CallKind::NestedIterators | CallKind::Property) => self.entry.to_owned(),
            Some(
                CallKind::Coroutine
                | CallKind::Generator
                | CallKind::AsyncGenerator
                | CallKind::Iterator
                | CallKind::Iterators
                | CallKind::Attributes,
            ) => call_text(self.entry, &shape).to_string(),
        };
        let values = values.into_iter().chain([("ENTRY", &entry)]);
        let mut parts: Vec<String> = wording.split('`').map(str::to_owned).collect();
        for part in &mut parts {
            if let Some((_, value)) = values.clone().find(|(name, _)| name == part) {
                part.clone_from(value);
            }
        }
        parts.join("`")
    }

    /// Writes the trace, one text for each statement that ran. To find an input, it begins with what is wanted, and arguments are
    /// tried: what they lead to is known only then.
    pub fn trace(&self, kind: QuestionKind) -> Vec<String> {
        let trace = Trace::new(self.program, self.steps, self.case);
        let mut lines = trace.lines();
        if kind == QuestionKind::FindInput {
            let result = result_text(&self.case.end);
            let wanted = match trace.last_return() {
                Some((line, text)) => {
                    format!("The result must be `{result}`. Line {line}, `{text}`, can give it.")
                }
                None => format!("The result must be `{result}`."),
            };
            if let Some(first) = lines.first_mut()
                && let Some(arguments) = first.strip_prefix("The call; then ")
            {
                *first = format!("Try {arguments}:");
            }
            lines.insert(0, wanted);
        }
        lines
    }

    /// Says how each condition that was met came out, in the order in which they were met; `None` if the trace does not tell of one.
    fn decisions(&self, trace: &Trace<'_>) -> Option<String> {
        let mut met: Vec<Vec<Decision>> = Vec::new();
        for decision in trace.decisions() {
            decision.holds?;
            let is_same = |known: &&mut Vec<Decision>| {
                (known[0].line, &known[0].text) == (decision.line, &decision.text)
            };
            match met.iter_mut().find(is_same) {
                Some(known) => known.push(decision),
                None => met.push(vec![decision]),
            }
        }
        let told: Vec<String> = met.iter().map(|decisions| said(decisions)).collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn call(&self) -> String {
        call_text(self.entry, self.case).to_string()
    }

    fn result(&self) -> String {
        let effects = effects(self.entry, self.case);
        let also = if effects.is_empty() { effects } else { format!(", and {effects}") };
        format!("`{}` gives `{}`{also}.", self.call(), result_text(&self.case.end))
    }
}

/// Says how a condition came out each time that it was met.
fn said(decisions: &[Decision]) -> String {
    let Decision { line, text, holds, then } = &decisions[0];
    let outcomes: Vec<bool> =
        decisions.iter().map(|decision| decision.holds.unwrap_or_default()).collect();
    let first = holds.unwrap_or_default();
    let verb = |holds: bool| if holds { "holds" } else { "does not hold" };
    let all = outcomes.len();
    let until = outcomes.iter().position(|holds| *holds != first).unwrap_or(all);
    if all == 1 {
        let so = match then {
            Then::End(function) => format!("`{function}` ends"),
            Then::Line(next, after) => format!("line {next} runs next: `{after}`"),
            Then::Gives { whole, part } => format!("`{whole}` gives `{part}`"),
        };
        return format!("On line {line}, `{text}` {}, so {so}.", verb(first));
    }
    let of = match then {
        Then::Gives { whole, .. } => format!(" in `{whole}`"),
        Then::Line(..) | Then::End(_) => String::new(),
    };
    let many = |count: usize| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    if until == all {
        let times = if all == 2 { "both times".to_owned() } else { format!("all {all} times") };
        format!("On line {line}, `{text}`{of} {} {times}.", verb(first))
    } else if outcomes[until..].iter().all(|holds| *holds != first) {
        format!(
            "On line {line}, `{text}`{of} {} {} and then {} {}.",
            verb(first),
            many(until),
            verb(!first),
            many(all - until)
        )
    } else {
        let held = outcomes.iter().filter(|holds| **holds).count();
        format!("On line {line}, `{text}`{of} holds {held} of {all} times.")
    }
}
