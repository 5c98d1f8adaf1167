//! The text of an indexed repository as questions quote it, and which names the index accounts for.
//!
//! Invariant: a name is accounted for only if every place in the code that has it is a definition, an import or a resolved call.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::error::Result;
use crate::index::{Call, FileId, Index, Language, SymbolId, Target};
use crate::python::sites::Sites;
use crate::python::tokens::mentioned_names;

/// Files whose text is kept.
const KEPT: usize = 16;
/// Characters of a call or condition that a text quotes.
const MAX_QUOTE: usize = 90;

/// An index with the text of its files.
pub(super) struct Code<'a> {
    pub index: &'a Index,
    texts: Mutex<VecDeque<(FileId, Arc<str>)>>,
    /// Names that the code has in places which the index does not explain.
    unexplained: HashSet<String>,
    /// The calls of each file, as a range of the index's list.
    calls: HashMap<FileId, (usize, usize)>,
}

impl<'a> Code<'a> {
    /// Reads every Python file once.
    pub fn new(index: &'a Index) -> Result<Self> {
        let mut calls: HashMap<FileId, (usize, usize)> = HashMap::new();
        for (at, call) in index.calls.iter().enumerate() {
            calls.entry(call.file).or_insert((at, at)).1 = at + 1;
        }
        let mut code = Self { index, texts: Mutex::default(), unexplained: HashSet::new(), calls };
        let files: Vec<FileId> = (0..index.files.len() as u32).map(FileId).collect();
        let found: Vec<Vec<String>> =
            files.par_iter().map(|&file| code.unexplained_in(file)).collect::<Result<_>>()?;
        code.unexplained = found.into_iter().flatten().collect();
        Ok(code)
    }

    /// The callable names that a file has in places which the index does not explain.
    fn unexplained_in(&self, file: FileId) -> Result<Vec<String>> {
        if self.index.file(file).language != Language::Python {
            return Ok(Vec::new());
        }
        let text = self.index.text(file)?;
        let resolved: HashSet<(u32, &str)> = self
            .calls_of(file)
            .iter()
            .filter(|call| !matches!(call.target, Target::Unresolved(_)))
            .map(|call| (call.line, last_name(&call.callee)))
            .collect();
        let is_open = |(name, line): &(&str, u32)| {
            self.index.named(name).iter().any(|&id| self.index.symbol(id).kind.is_callable())
                && !resolved.contains(&(*line, *name))
        };
        let names = mentioned_names(&text);
        Ok(names.into_iter().filter(is_open).map(|(name, _)| name.to_owned()).collect())
    }

    /// The calls in a file, in the order of the text.
    pub fn calls_of(&self, file: FileId) -> &[Call] {
        self.calls.get(&file).map_or(&[], |&(first, end)| &self.index.calls[first..end])
    }

    /// Whether every place that has this name is a definition, an import or a resolved call.
    pub fn is_accounted_for(&self, name: &str) -> bool {
        !self.unexplained.contains(name)
    }

    pub fn text(&self, file: FileId) -> Result<Arc<str>> {
        let texts = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = texts().iter().find(|(id, _)| *id == file) {
            return Ok(text.clone());
        }
        let text: Arc<str> = self.index.text(file)?.into();
        let mut texts = texts();
        if texts.len() == KEPT {
            texts.pop_front();
        }
        texts.push_back((file, text.clone()));
        Ok(text)
    }

    /// A symbol's source.
    pub fn source(&self, id: SymbolId) -> Result<String> {
        let text = self.text(self.index.symbol(id).file)?;
        Ok(self.index.code(id, &text))
    }

    /// Where a function raises and what it calls, as written.
    pub fn sites(&self, id: SymbolId) -> Result<Sites> {
        Ok(Sites::of_function(&self.source(id)?, self.index.symbol(id).first_line))
    }

    /// `path:line` in backticks.
    pub fn at(&self, file: FileId, line: u32) -> String {
        format!("`{}:{line}`", self.index.file(file).path)
    }

    /// Where a symbol is defined: `path:first-last` in backticks.
    pub fn place(&self, id: SymbolId) -> String {
        let symbol = self.index.symbol(id);
        let path = &self.index.file(symbol.file).path;
        match symbol.lines {
            lines if lines.start == lines.end => format!("`{path}:{}`", lines.start),
            lines => format!("`{path}:{}-{}`", lines.start, lines.end),
        }
    }

    pub fn path(&self, id: SymbolId) -> &str {
        &self.index.file(self.index.symbol(id).file).path
    }

    /// The name of a symbol within its file, in backticks.
    pub fn name(&self, id: SymbolId) -> String {
        format!("`{}`", self.index.symbol(id).qualified_name.replace(".<locals>", ""))
    }
}

/// The part of a dotted name after its last dot.
pub(super) fn last_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A piece of code if it can be quoted inline.
pub(super) fn quotable(text: &str) -> Option<String> {
    let is_short = text.chars().count() <= MAX_QUOTE;
    (is_short && !text.contains(['\n', '`'])).then(|| format!("`{text}`"))
}
