//! A text's top-level statements, found by its left margin.
//!
//! Invariant: chunks follow each other without a gap, and each but the last ends before a line at the left margin.

use std::ops::Range;

use super::{Parser, cut};

/// Ends that are tried for a block that breaks off.
const MAX_CUTS: usize = 400;

/// A text's lines at the left margin, each with the lines that belong to it.
pub(super) fn chunks(text: &str) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() && !line.starts_with([' ', '\t']) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// The beginning of a text up to the end of its last whole top-level statement; `None` if there is none.
pub(super) fn whole_statements(code: &str, parser: &Parser) -> Option<String> {
    let cuts = chunks(code).into_iter().rev().take(MAX_CUTS);
    let mut kept = cuts.filter_map(|chunk| code.get(..chunk.start));
    kept.find(|kept| parser.module(kept).is_some_and(|module| module.is_code())).map(str::to_owned)
}

/// Whether a chunk is a function or a class, as far as its first word shows.
pub(super) fn begins_definition(chunk: &str) -> bool {
    ["def ", "async def ", "class ", "@"].iter().any(|start| chunk.starts_with(start))
}

/// Counts the lines of a text that are code, whole or not, as far as they show it: those of definitions, assignments and whole
/// statements, with the indented lines behind them. Indented lines at the beginning belong to code before the text.
pub(super) fn lines_of_code(text: &str, parser: &Parser) -> u64 {
    let mut is_code = true;
    let mut count = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            is_code = begins_definition(line)
                || is_assignment(line)
                || parser.module(line).is_some_and(|module| module.is_code())
                // A sentence may break off as well as code.
                || (line.contains(['(', '[', '{']) && cut::breaks_off(line, parser));
        }
        count += u64::from(is_code);
    }
    count
}

fn is_assignment(line: &str) -> bool {
    let Some((target, _)) = line.split_once('=') else { return false };
    let target = target.trim_end().trim_end_matches(['+', '-', '*', '/', ':']).trim_end();
    !target.is_empty() && target.chars().all(|c| c.is_alphanumeric() || "_.,[]".contains(c))
}
