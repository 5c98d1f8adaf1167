//! Lines and margins of a program, and edits that move whole lines.
//!
//! Invariant: a line that begins within a string is never moved, and margins are spaces and tabs alone.

use std::ops::Range;

use ruff_python_ast::Stmt;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use super::Edit;
use super::program::Program;
use crate::python::syntax::span_of;

/// The edits of one rewrite.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub edits: Vec<Edit>,
}

impl Change {
    pub(super) fn replace(&mut self, span: Range<usize>, replacement: impl Into<String>) {
        let replacement = replacement.into();
        self.edits.push(Edit { start: span.start, end: span.end, replacement });
    }

    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    pub(super) fn delete(&mut self, span: Range<usize>) {
        self.replace(span, "");
    }
}

impl<'m> Program<'m> {
    pub(super) fn line_start(&self, offset: usize) -> usize {
        self.text(0..offset).rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line after an offset begins.
    pub(super) fn next_line(&self, offset: usize) -> usize {
        let rest = self.text(offset..self.source.len());
        rest.find('\n').map_or(self.source.len(), |newline| offset + newline + 1)
    }

    /// The margin of a statement that is the first of its line.
    pub(super) fn margin(&self, stmt: &Stmt) -> Option<&'m str> {
        let start = stmt.start().to_usize();
        let margin = self.text(self.line_start(start)..start);
        let before = self.token_at(start).checked_sub(1).map(|i| self.tokens[i].0);
        let begins = before.is_none_or(|kind| {
            matches!(
                kind,
                TokenKind::Newline
                    | TokenKind::NonLogicalNewline
                    | TokenKind::Comment
                    | TokenKind::Indent
                    | TokenKind::Dedent
            )
        });
        (begins && margin.bytes().all(|byte| matches!(byte, b' ' | b'\t'))).then_some(margin)
    }

    /// Whether nothing but a comment follows on the line.
    pub(super) fn ends_line(&self, offset: usize) -> bool {
        self.tokens.get(self.token_at(offset)).is_none_or(|(kind, _)| {
            matches!(
                kind,
                TokenKind::Newline
                    | TokenKind::NonLogicalNewline
                    | TokenKind::Comment
                    | TokenKind::EndOfFile
                    | TokenKind::Dedent
            )
        })
    }

