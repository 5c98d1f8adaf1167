//! Replies that only close a fence: the prompt, or the text that a server put before the reply, opened it.
//!
//! Invariant: the text before the fence is taken only if it answers by itself, so that an opening
//! fence is never read as a closing one.

use super::{Ask, How, Parser, continuation, fences, statements, unfenced};

/// A reply at the fence that closes its code.
pub(super) struct Closed<'t> {
    pub code: &'t str,
    pub after: &'t str,
    /// Whether the text before the fence is code as a whole.
    pub is_whole: bool,
}

/// Splits a text at its first fence, if that closes code whose fence is not in the text.
pub(super) fn split<'t>(text: &'t str, ask: &Ask<'_>, parser: &Parser) -> Option<Closed<'t>> {
    let fences = fences::fence_lines(text);
    let first = fences.first().filter(|first| first.is_bare && fences.len() % 2 == 1)?;
    let (code, after) = (text.get(..first.line.start)?, text.get(first.line.end..)?);
    if code.trim().is_empty() {
        return None;
    }
    let answers = parser.module(code).is_some_and(|module| {
        module.is_code()
            && match ask.entry {
                Some(entry) => module.defines(entry),
                None if ask.reads_stdin => module.mentions_stdin(),
                None => !may_be_code(after, parser),
            }
    });
    let continues = || {
        continuation::extract(code, ask, false, parser).is_some_and(|continued| {
            continued.dropped_lines == 0 && ends_with(&continued.code, code)
        })
    };
    if answers || continues() {
        return Some(Closed { code, after, is_whole: true });
    }
    // Prose and code, and prose again.
    let has_code = fences.len() == 1
        && !may_be_code(after, parser)
        && unfenced::extract(code, ask, parser).is_some_and(|found| found.how != How::Nothing);
    has_code.then_some(Closed { code, after, is_whole: false })
}

fn ends_with(code: &str, text: &str) -> bool {
    let last = |text: &str| text.trim_end().lines().last().unwrap_or_default().trim().to_owned();
    last(code) == last(text)
}

/// Whether a text may be a program, or one that is wrong or breaks off.
fn may_be_code(text: &str, parser: &Parser) -> bool {
    parser.module(text).is_some_and(|module| module.is_code())
        || statements::lines_of_code(text, parser) > 0
}
