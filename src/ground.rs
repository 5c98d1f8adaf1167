//! Holds a free text against the program it is about: names, values, places and results.
//!
//! Checked are pieces of inline code. Names and literals have to stand in the program (outside of its comments and docstrings)
//! or in an execution; code with operators or keywords has to stand there as it is, or to be reckoned out and come out true.
//! Every value in a sentence with a call, in backticks or a bare number, has to be the result of that call whatever the verb,
//! an argument of it, or what the code before it has; so has a result in the sentence after. A result that is denied may not
//! be the result. `line 7` has to be there, with the code beside it. Words that look like names in code have to be names of
//! the program, and bare values behind words such as `returns` to be known.
//!
//! Not checked is what plain words say: numbers that are spelled out, reasons, comparisons, counts, purposes, measures, and
//! what a sentence says of a call that is neither in it nor in the sentence before.
//!
//! Invariant: a text holds only where something in it is about the program, and everything in it that can be checked holds.

mod claims;
mod expression;
mod facts;
mod lines;
mod results;
mod spans;
mod wording;

use serde::Serialize;

use self::claims::{CallText, Claim, Stated, claims};
use self::expression::{EVALUATOR, Expression};
use self::facts::{Basis, Facts};
use self::wording::Is;
use crate::cases::notation::result_text;
use crate::cases::run::{case, not_loaded};
use crate::error::Result;
use crate::outcome::{Reason, Rejection};
use crate::python::{Module, literal};
use crate::sample::{SampleCase, Text};
use crate::sandbox::value::Value;
use crate::sandbox::{CallKind, CaseResult, End, Job, Limits, Observe, Sandbox};

/// A text has no more claims of results than this to be run.
const MAX_RUNS: usize = 60;

/// Bytes of a text, all its parts together; a longer one is no explanation.
const MAX_TEXT: usize = 60_000;

/// Holds texts against programs.
pub struct Ground<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
}

/// The program that a text is about.
pub struct Subject<'a> {
    pub program: &'a str,
    pub entry: &'a str,
    /// Calls of the entry that were run.
    pub cases: &'a [SampleCase],
}

/// A claim that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The part of the text that makes the claim.
    pub part: String,
    pub claim: String,
    pub why: String,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.claim, self.part, self.why)
    }
}

/// What checking a text finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Grounding {
    /// Everything holds, given these calls of the entry and what they gave.
    Holds(Vec<SampleCase>),
    /// Never empty.
    Fails(Vec<Failed>),
}

/// Makes a rejection of what does not hold.
pub fn ungrounded(failed: &[Failed]) -> Rejection {
    let first = failed.first().map_or_else(String::new, Failed::to_string);
    let more = failed.len().saturating_sub(1);
    let detail = if more == 0 { first } else { format!("{first}; and {more} more") };
    Rejection::new(Reason::Ungrounded, detail).with_evidence(serde_json::json!({"claims": failed}))
}

