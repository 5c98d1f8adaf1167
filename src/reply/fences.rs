//! Fenced blocks of a Markdown text, as models write them.
//!
//! Invariant: a block whose first possible end leaves it broken is read on to an end that leaves it whole, so that fences
//! inside of strings cut nothing.

use std::ops::Range;

use super::session::session;
use super::{Parser, cut, statements};
use crate::fences::Fence;

/// Possible ends that are tried for one block.
const MAX_ENDS: usize = 24;

/// A fenced block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub code: String,
    pub is_python: bool,
    /// Whether the fence has an info string.
    pub is_tagged: bool,
    pub is_closed: bool,
    /// Whether the text ends within its code; what is kept of that is whole if possible.
    pub breaks_off: bool,
    /// Lines of code that are not kept, since they break off or are wrong.
    pub dropped_lines: u64,
    /// Its lines with the fences, counted from 0.
    lines: Range<usize>,
}

impl Block {
    /// Code whose opening fence the text lacks.
    pub(super) fn without_opening(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            is_python: true,
            is_tagged: true,
            is_closed: true,
            breaks_off: false,
            dropped_lines: 0,
            lines: 0..0,
        }
    }
}

/// A line that is a fence.
pub(super) struct FenceLine {
    /// Its bytes, the line end among them.
    pub line: Range<usize>,
    pub is_bare: bool,
}

/// Lists the lines that are fences, whether they open a block or close it.
pub(super) fn fence_lines(text: &str) -> Vec<FenceLine> {
    let mut at = 0;
    let mut fences = Vec::new();
    for line in text.split_inclusive('\n') {
        let opening = opening(line);
        fences.extend(opening.map(|opening| FenceLine {
            line: at..at + line.len(),
            is_bare: opening.info.is_empty(),
        }));
        at += line.len();
    }
    fences
}

/// Lists the blocks of a text.
pub(super) fn blocks(text: &str, parser: &Parser) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        match opening(line) {
            Some(opening) => {
                let block = block(&lines, at, &opening, parser);
                at = block.lines.end;
                blocks.push(block);
            }
            None => at += 1,
        }
    }
    blocks
}

/// The text without its blocks.
pub(super) fn outside(text: &str, blocks: &[Block]) -> String {
    let mut kept = String::new();
    let mut blocks = blocks.iter().map(|block| &block.lines).peekable();
    for (number, line) in text.lines().enumerate() {
        while blocks.next_if(|lines| lines.end <= number).is_some() {}
        if blocks.peek().is_none_or(|lines| !lines.contains(&number)) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Reads a line that opens a block. Some models open one at the end of a sentence, where only a tag distinguishes it from
/// quoted code.
fn opening(line: &str) -> Option<Fence<'_>> {
    Fence::opening(line).or_else(|| {
        let (_, tag) = line.trim().rsplit_once("```")?;
        (!tag.trim().is_empty() && is_python_tag(tag)).then(|| Fence::with_info(tag))
    })
}

fn is_python_tag(info: &str) -> bool {
    let info = info.trim_start_matches(['{', '.']).to_ascii_lowercase();
    let word = info
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .next()
        .unwrap_or_default();
    matches!(word, "" | "none" | "code" | "tool_code" | "py" | "pycon" | "ipython" | "sage")
        || word.starts_with("py")
}

fn block(lines: &[&str], start: usize, opening: &Fence<'_>, parser: &Parser) -> Block {
    let is_python = is_python_tag(opening.info);
    let is_tagged = !opening.info.is_empty();
    let closed = |code: String, end: usize| Block {
        code: without_margin(&code, opening.indent),
        is_python,
        is_tagged,
        is_closed: true,
        breaks_off: false,
        dropped_lines: 0,
        lines: start..end + 1,
    };
    let mut code = String::new();
    let mut first = None;
    let mut tried = 0;
    for (number, line) in lines.iter().enumerate().skip(start + 1) {
        if let Some(before) = opening.text_before_end(line) {
            let is_bare = before.trim().is_empty();
            let whole = if is_bare { code.clone() } else { format!("{code}{before}\n") };
            if !is_python && is_bare {
                return closed(whole, number);
            }
            tried += 1;
            let program = if is_python {
                program(&without_margin(&whole, opening.indent), parser)
            } else {
                None
            };
            if let Some(program) = program {
                return closed(program, number);
            }
            let len = whole.len();
            if is_bare && first.is_none() {
                first = Some((whole, number));
            }
            // Further ends only make it longer.
            if tried >= MAX_ENDS || (first.is_some() && parser.is_spent_for(len)) {
                break;
            }
        }
        code.push_str(line);
        code.push('\n');
    }
    match first {
        Some((code, end)) => closed(code, end),
        None => {
            let code: String =
                lines.iter().skip(start + 1).map(|line| format!("{line}\n")).collect();
            let code = without_margin(&code, opening.indent);
            let (code, breaks_off, dropped_lines) = match program(&code, parser) {
                Some(program) => (program, false, 0),
                None => {
                    let breaks_off = cut::breaks_off(&code, parser);
                    let kept = statements::whole_statements(&code, parser).unwrap_or(code.clone());
                    let dropped = code.get(kept.len()..).unwrap_or_default();
                    let dropped_lines = statements::lines_of_code(dropped, parser);
                    (kept, breaks_off, dropped_lines)
                }
            };
            Block {
                code,
                is_python,
                is_tagged,
                is_closed: false,
                breaks_off,
                dropped_lines,
                lines: start..lines.len(),
            }
        }
    }
}

/// Takes off the margin that a block in a list has on every line, at most as wide as its fence's.
fn without_margin(code: &str, most: usize) -> String {
    let margin_of =
        |line: &str| line.bytes().take(most).take_while(|byte| b" \t".contains(byte)).count();
    let margin = code
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(margin_of)
        .min()
        .unwrap_or_default();
    code.lines()
        .map(|line| format!("{}\n", line.get(margin.min(margin_of(line))..).unwrap_or_default()))
        .collect()
}

/// The program that a block holds: itself, or what was typed in an interactive session.
fn program(code: &str, parser: &Parser) -> Option<String> {
    if parser.parses(code) {
        return Some(code.to_owned());
    }
    let is_indented = code
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.starts_with([' ', '\t']));
    if is_indented && parser.parses(&format!("if True:\n{code}")) {
        // A body without its head is whole, too.
        return Some(code.to_owned());
    }
    session(code).filter(|program| parser.parses(program))
}
