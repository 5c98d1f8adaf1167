//! Takes the code out of a model's reply: fences, prose, thoughts, continuations, and replies that break off.
//!
//! Invariant: nothing is run, nothing panics, and the work is bounded by the length of the reply,
//! whatever its content.

mod closing;
mod continuation;
mod cut;
mod fences;
mod markers;
mod other;
mod parts;
mod quoted;
mod role_marker;
mod session;
mod spaces;
mod statements;
mod text;
mod unfenced;
mod wrapped;

pub use other::extract_other;
pub use role_marker::role_marker;
use serde::{Deserialize, Serialize};

use crate::named::named_enum;
use crate::python::{Module, SyntaxError};

use parts::Part;

/// Bytes that are parsed for one reply at most, in all attempts together; beyond it nothing parses.
const PARSE_BUDGET: usize = 4 << 20;
/// Bytes; longer code does not parse, since its tree takes a hundred times its size.
const MAX_CODE: usize = 1 << 20;
/// Blocks of Python that may be the answer or parts of it: the last ones, or the first if the first is picked.
const MAX_BLOCKS: usize = 256;
/// Tokens that are tried as the end of a reply; further ones are in a text about tokens.
const MAX_ENDS: usize = 8;

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
    /// Whether the answer is a program that reads standard input.
    pub reads_stdin: bool,
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
    /// A complete program, with what it needs from the prompt's code; empty if there is none. A
    /// fenced block is returned even if it does not parse, so that running it shows why.
    pub code: String,
    pub how: How,
    /// Whether the reply breaks off within its code or its thoughts, as far as its text shows: code that is whole, or wrong before its
    /// end, does not break off, whether or not a fence closes it.
    pub truncated: bool,
    /// The token that ends the reply for the machine, such as `<|im_end|>`; what follows it is not read.
    pub end_token: Option<String>,
    /// Lines of code that had to go for the rest to be whole: they break off, or are wrong.
    pub dropped_lines: u64,
    /// Whether spaces that Python does not take were replaced in the code: no-break ones, those without a width, mixed tabs.
    pub replaced_spaces: bool,
}

impl Extracted {
    /// A reply without code.
    pub fn nothing() -> Self {
        Self::new("", How::Nothing, false)
    }

    fn new(code: impl Into<String>, how: How, truncated: bool) -> Self {
        Self {
            code: code.into(),
            how,
            truncated,
            end_token: None,
            dropped_lines: 0,
            replaced_spaces: false,
        }
    }
}

/// Takes the code out of a reply.
///
/// A reply that is a program as a whole is taken so. Else, of the fenced Python blocks, the picked one that defines the entry or reads
/// standard input is taken, or a continuation of the prompt's code, or the longest run of lines outside that does the same, or the picked
/// block that parses; without such blocks, the longest run of lines that is Python. Other blocks and runs whose names the code uses
/// are put before it.
pub fn extract(reply: &str, ask: &Ask<'_>) -> Extracted {
    let parser = Parser::new();
    let said = text::without_thoughts(&text::with_plain_newlines(reply));
    let found = from_said(&said, ask, &parser);
    if is_right(&found, ask, &parser) {
        return found;
    }
    let unwrapped = wrapped::unwrapped(&said.text).map(|text| text::Said { text, ..said });
    let unwrapped = unwrapped.map(|said| from_said(&said, ask, &parser));
    unwrapped.filter(|inner| is_right(inner, ask, &parser)).unwrap_or(found)
}

/// A fenced block of a reply, whatever its tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBlock {
    pub code: String,
    pub is_closed: bool,
    /// Whether the reply ends within its code, as far as the text shows.
    pub breaks_off: bool,
}

/// Lists the fenced blocks of a reply, without its thoughts; fences in the strings of a block do not end it.
pub fn blocks(reply: &str) -> Vec<CodeBlock> {
    let said = text::without_thoughts(&text::with_plain_newlines(reply));
    let text = spaces::with_plain_spaces(&said.text);
    let blocks = fences::blocks(&text, &Parser::new());
    blocks
        .into_iter()
        .map(|block| CodeBlock {
            code: block.code,
            is_closed: block.is_closed,
            breaks_off: block.breaks_off || block.dropped_lines > 0 && !block.is_closed,
        })
        .collect()
}

/// Whether code is what was asked for, as far as that shows without running it.
fn is_right(found: &Extracted, ask: &Ask<'_>, parser: &Parser) -> bool {
    found.dropped_lines == 0
        && parser.module(&found.code).is_some_and(|module| match ask.entry {
            Some(entry) => module.defines(entry),
            None => module.is_code() && (!ask.reads_stdin || module.mentions_stdin()),
        })
}

