//! One room for each rule, and what all of them share: the places that were found.
//!
//! Invariant: a place is kept only if the text with the edits made parses and has the comments of the original.

mod swap_branches;
mod swap_equal;
mod while_to_true;

use std::ops::Range;

use ruff_python_ast::token::TokenKind;

use super::layout::Change;
use super::program::Program;
use super::{Rewrite, Rule};
use crate::python::syntax;

/// Places of one rule in one program.
const MAX_SITES: usize = 200;
/// Bytes of all results of one rule together, since each is parsed.
const MAX_BYTES: usize = 8 << 20;
/// Characters; longer lines are not made.
const MAX_LINE: usize = 100;

/// Looks for all places of a rule.
pub(super) fn find(rule: Rule, program: &Program<'_>, found: &mut Found<'_>) {
    match rule {
        Rule::SwapEqual => swap_equal::find(program, found),
        Rule::SwapBranches => swap_branches::find(program, found),
        Rule::WhileToTrue => while_to_true::find(program, found),
    }
}

/// The places of one rule.
pub(super) struct Found<'p> {
    program: &'p Program<'p>,
    rule: Rule,
    comments: Vec<&'p str>,
    rewrites: Vec<Rewrite>,
    tried: usize,
}

impl<'p> Found<'p> {
    pub(super) fn new(program: &'p Program<'p>, rule: Rule) -> Self {
        let comments = comments(program.source, &program.tokens);
        Self { program, rule, comments, rewrites: Vec::new(), tried: 0 }
    }

    /// Whether no more places are looked for.
    pub(super) fn is_full(&self) -> bool {
        let length = self.program.source.len().max(1);
        self.tried >= MAX_SITES.min(MAX_BYTES / length)
    }

    /// Adds a place, unless the result would not be what was meant.
    pub(super) fn add(&mut self, mut change: Change) {
        if self.is_full() {
            return;
        }
        self.tried += 1;
        change.edits.sort_by_key(|edit| (edit.start, edit.end));
        change.edits.retain(|edit| edit.start < edit.end || !edit.replacement.is_empty());
        let apart = change.edits.windows(2).all(|pair| pair[0].end <= pair[1].start);
        let Some(first) = change.edits.first() else { return };
        let (line, _) = syntax::position(self.program.source, first.start);
        let rewrite = Rewrite { rule: self.rule, line, edits: change.edits };
        let source = self.program.source;
        let text = rewrite.apply(source);
        let longest = rewrite.edits.iter().flat_map(|edit| edit.replacement.lines()).map(|line| line.chars().count()).max();
        let is_short = longest.is_none_or(|longest| longest <= MAX_LINE);
        if apart && is_short && text != source && syntax::module(&text).is_ok() {
            let tokens = syntax::tokens(&text);
            if comments(&text, &tokens) == self.comments {
                self.rewrites.push(rewrite);
            }
        }
    }

    pub(super) fn into_rewrites(mut self) -> Vec<Rewrite> {
        self.rewrites.sort_by_key(|rewrite| rewrite.edits.first().map(|edit| edit.start));
        self.rewrites
    }
}

/// The comments of a text, sorted.
fn comments<'s>(source: &'s str, tokens: &[(TokenKind, Range<usize>)]) -> Vec<&'s str> {
    let comment = |(kind, range): &(TokenKind, Range<usize>)| {
        (*kind == TokenKind::Comment).then(|| source.get(range.clone()).unwrap_or_default())
    };
    let mut comments: Vec<&str> = tokens.iter().filter_map(comment).collect();
    comments.sort_unstable();
    comments
}
