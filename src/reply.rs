//! Takes the code out of a model's reply: fences, prose, thoughts, continuations, and replies that break off.
//!
//! Invariant: nothing is run, nothing panics, and the work is bounded by the reply's length whatever it holds.

mod continuation;
mod cut;
pub mod fences;
mod session;
mod statements;
mod text;
mod unfenced;

use serde::{Deserialize, Serialize};

use crate::named::named_enum;
use crate::python::{Module, SyntaxError};

pub use fences::fence_for;

/// Bytes that are parsed for one reply at most, in all attempts together; beyond it nothing parses.
const PARSE_BUDGET: usize = 8 << 20;

/// Which of several blocks is the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// Models that think aloud correct themselves.
    #[default]
    Last,
    /// What follows the answer is examples of its use.
    First,
}

/// What was asked of the model.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// The name that the answer has to define.
    pub entry: Option<&'a str>,
    /// Code in the prompt that an answer may continue, ending with the head of the entry.
    pub prompt_code: Option<&'a str>,
    pub pick: Pick,
}

named_enum! {
    /// How the code stood in the reply.
    pub enum How {
        /// Between fences.
        Fenced = "fenced",
        /// Without fences, with prose around it or none.
        Unfenced = "unfenced",
        /// As the rest of the code in the prompt.
        Continuation = "continuation",
        /// Not at all.
        Nothing = "nothing",
    }
}

/// The code of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// A program of its own, with what it needs of the prompt's code; empty where there is none. A fenced block is given even
    /// if it does not parse, so that running it tells why.
    pub code: String,
    pub how: How,
    /// Whether the reply breaks off within its code or its thoughts, as far as its text shows: code that is whole, or wrong before its
    /// end, does not break off, whether or not a fence closes it.
    pub truncated: bool,
}

impl Extracted {
    fn new(code: impl Into<String>, how: How, truncated: bool) -> Self {
        Self { code: code.into(), how, truncated }
    }
}

/// Takes the code out of a reply.
///
/// A reply that is a program as a whole is taken so. Else, of the fenced Python blocks, the picked one that defines the entry is
/// taken, or a continuation of the prompt's code, or the longest run of lines outside that defines the entry, or the picked block that
/// parses; without such blocks, the longest run of lines that is Python.
pub fn extract(reply: &str, ask: &Ask<'_>) -> Extracted {
    let parser = Parser::new();
    let said = text::without_thoughts(&text::with_plain_newlines(reply));
    let blocks = fences::blocks(&said.text, &parser);
    let extracted = whole(&said.text, ask, &parser)
        .or_else(|| from_blocks(&blocks, &said.text, ask, &parser))
        .or_else(|| unfenced::extract(&fences::outside(&said.text, &blocks), ask, &parser))
        .unwrap_or_else(|| Extracted::new("", How::Nothing, false));
    let extracted = with_preamble(extracted, ask, &parser);
    let code = match extracted.code.trim_end() {
        "" => String::new(),
        code => format!("{code}\n"),
    };
    Extracted { code, truncated: extracted.truncated || said.is_cut, ..extracted }
}

/// A reply that is nothing but the program: fences in it are in its strings.
fn whole(text: &str, ask: &Ask<'_>, parser: &Parser) -> Option<Extracted> {
    let module = parser.module(text)?;
    let is_answer = module.is_code() && ask.entry.is_none_or(|entry| module.defines(entry));
    is_answer.then(|| Extracted::new(text.trim_start_matches('\n'), How::Unfenced, false))
}

fn from_blocks(
    blocks: &[fences::Block],
    text: &str,
    ask: &Ask<'_>,
    parser: &Parser,
) -> Option<Extracted> {
    let python: Vec<&fences::Block> = blocks.iter().filter(|block| block.is_python).collect();
    let fenced =
        |block: &&fences::Block| Extracted::new(block.code.clone(), How::Fenced, block.breaks_off);
    let parsing: Vec<(&fences::Block, Module)> =
        python.iter().filter_map(|block| Some((*block, parser.module(&block.code)?))).collect();
    let defining = picked(
        ask.pick,
        parsing.iter().filter(|(_, module)| ask.entry.is_some_and(|e| module.defines(e))),
    );
    if let Some((block, _)) = defining {
        return Some(fenced(block));
    }
    let continuing = picked(
        ask.pick,
        python
            .iter()
            .filter_map(|block| continuation::extract(&block.code, ask, !block.is_closed, parser)),
    );
    if let Some(continued) = continuing {
        return Some(continued);
    }
    if python.is_empty() {
        return None;
    }
    // Fences in a docstring look like blocks.
    if let Some(around) = unfenced::defining(text, ask, parser) {
        return Some(around);
    }
    let whole = || parsing.iter().filter(|(_, module)| module.is_code());
    // The output of a program is often in a block without a tag, and often parses.
    let code = picked(ask.pick, whole().filter(|(block, _)| block.is_tagged))
        .or_else(|| picked(ask.pick, whole()));
    code.map(|(block, _)| *block)
        .or_else(|| {
            picked(ask.pick, python.iter().copied().filter(|block| !block.code.trim().is_empty()))
        })
        .map(|block| fenced(&block))
}

fn picked<T>(pick: Pick, mut found: impl DoubleEndedIterator<Item = T>) -> Option<T> {
    match pick {
        Pick::Last => found.next_back(),
        Pick::First => found.next(),
    }
}

/// Puts the imports and helpers of the prompt's code before an answer that has the entry alone.
fn with_preamble(extracted: Extracted, ask: &Ask<'_>, parser: &Parser) -> Extracted {
    let preamble = match (extracted.how, ask.prompt_code, ask.entry) {
        (How::Fenced | How::Unfenced, Some(prompt), Some(entry)) => {
            continuation::preamble(prompt, entry, parser)
        }
        (How::Continuation | How::Nothing, _, _) | (_, None, _) | (_, _, None) => None,
    };
    match preamble {
        // A future import has to stay the first statement.
        Some(preamble)
            if !preamble.trim().is_empty() && !extracted.code.contains("from __future__") =>
        {
            Extracted { code: format!("{}\n\n\n{}", preamble.trim(), extracted.code), ..extracted }
        }
        _ => extracted,
    }
}

/// Parses, within a budget.
struct Parser(std::cell::Cell<usize>);

impl Parser {
    fn new() -> Self {
        Self(std::cell::Cell::new(PARSE_BUDGET))
    }

    fn module(&self, code: &str) -> Option<Module> {
        self.parse(code)?.ok()
    }

    /// Why code does not parse; `None` if it does, or the budget is spent.
    fn fault(&self, code: &str) -> Option<SyntaxError> {
        self.parse(code)?.err()
    }

    fn parse(&self, code: &str) -> Option<Result<Module, SyntaxError>> {
        // Short texts cost something too.
        self.0.set(self.0.get().checked_sub(code.len() + 64)?);
        Some(Module::parse(code))
    }

    fn parses(&self, code: &str) -> bool {
        self.module(code).is_some()
    }
}

#[cfg(test)]
mod tests;
