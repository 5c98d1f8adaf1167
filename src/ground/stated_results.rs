//! Runs the calls whose results a text states, and compares.
//!
//! Invariant: a stated result holds only if its call was run and gave it.

use super::Failed;
use super::claim::{CallText, Claim, Stated};
use super::evidence::Evidence;
use super::facts::Facts;
use super::wording::Polarity;
use crate::cases::notation::result_text;
use crate::error::Result;
use crate::python::literal;
use crate::sandbox::value::Value;
use crate::sandbox::{CallKind, CaseResult, End};

/// A text has no more claims of results than this to be run.
const MAX_RUNS: usize = 60;

/// Runs the calls with stated results; those that gave them become evidence.
pub async fn run<F: Facts>(
    found: &[(&str, Claim)],
    evidence: &mut Evidence<'_, F>,
    failed: &mut Vec<Failed>,
) -> Result<()> {
    let mut stated: Vec<StatedResult<'_>> =
        found.iter().filter_map(|(part, claim)| StatedResult::of(part, claim)).collect();
    for result in stated.iter().skip(MAX_RUNS) {
        failed.push(result.failed("the text states more results than are run"));
    }
    stated.truncate(MAX_RUNS);
    let mut functions: Vec<&str> = stated.iter().map(|result| result.call.name.as_str()).collect();
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
                None => failed.push(result.failed("its arguments cannot be written as literals")),
            }
        }
        if results.is_empty() {
            continue;
        }
        let outcomes = match evidence.facts.run(function, &arguments).await? {
            Ok(outcomes) => outcomes,
            Err(why) => {
                failed.extend(results.iter().map(|result| result.failed(&why)));
                continue;
            }
        };
        for ((result, arguments), got) in results.into_iter().zip(&arguments).zip(&outcomes) {
            match result.compare(got) {
                Some(why) => failed.push(result.failed(&why)),
                None => evidence.take_in(function, arguments, got),
            }
        }
    }
    Ok(())
}

/// A result that a text states.
struct StatedResult<'a> {
    part: &'a str,
    shown: &'a str,
    call: &'a CallText,
    stated: &'a Stated,
    may_print: bool,
    polarity: Polarity,
}

impl<'a> StatedResult<'a> {
    fn of(part: &'a str, claim: &'a Claim) -> Option<Self> {
        match claim {
            Claim::Result { shown, call, stated, may_print, polarity } => {
                Some(Self { part, shown, call, stated, may_print: *may_print, polarity: *polarity })
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

    /// Why a call's outcome is not the stated one; `None` if it is.
    fn compare(&self, got: &CaseResult) -> Option<String> {
        if got.nondeterministic {
            return Some("the result of the call differs from run to run".into());
        }
        let is_as_called = match (self.call.within.as_deref(), got.kind) {
            (None, _) => true,
            (
                Some("list"),
                Some(CallKind::Generator | CallKind::AsyncGenerator | CallKind::Iterator),
            ) => true,
            (Some("asyncio.run"), Some(CallKind::Coroutine))
            | (Some("vars"), Some(CallKind::Attributes)) => true,
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
                | End::CompileError { .. }
                | End::OutOfFuel
                | End::OutOfMemory
                | End::OutputTooLarge
                | End::Trapped { .. },
            ) => false,
        };
        match self.polarity {
            Polarity::Affirmed => {}
            Polarity::Denied if holds => {
                return Some("it is denied, but this is what the call gives".into());
            }
            Polarity::Denied => return None,
            Polarity::Unclear => {
                return Some("say what the call gives, not what it does not give".into());
            }
        }
        (!holds).then(|| match &got.end {
            End::Returned { .. } => format!("the call returns `{}`", result_text(&got.end)),
            End::Raised(_)
            | End::Exited { .. }
            | End::CompileError { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. } => format!("the call {}", result_text(&got.end)),
        })
    }
}

fn is_message(stated: &str, message: &str) -> bool {
    stated == message || matches!(literal::parse(stated), Some(Value::Str(text)) if text == message)
}

fn is_printed(stated: &Value, stdout: &str) -> bool {
    let printed = stdout.trim_end_matches('\n');
    match stated {
        Value::Str(text) => text.trim_end_matches('\n') == printed,
        other => other.to_literal().is_some_and(|text| text == printed),
    }
}
