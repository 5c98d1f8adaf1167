//! Code without fences: among prose, or all there is.
//!
//! Invariant: a run of code begins and ends between top-level statements, and every run parses as a whole.

use std::ops::Range;

use super::parts::{self, Part};
use super::session::session;
use super::statements::{begins_definition, chunks, lines_of_code};
use super::{Ask, Extracted, How, Parser, Pick, continuation, cut};

/// Chunks in a row that may leave a run broken, as the lines of a text at the left margin do, before it is given up.
const MAX_MISSES: usize = 30;

/// Takes the code out of a text without fences.
pub(super) fn extract(text: &str, ask: &Ask<'_>, parser: &Parser) -> Option<Extracted> {
    if let Some(answering) = answering(text, ask, parser) {
        return Some(answering);
    }
    let chunks = chunks(text);
    let runs = runs(text, &chunks, parser);
    if let Some(continued) = from_first_indented(text, ask, parser) {
        return Some(continued);
    }
    if let Some(run) = longest(runs.iter(), ask.pick) {
        let (truncated, dropped_lines) = left_out(text, run, &runs, &chunks, parser);
        return Some(Extracted {
            dropped_lines,
            ..Extracted::new(run.code(text), How::Unfenced, truncated)
        });
    }
    if let Some(typed) =
        session(text).filter(|typed| parser.module(typed).is_some_and(|m| m.is_code()))
    {
        return Some(Extracted::new(typed, How::Unfenced, false));
    }
    if let Some(code) = dedented(text, parser) {
        return Some(Extracted::new(code, How::Unfenced, false));
    }
    // Nothing is whole: a definition at the end is what the reply was about.
    let last = text.get(chunks.last()?.clone())?;
    begins_definition(last)
        .then(|| Extracted::new(last, How::Unfenced, cut::breaks_off(last, parser)))
}

/// Takes the longest run of lines that defines the entry, or reads standard input if the answer has to, with the runs that it needs.
pub(super) fn answering(text: &str, ask: &Ask<'_>, parser: &Parser) -> Option<Extracted> {
    if ask.entry.is_none() && !ask.reads_stdin {
        return None;
    }
    let chunks = chunks(text);
    let runs = runs(text, &chunks, parser);
    let parts: Vec<(&Run, Part<'_>)> =
        runs.iter().filter_map(|run| Some((run, Part::of(run.code(text), parser)?))).collect();
    let answers = |part: &Part<'_>| match ask.entry {
        Some(entry) => part.module.defines(entry),
        None => part.module.mentions_stdin(),
    };
    let answering = parts.iter().filter(|(_, part)| answers(part)).map(|(run, _)| *run);
    let run = longest(answering, ask.pick)?;
    let chosen = parts.iter().position(|(other, _)| std::ptr::eq(*other, run))?;
    let parts: Vec<Part<'_>> = parts.into_iter().map(|(_, part)| part).collect();
    let code = parts::joined(&parts, chosen, ask, parser);
    let (truncated, dropped_lines) = left_out(text, run, &runs, &chunks, parser);
    Some(Extracted { dropped_lines, ..Extracted::new(code, How::Unfenced, truncated) })
}

/// A run of chunks, as bytes of the text.
struct Run(Range<usize>);

impl Run {
    fn code<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.0.clone()).unwrap_or_default()
    }
}

fn runs(text: &str, chunks: &[Range<usize>], parser: &Parser) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut first = 0;
    while let Some(chunk) = chunks.get(first) {
        let start = chunk.start;
        first += 1;
        if parser.is_spent_for(0) {
            break;
        }
        if !may_begin_code(text.get(chunk.clone()).unwrap_or_default()) {
            continue;
        }
        let mut run = None;
        let mut misses = 0;
        for (number, end) in
            chunks.iter().enumerate().skip(first - 1).map(|(number, chunk)| (number, chunk.end))
        {
            let code = text.get(start..end).unwrap_or_default();
            if parser.module(code).is_some_and(|module| module.is_code()) {
                run = Some(Run(start..end));
                first = number + 1;
                misses = 0;
            } else {
                misses += 1;
            }
            if misses > MAX_MISSES || parser.is_spent_for(code.len()) {
                break;
            }
        }
        runs.extend(run);
    }
    runs
}