fn from_said(said: &text::Said, ask: &Ask<'_>, parser: &Parser) -> Extracted {
    let text = spaces::with_plain_spaces(&said.text);
    let marked = markers::marked(&text);
    let has_code = |found: &Extracted| found.how != How::Nothing;
    let ended = marked.ends.iter().take(MAX_ENDS).find_map(|end| {
        let before = text.get(marked.start..end.start)?;
        let found = Some(from_text(before, ask, parser)).filter(has_code)?;
        Some(Extracted { end_token: text.get(end.clone()).map(str::to_owned), ..found })
    });
    let extracted = ended
        .or_else(|| Some(from_text(text.get(marked.start..)?, ask, parser)).filter(has_code))
        .unwrap_or_else(|| from_text(&text, ask, parser));
    let replaced_spaces = extracted.replaced_spaces
        || (text != said.text
            && !spaces::stands_in(
                &extracted.code,
                &[&said.text, ask.prompt_code.unwrap_or_default()],
            ));
    let extracted = with_preamble(extracted, ask, parser);
    let code = match extracted.code.trim_end() {
        "" => String::new(),
        code => format!("{code}\n"),
    };
    Extracted { code, truncated: extracted.truncated || said.is_cut, replaced_spaces, ..extracted }
}

/// Takes the code out of a text; if that is not right and margins mix tabs and blanks, out of the text with blanks alone.
fn from_text(text: &str, ask: &Ask<'_>, parser: &Parser) -> Extracted {
    let found = as_written(text, ask, parser);
    if !spaces::mixes_tabs(text) {
        return found;
    }
    let lines =
        |found: &Extracted| found.code.lines().filter(|line| !line.trim().is_empty()).count();
    let least = if is_right(&found, ask, parser) { lines(&found) + 1 } else { 0 };
    // Python 2 read a tab as up to eight blanks, editors show it as four.
    [8, 4]
        .into_iter()
        .map(|width| as_written(&spaces::without_tabs(text, width), ask, parser))
        .find(|spaced| is_right(spaced, ask, parser) && lines(spaced) >= least)
        .map_or(found, |spaced| Extracted { replaced_spaces: true, ..spaced })
}

fn as_written(text: &str, ask: &Ask<'_>, parser: &Parser) -> Extracted {
    if let Some(whole) = whole(text, ask, parser) {
        return whole;
    }
    let closed = closing::split(text, ask, parser);
    let (text, first) = match &closed {
        Some(closed) if closed.is_whole => (closed.after, Some(closed.code)),
        Some(closed) => (closed.code, None),
        None => (text, None),
    };
    let mut blocks = fences::blocks(text, parser);
    blocks.splice(0..0, first.map(fences::Block::without_opening));
    from_blocks(&blocks, text, ask, parser)
        .or_else(|| unfenced::extract(&fences::outside(text, &blocks), ask, parser))
        .unwrap_or_else(Extracted::nothing)
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
    let mut python: Vec<&fences::Block> = blocks.iter().filter(|block| block.is_python).collect();
    match ask.pick {
        Pick::Last => drop(python.drain(..python.len().saturating_sub(MAX_BLOCKS))),
        Pick::First => python.truncate(MAX_BLOCKS),
    }
    let (parsing, parts): (Vec<&fences::Block>, Vec<Part<'_>>) =
        python.iter().filter_map(|block| Some((*block, Part::of(&block.code, parser)?))).unzip();
    let fenced = |block: &fences::Block, code: String| Extracted {
        dropped_lines: block.dropped_lines,
        ..Extracted::new(code, How::Fenced, block.breaks_off)
    };
    let program = |place: usize| {
        parsing.get(place).map(|block| fenced(block, parts::joined(&parts, place, ask, parser)))
    };
    let places = |answers: &dyn Fn(&Part<'_>) -> bool| {
        picked(ask.pick, parts.iter().enumerate().filter(|(_, part)| answers(part)))
            .map(|(place, _)| place)
    };
    let answering = match ask.entry {
        Some(entry) => places(&|part| part.module.defines(entry)),
        // A main part may read by a function of another part.
        None if ask.reads_stdin => picked(
            ask.pick,
            (0..parts.len()).filter(|&place| {
                // A line that is explained afterwards is no other program.
                if parts::is_excerpt(&parts, place) {
                    return false;
                }
                let joined = parts::joined(&parts, place, ask, parser);
                parser.module(&joined).is_some_and(|module| module.reads_stdin())
            }),
        )
        .or_else(|| places(&|part| part.module.mentions_stdin())),
        None => None,
    };
    if let Some(answer) = answering.and_then(program) {
        return Some(answer);
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
    if let Some(around) = unfenced::answering(text, ask, parser) {
        return Some(around);
    }
    // The output of a program is often in a block without a tag, and often parses.
    let whole = |is_tagged: bool| {
        let of_kind = parsing.iter().zip(&parts).enumerate().filter(move |(_, (block, part))| {
            part.module.is_code() && (block.is_tagged || !is_tagged)
        });
        picked(ask.pick, of_kind).map(|(place, _)| place)
    };
    whole(true).or_else(|| whole(false)).and_then(program).or_else(|| {
        let written = python.iter().filter(|block| !block.code.trim().is_empty());
        picked(ask.pick, written).map(|block| fenced(block, block.code.clone()))
    })
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
        if code.len() > MAX_CODE {
            return None;
        }
        // Short texts cost something too.
        self.0.set(self.0.get().checked_sub(code.len() + 64)?);
        Some(Module::parse(code))
    }

    fn parses(&self, code: &str) -> bool {
        self.module(code).is_some()
    }

    /// Whether nothing of this length parses any more.
    fn is_spent_for(&self, len: usize) -> bool {
        len > MAX_CODE || self.0.get() < len + 64
    }
}

#[cfg(test)]
mod tests;
