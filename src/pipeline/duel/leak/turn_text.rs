//! A text in the forms in which pieces are looked for in it.
//!
//! Invariant: places are those of the text without invisible characters.

use std::collections::{BTreeMap, BTreeSet};

use crate::fences::blocks;
use crate::report::is_unseen;

/// A turn, or what the conversation has shown.
pub(super) struct Text {
    pub text: String,
    /// In small letters, with single spaces.
    pub spaced: String,
    pub words: BTreeSet<String>,
    pub folded_words: BTreeSet<String>,
    /// The words one after the other, in small letters, between single spaces.
    pub running: String,
    /// The first places of names of code, without underscores and in small letters.
    squashed: BTreeMap<String, usize>,
    commands: Vec<String>,
}

impl Text {
    pub fn of(text: &str) -> Self {
        let text: String = text.chars().filter(|c| !is_unseen(*c)).collect();
        let found: BTreeSet<String> = words(&text).map(str::to_owned).collect();
        let folded: Vec<String> = words(&text).map(str::to_lowercase).collect();
        let mut squashed = BTreeMap::new();
        for word in words(&text).filter(|word| is_code_like(word)) {
            let at = word.as_ptr().addr() - text.as_ptr().addr();
            squashed.entry(self::squashed(word)).or_insert(at);
        }
        Self {
            squashed,
            spaced: spaced(&text).to_lowercase(),
            running: format!(" {} ", folded.join(" ")),
            folded_words: folded.into_iter().collect(),
            words: found,
            commands: blocks(&text).iter().map(|block| block.content.to_owned()).collect(),
            text,
        }
    }

    /// The first place of a piece that is not part of a longer word.
    pub fn find_whole(&self, piece: &str) -> Option<usize> {
        whole_matches(&self.text, piece).next()
    }

    /// Whether a word stands somewhere as code does: in a command, in backticks, or called.
    pub fn find_as_code(&self, word: &str) -> Option<usize> {
        let in_command =
            self.commands.iter().any(|command| whole_matches(command, word).next().is_some());
        whole_matches(&self.text, word).find(|at| {
            let (before, after) = (&self.text[..*at], &self.text[at + word.len()..]);
            let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
            let is_quoted = line.matches('`').count() % 2 == 1 && after.contains('`');
            let is_attribute = before
                .strip_suffix('.')
                .is_some_and(|owner| owner.ends_with(|c: char| c.is_alphanumeric() || c == ')'));
            is_quoted
                || is_attribute
                || after.starts_with('(')
                || in_command && line != before && {
                    let fence = before.matches("```").count();
                    fence % 2 == 1
                }
        })
    }

    /// The place of a name of code that differs from another only in its capitals and underscores.
    pub fn place_of_squashed(&self, squashed: &str) -> Option<usize> {
        self.squashed.get(squashed).copied()
    }

    /// The line of a place, from 1.
    pub fn line_of(&self, at: usize) -> usize {
        self.text[..at.min(self.text.len())].matches('\n').count() + 1
    }

    /// The place of a text that was found without regard to case and spaces: that of its first word from which all of it follows.
    pub fn place_of(&self, piece: &str) -> usize {
        let wanted: Vec<String> = words(piece).map(str::to_lowercase).collect();
        let mut at = 0;
        let starts: Vec<(usize, String)> = words(&self.text)
            .map(|word| {
                let start = at + self.text[at..].find(word).unwrap_or_default();
                at = start + word.len();
                (start, word.to_lowercase())
            })
            .collect();
        let found = starts
            .windows(wanted.len().max(1))
            .find(|window| window.iter().map(|(_, word)| word).eq(wanted.iter()));
        found.and_then(|window| window.first()).map_or(0, |(start, _)| *start)
    }
}

/// Names and numbers of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// A name in small letters without underscores.
pub(super) fn squashed(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// A text with single spaces.
pub(super) fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a word has the form of a name of code: `snake_case`, `camelCase`, `with2digits`.
pub(super) fn is_code_like(word: &str) -> bool {
    let inner = word.trim_matches('_');
    let has_digit = inner.contains(|c: char| c.is_ascii_digit());
    let has_letter = inner.contains(char::is_alphabetic);
    let mut chars = inner.chars();
    let is_camel = chars.next().is_some_and(|first| {
        let rest = chars.as_str();
        rest.contains(char::is_uppercase)
            && (rest.contains(char::is_lowercase) || first.is_lowercase())
    });
    has_letter && (inner.contains('_') || has_digit || is_camel)
}

fn whole_matches<'t>(text: &'t str, piece: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(piece).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (&text[..*at], &text[at + piece.len()..]);
        let goes_on_before = piece.starts_with(is_word) && before.ends_with(is_word);
        !(goes_on_before || piece.ends_with(is_word) && after.starts_with(is_word))
    })
}