/// Whether a chunk's first line looks like code: most prose is recognised without a parse.
fn may_begin_code(chunk: &str) -> bool {
    const WORDS: [&str; 17] = [
        "def", "class", "import", "from", "async", "if", "for", "while", "with", "try:", "match",
        "assert", "global", "del", "type", "raise", "pass",
    ];
    let line = chunk.lines().next().unwrap_or_default();
    let word = line.split_whitespace().next().unwrap_or_default();
    WORDS.contains(&word)
        || line.contains(['=', '('])
        || line.starts_with(['#', '@', '"', '\''])
        || word == "r\"\"\""
}

fn longest<'r>(runs: impl Iterator<Item = &'r Run>, pick: Pick) -> Option<&'r Run> {
    let mut best: Option<&Run> = None;
    for run in runs {
        let is_better = best.is_none_or(|best| match pick {
            Pick::Last => run.0.len() >= best.0.len(),
            Pick::First => run.0.len() > best.0.len(),
        });
        if is_better {
            best = Some(run);
        }
    }
    best
}

/// Whether the text ends after the run with a definition that breaks off, and how many lines of one that is not whole.
fn left_out(
    text: &str,
    run: &Run,
    runs: &[Run],
    chunks: &[Range<usize>],
    parser: &Parser,
) -> (bool, u64) {
    let end = runs.last().map_or(run.0.end, |last| last.0.end.max(run.0.end));
    let rest = |start: usize| chunks.iter().position(|chunk| chunk.start >= start);
    let last = chunks
        .last()
        .filter(|last| last.start >= run.0.end)
        .and_then(|last| text.get(last.clone()));
    let breaks_off =
        last.is_some_and(|last| begins_definition(last) && cut::breaks_off(last, parser));
    let broken = rest(end).and_then(|first| chunks.get(first..)).unwrap_or_default();
    let broken = broken
        .iter()
        .filter_map(|chunk| text.get(chunk.clone()))
        .filter(|chunk| begins_definition(chunk) && !parser.parses(chunk));
    (breaks_off, broken.map(|chunk| lines_of_code(chunk, parser)).sum())
}

/// Reads the text as a continuation, from its beginning or from its first indented line, which prose may precede.
fn from_first_indented(text: &str, ask: &Ask<'_>, parser: &Parser) -> Option<Extracted> {
    let whole = continuation::extract(text, ask, false, parser);
    whole.or_else(|| {
        let mut at = 0;
        let first = text.split_inclusive('\n').find_map(|line| {
            let start = at;
            at += line.len();
            (line.starts_with([' ', '\t']) && !line.trim().is_empty()).then_some(start)
        });
        continuation::extract(text.get(first.filter(|&first| first > 0)?..)?, ask, false, parser)
    })
}

/// A program that is indented as a whole, as Markdown also marks code.
fn dedented(text: &str, parser: &Parser) -> Option<String> {
    let is_blank = |line: &&str| line.trim().is_empty();
    let indented: Vec<&str> =
        text.lines().filter(|line| line.starts_with([' ', '\t']) || is_blank(line)).collect();
    let margin_of = |line: &str| line.len() - line.trim_start().len();
    let margin =
        indented.iter().filter(|line| !is_blank(line)).map(|line| margin_of(line)).min()?;
    let code: String = indented
        .iter()
        .map(|line| format!("{}\n", line.get(margin..).unwrap_or_default()))
        .collect();
    let code = code.trim_start_matches('\n');
    parser.module(code).is_some_and(|module| module.is_code()).then(|| code.to_owned())
}