impl Ground<'_> {
    /// Checks a text; errors are the host's alone.
    pub async fn check(&self, subject: &Subject<'_>, text: &Text) -> Result<Grounding> {
        let fails = |part: &str, claim: &str, why: &str| Failed {
            part: part.into(),
            claim: claim.into(),
            why: why.into(),
        };
        let module = match Module::parse(subject.program) {
            Ok(module) => module,
            Err(error) => {
                return Ok(Grounding::Fails(vec![fails("program", "", &error.to_string())]));
            }
        };
        if text.parts.iter().map(|(_, text)| text.len()).sum::<usize>() > MAX_TEXT {
            return Ok(Grounding::Fails(vec![fails(
                "text",
                "the whole text",
                "it is too long to be checked",
            )]));
        }
        let functions: Vec<String> =
            module.functions().iter().map(|function| function.name.clone()).collect();
        let mut failed = Vec::new();
        let mut found: Vec<(&str, Claim)> = Vec::new();
        for (part, text) in &text.parts {
            if spans::has_block(text) {
                failed.push(fails(part, "a block of code", "only inline code can be checked"));
            }
            let text: String = text.chars().filter(|c| !is_unseen(*c)).collect();
            found.extend(claims(&text, &functions).into_iter().map(|claim| (part.as_str(), claim)));
        }
        let mut held = Held {
            facts: Facts::new(&module, subject.cases, &text.adds),
            used: Vec::new(),
            about_program: 0,
        };
        self.run(subject, &found, &mut held, &mut failed).await?;
        for (part, claim) in &found {
            if let Err((claim, why)) = held.claim(claim, &module) {
                failed.push(fails(part, &claim, &why));
            }
        }
        if failed.is_empty() && held.about_program == 0 {
            failed.push(fails("text", "the whole text", "nothing in it can be checked"));
        }
        failed.dedup();
        Ok(if failed.is_empty() { Grounding::Holds(held.used) } else { Grounding::Fails(failed) })
    }

    /// Runs the calls of which results are stated, and compares.
    async fn run(
        &self,
        subject: &Subject<'_>,
        found: &[(&str, Claim)],
        held: &mut Held,
        failed: &mut Vec<Failed>,
    ) -> Result<()> {
        let stated: Vec<StatedResult<'_>> =
            found.iter().filter_map(|(part, claim)| StatedResult::of(part, claim)).collect();
        for result in stated.iter().skip(MAX_RUNS) {
            failed.push(result.failed("the text states more results than are run"));
        }
        let stated: Vec<StatedResult<'_>> = stated.into_iter().take(MAX_RUNS).collect();
        let mut functions: Vec<&str> =
            stated.iter().map(|result| result.call.name.as_str()).collect();
        functions.sort_unstable();
        functions.dedup();
        for function in functions {
            let (mut results, mut arguments) = (Vec::new(), Vec::new());
            for result in stated.iter().filter(|result| result.call.name == function) {
                match result.call.call.to_source() {
                    Some(text) => {
                        results.push(result);
                        arguments.push(text);
                    }
                    None => failed.push(result.failed("its arguments cannot be written down")),
                }
            }
            let job = Job {
                code: if function == EVALUATOR {
                    Expression::program(subject.program)
                } else {
                    subject.program.to_owned()
                },
                entry: Some(function.to_owned()),
                cases: arguments.iter().map(|text| case(text)).collect(),
                limits: self.limits,
                observe: vec![Observe::Mutations],
                ..Job::default()
            };
            let execution = self.sandbox.submit(job).await?;
            let not_loaded = not_loaded(&execution).filter(|_| !results.is_empty());
            if let Some(rejection) = not_loaded {
                failed.extend(results.iter().map(|result| result.failed(&rejection.detail)));
                continue;
            }
            for ((result, arguments), got) in
                results.into_iter().zip(&arguments).zip(&execution.cases)
            {
                match result.compare(got) {
                    Some(why) => failed.push(result.failed(&why)),
                    None if function == subject.entry => held.run(SampleCase::new(arguments, got)),
                    None => held.about_program += 1,
                }
            }
        }
        Ok(())
    }
}

/// A result that a text states.
struct StatedResult<'a> {
    part: &'a str,
    shown: &'a str,
    call: &'a CallText,
    stated: &'a Stated,
    may_print: bool,
    is: Is,
}

impl<'a> StatedResult<'a> {
    fn of(part: &'a str, claim: &'a Claim) -> Option<Self> {
        match claim {
            Claim::Result { shown, call, stated, may_print, is } => {
                Some(Self { part, shown, call, stated, may_print: *may_print, is: *is })
            }
            Claim::Call(..) | Claim::Code(_) | Claim::Lines { .. } | Claim::Word(_) => None,
            Claim::Bare(..) | Claim::InCode(..) | Claim::Together(..) | Claim::Refused(..) => None,
        }
    }

    fn failed(&self, why: &str) -> Failed {
        Failed {
            part: self.part.to_owned(),
            claim: format!("`{}`", self.shown),
            why: why.to_owned(),
        }
    }

    /// Why a call's outcome is not the stated one; `None` where it is.
    fn compare(&self, got: &CaseResult) -> Option<String> {
        if got.nondeterministic {
            return Some("the call gives something else from run to run".into());
        }
        let is_as_called = match (self.call.within.as_deref(), got.kind) {
            (None, _) => true,
            (Some("list"), Some(CallKind::Generator | CallKind::AsyncGenerator)) => true,
            (Some("asyncio.run"), Some(CallKind::Coroutine)) => true,
            (Some(_), _) => false,
        };
        if !is_as_called {
            return Some(format!("only plain calls of `{}` are run", self.call.name));
        }
        let holds = match (self.stated, &got.end) {
            (Stated::Value(stated), End::Returned { value, .. }) => {
                stated == value || (self.may_print && is_printed(stated, &got.stdout))
            }
            (Stated::Raises { class, message }, End::Raised(raised)) => {
                let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
                (class.is_empty() || last(class) == last(&raised.kind))
                    && message.as_ref().is_none_or(|message| is_message(message, &raised.message))
            }
            (
                Stated::Value(_) | Stated::Raises { .. },
                End::Returned { .. }
                | End::Raised(_)
                | End::Exited { .. }
                | End::OutOfFuel
                | End::OutOfMemory
                | End::OutputTooLarge
                | End::Trapped { .. },
            ) => false,
        };
        match self.is {
            Is::So => {}
            Is::NotSo if holds => {
                return Some("it is denied, and that is what the call gives".into());
            }
            Is::NotSo => return None,
            Is::Unclear => {
                return Some("say what the call gives, not what it does not give".into());
            }
        }
        (!holds).then(|| match &got.end {
            End::Returned { .. } => format!("the call returns `{}`", result_text(&got.end)),
            _ => format!("the call {}", result_text(&got.end)),
        })
    }
}

