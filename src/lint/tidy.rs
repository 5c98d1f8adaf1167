//! Tidies programs, as autoflake, autopep8, docformatter and unify do, by ruff's fixes and its formatter.
//!
//! Invariant: a program that is tidied again stays as it is, and one that a step cannot deal with passes it unchanged.

mod docs;
mod fix;
mod format;
mod types;
mod unused;

use std::sync::LazyLock;

use ruff_linter::registry::Rule;
use ruff_linter::rules::flake8_quotes::settings::Quote;
use ruff_linter::settings::LinterSettings;

use super::{check_length, selection};
use crate::named::named_enum;
use crate::python::syntax;

named_enum! {
    /// One way to tidy a program, in the order in which they are taken.
    pub enum Step {
        /// Imports and variables that nothing uses are left out.
        Unused = "unused",
        /// The layout is the formatter's, and imports and comparisons are written as PEP 8 wants them.
        Format = "format",
        /// Docstrings are laid out as PEP 257 wants them.
        Docstrings = "docstrings",
        /// Strings are in single quotes if that needs no escapes.
        Quotes = "quotes",
    }
}

/// How often all steps are taken, until nothing changes; more means that they undo each other.
const ROUNDS: usize = 5;

/// A program after some steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tidied {
    pub source: String,
    /// The steps that changed something, in their order.
    pub changed: Vec<Step>,
}

/// Takes the steps that are asked for, in the order of [`Step::ALL`], until none changes anything.
///
/// `keep` names what others use of the program, as its tests do: such imports stay. Fails with the place and the reason if the text
/// is not a program.
pub fn tidy(source: &str, steps: &[Step], keep: &[&str]) -> Result<Tidied, String> {
    check_length(source)?;
    syntax::module_with_tokens(source).map_err(|error| error.to_string())?;
    let steps = || Step::ALL.iter().filter(|step| steps.contains(step));
    let mut tidied = Tidied { source: source.to_owned(), changed: Vec::new() };
    for _ in 0..ROUNDS {
        let before = tidied.source.clone();
        for &step in steps() {
            let source = taken(step, &tidied.source, keep);
            if source != tidied.source {
                tidied.source = source;
                tidied.changed.push(step);
            }
        }
        if check_length(&tidied.source).is_err() {
            break;
        }
        if tidied.source == before {
            tidied.changed.sort_unstable();
            tidied.changed.dedup();
            return Ok(tidied);
        }
    }
    // The steps never agree about this text, or make it too long to be tidied again: no result of theirs would last.
    Ok(Tidied { source: source.to_owned(), changed: Vec::new() })
}

/// A program after a step; as it was if the step cannot deal with it.
fn taken(step: Step, source: &str, keep: &[&str]) -> String {
    let tidied = match step {
        Step::Unused => unused::left_out(source, keep),
        Step::Format => format::formatted(source),
        Step::Docstrings => fix::fixed(source, &DOCSTRINGS, |_, _, _| true),
        Step::Quotes => fix::fixed(source, &QUOTES, |_, _, _| true),
    };
    // A docstring that the program shows is part of what it does.
    let tidied = tidied.ok().filter(|tidied| docs::stay(source, tidied));
    tidied.unwrap_or_else(|| source.to_owned())
}

static DOCSTRINGS: LazyLock<LinterSettings> = LazyLock::new(|| {
    selection::settings([
        Rule::UnnecessaryMultilineDocstring,
        Rule::BlankLineAfterFunction,
        Rule::MissingBlankLineAfterSummary,
        Rule::DocstringTabIndentation,
        Rule::UnderIndentation,
        Rule::OverIndentation,
        Rule::NewLineAfterLastParagraph,
        Rule::SurroundingWhitespace,
        Rule::MultiLineSummaryFirstLine,
        Rule::TripleSingleQuotes,
        Rule::MissingTerminalPunctuation,
        Rule::FirstWordUncapitalized,
    ])
});

static QUOTES: LazyLock<LinterSettings> = LazyLock::new(|| {
    let mut settings = selection::settings([Rule::BadQuotesInlineString]);
    settings.flake8_quotes.inline_quotes = Quote::Single;
    settings
});
