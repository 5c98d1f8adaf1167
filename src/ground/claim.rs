//! One thing that a text claims, and the calls and results in it.
//!
//! Invariant: a claim is data; reading one looks at the text alone, never at what holds.

use super::wording::Polarity;
use crate::python::{Call, literal};
use crate::sandbox::value::Value;

/// One thing that a text claims.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// A call gives a result, or does not.
    Result { shown: String, call: CallText, stated: Stated, may_print: bool, polarity: Polarity },
    /// A call of a function of the program, without a stated result.
    Call(String, CallText),
    /// Inline code that denotes something in the program or in an execution.
    Code(String),
    /// Lines of the program, and the inline code that has to be on them.
    Lines { first: usize, last: usize, beside: Option<String> },
    /// A word of the prose that looks like a name in code.
    Word(String),
    /// A value of the prose that a word such as `returns` makes a result.
    Bare(Value, String),
    /// A value that only the code can show.
    InCode(Value, String),
    /// Values of one sentence about one call that is not written down.
    Together(Vec<Value>, String),
    /// What cannot be checked and may be false, and why.
    Refused(String, String),
}

impl Claim {
    /// The claim that a call gives a result; `text` is how the result is written, empty if call and
    /// result are one piece.
    pub fn result(
        shown: &str,
        text: &str,
        call: &CallText,
        stated: &Stated,
        may_print: bool,
        polarity: Polarity,
    ) -> Self {
        let shown = if text.is_empty() { shown.to_owned() } else { format!("{shown} … {text}") };
        Self::Result { shown, call: call.clone(), stated: stated.clone(), may_print, polarity }
    }
}

/// A call with literal arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct CallText {
    pub name: String,
    /// The function that takes the call as its only argument, such as `list`.
    pub within: Option<String>,
    pub call: Call,
}

/// The result that is stated of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Stated {
    Value(Value),
    Raises { class: String, message: Option<String> },
}

impl CallText {
    /// Whether a stated value is one of the call's arguments.
    pub fn has_argument(&self, stated: &Stated) -> bool {
        match stated {
            Stated::Value(value) => {
                self.call.args.contains(value)
                    || self.call.kwargs.iter().any(|(_, argument)| argument == value)
            }
            Stated::Raises { .. } => false,
        }
    }
}

/// Reads a literal, or an exception with or without its message.
pub fn stated(text: &str) -> Option<Stated> {
    let text = text.trim();
    let text = text.strip_prefix("raises ").unwrap_or(text);
    if let Some(value) = literal::parse(text) {
        return Some(Stated::Value(value));
    }
    let head_len =
        text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let (class, rest) = text.split_at(head_len);
    if !is_exception(class) {
        return None;
    }
    let message = match rest.trim() {
        "" | "()" => None,
        rest => match rest.strip_prefix(':') {
            Some(message) => Some(message.trim().to_owned()),
            None => {
                let message = literal::parse(rest.strip_prefix('(')?.strip_suffix(')')?)?;
                let Value::Str(message) = message else { return None };
                Some(message)
            }
        },
    };
    Some(Stated::Raises { class: class.to_owned(), message })
}

fn is_exception(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_plain =
        ["StopIteration", "StopAsyncIteration", "KeyboardInterrupt", "SystemExit", "GeneratorExit"];
    let has_ending = ["Error", "Exception", "Warning"].iter().any(|ending| last.ends_with(ending));
    (has_ending && last.starts_with(char::is_uppercase)) || is_plain.contains(&last)
}
