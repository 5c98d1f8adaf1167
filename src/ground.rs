//! Holds a free text against the program it is about: names, values, places and results.
//!
//! Inline code is checked. Names and literals have to occur in the program (outside of its comments
//! and docstrings) or in an execution; code with operators or keywords has to be there as written,
//! or to be evaluated and come out true. Every value in a sentence with a call, in backticks or a
//! bare number, has to be the result of that call, whichever verb is used, an argument of it, or a
//! value of the code before it; so has a result in the sentence after. A result that is denied may
//! not be the result. `line 7` has to be there, with the code next to the reference. Words that
//! look like names in code have to be names of the program, and bare values after words such as
//! `returns` have to be known.
//!
//! Not checked is what plain words say: numbers that are spelled out, reasons, comparisons, counts, purposes, measures, and
//! what a sentence says of a call that is neither in it nor in the sentence before.
//!
//! Invariant: a text holds only if something in it is about the program and everything in it that
//! can be checked holds.

mod bare_values;
mod calls;
mod claim;
mod claims;
mod evidence;
mod expression;
mod facts;
mod items;
mod lines;
mod pairing;
mod program;
mod reading;
pub mod repository;
mod results;
mod spans;
mod stated_results;
mod wording;
mod words;

use serde::Serialize;

use self::claim::Claim;
use self::claims::claims;
use self::evidence::Evidence;
use self::program::ProgramFacts;
use crate::error::Result;
use crate::fences;
use crate::outcome::{Reason, Rejection};
use crate::report::is_unseen;
use crate::sample::{SampleCase, Text};
use crate::sandbox::{Limits, Sandbox};

pub use self::expression::EVALUATOR;
pub use self::facts::{Basis, CallResults, Facts};

/// Bytes of a text, all its parts together; a longer one is not an explanation.
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

/// Why a text without claims fails.
const NO_CLAIMS: &str = "nothing in it can be checked";

impl Failed {
    fn new(part: &str, claim: &str, why: &str) -> Self {
        Self { part: part.into(), claim: claim.into(), why: why.into() }
    }
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
    /// Checks a text against a program; errors are the host's alone.
    pub async fn check(&self, subject: &Subject<'_>, text: &Text) -> Result<Grounding> {
        match ProgramFacts::new(self, subject) {
            Ok(mut facts) => check(&mut facts, text).await,
            Err(error) => {
                Ok(Grounding::Fails(vec![Failed::new("program", "", &error.to_string())]))
            }
        }
    }
}

/// Checks a text against facts; errors are the host's alone.
pub async fn check<F: Facts>(facts: &mut F, text: &Text) -> Result<Grounding> {
    if text.parts.iter().map(|(_, text)| text.len()).sum::<usize>() > MAX_TEXT {
        let failed = Failed::new("text", "the whole text", "it is too long to be checked");
        return Ok(Grounding::Fails(vec![failed]));
    }
    let functions = facts.functions();
    let mut failed = Vec::new();
    let mut found: Vec<(&str, Claim)> = Vec::new();
    for (part, text) in &text.parts {
        if !fences::blocks(text).is_empty() {
            failed.push(Failed::new(part, "a block of code", "only inline code can be checked"));
        }
        let text: String = text.chars().filter(|c| !is_unseen(*c)).collect();
        found.extend(claims(&text, &functions).into_iter().map(|claim| (part.as_str(), claim)));
    }
    let mut evidence = Evidence::new(facts, &text.adds);
    stated_results::run(&found, &mut evidence, &mut failed).await?;
    for (part, claim) in &found {
        if let Err((claim, why)) = evidence.claim(claim) {
            failed.push(Failed::new(part, &claim, &why));
        }
    }
    if failed.is_empty() && evidence.about_program == 0 {
        failed.push(Failed::new("text", "the whole text", NO_CLAIMS));
    }
    failed.dedup();
    Ok(if failed.is_empty() { Grounding::Holds(evidence.used) } else { Grounding::Fails(failed) })
}