    /// The margin of a simple statement that has its lines to itself, but for a comment behind it.
    pub(super) fn alone(&self, stmt: &Stmt) -> Option<&'m str> {
        self.ends_line(stmt.end().to_usize()).then(|| self.margin(stmt)).flatten()
    }

    /// The same for one on a single line without a comment.
    pub(super) fn alone_on_a_line(&self, stmt: &Stmt) -> Option<&'m str> {
        let span = span_of(stmt);
        let rest = self.text(span.end..self.next_line(span.end));
        let is_bare = rest.trim().is_empty() && !self.text(span).contains('\n');
        is_bare.then(|| self.margin(stmt)).flatten()
    }

    /// Whether a statement and the one before it are on adjacent lines.
    pub(super) fn are_adjacent(&self, one: &Stmt, next: &Stmt) -> bool {
        self.next_line(one.end().to_usize()) == self.line_start(next.start().to_usize())
    }

    /// The offset behind the colon of a header whose last part ends at an offset.
    pub(super) fn after_colon(&self, offset: usize) -> Option<usize> {
        let tokens = self.tokens.get(self.token_at(offset)..)?;
        let mut kinds = tokens.iter().skip_while(|(kind, _)| *kind == TokenKind::Rpar);
        kinds.next().filter(|(kind, _)| *kind == TokenKind::Colon).map(|(_, range)| range.end)
    }

    /// The lines of a body below its header, which has a line to itself, and the body's margin.
    ///
    /// Comments above the first statement are part of it, those below the last are not.
    pub(super) fn lines_of(&self, colon: usize, body: &[Stmt]) -> Option<Lines<'m>> {
        let (first, last) = (body.first()?, body.last()?);
        let margin = self.margin(first)?;
        let end = last.end().to_usize();
        if !self.ends_line(end) || self.line_start(first.start().to_usize()) < colon {
            return None;
        }
        Some(Lines { span: self.next_line(colon)..self.next_line(end), margin })
    }

    /// Whether a span is white space alone.
    pub(super) fn is_blank(&self, span: &Range<usize>) -> bool {
        self.text(span.clone()).trim().is_empty()
    }

    /// The lines of the statements behind a statement, from the first line that is not blank.
    pub(super) fn rest_lines(
        &self,
        stmt: &Stmt,
        rest: &[Stmt],
        margin: &str,
    ) -> Option<Range<usize>> {
        let after = self.next_line(stmt.end().to_usize());
        let (first, last) = (rest.first()?, rest.last()?);
        let has_margins = self.margin(first)? == margin && self.ends_line(stmt.end().to_usize());
        let end = last.end().to_usize();
        if !has_margins || !self.ends_line(end) || self.has_deeper_comment_below(after, margin) {
            return None;
        }
        let mut start = after;
        while self.is_blank(&(start..self.next_line(start))) && start < end {
            start = self.next_line(start);
        }
        Some(start..self.next_line(end))
    }

    /// A text of whole lines that ends with a line end only if the span that it replaces does.
    pub(super) fn ending_like(&self, span: &Range<usize>, text: String) -> String {
        if self.text(span.clone()).ends_with('\n') {
            text
        } else {
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
    }

    /// Whether a comment that is indented deeper than a margin follows right below.
    pub(super) fn has_deeper_comment_below(&self, at: usize, margin: &str) -> bool {
        self.text(at..self.source.len())
            .lines()
            .take_while(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
            .any(|line| {
                !line.trim().is_empty() && line.len() - line.trim_start().len() > margin.len()
            })
    }

    /// Whether an offset is within a string of several lines.
    fn is_in_string(&self, offset: usize) -> bool {
        let at = self.long_strings.partition_point(|span| span.end <= offset);
        self.long_strings.get(at).is_some_and(|span| span.start < offset)
    }

    /// Where the lines that are not blank begin.
    fn begins(&self, span: &Range<usize>) -> impl Iterator<Item = usize> {
        let text = self.text(span.clone());
        let start = span.start;
        text.split_inclusive('\n')
            .scan(start, |at, line| {
                let here = *at;
                *at += line.len();
                Some((here, line.trim().is_empty()))
            })
            .filter_map(|(at, is_blank)| (!is_blank).then_some(at))
    }

    /// Moves lines to the right by a step, behind the margin of what is around them.
    pub(super) fn indent(
        &self,
        change: &mut Change,
        lines: &Range<usize>,
        margin: &str,
        step: &str,
    ) {
        for at in self.begins(lines) {
            if !self.is_in_string(at) {
                let has_margin = self.text(at..self.source.len()).starts_with(margin);
                change.insert(at + if has_margin { margin.len() } else { 0 }, step);
            }
        }
    }

    /// Moves lines to the left, from one margin to a shorter one that it begins with.
    pub(super) fn dedent(&self, change: &mut Change, lines: &Range<usize>, from: &str, to: &str) {
        for at in self.begins(lines) {
            if !self.is_in_string(at) && self.text(at..self.source.len()).starts_with(from) {
                change.delete(at + to.len()..at + from.len());
            }
        }
    }

    /// The text of lines moved from one margin to another; `None` if a line is within a string or has less than the margin.
    pub(super) fn moved(&self, lines: &Range<usize>, from: &str, to: &str) -> Option<String> {
        let mut text = String::new();
        let mut at = lines.start;
        for line in self.text(lines.clone()).split_inclusive('\n') {
            if line.trim().is_empty() {
                text.push_str(line);
            } else if self.is_in_string(at) {
                return None;
            } else {
                text.push_str(to);
                text.push_str(line.strip_prefix(from)?);
            }
            at += line.len();
        }
        if !text.ends_with('\n') {
            text.push_str(self.newline);
        }
        Some(text)
    }

    /// What a body's margin adds to its header's.
    pub(super) fn step<'t>(&self, outer: &str, inner: &'t str) -> Option<&'t str> {
        inner.strip_prefix(outer).filter(|step| !step.is_empty())
    }

    /// The step that blocks are indented by near a statement: that of the innermost block around it, or of the program.
    pub(super) fn step_near(&self, block: usize) -> &'m str {
        let mut at = block;
        while let Some(owner) = self.blocks[at].owner {
            if let Some(first) = self.blocks[at].body.first()
                && let (Some(outer), Some(inner)) =
                    (self.margin(self.stmt(owner)), self.margin(first))
                && let Some(step) = self.step(outer, inner)
            {
                return step;
            }
            at = owner.0;
        }
        "    "
    }
}

/// Whole lines with the margin of the statements that begin them.
#[derive(Debug, Clone)]
pub(super) struct Lines<'m> {
    pub span: Range<usize>,
    pub margin: &'m str,
}
