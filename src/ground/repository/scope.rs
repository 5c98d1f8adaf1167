//! The parts of a repository that a text is about: what it names, and what it is said to be about.
//!
//! Invariant: a scope only grows while a text is read for names, and is fixed when its claims are checked.

use std::collections::BTreeSet;

use super::known::{FileId, Repository, SymbolId};
use super::words::Words;
use crate::sandbox::value::Value;

/// The parts of a repository that a text is about.
#[derive(Debug, Default)]
pub struct Scope {
    /// Files that it names, or that define what it names.
    pub files: BTreeSet<FileId>,
    /// Files that it names as a whole.
    pub whole: BTreeSet<FileId>,
    pub symbols: BTreeSet<SymbolId>,
    /// What the exceptions of executions that are known say.
    pub messages: Vec<String>,
}

impl Scope {
    pub fn add_file(&mut self, file: FileId) {
        self.files.insert(file);
        self.whole.insert(file);
    }

    pub fn add_symbol(&mut self, id: SymbolId) {
        self.files.insert(id.file);
        self.symbols.insert(id);
    }

    /// Whether the files have a name.
    pub fn has_name(&self, repository: &Repository, name: &str) -> bool {
        self.any_file(repository, |words| words.has_name(name))
    }

    /// Whether the files have a piece of code.
    pub fn has_piece(&self, repository: &Repository, text: &str) -> bool {
        self.any_file(repository, |words| words.has_piece(text))
    }

    /// Whether what the text names has a value: a symbol on its lines, a file outside of its functions or, if it is named
    /// itself, anywhere.
    pub fn has_value(&self, repository: &Repository, value: &Value) -> bool {
        let is_message = |message: &String| match value {
            Value::Str(text) => message == text || text.contains(' ') && message.contains(text),
            _ => false,
        };
        self.messages.iter().any(is_message)
            || self.any_part(repository, |words| words.has_value(value) || is_part(words, value))
    }

    fn any_file(&self, repository: &Repository, holds: impl Fn(&Words) -> bool) -> bool {
        self.files.iter().any(|file| holds(&repository.words_of_file(*file)))
    }

    fn any_part(&self, repository: &Repository, holds: impl Fn(&Words) -> bool) -> bool {
        self.whole.iter().any(|file| holds(&repository.words_of_file(*file)))
            || self.files.iter().any(|file| holds(&repository.words_of_module(*file)))
            || self.symbols.iter().any(|id| holds(&repository.words_of(*id)))
    }
}

/// A sentence of a message may be cited without the rest.
fn is_part(words: &Words, value: &Value) -> bool {
    matches!(value, Value::Str(text) if text.contains(' ') && words.has_text(text))
}
