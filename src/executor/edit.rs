//! Takes declarations out of a program whose language has braces.
//!
//! Invariant: what is not taken out stays as it is, in its place, and a program whose braces do not match stays whole.

use std::ops::Range;

use super::OtherLanguage;
use super::scan::{Kind, Token, tokens};

/// A program, and what is taken out of it.
pub(super) struct Edit<'a> {
    program: &'a str,
    pub tokens: Vec<Token<'a>>,
    left_out: Vec<Range<usize>>,
}

impl<'a> Edit<'a> {
    pub fn new(language: &OtherLanguage, program: &'a str) -> Self {
        Self { program, tokens: tokens(language, program), left_out: Vec::new() }
    }

    /// The program without what was taken out.
    pub fn finish(mut self) -> String {
        self.left_out.sort_by_key(|range| range.start);
        let (mut kept, mut at) = (String::new(), 0);
        for range in self.left_out {
            kept.push_str(self.program.get(at..range.start).unwrap_or_default());
            at = at.max(range.end);
        }
        kept + self.program.get(at..).unwrap_or_default()
    }

    /// Takes out the tokens from one to another, which may leave out an empty line.
    pub fn take(&mut self, first: usize, last: usize) {
        let (Some(from), Some(to)) = (self.tokens.get(first), self.tokens.get(last)) else {
            return;
        };
        let (start, mut end) = (from.start, to.end());
        let begins_a_line = self
            .program
            .get(..start)
            .is_some_and(|before| before.is_empty() || before.ends_with('\n'));
        let rest = self.program.get(end..).unwrap_or_default();
        if begins_a_line && rest.starts_with('\n') {
            end += 1;
        }
        self.left_out.push(start..end);
    }

