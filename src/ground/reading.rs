//! What a piece of inline code is in a sentence about results.
//!
//! Invariant: a call is read only if it is of one of the program's functions and all of its arguments are literals.

use super::claim::{CallText, Stated, stated};
use super::expression::{EVALUATOR, Expression, outer};
use crate::python::Call;
use crate::python::fragment::{Fragment, read};
use crate::sandbox::value::Value;

/// A piece of inline code, read.
pub enum Reading {
    /// A call of a function of the program.
    Call(CallText),
    /// Such a call with its result: `f(1) == 2`.
    Pair(CallText, Stated),
    /// An expression that has to be true.
    Comparison(CallText),
    /// An expression of literals, without a stated result.
    Arithmetic,
    /// A literal or an exception.
    Value(Stated),
    /// Other code.
    Other,
}

impl Reading {
    /// Reads inline code about a program with these functions.
    pub fn of(text: &str, functions: &[String]) -> Self {
        let text = text.trim();
        if let Some(call) = call(text, functions) {
            return Self::Call(call);
        }
        if let Some((call, stated)) = pair(text, functions) {
            return Self::Pair(call, stated);
        }
        if let Some(stated) = stated(text) {
            return Self::Value(stated);
        }
        let call = |text: String| CallText {
            name: EVALUATOR.into(),
            within: None,
            call: Call { args: vec![Value::Str(text)], kwargs: Vec::new(), source: String::new() },
        };
        match Expression::read(text, functions) {
            Some(Expression::Comparison(text)) => Self::Comparison(call(text)),
            Some(Expression::OfCalls(text)) => Self::Call(call(text)),
            Some(Expression::OfLiterals) => Self::Arithmetic,
            None => Self::Other,
        }
    }
}

fn call(text: &str, functions: &[String]) -> Option<CallText> {
    // The parser passes over a comment, and that may say anything.
    if outer(text).is_none_or(|outer| outer.contains('#')) {
        return None;
    }
    match read(text) {
        Fragment::Call { name, within, call } if functions.contains(&name) => {
            Some(CallText { name, within, call })
        }
        Fragment::Call { .. } | Fragment::Literal(_) | Fragment::Other => None,
    }
}

/// Reads `f(1) == 2` and its like in one span.
fn pair(text: &str, functions: &[String]) -> Option<(CallText, Stated)> {
    let text = text.trim_start_matches("assert ").trim_start_matches(">>> ");
    ["==", "->", "→", "=>", "⇒", "returns", "raises", "#", "="].iter().find_map(|mark| {
        text.match_indices(mark).find_map(|(at, _)| {
            let call = call(&text[..at], functions)?;
            Some((call, stated(&text[at + mark.len()..])?))
        })
    })
}