/// Whether a character is not seen: soft hyphens, blanks without width, marks of direction.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

fn is_message(stated: &str, message: &str) -> bool {
    let quoted = match literal::parse(stated) {
        Some(Value::Str(text)) => Some(text),
        _ => None,
    };
    stated == message || quoted.is_some_and(|text| text == message)
}

fn is_printed(stated: &Value, stdout: &str) -> bool {
    let printed = stdout.trim_end_matches('\n');
    match stated {
        Value::Str(text) => text.trim_end_matches('\n') == printed,
        other => other.to_literal().is_some_and(|text| text == printed),
    }
}

/// What a text's claims have been found to rest on.
struct Held {
    facts: Facts,
    /// Executions that the text needs.
    used: Vec<SampleCase>,
    /// Claims that say something about the program, and hold.
    about_program: usize,
}

impl Held {
    /// Takes in a call that gave what is stated.
    fn run(&mut self, case: SampleCase) {
        self.facts.add(case.clone());
        self.use_case(case);
        self.about_program += 1;
    }

    fn use_case(&mut self, case: SampleCase) {
        if !self.used.contains(&case) {
            self.used.push(case);
        }
    }

    fn stand_on(&mut self, grounds: Vec<Basis>) {
        for ground in &grounds {
            if let Basis::Execution(at) = ground
                && let Some(case) = self.facts.execution(*at)
            {
                self.use_case(case.clone());
            }
        }
        self.about_program += usize::from(grounds.contains(&Basis::Code));
    }

    /// Checks a claim that needs no run; what fails is told with why.
    fn claim(&mut self, claim: &Claim, module: &Module) -> Result<(), (String, String)> {
        let quoted = |text: &str| format!("`{text}`");
        match claim {
            Claim::Result { .. } => {}
            Claim::Call(_, call) if call.name == EVALUATOR => {}
            Claim::Call(shown, call) => {
                // With an argument that the text itself adds it is a call of what is to be.
                let is_to_be = call.call.kwargs.iter().any(|(name, _)| self.facts.is_added(name));
                if is_to_be {
                    return Ok(());
                }
                if module.function(&call.name).is_some_and(|function| !call.call.bind(function)) {
                    return Err((
                        quoted(shown),
                        format!("`{}` does not take these arguments", call.name),
                    ));
                }
                self.about_program += 1;
            }
            Claim::Code(text) => {
                let grounds = self.facts.code(text).map_err(|why| (quoted(text), why))?;
                self.stand_on(grounds);
            }
            Claim::Lines { first, last, beside } => {
                let shown = if first == last {
                    format!("line {first}")
                } else {
                    format!("lines {first} to {last}")
                };
                let count = self.facts.line_count();
                if *first == 0 || last < first || *last > count {
                    return Err((shown, format!("the program has lines 1 to {count}")));
                }
                if let Some(code) = beside
                    && !self.facts.is_on_lines(code, *first, *last)
                {
                    return Err((shown, format!("{} does not stand there", quoted(code))));
                }
                self.about_program += usize::from(beside.is_some());
            }
            Claim::Word(word) => {
                let ground = self
                    .facts
                    .name(word)
                    .ok_or_else(|| (quoted(word), "the program has no such name".into()))?;
                self.stand_on(vec![ground]);
            }
            Claim::Bare(value, shown) => {
                let unknown =
                    || "no such value stands in the program or in an execution".to_owned();
                let ground = self.facts.value(value).ok_or_else(|| (quoted(shown), unknown()))?;
                self.stand_on(vec![ground]);
            }
            Claim::InCode(value, shown) => {
                if self.facts.value(value) != Some(Basis::Code) {
                    return Err((quoted(shown), "no such value stands in the code".into()));
                }
            }
            Claim::Together(values, shown) => {
                if !self.facts.are_together(values) {
                    return Err((quoted(shown), "no execution has these values together".into()));
                }
            }
            Claim::Refused(shown, why) => return Err((quoted(shown), why.clone())),
        }
        Ok(())
    }
}