    /// Takes out the words at the top level that are this one, each with the blank after it.
    pub fn take_words(&mut self, word: &str) {
        for at in 0..self.tokens.len() {
            if self.is_top(at, word) {
                let is_blank = self.tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Blank);
                let last = at + usize::from(is_blank);
                let range = self.tokens.get(at).zip(self.tokens.get(last));
                self.left_out.extend(range.map(|(from, to)| from.start..to.end()));
            }
        }
    }

    /// Takes out the statements at the top level that begin with a word, and gives the text of each, without comments and with single blanks.
    pub fn take_statements(&mut self, word: &str) -> Vec<String> {
        let mut taken = Vec::new();
        for first in 0..self.tokens.len() {
            let is_first = |before: usize| {
                self.tokens.get(before).is_some_and(|token| matches!(token.text, ";" | "}"))
            };
            let begins = self.before(first).is_none_or(is_first) || self.begins_a_line(first);
            if !self.is_top(first, word) || !begins || self.has_an_attribute(first) {
                continue;
            }
            if let Some(last) = self.semicolon_after(first) {
                taken.push(self.text_of(first, last));
                self.take(first, last);
            }
        }
        taken
    }

    /// The same in a language whose statements end with their line.
    pub fn take_lines(&mut self, start: &str) -> Vec<String> {
        let mut taken = Vec::new();
        for first in 0..self.tokens.len() {
            let Some(token) =
                self.tokens.get(first).filter(|token| token.is_code() && token.depth == 0)
            else {
                continue;
            };
            let rest = self.program.get(token.start..).unwrap_or_default();
            let is_whole = rest
                .strip_prefix(start)
                .is_some_and(|rest| start.ends_with(':') || rest.starts_with([' ', '\t']));
            if !is_whole || !self.begins_a_line(first) {
                continue;
            }
            let is_end = |token: &Token<'_>| {
                token.depth == 0
                    && (token.kind == Kind::Blank && token.text.contains('\n') || token.text == ";")
            };
            let end =
                (first..self.tokens.len()).find(|at| self.tokens.get(*at).is_some_and(is_end));
            let last = end.unwrap_or(self.tokens.len()).saturating_sub(1);
            taken.push(self.text_of(first, last));
            self.take(first, last);
        }
        taken
    }

    /// Takes out attributes of the file, `#![…]`, and its documentation, which may stand nowhere else and is not given.
    pub fn take_inner_attributes(&mut self) -> Vec<String> {
        let mut taken = Vec::new();
        for first in 0..self.tokens.len() {
            let is_documentation = |token: &Token<'_>| {
                let starts = ["//!", "/*!"];
                token.kind == Kind::Comment
                    && token.depth == 0
                    && starts.iter().any(|start| token.text.starts_with(start))
            };
            if self.tokens.get(first).is_some_and(is_documentation) {
                self.take(first, first);
                continue;
            }
            let is = |at: usize, text: &str| {
                self.tokens.get(at).is_some_and(|token| token.depth == 0 && token.text == text)
            };
            if is(first, "#")
                && is(first + 1, "!")
                && is(first + 2, "[")
                && let Some(last) = self.top_after(first + 2, &["]"])
            {
                taken.push(self.text_of(first, last));
                self.take(first, last);
            }
        }
        taken
    }

    /// Whether a function called `main` is at the top level.
    pub fn has_main(&self, language: &OtherLanguage) -> bool {
        self.mains(language).next().is_some()
    }

    /// Takes out the functions called `main` at the top level.
    pub fn take_main(&mut self, language: &OtherLanguage) {
        let mains: Vec<_> = self.mains(language).collect();
        for main in mains {
            self.take(main.start, main.end);
        }
    }

    /// Takes out the types at the top level with this name.
    pub fn take_type(&mut self, name: &str) {
        for at in 0..self.tokens.len() {
            let Some(keyword) = self.type_called(name, at) else { continue };
            if let Some(last) = self.block_after(at) {
                self.take(self.declaration_of(keyword), last);
            }
        }
    }

    /// Whether a type with this name is at the top level.
    pub fn has_type(&self, name: &str) -> bool {
        (0..self.tokens.len()).any(|at| self.type_called(name, at).is_some())
    }

    /// The place of the keyword before a name, if a type is declared there.
    fn type_called(&self, name: &str, at: usize) -> Option<usize> {
        let keyword = self.before(at).filter(|_| self.is_top(at, name))?;
        let text = self.tokens.get(keyword)?.text;
        matches!(text, "class" | "interface" | "enum" | "record").then_some(keyword)
    }

    /// Where functions called `main` begin and end.
    fn mains(&self, language: &OtherLanguage) -> impl Iterator<Item = Range<usize>> {
        (0..self.tokens.len()).filter_map(|at| self.main_at(language.name(), at))
    }

    fn main_at(&self, language: &str, at: usize) -> Option<Range<usize>> {
        let opening = self.after(at).filter(|_| self.is_top(at, "main"))?;
        self.tokens.get(opening).filter(|token| token.text == "(")?;
        let first = match language {
            "kotlin" | "go" => self.with_modifiers(self.before(at)?)?,
            _ => self.declaration_of(at),
        };
        let is_value = |token: &Token<'_>| token.depth == 0 && matches!(token.text, "=" | "(");
        // An attribute has its own brackets, and is not looked into.
        if self.tokens.get(first..at)?.iter().any(is_value) {
            return None;
        }
        let closing = self.top_after(opening, &[")"])?;
        let body = self.top_after(closing, &["{", ";", "="])?;
        let last = match (self.tokens.get(body)?.text, language) {
            ("{", _) => self.top_after(body, &["}"])?,
            (";", _) => body,
            (_, "kotlin") => self.line_end_after(self.after(body)?),
            (_, _) => self.semicolon_after(body)?,
        };
        Some(first..last)
    }

    /// Where a function begins whose keyword is at a place: with its modifiers.
    fn with_modifiers(&self, keyword: usize) -> Option<usize> {
        let text = |at: usize| self.tokens.get(at).map(|token| token.text);
        text(keyword).filter(|text| matches!(*text, "fun" | "func"))?;
        let mut first = keyword;
        while let Some(before) = self.before(first)
            && text(before)
                .is_some_and(|text| matches!(text, "suspend" | "public" | "internal" | "private"))
        {
            first = before;
        }
        Some(first)
    }

    /// Where the declaration begins that a token is in.
    fn declaration_of(&self, at: usize) -> usize {
        let is_end = |token: &Token<'_>| {
            token.kind == Kind::Directive || token.depth == 0 && matches!(token.text, ";" | "}")
        };
        let before = self.tokens.get(..at).unwrap_or_default();
        let start = before.iter().rposition(is_end).map_or(0, |end| end + 1);
        let first = before.iter().skip(start).position(Token::is_code);
        first.map_or(at, |skipped| start + skipped)
    }

    fn is_top(&self, at: usize, word: &str) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.kind == Kind::Word && token.depth == 0 && token.text == word)
    }

    /// Whether `#[…]` comes before a statement, which has to stay with it.
    fn has_an_attribute(&self, at: usize) -> bool {
        let is =
            |at: usize, text: &str| self.tokens.get(at).is_some_and(|token| token.text == text);
        let Some(closing) = self.before(at).filter(|before| is(*before, "]")) else { return false };
        let is_opening = |token: &Token<'_>| token.depth == 0 && token.text == "[";
        let before = self.tokens.get(..closing).unwrap_or_default();
        let opening = before.iter().rposition(is_opening);
        opening.and_then(|opening| self.before(opening)).is_some_and(|mark| is(mark, "#"))
    }

    /// The place of the last code before a place.
    fn before(&self, at: usize) -> Option<usize> {
        self.tokens.get(..at)?.iter().rposition(Token::is_code)
    }

    /// The place of the first code after a place.
    fn after(&self, at: usize) -> Option<usize> {
        self.tokens.get(at + 1..)?.iter().position(Token::is_code).map(|skipped| at + 1 + skipped)
    }

    fn begins_a_line(&self, at: usize) -> bool {
        let Some(before) = self.before(at) else { return true };
        self.tokens
            .get(before + 1..at)
            .unwrap_or_default()
            .iter()
            .any(|token| token.text.contains('\n'))
    }

    /// The first of some marks at the top level after a place.
    fn top_after(&self, at: usize, marks: &[&str]) -> Option<usize> {
        let is_it = |token: &Token<'_>| {
            token.kind == Kind::Mark && token.depth == 0 && marks.contains(&token.text)
        };
        self.tokens.get(at + 1..)?.iter().position(is_it).map(|skipped| at + 1 + skipped)
    }

    fn semicolon_after(&self, at: usize) -> Option<usize> {
        self.top_after(at, &[";"])
    }

    /// The end of the first block after a place.
    fn block_after(&self, at: usize) -> Option<usize> {
        self.top_after(self.top_after(at, &["{"])?, &["}"])
    }

    fn line_end_after(&self, at: usize) -> usize {
        let is_end = |token: &Token<'_>| {
            token.depth == 0 && token.kind == Kind::Blank && token.text.contains('\n')
        };
        let rest = self.tokens.get(at..).unwrap_or_default();
        rest.iter()
            .position(is_end)
            .map_or(self.tokens.len(), |skipped| at + skipped)
            .saturating_sub(1)
    }

    /// The code from one token to another, with single blanks where there are some.
    fn text_of(&self, first: usize, last: usize) -> String {
        let mut text = String::new();
        let mut is_apart = false;
        for token in self.tokens.get(first..=last).unwrap_or_default() {
            if !token.is_code() {
                is_apart = true;
                continue;
            }
            let is_tight = |c: char| matches!(c, '.' | ';' | '*' | ',' | ':' | '{' | '}');
            let ends_tight = text.is_empty() || text.ends_with(is_tight);
            if is_apart && !ends_tight && !token.text.starts_with(is_tight) {
                text.push(' ');
            }
            text.push_str(token.text);
            is_apart = false;
        }
        text
    }
}
